"""What a step did -> HTML."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator, Sequence
from itertools import groupby

from deckgen.deck import Figure, Graph, Output, Printed, Raised, Shown, Warned
from deckgen.markdown import escape
from deckgen.render import code, graph
from deckgen.render.pages import Markup, page

_XML = re.compile(r"<\?xml.*?\?>|<!DOCTYPE[^>]*>|[\x00-\x08\x0b-\x1f\x7f]", re.DOTALL | re.IGNORECASE)
_WORDS = re.compile(r"<text\b[^>]*>([^<>\"]+)</text>")
_SCRIPT = re.compile(r"<script\b.*?(?:</script\s*>|\Z)", re.DOTALL | re.IGNORECASE)
# matplotlib's own colours, and black, in those of the card: all of them can be seen by day and by night.
_COLOURS = {
    "#1f77b4": "var(--leaf)", "#ff7f0e": "var(--care)", "#2ca02c": "var(--good)", "#d62728": "var(--bad)",
    "#9467bd": "var(--keyword)", "#8c564b": "var(--call)", "#e377c2": "var(--fault)", "#7f7f7f": "var(--soft)",
    "#bcbd22": "var(--accent)", "#17becf": "var(--number)", "#000000": "currentColor",
}  # fmt: skip
_COLOUR = re.compile("|".join(_COLOURS))


def to_html(outputs: Sequence[Output], show_as: str, markdown: Callable[[str], str]) -> str:
    """The outputs of one step, in the order in which they came. `markdown` turns a printed Markdown into HTML."""
    return "".join(_blocks(outputs, show_as, markdown))


def plain_text(outputs: Sequence[Output]) -> str:
    """What a terminal would show of them: stdout and the value of the last expression."""
    pieces = [o.text.rstrip("\n") for o in outputs if isinstance(o, Shown) or (isinstance(o, Printed) and _is_out(o))]
    return "\n".join(pieces)


def _blocks(outputs: Sequence[Output], show_as: str, markdown: Callable[[str], str]) -> Iterator[str]:
    for text, group in groupby(outputs, _is_text):
        members = tuple(group)
        if not text:
            yield from (_block(output) for output in members)
        elif plain := plain_text(members):
            yield _printed(plain, show_as, markdown)


def _is_text(output: Output) -> bool:
    return isinstance(output, Shown) or (isinstance(output, Printed) and _is_out(output))


def _is_out(output: Printed) -> bool:
    return output.stream == "stdout"


def _printed(text: str, show_as: str, markdown: Callable[[str], str]) -> str:
    match show_as:
        case "quote":
            return page("quote", paragraphs=[_line(part) for part in re.split(r"\n\s*\n", text.strip("\n"))])
        case "html" | "svg":
            return page("drawn", drawing=Markup(raw(text)))
        case "markdown":
            return page("drawn", drawing=Markup(markdown(text)))
    return page("output", kind="out", text=_line(text), head="")


def _block(output: Output) -> str:
    match output:
        case Printed(text=text):
            return page("output", kind="stderr", text=_line(text.rstrip("\n")), head="") if text.strip() else ""
        case Warned(category=category, message=message):
            return page("output", kind="warned", head=category, text=_line(message))
        case Raised():
            return _raised(output)
        case Figure(svg=svg):
            return page("drawn", drawing=Markup(_named(_coloured(raw(svg)))))
        case Graph():
            return graph.to_html(output)
    return ""


def _named(svg: str) -> str:
    """A figure with a text alternative: the words that stand in it."""
    words = " ".join(_WORDS.findall(svg)) or "-"
    return svg.replace("<svg ", f'<svg aria-label="{words[:300]}" ', 1)


def _coloured(svg: str) -> str:
    return _COLOUR.sub(lambda colour: _COLOURS[colour[0]], svg)


def _raised(output: Raised) -> str:
    """The last line first, since it says what happened; the frames are folded."""
    folded = output.traceback.rstrip("\n")
    frames = Markup(code.inside(folded, "pytb")) if folded.count("\n") > 1 else ""
    return page("raised", type=output.type, message=_line(output.message), frames=frames)


def _line(text: str) -> Markup:
    return Markup(escape(text))


def raw(html: str) -> str:
    """HTML that a snippet printed, as a field can hold it: Anki's marks are text in it, and nothing in it runs."""
    return _SCRIPT.sub("", _XML.sub("", html)).replace("{{", "&#123;&#123;").strip()
