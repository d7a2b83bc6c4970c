"""An autograd graph -> inline SVG in the card's own colours, and the same in words for those who cannot see it."""

from __future__ import annotations

import unicodedata
from collections.abc import Sequence
from dataclasses import dataclass

from deckgen.deck import Graph, GraphNode
from deckgen.markdown import escape
from deckgen.render.layout import Layout, arrange
from deckgen.render.pages import Markup, page

LIMIT = 24  # nodes that are drawn; what lies behind them is folded
_LETTER, _SMALL = 7.3, 6.1  # width of a letter in the name of a node and in the line below it
_ROW, _GAP, _TOP = 40.0, 36.0, 26.0  # height of a row, of the gap below it, of the names of the outputs
_LEAST = 54.0


@dataclass(frozen=True, slots=True)
class Box:
    """A node as it is drawn: its shape, its name and the line below."""

    shape: str  # op, leaf, saved, none, tensor, more
    name: str
    note: str

    @property
    def width(self) -> float:
        return max(_LEAST, _columns(self.name) * _LETTER + 22, _columns(self.note) * _SMALL + 22)


@dataclass(frozen=True, slots=True)
class _Line:
    """An edge as it is drawn."""

    path: str
    dashed: bool


@dataclass(frozen=True, slots=True)
class _Drawing:
    """What is drawn of a graph: edges as (from, to, slot), and the boxes of its outputs."""

    boxes: tuple[Box, ...]
    edges: tuple[tuple[int, int, int], ...]
    roots: tuple[int, ...]


def to_html(graph: Graph) -> str:
    drawing = _drawing(graph)
    boxes, edges = drawing.boxes, drawing.edges
    layout = arrange([box.width for box in boxes], [(start, end) for start, end, _ in edges])
    lines = _lines(layout, boxes, edges)
    rows = max(layout.row[n] for n in range(len(boxes))) + 1
    nodes = [_drawn(box, layout.x[n], _top(layout.row[n])) for n, box in enumerate(boxes)]
    names = [(layout.x[root], name) for root, name in zip(drawing.roots, _names(graph), strict=False)]
    return page(
        "graph",
        width=_short(layout.width + 4),
        height=_short(_top(rows) - _GAP + 4),
        least=round(layout.width * 0.72),
        nodes=nodes,
        lines=lines,
        names=[(_short(x), Markup(escape(name))) for x, name in names],
        words=Markup(escape(in_words(graph))),
    )


def in_words(graph: Graph) -> str:
    """Each node and what it leads to: `z: MulBackward0 → x (AccumulateGrad), x (AccumulateGrad)`."""
    drawing = _drawing(graph)
    boxes, edges = drawing.boxes, drawing.edges
    labels = [
        f"{box.name} {box.note if box.note[:1] == '(' else f'({box.note})'}" if box.note else box.name for box in boxes
    ]
    parts = [
        f"{labels[n]} → " + ", ".join(labels[end] for start, end, _ in edges if start == n)
        for n in range(len(boxes))
        if any(start == n for start, _, _ in edges)
    ]
    return f"{graph.expression}: " + ("; ".join(parts) or ", ".join(labels))


def _drawing(graph: Graph) -> _Drawing:
    """All of a graph, or its first `LIMIT` nodes with a box for what lies behind."""
    edges = sorted(graph.edges, key=lambda edge: (edge[0], edge[2]))
    boxes = [_box(node, bare=not edges) for node in graph.nodes]
    if len(boxes) <= LIMIT:
        return _Drawing(tuple(boxes), tuple(edges), graph.roots)
    kept = {key: n for n, key in enumerate(_nearest(graph, edges))}
    more = Box("more", f"⋯ +{len(boxes) - len(kept)}", "")
    # However many edges of a node lead behind the fold, one is drawn.
    folded = dict.fromkeys((kept[start], len(kept), 99) for start, end, _ in edges if start in kept and end not in kept)
    shown = [(kept[start], kept[end], slot) for start, end, slot in edges if start in kept and end in kept]
    roots = tuple(kept[root] for root in graph.roots if root in kept)
    return _Drawing((*(boxes[key] for key in kept), more), (*shown, *folded), roots)


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


def _names(graph: Graph) -> list[str]:
    """A name for each output: the parts of `z, w`, or the whole expression."""
    parts = [part.strip() for part in graph.expression.strip("()[] ").split(",") if part.strip()]
    return parts if len(parts) == len(graph.roots) else [graph.expression]


def _drawn(box: Box, x: float, top: float) -> dict[str, object]:
    height = 24.0 if box.shape in ("none", "more") else _ROW
    width = 54.0 if box.shape == "none" else box.width
    middle = top + _ROW / 2
    return {
        "shape": box.shape,
        "x": _short(x - width / 2 + 2), "y": _short(middle - height / 2), "w": _short(width), "h": _short(height),
        "r": _short(6 if box.shape in ("op", "saved", "tensor") else height / 2),
        "middle": _short(x + 2), "name": Markup(escape(box.name)), "note": Markup(escape(box.note)),
        "line": _short(middle - 3 if box.note else middle + 4.5), "below": _short(middle + 12),
    }  # fmt: skip


def _lines(layout: Layout, boxes: Sequence[Box], edges: Sequence[tuple[int, int, int]]) -> list[_Line]:
    """The edges, each from a place of its own below its node to a place of its own above the next."""
    first = [bends[0] if bends else layout.x[b] for (_, b, _), bends in zip(edges, layout.bends, strict=True)]
    last = [bends[-1] if bends else layout.x[a] for (a, _, _), bends in zip(edges, layout.bends, strict=True)]
    outs = _ports(layout, boxes, [edge[0] for edge in edges], first)
    ins = _ports(layout, boxes, [edge[1] for edge in edges], last)
    return [
        _Line(
            _path(layout, edge, [outs[n], *layout.bends[n], ins[n]], boxes[edge[1]]),
            boxes[edge[1]].shape in ("saved", "none"),
        )
        for n, edge in enumerate(edges)
    ]


def _ports(layout: Layout, boxes: Sequence[Box], ends: Sequence[int], towards: Sequence[float]) -> list[float]:
    """A place on the side of each edge's node, in the order in which the edges come from left to right."""
    ports = [0.0] * len(ends)
    for node in set(ends):
        mine = sorted((n for n, end in enumerate(ends) if end == node), key=lambda n: (towards[n], n))
        step = min(20.0, (boxes[node].width - 20) / len(mine))
        for place, n in enumerate(mine):
            ports[n] = layout.x[node] + (place - (len(mine) - 1) / 2) * step
    return ports


def _path(layout: Layout, edge: tuple[int, int, int], places: Sequence[float], end: Box) -> str:
    """Down through the gaps between the rows; where a row is passed, straight down beside its boxes."""
    row = layout.row[edge[0]]
    y = _top(row) + _ROW
    parts = [f"M{_short(places[0] + 2)} {_short(y)}"]
    for n, x in enumerate(places[1:], start=1):
        last = n == len(places) - 1
        low = _top(row + n) + ((_ROW - 24) / 2 if last and end.shape in ("none", "more") else 0)
        tip = low - 1 if last else low
        half, before = (y + _top(row + n)) / 2, places[n - 1]
        parts.append(
            f"C{_short(before + 2)} {_short(half)} {_short(x + 2)} {_short(half)} {_short(x + 2)} {_short(tip)}"
        )
        y = low + _ROW
        if not last:
            parts.append(f"V{_short(y)}")
    parts.append("m-4-6 4 6 4-6")
    return "".join(parts)


def _top(row: int) -> float:
    return _TOP + row * (_ROW + _GAP)


def _columns(text: str) -> float:
    return sum(1.75 if unicodedata.east_asian_width(letter) in "WF" else 1 for letter in text)


def _short(number: float) -> str:
    return f"{number:.1f}".removesuffix(".0")
