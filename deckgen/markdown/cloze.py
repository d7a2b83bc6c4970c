"""Cloze marks, `{{c1::text::hint}}`: where they stand in a text, by one rule for prose, code and math.

A gap ends at the first `}}` that its own braces do not need, so that `{{c1::{"a": {}}}}` holds a whole dictionary;
where no such end exists, at the first `}}`. A hint begins at the first `::` that has text on both sides and does not
stand inside brackets that the gap closes, so that `{{c1::x[::2]}}` has none. A mark that does not pair is plain text.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass
from itertools import accumulate

_OPEN = re.compile(r"\{\{c([0-9]{1,9}(?:,[0-9]{1,9})*)::")
_BRACE = re.compile(r"[{}]")
_BRACKETS = {")": "(", "]": "[", "}": "{"}


@dataclass(frozen=True, slots=True)
class Open:
    """The start of a gap: `{{c1::`, or `{{c1,2::`."""

    ordinals: tuple[int, ...]


@dataclass(frozen=True, slots=True)
class Close:
    """The end of the innermost gap, with its hint."""

    hint: str


@dataclass(frozen=True, slots=True)
class Mark:
    """A mark that pairs, at `text[start:end]`; of a close the hint belongs to it."""

    start: int
    end: int
    piece: Open | Close


@dataclass(slots=True)
class _Gap:
    """A gap that is still open: how deep in braces of its own, and where a hint may begin."""

    mark: Mark
    hint_from: int
    depth: int = 0


def cloze_pieces(text: str) -> Iterator[str | Open | Close]:
    """`text` cut at its cloze marks: plain pieces, and where gaps open and close, nested as written.

    A mark that does not pair is plain text. The same rule decides in prose, code and math.
    """
    position = 0
    for mark in find_marks(text):
        if mark.start > position:
            yield text[position : mark.start]
        yield mark.piece
        position = mark.end
    if position < len(text):
        yield text[position:]


def without_marks(text: str) -> str:
    """`text` as it was before its gaps were marked: marks and hints gone."""
    return "".join(piece for piece in cloze_pieces(text) if isinstance(piece, str))


def find_marks(text: str) -> list[Mark]:
    """The marks that pair, in order. A gap that finds no end is tried again without counting braces, then given up."""
    uncounted: set[int] = set()
    literal: set[int] = set()
    while "{{c" in text:
        marks, unclosed = _pair(text, uncounted, literal)
        if not unclosed:
            return sorted(marks, key=lambda mark: mark.start)
        if unclosed - uncounted:
            uncounted |= unclosed
        else:
            literal |= unclosed
    return []


def _pair(text: str, uncounted: set[int], literal: set[int]) -> tuple[list[Mark], set[int]]:
    """One pass: the marks that pair, and the starts of the gaps that find no end."""
    marks: list[Mark] = []
    gaps: list[_Gap] = []
    position = 0
    while (position := _next_brace(text, position)) >= 0:
        opening = None if position in literal else _OPEN.match(text, position)
        if opening:
            mark = Mark(position, opening.end(), Open(tuple(int(n) for n in opening[1].split(","))))
            gaps.append(_Gap(mark, opening.end()))
            position = opening.end()
        elif gaps and text.startswith("}}", position) and not gaps[-1].depth:
            gap = gaps.pop()
            marks += [gap.mark, _close(text, gap, position)]
            position += 2
            if gaps:
                gaps[-1].hint_from = position
        else:
            if gaps and gaps[-1].mark.start not in uncounted:
                gaps[-1].depth = max(0, gaps[-1].depth + (1 if text[position] == "{" else -1))
            position += 1
    return marks, {gap.mark.start for gap in gaps}


def _next_brace(text: str, position: int) -> int:
    found = _BRACE.search(text, position)
    return found.start() if found else -1


def _close(text: str, gap: _Gap, end: int) -> Mark:
    """The end of `gap` at `text[end:]`, with the hint where one begins."""
    position = text.find("::", max(gap.hint_from, gap.mark.end + 1), end)
    is_free = _outside_brackets(text[gap.mark.end : end]) if position >= 0 else []
    while 0 <= position < end - 2:
        while text.startswith("::", position + 1) and position + 3 < end:  # of `:::`, the first is the gap's own
            position += 1
        if is_free[position - gap.mark.end]:
            return Mark(position, end + 2, Close(text[position + 2 : end]))
        position = text.find("::", position + 1, end)
    return Mark(end, end + 2, Close(""))


def _outside_brackets(text: str) -> list[bool]:
    """For each place in `text`, whether no bracket behind it closes one that was opened before it."""
    inside = [0] * (len(text) + 1)  # +1 where a pair begins to surround, -1 where it ends
    opened: list[int] = []
    for place, character in enumerate(text):
        if character in "([{":
            opened.append(place)
        elif character in _BRACKETS:
            is_pair = bool(opened) and text[opened[-1]] == _BRACKETS[character]
            inside[opened.pop() + 1 if is_pair else 0] += 1
            inside[place + 1] -= 1
    depths = accumulate(inside)
    return [depth == 0 for depth in depths]
