"""Gaps: the cloze marks of a piece, with their numbers, their text and their lines."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, replace

from deckgen.deck import Markdown
from deckgen.markdown import Close, Open, Token, cloze_pieces, to_text, walk, without_marks
from deckgen.parse.fences import has_gaps


@dataclass(frozen=True, slots=True)
class Gap:
    ordinals: tuple[int, ...]
    text: str
    line: int


def find_gaps(tokens: Iterable[Token]) -> Iterator[Gap]:
    """Every gap of `tokens`: in prose, code spans, math, raw HTML and in the code of fences that run."""
    for token, line in walk(tokens):
        match token.type:
            case "inline" if "{{c" in token.content:
                yield from _prose(token.children or (), line)
            case "code_inline" | "math_inline" | "math_block" | "html_block" | "html_inline":
                yield from _text(token.content, line)
            case "fence" if has_gaps(token.meta["fence"]):
                yield from _text(token.meta["fence"].marked, line + 1)


def _prose(children: Sequence[Token], line: int) -> Iterator[Gap]:
    opened: list[tuple[int, int]] = []
    for index, child in enumerate(children):
        if child.type in ("softbreak", "hardbreak"):
            line += 1
        elif child.type == "cloze_open":
            opened.append((index, line))
        elif child.type == "cloze_close":
            start, first = opened.pop()
            text = to_text(Markdown(tuple(children[start + 1 : index])))
            yield Gap(children[start].meta["ordinals"], text, first)


def _text(text: str, line: int) -> Iterator[Gap]:
    opened: list[tuple[Open, list[str], int]] = []
    for piece in cloze_pieces(text) if "{{c" in text else ():
        match piece:
            case Open():
                opened.append((piece, [], line))
            case Close():
                start, inside, first = opened.pop()
                yield Gap(start.ordinals, "".join(inside), first)
            case str():
                for _, inside, _ in opened:
                    inside.append(piece)
                line += piece.count("\n")


def has_gap(tokens: Sequence[Token]) -> bool:
    return next(find_gaps(tokens), None) is not None


def by_number(gaps: Iterable[Gap]) -> tuple[tuple[int, str], ...]:
    """Each number with the text of its gaps, one a line."""
    texts: dict[int, list[str]] = {}
    for gap in gaps:
        for number in gap.ordinals:
            texts.setdefault(number, []).append(gap.text)
    return tuple((number, "\n".join(texts[number])) for number in sorted(texts))


def without_gaps(tokens: Iterable[Token]) -> tuple[Token, ...]:
    """Copies of `tokens` in which the text of each gap stands as plain text."""
    return tuple(_filled(token) for token in tokens if token.type not in ("cloze_open", "cloze_close"))


def _filled(token: Token) -> Token:
    if token.type == "inline":
        return token.copy(children=list(without_gaps(token.children or ())))
    if token.type == "fence":
        fence = token.meta["fence"]
        return token.copy(meta={**token.meta, "fence": replace(fence, marked=fence.code)})
    return token.copy(content=without_marks(token.content)) if "{{c" in token.content else token
