"""An autograd graph -> inline SVG in the card's own colours, and the same in words for those who cannot see it."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace

from deckgen.deck import Graph
from deckgen.markdown import escape
from deckgen.render.drawing import Box, Drawing, drawing, in_words, names, outputs_of, sentences
from deckgen.render.layout import Layout, arrange
from deckgen.render.pages import Markup, page

_ROW, _GAP, _TOP = 40.0, 36.0, 26.0  # height of a row, of the gap below it, of the names of the outputs
_TAP = 56.0  # height and least width of what answers a tap, so that it is 44 px where a phone draws the graph smallest


@dataclass(frozen=True, slots=True)
class _Line:
    """An edge as it is drawn."""

    path: str
    dashed: bool


def to_html(graph: Graph) -> str:
    return _page(drawing(graph), graph)


def to_play(graph: Graph, places: Mapping[int, int], solved: bool) -> str:
    """A graph whose nodes can be tapped: `places` has, by key, the place of each in the right order, from 0.

    No name stands in it twice. Of a solved one the places are shown.
    """
    drawn = drawing(graph)
    boxes = tuple(replace(box, name=name) for box, name in zip(drawn.boxes, names(drawn), strict=True))
    return _page(replace(drawn, boxes=boxes), graph, places, solved)


def _page(drawn: Drawing, graph: Graph, places: Mapping[int, int] | None = None, solved: bool = False) -> str:
    boxes, edges = drawn.boxes, drawn.edges
    margin = 0 if places is None else 8  # for the numbers at the corners of boxes
    layout = arrange([box.width for box in boxes], [(start, end) for start, end, _ in edges])
    rows = max(layout.row[n] for n in range(len(boxes))) + 1
    nodes = [_drawn(box, layout.x[n], _top(layout.row[n])) for n, box in enumerate(boxes)]
    told = sentences(drawn)
    for n, place in (places or {}).items():
        nodes[n]["tap"] = _tapped(nodes[n], told[n], place)
    roots = [(layout.x[root], name) for root, name in zip(drawn.roots, outputs_of(graph), strict=False)]
    return page(
        "graph",
        left=_short(-margin),
        width=_short(layout.width + 4 + 2 * margin),
        height=_short(_top(rows) - _GAP + 4),
        least=round(layout.width * 0.8),
        nodes=nodes,
        lines=_lines(layout, boxes, edges),
        names=[(_short(x), Markup(escape(name))) for x, name in roots],
        words=Markup(escape(in_words(graph))),
        game=places is not None,
        solved=solved,
    )


def _drawn(box: Box, x: float, top: float) -> dict[str, object]:
    height = 24.0 if box.shape in ("none", "more") else _ROW
    width = 54.0 if box.shape == "none" else box.width
    middle = top + _ROW / 2
    return {
        "shape": box.shape,
        "x": _short(x - width / 2 + 2), "y": _short(middle - height / 2), "w": _short(width), "h": _short(height),
        "r": _short(6 if box.shape in ("op", "saved", "tensor") else height / 2),
        "middle": _short(x + 2), "name": Markup(escape(box.name)), "note": Markup(escape(box.note)),
        "line": _short(middle - 3 if box.note else middle + 4.5), "below": _short(middle + 12), "tap": None,
    }  # fmt: skip


def _tapped(drawn: Mapping[str, object], title: str, place: int) -> dict[str, object]:
    """What a node needs to be tapped: what a screen reader says, its place, a ground, a mark for a number."""
    x, y, width, height = (float(str(drawn[name])) for name in "xywh")
    wide = max(_TAP, width)
    return {
        "title": Markup(escape(title)), "place": place,
        "x": _short(x - (wide - width) / 2), "y": _short(y - (_TAP - height) / 2), "w": _short(wide), "h": _short(_TAP),
        "mark_x": _short(x + 1), "mark_y": _short(y + 1),
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


def _short(number: float) -> str:
    return f"{number:.1f}".removesuffix(".0")
