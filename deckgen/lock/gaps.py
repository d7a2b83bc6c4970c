"""Cloze numbers: a number once published keeps its gap, since the learner's history hangs on the number."""

from __future__ import annotations

from deckgen.deck import RenderedNote
from deckgen.errors import Problems
from deckgen.lock.entries import Entry

Gaps = tuple[tuple[int, str], ...]


def check(entry: Entry, note: RenderedNote, problems: Problems) -> bool:
    """Whether every gap of `note` still has the number that it was published under. A reworded gap is the same gap."""
    now, published = dict(note.gaps), dict(entry.retired) | dict(entry.gaps)
    free = max([*published, *now]) + 1 if published else 1
    for number, text in note.gaps:
        old = _moved_from(number, text, now, published)
        if old is not None:
            what = f"the gap {{{{c{old}::{_short(text)}}}}} was published as c{old} and is now c{number}"
            instead = f"so c{old}'s history would go to another gap: write c{old} again, and c{free} for a new gap"
        elif number in dict(entry.retired) and text != published[number]:
            what = f"c{number} was the number of a gap since removed ({_short(published[number])})"
            instead = f"whose history the new gap would inherit: write c{free} for a new gap"
        else:
            continue
        problems.add(note.location, what, instead, _table(published))
        return False
    return True


def _moved_from(number: int, text: str, now: dict[int, str], published: dict[int, str]) -> int | None:
    """The number that the text had when it was published, if that is no longer its number."""
    if published.get(number) == text:
        return None
    return next((old for old, was in published.items() if was == text and now.get(old) != text), None)


def remember(entry: Entry | None, note: RenderedNote) -> tuple[Gaps, Gaps]:
    """The gaps of now, and those that were published and are gone."""
    if entry is None:
        return note.gaps, ()
    now = dict(note.gaps)
    gone = {number: text for number, text in (*entry.retired, *entry.gaps) if number not in now}
    return note.gaps, tuple(sorted(gone.items()))


def _short(text: str) -> str:
    line = " ".join(text.split())
    return line if len(line) <= 40 else line[:39] + "…"


def _table(published: dict[int, str]) -> str:
    return "\n".join(["published:", *(f"c{number} = {_short(text)}" for number, text in sorted(published.items()))])
