"""A rhyme line by line."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from deckgen.deck import Markdown
from deckgen.markdown import Token, blocks, to_text
from deckgen.render.pages import Markup, page
from deckgen.render.side import Side


def whole(markdown: Markdown, side: Side) -> Markup:
    """The rhyme as a list of its lines, then what else there is."""
    rhyme, rest = _cut(markdown)
    lines = [side.html(line) for line in _lines(rhyme)]
    return page("verse", lines=lines, blank=False) + Markup("\n") + side.html(rest)


def blank(markdown: Markdown, side: Side) -> Markup:
    """As many empty lines as the rhyme has."""
    return page("verse", lines=[""] * len(list(_lines(_cut(markdown)[0]))), blank=True)


def spoken(markdown: Markdown) -> list[str]:
    return [to_text(line) for line in _lines(_cut(markdown)[0])]


def _cut(markdown: Markdown) -> tuple[Sequence[Token], Markdown]:
    """The tokens of the rhyme, and all others."""
    tokens = markdown.tokens
    spans = list(blocks(tokens))
    rhymes = [span for span in spans if tokens[span[0]].type == "callout_open"]
    first, last = (rhymes or spans or [(0, 0)])[0]
    return tokens[first:last], Markdown((*tokens[:first], *tokens[last:]))


def _lines(tokens: Sequence[Token]) -> Iterator[Markdown]:
    for token in tokens:
        line: list[Token] = []
        for child in token.children or () if token.type == "inline" else ():
            if child.type in ("softbreak", "hardbreak"):
                yield Markdown(tuple(line))
                line = []
            else:
                line.append(child)
        if line:
            yield Markdown(tuple(line))
