"""Places in a deck: `due`, a thousand apart, so that what is inserted later finds a number between."""

from __future__ import annotations

from bisect import bisect_left
from collections.abc import Sequence

STEP = 1000


def place(known: Sequence[int | None]) -> tuple[int, ...]:
    """Strictly increasing places for the notes of a deck in study order; `known` are the places that they had.

    As many notes as possible keep theirs. Only if there is no number left between two of them is the deck renumbered.
    """
    kept = [*_longest_increasing(known), len(known)]
    places: list[int] = []
    for stop in kept:
        low = places[-1] if places else 0
        high = known[stop] if stop < len(known) else None
        between = _between(low, high, stop - len(places))
        if between is None:
            return tuple(STEP * (index + 1) for index in range(len(known)))
        places += between if high is None else [*between, high]
    return tuple(places)


def _between(low: int, high: int | None, count: int) -> list[int] | None:
    """`count` numbers between `low` and `high`, evenly; None if there are not as many."""
    if high is None:
        return [low + STEP * index for index in range(1, count + 1)]
    if high - low <= count:
        return None
    return [low + (high - low) * index // (count + 1) for index in range(1, count + 1)]


def _longest_increasing(known: Sequence[int | None]) -> list[int]:
    """The indices of a longest strictly increasing run of the numbers in `known`."""
    tails: list[int] = []  # the smallest last number of a run of each length
    ends: list[int] = []  # and its index
    before: dict[int, int] = {}
    for index, number in enumerate(known):
        if number is None:
            continue
        length = bisect_left(tails, number)
        if length:
            before[index] = ends[length - 1]
        tails[length : length + 1] = [number]
        ends[length : length + 1] = [index]
    chain = ends[-1:]
    while chain and chain[-1] in before:
        chain.append(before[chain[-1]])
    return chain[::-1]
