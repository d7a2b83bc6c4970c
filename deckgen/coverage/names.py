"""The names of a library that the code of each note uses, as far as the code itself tells."""

from __future__ import annotations

import ast
import inspect
import json
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from functools import cache
from typing import Any

from deckgen.coverage.outline import Outline
from deckgen.deck import Note, Outputs, Printed, Program, Snippet
from deckgen.markdown import to_text, walk


@dataclass(frozen=True, slots=True)
class Uses:
    """What a note's own code uses: `paths` begin at an imported module, `members` are attributes of other values."""

    paths: frozenset[str]
    members: frozenset[str]


def question(outline: Outline, notes: Sequence[Note]) -> Program:
    """A program that asks the library itself what the names in the outline and in the notes' code stand for."""
    paths = sorted(set().union(*(uses(note.program).paths for note in notes)))
    asked = json.dumps([outline.modules, outline.names, paths])
    code = f"""import json
from typing import Any
{inspect.getsource(_resolve)}
print(json.dumps(_resolve(*json.loads({asked!r}))))"""
    return Program("coverage", outline.place, (Snippet(code, outline.place, timeout=120.0),))


def answer(outputs: Outputs) -> tuple[dict[str, list[str]], dict[str, str]]:
    """What `question` printed: see `_resolve`."""
    (printed,) = (output for output in outputs.steps[0] if isinstance(output, Printed) and output.stream == "stdout")
    aliases, kinds = json.loads(printed.text)
    return aliases, kinds


def _resolve(modules: list[str], names: list[str], paths: list[str]) -> tuple[dict[str, Any], ...]:
    """Which path is which of the wanted names, and for each of these "name", "member" of a class, or "unknown".

    It runs where the snippets run, with nothing of this module around it but `Any`.
    """
    import importlib
    import inspect
    import warnings

    def find(path: str) -> tuple[Any, bool]:
        parts = path.split(".")
        for split in range(1, len(parts) + 1):  # what a module holds goes before a submodule of the same name
            try:
                found = owner = importlib.import_module(".".join(parts[:split]))
                for part in parts[split:]:
                    owner, found = found, getattr(found, part)
            except (ImportError, AttributeError):
                continue
            return found, inspect.isclass(owner)
        return None, False

    warnings.simplefilter("ignore")  # deprecated names warn when they are touched
    wanted: dict[str, tuple[Any, bool]] = {}
    for module in map(importlib.import_module, modules):
        wanted.update((f"{module.__name__}.{name}", (getattr(module, name), False)) for name in module.__all__)
    wanted.update((name, find(name)) for name in names)
    things = {path: find(path)[0] for path in paths}
    aliases = {
        path: [name for name, (other, _) in wanted.items() if thing is not None and other is thing]
        for path, thing in things.items()
    }
    kinds = {
        name: "unknown" if thing is None else "member" if member else "name" for name, (thing, member) in wanted.items()
    }
    return aliases, kinds


@cache  # the rows of a table share their program, and question and report both ask
def uses(program: Program) -> Uses:
    """What the code of a note uses; the setup of its file only tells what is imported under which name."""
    imported: dict[str, str] = {}
    paths: set[str] = set()
    members: set[str] = set()
    for number, step in enumerate(program.steps):
        try:
            tree = ast.parse(step.code if isinstance(step, Snippet) else step.expression)
        except (SyntaxError, ValueError):
            continue  # a card may show what Python does not read
        for node in ast.walk(tree):
            if isinstance(node, ast.Import | ast.ImportFrom):
                imported.update(_imports(node))
        if number >= program.setup:
            found = list(_names(tree, imported))
            paths.update(prefix for path in found if path[0] != "." for prefix in _prefixes(path))
            members.update(path[1:] for path in found if path[0] == ".")
    return Uses(frozenset(paths), frozenset(members))


def _imports(node: ast.Import | ast.ImportFrom) -> Iterator[tuple[str, str]]:
    """The names that an import binds, with what they stand for."""
    for alias in node.names:
        if isinstance(node, ast.ImportFrom):
            yield alias.asname or alias.name, f"{node.module}.{alias.name}"
        else:
            yield (alias.asname, alias.name) if alias.asname else (alias.name.split(".")[0], alias.name.split(".")[0])


def _names(tree: ast.AST, imported: Mapping[str, str]) -> Iterator[str]:
    """Each dotted name that begins at an import, and `.attribute` for one of another value."""
    for node in ast.walk(tree):
        match node:
            case ast.Attribute(attr=attribute):
                chain = _chain(node)
                known = chain and imported.get(chain[0])
                yield ".".join([known, *chain[1:]]) if chain and known else f".{attribute}"
            case ast.Name(id=name) if name in imported:
                yield imported[name]


def _chain(node: ast.expr) -> list[str]:
    """`a.b.c` as its parts; nothing if it begins with anything but a name."""
    parts: list[str] = []
    while isinstance(node, ast.Attribute):
        parts.insert(0, node.attr)
        node = node.value
    return [node.id, *parts] if isinstance(node, ast.Name) else []


def _prefixes(path: str) -> Iterator[str]:
    parts = path.split(".")
    for end in range(2, len(parts) + 1):
        yield ".".join(parts[:end])


def mentions(note: Note) -> str:
    """What the learner sees of a note: its words and its shown code."""
    return " ".join(_seen(note))


def _seen(note: Note) -> Iterator[str]:
    yield to_text(note.title)
    for piece in (note.front, note.back, *(note.columns or ())):
        for token, _ in walk(piece.tokens):
            fence = token.meta.get("fence")
            if fence and not fence.words & {"hidden", "silent", "proof"}:
                yield fence.code
            elif not fence and token.type in ("text", "code_inline", "inline_value", "math_inline"):
                yield token.content
