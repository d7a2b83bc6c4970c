"""Lists that a learner acts on: the options of a quiz, the pieces of an order."""

from __future__ import annotations

import hashlib
from collections.abc import Sequence
from dataclasses import dataclass

from deckgen.deck import Fence, Kind
from deckgen.render import code
from deckgen.render.pages import Markup, page


@dataclass(frozen=True, slots=True)
class Option:
    """An option of a quiz, or a piece of an order that belongs at `place`, counted from 0."""

    html: Markup
    why: Markup
    right: bool = False
    place: int = 0


def quiz(options: Sequence[Option], kind: Kind, solved: bool) -> Markup:
    shown = options if solved else [Option(option.html, Markup("")) for option in options]
    return page("quiz", options=shown, kind=kind.value, solved=solved)


def order(pieces: Sequence[Option], seed: str, solved: bool) -> Markup:
    return page("puzzle", items=pieces if solved else _mixed(pieces, seed), code=False, solved=solved)


def of_code(fence: Fence, seed: str, solved: bool) -> Markup:
    """The lines of an `order` fence; empty ones divide nothing and are left out."""
    lines = [line for line in code.lines(fence.code, fence.language) if line.strip()]
    pieces = [Option(Markup(f"<pre>{line}</pre>"), Markup(""), place=n) for n, line in enumerate(lines)]
    return page("puzzle", items=pieces if solved else _mixed(pieces, seed), code=True, solved=solved)


def _mixed(pieces: Sequence[Option], seed: str) -> list[Option]:
    """An order that is the same at each build, is never the right one, and tells no explanation."""
    plain = [Option(piece.html, Markup(""), place=piece.place) for piece in pieces]
    mixed = sorted(plain, key=lambda piece: hashlib.sha256(f"{seed}/{piece.place}".encode()).digest())
    return mixed if mixed != plain else mixed[1:] + mixed[:1]
