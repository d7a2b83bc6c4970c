"""What a note's claim is proved by."""

from __future__ import annotations

from collections.abc import Iterator

from deckgen.deck import InlineValue, Note, Outputs, Step
from deckgen.render.fields import fences_of


def proof(note: Note, outputs: Outputs) -> str:
    """ "torch" or "python" where code of the note's own was run, else "quote", "link" or ""."""
    quotes = set(_quotes(note))
    own = {n for n, step in enumerate(note.program.steps) if n >= note.program.setup and _does_something(step)}
    if own - quotes:
        return "torch" if "torch" in dict(outputs.runtime) else "python"
    if quotes:
        return "quote"
    return "link" if note.source else ""


def _does_something(step: Step) -> bool:
    """Whether there is code in it, and not just white space and comments."""
    code = step.expression if isinstance(step, InlineValue) else step.code
    return any(line.strip() and not line.lstrip().startswith("#") for line in code.splitlines())


def _quotes(note: Note) -> Iterator[int]:
    for fence in fences_of((*note.front.tokens, *note.back.tokens)):
        if fence.show_as == "quote" and fence.step is not None:
            yield fence.step
