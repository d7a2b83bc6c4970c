"""What is drawn of an autograd graph: its boxes and edges, those of a large one folded; and the same in words."""

from __future__ import annotations

import unicodedata
from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass

from deckgen.deck import Graph, GraphNode

LIMIT = 24  # nodes that are drawn; what lies behind them is folded
_LETTER, _SMALL = 7.3, 6.1  # width of a letter in the name of a node and in the line below it
_LEAST = 54.0


@dataclass(frozen=True, slots=True)
class Box:
    """A node as it is drawn: its shape, its name and the line below."""

    shape: str  # op, leaf, saved, none, tensor, more
    name: str
    note: str

    @property
    def width(self) -> float:
        return max(_LEAST, _columns(self.name) * _LETTER + 16, _columns(self.note) * _SMALL + 16)


@dataclass(frozen=True, slots=True)
class Drawing:
    """What is drawn of a graph: edges as (from, to, slot), and the boxes of its outputs."""

    boxes: tuple[Box, ...]
    edges: tuple[tuple[int, int, int], ...]
    roots: tuple[int, ...]


def drawing(graph: Graph) -> Drawing:
    """All of a graph, or its first `LIMIT` nodes with a box for what lies behind."""
    edges = sorted(graph.edges, key=lambda edge: (edge[0], edge[2]))
    boxes = [_box(node, bare=not edges) for node in graph.nodes]
    if len(boxes) <= LIMIT:
        return Drawing(tuple(boxes), tuple(edges), graph.roots)
    kept = {key: n for n, key in enumerate(_nearest(graph, edges))}
    more = Box("more", f"⋯ +{len(boxes) - len(kept)}", "")
    # However many edges of a node lead behind the fold, one is drawn.
    folded = dict.fromkeys((kept[start], len(kept), 99) for start, end, _ in edges if start in kept and end not in kept)
    shown = [(kept[start], kept[end], slot) for start, end, slot in edges if start in kept and end in kept]
    roots = tuple(kept[root] for root in graph.roots if root in kept)
    return Drawing((*(boxes[key] for key in kept), more), (*shown, *folded), roots)


def _nearest(graph: Graph, edges: Sequence[tuple[int, int, int]]) -> list[int]:
    """The first `LIMIT` nodes in breadth from the roots."""
    found = list(dict.fromkeys(graph.roots))
    for node in found:
        found += [end for start, end, _ in edges if start == node and end not in found]
        if len(found) >= LIMIT:
            break
    return sorted(dict.fromkeys(found[:LIMIT]))


def _box(node: GraphNode, bare: bool) -> Box:
    match node.role:
        case "leaf":
            name = " ".join(part for part in (node.name or "leaf", _shape(node)) if part)
            return Box("leaf", name, "leaf, grad_fn=None" if bare else "AccumulateGrad")
        case "tensor":
            return Box("tensor", node.name or "tensor", "requires_grad=False")
        case "none":
            return Box("none", "None", "")
        case "saved":
            return Box("saved", node.name, _shape(node))
    return Box("op", node.name, _shape(node))


def _shape(node: GraphNode) -> str:
    return "" if node.shape == "()" else node.shape


def names(drawn: Drawing) -> list[str]:
    """The name of each box, with a number where several have the same: `MulBackward0 #2`."""
    return _numbered([box.name for box in drawn.boxes])


def in_words(graph: Graph) -> str:
    """Each node and what it leads to: `z: MulBackward0 → x (AccumulateGrad), y (AccumulateGrad)`."""
    drawn = drawing(graph)
    labels, told = _labels(drawn), sentences(drawn)
    return f"{graph.expression}: " + ("; ".join(text for text in told if " → " in text) or ", ".join(labels))


def sentences(drawn: Drawing) -> list[str]:
    """Each box in words, in any language, and what it leads to: `x ×2` where two edges meet in one node."""
    labels = _labels(drawn)
    told = []
    for node, label in enumerate(labels):
        leads = Counter(end for start, end, _ in drawn.edges if start == node)
        parts = [labels[end] + (f" ×{n}" if n > 1 else "") for end, n in leads.items()]
        told.append(" → ".join((label, ", ".join(parts))) if parts else label)
    return told


def _labels(drawing: Drawing) -> list[str]:
    """Each node in words; two nodes never have the same, so that what is named twice is one node."""
    notes = [box.note if box.note[:1] in ("(", "") else f"({box.note})" for box in drawing.boxes]
    return _numbered([f"{box.name} {note}".strip() for box, note in zip(drawing.boxes, notes, strict=True)])


def _numbered(names: Sequence[str]) -> list[str]:
    total, seen = Counter(names), Counter[str]()
    told = []
    for name in names:
        seen[name] += 1
        told.append(f"{name} #{seen[name]}" if total[name] > 1 and name != "None" else name)
    return told


def outputs_of(graph: Graph) -> list[str]:
    """A name for each output: the parts of `z, w`, or the whole expression."""
    parts = [part.strip() for part in graph.expression.strip("()[] ").split(",") if part.strip()]
    return parts if len(parts) == len(graph.roots) else [graph.expression]


def _columns(text: str) -> float:
    return sum(1.75 if unicodedata.east_asian_width(letter) in "WF" else 1 for letter in text)
