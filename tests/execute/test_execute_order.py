"""The order in which a graph's nodes are said to run is the one in which the engine runs them."""

from __future__ import annotations

import pytest
from test_execute_outputs import fence, program

from deckgen import execute
from deckgen.deck import Graph, Outputs, Shown
from deckgen.errors import Problems

pytestmark = pytest.mark.torch

LEAVES = "a, b, c, d, e = (torch.tensor(float(n), requires_grad=True) for n in range(1, 6))\n"
GRAPHS = {
    "chain": ("y = (a * 2).sin().exp()", "y"),
    "x * x": ("y = (a * a).sin()", "y"),
    "diamond": ("h = a.exp()\ny = h.sin() * h.cos()", "y"),
    "made in the other order": ("h = a.exp()\nright = h.cos()\nleft = h.sin()\ny = left * right", "y"),
    "several leaves": ("y = (a * b).sin() + (c / d).exp() - e", "y"),
    "shared nodes": ("h = a * b\nk = h.sin()\ny = (h + k).exp() * (k / h) - a.cos()", "y"),
    "more equals than two": ("y = torch.stack([a, b.exp(), c, d, e, a, b]).sum()", "y"),
    "a leaf far and near": ("y = ((a.sin() * b).exp() + a) * a", "y"),
    "several outputs": ("h = a.exp()\ny, z = h.sin() + b, h.cos() / c", "y, z"),
    "an output on the way to another": ("y = a.exp()\nz = (y * b).sin()", "y, z"),
    "a leaf as an output": ("z = a.exp() * b", "a, z"),
    "inputs without gradient": ("y = (a * torch.ones(())).sin() + torch.ones(())", "y; saved none"),
    "a function of one's own": (
        "class Twice(torch.autograd.Function):\n"
        "    @staticmethod\n    def forward(ctx, x):\n        return 2 * x\n"
        "    @staticmethod\n    def backward(ctx, g):\n        return 2 * g\n"
        "y = Twice.apply(a.exp()) * a.sin()",
        "y",
    ),
}
WATCH = """
names = {id(value): name for name, value in list(globals().items()) if isinstance(value, torch.Tensor)}
ran, known, outputs = [], set(), (OUTPUTS,)
def watch(node):
    if node is not None and node not in known:
        known.add(node)
        leaf = getattr(node, "variable", None)
        told = node.name().rpartition("::")[2] if leaf is None else names[id(leaf)]
        node.register_prehook(lambda gradients: ran.append(told))
        for after, _ in node.next_functions:
            watch(after)
for output in outputs:
    watch(output.grad_fn or output.view_as(output).grad_fn.next_functions[0][0])
torch.autograd.backward(outputs)
" ".join(ran)
"""


def run(code: str, request: str) -> Outputs:
    problems = Problems()
    watch = WATCH.replace("OUTPUTS", request.partition(";")[0])
    note = program("n", "import torch", fence(LEAVES + code, graph=request), fence(watch))
    (outputs,), _ = execute.run([note], execute.Settings(sandbox="off"), problems)
    assert [str(problem) for problem in problems] == []
    assert outputs is not None
    return outputs


@pytest.mark.parametrize("name", GRAPHS)
def test_the_order_of_a_graph_is_that_of_a_real_backward_pass(name: str) -> None:
    outputs = run(*GRAPHS[name])
    graph, told = outputs.steps[1][-1], outputs.steps[2][-1]
    assert isinstance(graph, Graph)
    assert isinstance(told, Shown)
    assert [graph.nodes[key].name for key in graph.order] == told.text.strip("'").split()


def test_drawing_a_graph_runs_no_backward_pass() -> None:
    note = program("n", "import torch", fence(LEAVES + "y = (a * b).sin()", graph="y"), fence("a.grad, y.backward()"))
    (outputs,), _ = execute.run([note], execute.Settings(sandbox="off"), Problems())
    assert outputs is not None
    assert outputs.steps[2][-1] == Shown("(None, None)")


def test_what_needs_no_gradient_is_never_run() -> None:
    note = program("n", "import torch", fence("x = torch.ones(2)", graph="x"))
    (outputs,), _ = execute.run([note], execute.Settings(sandbox="off"), Problems())
    assert outputs is not None
    graph = outputs.steps[1][-1]
    assert isinstance(graph, Graph)
    assert graph.order == ()
