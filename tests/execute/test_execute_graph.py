"""The autograd graph that is drawn is the one that autograd walks."""

from __future__ import annotations

import pytest
from test_execute_outputs import fence, program

from deckgen import execute
from deckgen.deck import Graph
from deckgen.errors import Problems

pytestmark = pytest.mark.torch

# request -> (code, nodes as "role name shape", edges between nodes, roots)
GRAPHS = {
    "y": (
        "x = torch.ones(2, 3, requires_grad=True)\ny = (x * x).sum()",
        ["op SumBackward0 ()", "op MulBackward0 (2, 3)", "leaf x (2, 3)"],
        [(0, 1, 0), (1, 2, 0), (1, 2, 1)],
        (0,),
    ),
    "y; saved": (
        "x = torch.ones(2, requires_grad=True)\ny = x.exp()",
        ["op ExpBackward0 (2,)", "leaf x (2,)", "saved result = y (2,)"],
        [(0, 1, 0), (0, 2, 1)],
        (0,),
    ),
    "y; none": (
        "x = torch.ones(2, requires_grad=True)\ny = x * torch.ones(2)",
        ["op MulBackward0 (2,)", "leaf x (2,)", "none None "],
        [(0, 1, 0), (0, 2, 1)],
        (0,),
    ),
    "z, w": (
        "x = torch.ones(1, requires_grad=True)\ny = x + 1\nz, w = y * 2, y * 3",
        ["op MulBackward0 (1,)", "op AddBackward0 (1,)", "leaf x (1,)", "op MulBackward0 (1,)"],
        [(0, 1, 0), (1, 2, 0), (3, 1, 0)],
        (0, 3),
    ),
    "x": ("x = torch.ones(1, requires_grad=True)", ["leaf x (1,)"], [], (0,)),
    "d": ("d = (torch.ones(1, requires_grad=True) * 2).detach()", ["tensor d (1,)"], [], (0,)),
    "own": (
        "class Twice(torch.autograd.Function):\n"
        "    @staticmethod\n    def forward(ctx, x):\n        ctx.save_for_backward(x)\n        return 2 * x\n"
        "    @staticmethod\n    def backward(ctx, g):\n        return 2 * g\n"
        "x = torch.ones(1, requires_grad=True)\nown = Twice.apply(x)",
        ["op TwiceBackward (1,)", "leaf x (1,)"],
        [(0, 1, 0)],
        (0,),
    ),
}


@pytest.mark.parametrize("request_", GRAPHS)
def test_graph(request_: str) -> None:
    code, nodes, edges, roots = GRAPHS[request_]
    problems = Problems()
    note = program("n", "import torch", fence(code, graph=request_))
    (outputs,), _ = execute.run([note], execute.Settings(sandbox="off"), problems)
    assert [str(problem) for problem in problems] == []
    assert outputs is not None
    graph = outputs.steps[1][-1]
    assert isinstance(graph, Graph)
    assert [f"{node.role} {node.name} {node.shape}" for node in graph.nodes] == nodes
    assert list(graph.edges) == edges
    assert graph.roots == roots


@pytest.mark.parametrize(
    ("request_", "told"), [("nowhere", "NameError"), ("n", "needs a tensor"), ("x; safed", "safed")]
)
def test_a_graph_that_cannot_be_drawn_is_explained_at_its_fence(request_: str, told: str) -> None:
    problems = Problems()
    note = program("n", "import torch", fence("x, n = torch.ones(1), 3", line=40, graph=request_))
    execute.run([note], execute.Settings(sandbox="off"), problems)
    (problem,) = problems
    assert problem.location.line == 40
    assert told in problem.what
    assert "graph=" in problem.instead


def test_a_very_deep_graph_is_walked_without_recursion() -> None:
    code = "x = torch.ones(1, requires_grad=True)\ny = x\nfor _ in range(3000): y = y + 1"
    (outputs,), _ = execute.run(
        [program("n", "import torch", fence(code, graph="y"))], execute.Settings(sandbox="off"), Problems()
    )
    assert outputs is not None
    graph = outputs.steps[1][-1]
    assert isinstance(graph, Graph)
    assert len(graph.nodes) == 3001
