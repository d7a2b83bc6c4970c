"""The autograd graph behind a value, as plain data."""

from __future__ import annotations

import heapq
import sys
from collections import Counter
from typing import Any

Node = list[Any]  # [role, name, shape]
_FIRST = 2**64 - 1  # the sequence number of every AccumulateGrad


def draw(request: str, names: dict[str, Any]) -> dict[str, Any]:
    """The graph of `expression[; saved][; none]`: several outputs are a tuple, `z, w`.

    `saved` adds what operations keep for the backward pass, `none` the inputs that need no gradient.
    """
    expression, *options = (part.strip() for part in request.split(";"))
    wanted = {word for option in options for word in option.replace(",", " ").split()}
    if unknown := wanted - {"saved", "none"}:
        raise ValueError(f"unknown option of graph=: {', '.join(sorted(unknown))} (there are: saved, none)")
    value = eval(expression, names)
    outputs = value if isinstance(value, tuple | list) else (value,)
    walk = _Walk(names, wanted)
    for output in outputs:
        walk.output(output, expression if len(outputs) == 1 else "")
    return {
        "nodes": walk.nodes,
        "edges": walk.edges,
        "roots": walk.roots,
        "expression": expression,
        "order": _order(walk),
    }


class _Ready:
    """A node that every gradient has reached; the one with the higher sequence number comes first."""

    __slots__ = ("key", "sequence")

    def __init__(self, key: int, sequence: int) -> None:
        self.key, self.sequence = key, sequence

    def __lt__(self, other: _Ready) -> bool:
        return self.sequence > other.sequence


def _order(walk: _Walk) -> list[int]:
    """The keys of the nodes in the order in which the engine runs them on one device, without running them.

    A node is ready when all that hand it a gradient have run. Of the ready ones the engine takes the one with the
    highest sequence number; its queue is a binary heap like Python's, so that equals leave both in the same order.
    """
    inputs: dict[int, list[int]] = {}
    for start, end, _ in walk.edges:
        if end in walk.sequence:
            inputs.setdefault(start, []).append(end)
    roots = [root for root in walk.roots if root in walk.sequence]
    waiting = Counter(end for ends in (*inputs.values(), roots) for end in ends)
    queue: list[_Ready] = []
    order: list[int] = []
    reached = roots
    while reached or queue:
        for key in reached:
            waiting[key] -= 1
            if not waiting[key]:
                heapq.heappush(queue, _Ready(key, walk.sequence[key]))
        order.append(heapq.heappop(queue).key)
        reached = inputs.get(order[-1], [])
    return order


class _Walk:
    """Visits each node once, in the order in which the outputs lead to it."""

    def __init__(self, names: dict[str, Any], wanted: set[str]) -> None:
        self.nodes: list[Node] = []
        self.edges: list[list[int]] = []
        self.roots: list[int] = []
        self.sequence: dict[int, int] = {}  # of the nodes that a backward pass runs
        self._wanted = wanted
        self._tensor = sys.modules["torch"].Tensor if "torch" in sys.modules else ()
        self._known: dict[Any, int] = {}
        self._kept: list[Any] = []  # so that no identity is used twice
        self._names = {id(value): name for name, value in reversed(names.items()) if isinstance(value, self._tensor)}
        self._by_memory = {
            _memory(value): name for name, value in reversed(names.items()) if isinstance(value, self._tensor)
        }

    def output(self, value: Any, expression: str) -> None:
        if not isinstance(value, self._tensor):
            raise TypeError(f"graph= needs a tensor, this is a {type(value).__name__}")
        if value.grad_fn is not None:
            self.roots.append(self._visit(value.grad_fn))
        else:
            role = "leaf" if value.requires_grad else "tensor"
            key = id(value)
            self._kept.append(value)
            if key not in self._known:
                self._known[key] = self._add(role, self._name(value) or expression, _shape(value))
                if role == "leaf":
                    self.sequence[self._known[key]] = _FIRST
            self.roots.append(self._known[key])

    def _add(self, role: str, name: str, shape: str) -> int:
        self.nodes.append([role, name, shape])
        return len(self.nodes) - 1

    def _name(self, tensor: Any) -> str:
        return self._names.get(id(tensor), "")

    def _visit(self, root: Any) -> int:
        first = self._meet(root)[0]
        todo = [root] if first == len(self.nodes) - 1 else []
        expanded = set()
        while todo:
            node = todo.pop()
            if node in expanded:
                continue
            expanded.add(node)
            todo += reversed(self._expand(node))
        return first

    def _meet(self, node: Any) -> tuple[int, bool]:
        """(key, whether it is new)."""
        leaf = getattr(node, "variable", None)
        mark = id(leaf) if leaf is not None else node
        self._kept.append(leaf)
        if mark in self._known:
            return self._known[mark], False
        if leaf is not None:
            key = self._add("leaf", self._name(leaf), _shape(leaf))
        else:
            key = self._add("op", node.name().rpartition("::")[2], _metadata(node))
        self._known[mark] = key
        self.sequence[key] = node._sequence_nr()
        return key, True

    def _expand(self, node: Any) -> list[Any]:
        key, fresh = self._known[node], []
        for slot, (after, _) in enumerate(node.next_functions):
            if after is None:
                if "none" in self._wanted:
                    self.edges.append([key, self._add("none", "None", ""), slot])
                continue
            to, new = self._meet(after)
            self.edges.append([key, to, slot])
            if new and self.nodes[to][0] == "op":
                fresh.append(after)
        if "saved" in self._wanted:
            self._saved(node, key)
        return fresh

    def _saved(self, node: Any, key: int) -> None:
        """Tensors in the attributes `_saved_…`, and those a `torch.autograd.Function` has saved."""
        slot = len(node.next_functions)
        for label, tensor in _saved_tensors(node, self._tensor):
            name = self._name(tensor) or self._by_memory.get(_memory(tensor), "")
            to = self._add("saved", f"{label} = {name}" if name and name != label else label, _shape(tensor))
            self.edges.append([key, to, slot])
            slot += 1


def _saved_tensors(node: Any, kind: Any) -> list[tuple[str, Any]]:
    found = []
    for attribute in sorted(name for name in dir(node) if name.startswith("_saved_")):
        try:
            value = getattr(node, attribute)
        except RuntimeError:  # freed by a backward pass
            continue
        if isinstance(value, kind):
            found.append((attribute.removeprefix("_saved_"), value))
    try:
        own = getattr(node, "saved_tensors", ())
    except RuntimeError:
        own = ()
    return found + [(f"saved {number}", value) for number, value in enumerate(own) if isinstance(value, kind)]


def _memory(tensor: Any) -> object:
    """What a tensor and the copy of it that an operation has saved have in common; None for one without memory."""
    try:
        return (tensor.data_ptr(), tensor.shape, tensor.stride()) if tensor.numel() else None
    except RuntimeError:
        return None


def _shape(tensor: Any) -> str:
    return str(tuple(tensor.shape))


def _metadata(node: Any) -> str:
    """The shape of what the operation returned, where the node still knows it."""
    known = getattr(node, "_input_metadata", None)
    try:
        return str(tuple(known[0].shape)) if known else ""
    except (AttributeError, RuntimeError, TypeError, IndexError):
        return ""
