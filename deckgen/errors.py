"""Every mistake that an author can make, with its place."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from typing import TYPE_CHECKING

if TYPE_CHECKING:  # a command that finds nothing to do need not make all the words of `deck`
    from deckgen.deck import Location


@dataclass(frozen=True, slots=True, order=True)
class Problem:
    """What is wrong at `location`, what to write instead, and lines of detail (a diff, a traceback)."""

    location: Location
    what: str
    instead: str = ""
    detail: str = ""

    def __str__(self) -> str:
        advice = f", {self.instead}" if self.instead else ""
        detail = "".join(f"\n    {line}" for line in self.detail.splitlines())
        return f"{self.location}: {self.what}{advice}{detail}"


class Problems:
    """Collects the problems of a run, each once, so that all of them can be reported together."""

    def __init__(self) -> None:
        self._found: dict[Problem, None] = {}

    def add(self, location: Location, what: str, instead: str = "", detail: str = "") -> None:
        self._found[Problem(location, what, instead, detail)] = None

    def __iter__(self) -> Iterator[Problem]:
        """In the order of path and line."""
        return iter(sorted(self._found))

    def __len__(self) -> int:
        return len(self._found)


class DeckgenError(Exception):
    """A run that cannot go on at all, for a reason that has no line in a card: exit code 1."""


def nearest(word: str, known: Iterable[str]) -> str:
    """Advice that names the known word closest to an unknown one, or else all of them."""
    import difflib

    words = sorted(known)
    close = difflib.get_close_matches(word, words, n=1, cutoff=0.5)
    return f"did you mean `{close[0]}`?" if close else "write one of " + ", ".join(f"`{w}`" for w in words)
