"""Tokens -> HTML as a field of Anki can hold it."""

from __future__ import annotations

import re
from collections.abc import Callable, Sequence
from html import escape as escape_html

from markdown_it.token import Token

from deckgen.deck import Markdown
from deckgen.markdown.cloze import Close, Open, cloze_pieces
from deckgen.markdown.hooks import Hooks
from deckgen.markdown.walk import to_text

_BRACE = re.compile(r"\{(?=\{|\Z)")
_MATH = re.compile(r"\\(?=[(\[])")
_ANKI_TAG = re.compile(r"\[(?=/?latex\]|/?\$\$?\]|sound:|anki:)", re.IGNORECASE)
_CONTROL = re.compile(r"[\x00-\x08\x0b\x0c\x0e-\x1f\x7f]")
_SPECIAL = re.compile(r"[&<>\"'{\\\[\x00-\x08\x0b\x0c\x0e-\x1f\x7f]")
# Scripts that are written without spaces: a line break between two such characters is none.
_UNSPACED = re.compile(r"[\u2e80-\u9fff\uf900-\ufaff\ufe30-\ufe4f\uff00-\uffef\U00020000-\U0003ffff]")
_PLAIN = {
    "strong_open": "<strong>", "strong_close": "</strong>", "em_open": "<em>", "em_close": "</em>",
    "s_open": "<s>", "s_close": "</s>", "hardbreak": "<br>\n", "hr": "<hr>\n", "fault": "",
    "paragraph_close": "</p>\n",
}  # fmt: skip


def escape(text: str) -> str:
    """`text` as HTML that Anki shows as it stands: no tag, no field or cloze mark, no MathJax, no sound.

    Anki's MathJax reads the DOM's text across comments, so that neither an entity nor `<!-- -->` hides a `\\(`; an
    element does.
    """
    if not _SPECIAL.search(text):
        return text
    text = escape_html(_CONTROL.sub("", text))
    text = _BRACE.sub("&#123;", text)
    text = _ANKI_TAG.sub("&#91;", text)
    return _MATH.sub(r"\\<span></span>", text)


def escape_attribute(text: str) -> str:
    """`text` for an HTML attribute in quotes."""
    return _BRACE.sub("&#123;", escape_html(_CONTROL.sub("", text)))


def gapped(text: str, write: Callable[[str], str]) -> str:
    """`text` as a field holds it: `write` makes HTML of each piece between its cloze marks, and its gaps stand."""
    parts = []
    depth = 0
    for piece in cloze_pieces(text):
        match piece:
            case Open():
                depth += 1
                parts.append(_gap_open(piece))
            case Close():
                depth -= 1
                parts.append(_gap_close(piece))
            case _:
                parts.append(_in_gap(write(piece)) if depth else write(piece))
    return "".join(parts)


def _in_gap(html: str) -> str:
    """HTML that stands inside a gap, where a plain `}` or `::` would end the gap or begin its hint."""
    return html.replace("}", "&#125;").replace("::", "&#58;&#58;")


def _gap_open(piece: Open) -> str:
    return "{{c" + ",".join(str(number) for number in piece.ordinals) + "::"


def _gap_close(piece: Close) -> str:
    return ("::" + _in_gap(escape(piece.hint)) if piece.hint else "") + "}}"


def to_html(markdown: Markdown, hooks: Hooks) -> str:
    """HTML of a piece. All text is escaped; `{{` and gaps come out as Anki needs them inside a field."""
    writer = _Writer(hooks)
    writer.write(markdown.tokens)
    return "".join(writer.parts).strip("\n")


class _Writer:
    """Writes tokens one after the other; remembers the gaps, links and callouts that are open."""

    def __init__(self, hooks: Hooks) -> None:
        self.hooks = hooks
        self.parts: list[str] = []
        self.gaps = 0
        self.closings: list[str] = []  # what closes each open link
        self.rhymes = 0

    def write(self, tokens: Sequence[Token]) -> None:
        for index, token in enumerate(tokens):
            if token.type == "inline":
                self.write(token.children or ())
            elif token.type == "softbreak":
                self.parts.append(self._softbreak(tokens, index))
            else:
                self._write(token)

    def _write(self, token: Token) -> None:
        match token.type:
            case "cloze_open":
                self.gaps += 1
                self.parts.append(_gap_open(Open(token.meta["ordinals"])))
            case "cloze_close":
                self.gaps -= 1
                self.parts.append(_gap_close(Close(token.meta["hint"])))
            case _:
                html = self._html(token)
                # A hook writes the marks of the gaps in its own text itself.
                own = token.type in ("code_inline", "math_inline") and "{{c" in token.content
                self.parts.append(_in_gap(html) if self.gaps and not own else html)

    def _html(self, token: Token) -> str:
        plain = _PLAIN.get(token.type)
        if plain is not None:
            return "" if token.hidden else plain
        method = getattr(self, f"_{token.type}", None)
        if method:
            return str(method(token))
        return "" if token.hidden else self._tag(token)

    def _tag(self, token: Token) -> str:
        if not token.tag:
            return ""
        attributes = "".join(
            f' {name}="{escape_attribute(str(value))}"' for name, value in token.attrs.items() if name != "class"
        )
        end = "\n" if token.block and token.type not in ("paragraph_open", "heading_open", "td_open", "th_open") else ""
        return f"<{'/' if token.nesting < 0 else ''}{token.tag}{attributes}>{end}"

    def _softbreak(self, tokens: Sequence[Token], index: int) -> str:
        if self.rhymes:
            return "<br>\n"
        before = tokens[index - 1].content[-1:] if index else ""
        after = tokens[index + 1].content[:1] if index + 1 < len(tokens) else ""
        return "" if _UNSPACED.match(before) and _UNSPACED.match(after) else "\n"

    def _text(self, token: Token) -> str:
        return escape(token.content)

    def _code_inline(self, token: Token) -> str:
        return self.hooks.code(token.content)

    def _inline_value(self, token: Token) -> str:
        return self.hooks.inline_value(token.meta["step"]) if "step" in token.meta else escape(token.content)

    def _math_inline(self, token: Token) -> str:
        return self.hooks.math(token.content, token.markup == "$$")

    def _math_block(self, token: Token) -> str:
        return self.hooks.math(token.content.strip("\n"), True) + "\n"

    def _fence(self, token: Token) -> str:
        if "fence" in token.meta:
            return self.hooks.fence(token.meta["fence"]) + "\n"
        return f"<pre><code>{escape(token.content)}</code></pre>\n"

    _code_block = _fence

    def _image(self, token: Token) -> str:
        alt = to_text(Markdown(tuple(token.children or ())))
        return self.hooks.image(str(token.attrs.get("src", "")), alt, str(token.attrs.get("title", "")))

    def _link_open(self, token: Token) -> str:
        address = str(token.attrs.get("href", ""))
        if is_relative(address):
            self.closings.append("</span>")
            return '<span class="card-link">'
        self.closings.append("</a>")
        return self._tag(token)

    def _link_close(self, _: Token) -> str:
        return self.closings.pop() if self.closings else ""

    def _html_block(self, token: Token) -> str:
        return _raw(token.content)

    _html_inline = _html_block

    def _callout_open(self, token: Token) -> str:
        self.rhymes += token.meta["callout"] == "rhyme"
        return f'<div class="callout {escape_attribute(token.meta["callout"])}">\n'

    def _callout_close(self, token: Token) -> str:
        self.rhymes -= token.meta["callout"] == "rhyme"
        return "</div>\n"

    def _list_item_open(self, token: Token) -> str:
        if "checked" not in token.meta:
            return "<li>"
        checked = " checked" if token.meta["checked"] else ""
        return f'<li class="task"><input type="checkbox" disabled{checked}> '

    def _paragraph_open(self, token: Token) -> str:
        return "" if token.hidden else "<p>"


def is_relative(address: str) -> bool:
    """Whether a link leads to another card or file of the folder, and so nowhere in Anki."""
    return not re.match(r"[A-Za-z][A-Za-z0-9+.-]*:|//", address)


def _raw(html: str) -> str:
    """The author's own HTML: its gaps stand, every other `{{` is text."""
    return gapped(_CONTROL.sub("", html), lambda piece: _BRACE.sub("&#123;", piece))
