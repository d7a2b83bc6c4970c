"""Outputs <-> JSON, with the text of both cleaned of what differs from run to run."""

from __future__ import annotations

from typing import Any

from deckgen.deck import Figure, Graph, GraphNode, Output, Printed, Raised, Shown, Warned

_KINDS = {"printed": Printed, "shown": Shown, "warned": Warned, "raised": Raised, "figure": Figure}


def output_of(event: list[Any]) -> Output:
    """A worker's event `[kind, ...]` as the value that the other stages know."""
    kind, *parts = event
    if kind == "graph":
        return _graph(parts[0])
    output: Output = _KINDS[kind](*parts)
    return output


def _graph(drawn: dict[str, Any]) -> Graph:
    nodes = tuple(GraphNode(key, *node) for key, node in enumerate(drawn["nodes"]))
    edges = tuple((start, end, slot) for start, end, slot in drawn["edges"])
    return Graph(nodes, edges, drawn["expression"], tuple(drawn["roots"]), tuple(drawn["order"]))


def texts_of(event: list[Any]) -> list[str]:
    """Every text of an event that reaches a card as text."""
    return [part for part in event[1:] if isinstance(part, str)] if event[0] != "figure" else []
