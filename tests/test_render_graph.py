"""Autograd graphs as SVG: nothing overlaps, every edge is there, and the words say the same."""

import re
from itertools import pairwise
from xml.etree import ElementTree

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from deckgen.deck import Graph, GraphNode
from deckgen.render.drawing import LIMIT, in_words
from deckgen.render.graph import to_html
from deckgen.render.layout import arrange

GAP = 4.0


@st.composite
def graphs(draw: st.DrawFn, most: int = 14) -> tuple[list[float], list[tuple[int, int]]]:
    """Widths, and edges that lead from an earlier node to a later one, some twice."""
    widths = draw(st.lists(st.floats(20, 200), min_size=1, max_size=most))
    ends = [(a, b) for b in range(len(widths)) for a in range(b)]
    edges = draw(st.lists(st.sampled_from(ends), max_size=24)) if ends else []
    return widths, edges


@given(graphs())
@settings(deadline=None)
def test_boxes_of_a_row_keep_apart_and_edges_lead_down(drawn: tuple[list[float], list[tuple[int, int]]]) -> None:
    widths, edges = drawn
    layout = arrange(widths, edges)
    spans: dict[int, list[tuple[float, float]]] = {}
    for node, width in enumerate(widths):
        spans.setdefault(layout.row[node], []).append((layout.x[node] - width / 2, layout.x[node] + width / 2))
    for (start, end), bends in zip(edges, layout.bends, strict=True):
        assert layout.row[end] == layout.row[start] + len(bends) + 1
        for n, x in enumerate(bends, start=1):
            spans.setdefault(layout.row[start] + n, []).append((x - 1, x + 1))
    for row in spans.values():
        row.sort()
        assert all(right + GAP < left for (_, right), (left, _) in pairwise(row))
    assert min(left for row in spans.values() for left, _ in row) >= -0.01
    assert max(right for row in spans.values() for _, right in row) <= layout.width + 0.01


@given(graphs())
@settings(deadline=None)
def test_a_layout_is_the_same_each_time(drawn: tuple[list[float], list[tuple[int, int]]]) -> None:
    assert arrange(*drawn) == arrange(*drawn)


def op(key: int, name: str, shape: str = "(2,)") -> GraphNode:
    return GraphNode(key, "op", name, shape)


def leaf(key: int, name: str) -> GraphNode:
    return GraphNode(key, "leaf", name, "(2,)")


SQUARE = Graph((op(0, "MulBackward0"), leaf(1, "x")), ((0, 1, 0), (0, 1, 1)), "z")


def drawing(graph: Graph) -> ElementTree.Element:
    found = re.search(r"<svg.*</svg>", to_html(graph), re.DOTALL)
    assert found
    return ElementTree.fromstring(found[0])


def shapes(graph: Graph) -> list[str]:
    return [group.attrib["class"] for group in drawing(graph).iter("g")]


def test_both_edges_of_x_times_x_are_drawn_and_told() -> None:
    paths = [path.attrib["d"] for path in drawing(SQUARE).findall("path") if path.attrib.get("class") != "root"]
    assert len(set(paths)) == 2
    assert in_words(SQUARE) == "z: MulBackward0 (2,) → x (2,) (AccumulateGrad) ×2"


def test_a_drawing_says_in_words_what_it_shows() -> None:
    svg = drawing(SQUARE)
    assert svg.attrib["role"] == "img"
    assert svg.attrib["aria-label"] == in_words(SQUARE)


def test_kinds_of_nodes_differ_in_shape_and_not_only_in_colour() -> None:
    nodes = (
        op(0, "MulBackward0"),
        leaf(1, "x"),
        GraphNode(2, "saved", "other = x", "(2,)"),
        GraphNode(3, "none", "None", ""),
    )
    graph = Graph(nodes, ((0, 1, 0), (0, 3, 1), (0, 2, 2)), "z")
    assert shapes(graph) == ["op", "leaf", "saved", "none"]
    boxes = [(group[0].attrib["rx"], group[0].attrib["height"]) for group in drawing(graph).iter("g")]
    assert len({*boxes[:2], boxes[3]}) == 3
    dashed = [path for path in drawing(graph).findall("path") if path.attrib.get("class") == "dashed"]
    assert len(dashed) == 2


def test_a_bare_leaf_and_a_detached_tensor_are_told_honestly() -> None:
    assert "leaf, grad_fn=None" in to_html(Graph((leaf(0, "x"),), (), "x"))
    detached = to_html(Graph((GraphNode(0, "tensor", "x.detach()", "(2,)"),), (), "x.detach()"))
    assert "requires_grad=False" in detached
    assert "AccumulateGrad" not in detached


def test_each_of_several_outputs_is_named_above_its_node() -> None:
    graph = Graph((op(0, "MulBackward0"), op(1, "AddBackward0"), leaf(2, "x")), ((0, 2, 0), (1, 2, 0)), "z, w", (0, 1))
    names = [text.text for text in drawing(graph).findall("text")]
    assert names == ["z", "w"]


def test_a_shared_node_is_drawn_once() -> None:
    nodes = (op(0, "AddBackward0"), op(1, "SinBackward0"), op(2, "CosBackward0"), leaf(3, "x"))
    graph = Graph(nodes, ((0, 1, 0), (0, 2, 1), (1, 3, 0), (2, 3, 0)), "z")
    assert shapes(graph).count("leaf") == 1


def chain(length: int) -> Graph:
    nodes = (*(op(n, f"Step{n}Backward0") for n in range(length)), leaf(length, "x"))
    return Graph(nodes, tuple((n, n + 1, 0) for n in range(length)), "z")


@pytest.mark.parametrize("length", [LIMIT + 5, 400])
def test_a_large_graph_is_folded_and_says_how_much(length: int) -> None:
    html = to_html(chain(length))
    assert shapes(chain(length)).count("more") == 1
    assert f"⋯ +{length + 1 - LIMIT}" in html
    assert len(html) < 9_000


def test_a_graph_of_a_card_costs_2_to_8_kb() -> None:
    nodes = (*(op(n, f"Op{n}Backward0") for n in range(10)), *(leaf(n, f"w{n}") for n in range(10, 18)))
    edges = tuple((n, n + 1, 0) for n in range(9)) + tuple((n, n + 9, 1) for n in range(1, 9))
    assert len(to_html(Graph(nodes, edges, "loss"))) < 8_000


def test_names_in_a_graph_are_text() -> None:
    graph = Graph((GraphNode(0, "leaf", "<b>{{x}}", "(2,)"),), (), 'd["<x>"]')
    html = to_html(graph)
    assert "<b>" not in html
    assert "{{" not in html
    assert drawing(graph).attrib["aria-label"].startswith('d["<x>"]: <b>{{x}}')
