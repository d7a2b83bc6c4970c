"""What of a section is run, in order: a step for each fence that runs and each inline value."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import replace

from deckgen.deck import Fence, InlineValue, Location, Snippet, Step
from deckgen.markdown import Token, walk
from deckgen.parse.fences import RUN, runs


def take_steps(tokens: Iterable[Token], name: str, first: int) -> tuple[Step, ...]:
    """The steps of `tokens`; each token that is run learns the number of its step, the first of them `first`."""
    steps: list[Step] = []
    for token, line in walk(tokens):
        if token.type == "fence" and runs(token.meta["fence"]):
            fence = replace(token.meta["fence"], step=first + len(steps))
            token.meta["fence"] = fence
            steps.append(_snippet(fence))
        elif token.type == "inline_value":
            token.meta["step"] = first + len(steps)
            steps.append(InlineValue(token.content, Location(name, line)))
    return tuple(steps)


def _snippet(fence: Fence) -> Snippet:
    return Snippet(
        code=fence.code,
        location=fence.location,
        raises=fence.raises,
        graph=fence.graph,
        timeout=fence.timeout,
        claim=fence.claim,
        shown=not fence.words & {"silent", "proof"},
        language=RUN[fence.language],
    )
