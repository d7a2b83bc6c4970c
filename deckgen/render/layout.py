"""Where the nodes of a layered graph stand: roots above, inputs below, no two boxes overlapping, no edge through a box.

The plain recipe of Sugiyama: rows by the longest way from a root, a small bend in each row that a long edge passes, an
order in each row by the middle of the neighbours, then places as close to the neighbours as the boxes allow.
"""

from __future__ import annotations

import itertools
from collections.abc import Mapping, Sequence
from dataclasses import dataclass

Edge = tuple[int, int]
SPACE = 16.0  # between two boxes of a row
BEND = 14.0  # the width that a passing edge takes
_SWEEPS = 8


@dataclass(frozen=True, slots=True)
class Layout:
    """The middle of each node, the row of each node, and for each edge the middles of its bends, row by row."""

    x: Mapping[int, float]
    row: Mapping[int, int]
    bends: tuple[tuple[float, ...], ...]
    width: float


def arrange(widths: Sequence[float], edges: Sequence[Edge]) -> Layout:
    """Place nodes of these widths. The edges, (from, to), form no cycle; several may join the same two nodes."""
    row = _rows(len(widths), edges)
    sizes = dict(enumerate(widths))
    chains = _chains(edges, row, sizes)
    rows, above, below = _grid(chains, row, sizes)
    for sweep in range(_SWEEPS):
        _sort_rows(rows if sweep % 2 == 0 else rows[::-1], above if sweep % 2 == 0 else below)
    x = _places(rows, sizes, above, below)
    left = min((x[n] - sizes[n] / 2 for n in x), default=0.0)
    x = {n: place - left for n, place in x.items()}
    bends = tuple(tuple(x[n] for n in chain[1:-1]) for chain in chains)
    return Layout(x, row, bends, max((x[n] + sizes[n] / 2 for n in x), default=0.0))


def _rows(count: int, edges: Sequence[Edge]) -> dict[int, int]:
    """The row of each node: one below the lowest that leads to it."""
    row = dict.fromkeys(range(count), 0)
    for _ in range(count):
        before = dict(row)
        for start, end in edges:
            row[end] = max(row[end], row[start] + 1)
        if row == before:
            break
    return row


def _chains(edges: Sequence[Edge], row: dict[int, int], sizes: dict[int, float]) -> list[list[int]]:
    """Each edge as the nodes that it passes, one a row: bends are new nodes of their own."""
    chains = []
    for start, end in edges:
        chain = [start]
        for between in range(row[start] + 1, row[end]):
            bend = len(sizes)
            sizes[bend], row[bend] = BEND, between
            chain.append(bend)
        chains.append([*chain, end])
    return chains


def _grid(
    chains: Sequence[Sequence[int]], row: Mapping[int, int], sizes: Mapping[int, float]
) -> tuple[list[list[int]], dict[int, list[int]], dict[int, list[int]]]:
    rows: list[list[int]] = [[] for _ in range(max(row.values(), default=-1) + 1)]
    for node in sizes:
        rows[row[node]].append(node)
    above: dict[int, list[int]] = {node: [] for node in sizes}
    below: dict[int, list[int]] = {node: [] for node in sizes}
    for chain in chains:
        for start, end in itertools.pairwise(chain):
            below[start].append(end)
            above[end].append(start)
    return rows, above, below


def _sort_rows(rows: Sequence[list[int]], neighbours: Mapping[int, Sequence[int]]) -> None:
    """Sort each row by the middle of its neighbours in the row before."""
    for before, row in itertools.pairwise(rows):
        place = {node: n for n, node in enumerate(before)}
        here = {node: n for n, node in enumerate(row)}
        row.sort(key=lambda node: (_mean([place[n] for n in neighbours[node]], here[node]), here[node]))


def _places(
    rows: Sequence[Sequence[int]],
    sizes: Mapping[int, float],
    above: Mapping[int, Sequence[int]],
    below: Mapping[int, Sequence[int]],
) -> dict[int, float]:
    """Draw each node to the middle of its neighbours, again and again, as far as its row leaves room."""
    x: dict[int, float] = {}
    for row in rows:
        x |= zip(row, _spread([0.0] * len(row), [sizes[n] for n in row]), strict=True)
    for sweep in range(_SWEEPS * 2):
        down = sweep % 2 == 0
        for row in rows if down else rows[::-1]:
            near = above if down else below
            wanted = [_mean([x[n] for n in near[node]], x[node]) for node in row]
            x |= zip(row, _spread(wanted, [sizes[n] for n in row]), strict=True)
    return x


def _spread(wanted: Sequence[float], sizes: Sequence[float]) -> list[float]:
    """The places nearest to the wanted ones, in this order, that keep the boxes apart (least squares, in one pass)."""
    offsets = [0.0]
    for left, right in itertools.pairwise(sizes):
        offsets.append(offsets[-1] + (left + right) / 2 + SPACE)
    groups: list[tuple[float, int]] = []  # (mean of what its members want, how many they are)
    for place, offset in zip(wanted, offsets, strict=False):
        mean, count = place - offset, 1
        while groups and groups[-1][0] > mean:
            other, members = groups.pop()
            mean, count = (mean * count + other * members) / (count + members), count + members
        groups.append((mean, count))
    shifts = [mean for mean, count in groups for _ in range(count)]
    return [shift + offset for shift, offset in zip(shifts, offsets, strict=False)]


def _mean(values: Sequence[float], otherwise: float) -> float:
    return sum(values) / len(values) if values else otherwise
