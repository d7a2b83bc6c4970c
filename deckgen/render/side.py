"""What stands in a field depends on the side it is for: which code, which outputs, solved or not."""

from __future__ import annotations

from dataclasses import dataclass, replace
from enum import Enum

from deckgen.deck import Fence, Graph, Kind, Markdown, Note, Output, Outputs, Shown
from deckgen.markdown import escape, gapped, parse, to_html
from deckgen.render import code, game, outputs, puzzles
from deckgen.render.media import Images
from deckgen.render.pages import Markup


class Mode(Enum):
    """ASK hides what code did, SOLVE too but shows how a puzzle is solved, TELL shows each output under its code."""

    ASK = "ask"
    SOLVE = "solve"
    TELL = "tell"


@dataclass(frozen=True, slots=True)
class Side:
    """Turns pieces of one note into HTML; `markdown.to_html` calls back what is a hook."""

    note: Note
    outputs: Outputs
    images: Images
    mode: Mode

    def html(self, markdown: Markdown) -> Markup:
        return Markup(self.images.rename(to_html(markdown, self)))

    def but(self, mode: Mode) -> Side:
        return replace(self, mode=mode)

    def fence(self, fence: Fence) -> str:
        shown = "" if fence.words & {"hidden", "silent", "proof"} else self._code(fence)
        told = fence.show_front or self.mode is Mode.TELL
        return shown + (self.result(fence) if told else "")

    def result(self, fence: Fence) -> str:
        """The outputs of a fence, if they are shown at all."""
        if fence.step is None or fence.words & {"silent", "proof"}:
            return ""
        done = self.did(fence.step)
        if game.is_game(fence, self.note):  # its graph is part of the question
            done = tuple(output for output in done if not isinstance(output, Graph))
        return outputs.to_html(done, fence.show_as, self._printed_markdown)

    def did(self, step: int) -> tuple[Output, ...]:
        return self.outputs.steps[step] if step < len(self.outputs.steps) else ()

    def inline_value(self, step: int) -> str:
        text = "".join(output.text for output in self.did(step) if isinstance(output, Shown))
        return f'<code class="value">{escape(text)}</code>'

    def code(self, text: str) -> str:
        return code.span(text)

    def math(self, tex: str, display: bool) -> str:
        left, right = (r"\[", r"\]") if display else (r"\(", r"\)")
        return left + _tex(tex) + right

    def image(self, src: str, alt: str, title: str) -> str:
        hint = f' title="{escape(title)}"' if title else ""
        return f'<img src="{escape(self.images.name(src))}" alt="{escape(alt)}"{hint}>'

    def _code(self, fence: Fence) -> str:
        if game.is_game(fence, self.note):
            return code.block(fence.code, fence.language) + self._game(fence)
        if "order" in fence.words and self.note.kind is Kind.ORDER:
            return puzzles.of_code(fence, self.note.id, self.mode is not Mode.ASK)
        return code.block(fence.code, fence.language, fence.marked)

    def _game(self, fence: Fence) -> str:
        graph = game.graph_of(self.did(fence.step or 0))
        return str(game.to_html(graph, self.mode is not Mode.ASK)) if graph and graph.order else ""

    def _printed_markdown(self, text: str) -> str:
        return to_html(Markdown(parse(text)), self)


def _tex(tex: str) -> str:
    """TeX in a field: `}}` would end a gap, so that every pair of braces is spaced; TeX does not mind."""
    return gapped(tex, _tex_text)


def _tex_text(tex: str) -> str:
    for brace in "{}":
        while brace * 2 in tex:
            tex = tex.replace(brace * 2, f"{brace} {brace}")
    return tex.replace("&", "&amp;").replace("<", "&lt;").replace(">", "&gt;")
