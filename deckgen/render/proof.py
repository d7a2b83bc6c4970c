"""What a note's claim is proved by."""

from __future__ import annotations

from collections.abc import Iterator

from deckgen.deck import Note, Outputs
from deckgen.render.fields import fences_of


def proof(note: Note, outputs: Outputs) -> str:
    """ "torch" or "python" where code of the note's own was run, else "quote", "link" or ""."""
    quotes = set(_quotes(note))
    own = set(range(note.program.setup, len(note.program.steps)))
    if own - quotes:
        return "torch" if "torch" in dict(outputs.runtime) else "python"
    if quotes:
        return "quote"
    return "link" if note.source else ""


def _quotes(note: Note) -> Iterator[int]:
    for fence in fences_of((*note.front.tokens, *note.back.tokens)):
        if fence.show_as == "quote" and fence.step is not None:
            yield fence.step
