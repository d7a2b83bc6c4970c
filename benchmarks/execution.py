"""How long snippets take: deckgen against a fresh interpreter a snippet and against one shared Jupyter kernel.

    python benchmarks/execution.py [--notes 200] [--fresh 10] [--rounds 3]

All run the same snippets in one go on the same machine, so the ratios mean something and the seconds do not. Isolation
differs: a fresh interpreter and deckgen isolate each note, the shared kernel isolates nothing. Needs the extras torch
and bench.
"""

from __future__ import annotations

import argparse
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable
from pathlib import Path

from deckgen import execute
from deckgen.deck import Location, Printed, Program, Snippet
from deckgen.errors import Problems

KINDS = (
    "x = torch.tensor([{n}.0], requires_grad=True)\ny = (x ** 2).sum()\ny.backward()\nprint(x.grad)",
    "a = torch.tensor({n}.0, requires_grad=True)\nb = a.detach()\nprint(b.requires_grad, a.is_leaf)",
    "w = torch.ones({k}, 3, requires_grad=True)\nloss = (w @ torch.ones(3)).mean()\nloss.backward()\nprint(w.grad)",
    "with torch.no_grad():\n    z = torch.ones({k}, requires_grad=True) * {n}\nprint(z.grad_fn)",
    "x = torch.linspace(0, 1, {k}, requires_grad=True)\ng, = torch.autograd.grad(x.exp().sum(), x)\nprint(g.shape)",
)


def snippets(count: int) -> list[str]:
    return [KINDS[n % len(KINDS)].format(n=n + 1, k=n % 7 + 2) for n in range(count)]


def with_deckgen(codes: list[str], sandbox: str, cache: Path | None = None) -> list[str]:
    here = Location("benchmark.md", 1)
    programs = [
        Program(f"n{n}", here, (Snippet("import torch", here), Snippet(code, here)), 1) for n, code in enumerate(codes)
    ]
    problems = Problems()
    outputs, _ = execute.run(programs, execute.Settings(cache=cache, sandbox=sandbox), problems)
    assert not problems, list(problems)
    return ["".join(part.text for part in output.steps[1] if isinstance(part, Printed)) for output in outputs if output]


def with_fresh_interpreters(codes: list[str]) -> list[str]:
    return [
        subprocess.run(
            [sys.executable, "-c", f"import torch\n{code}"], capture_output=True, text=True, check=True
        ).stdout
        for code in codes
    ]


def with_shared_kernel(codes: list[str]) -> list[str]:
    import nbclient
    import nbformat

    cells = [nbformat.v4.new_code_cell(code) for code in ("import torch", *codes)]
    notebook = nbformat.v4.new_notebook(cells=cells)
    nbclient.NotebookClient(notebook, kernel_name="python3").execute()
    return ["".join(output.get("text", "") for output in cell.outputs) for cell in notebook.cells[1:]]


def seconds(run: Callable[[], list[str]]) -> tuple[float, list[str]]:
    start = time.perf_counter()
    told = run()
    return time.perf_counter() - start, told


def best(run: Callable[[], list[str]], rounds: int) -> tuple[float, list[str]]:
    return min((seconds(run) for _ in range(rounds)), key=lambda pair: pair[0])


def bare(code: str) -> float:
    """Seconds for an interpreter that does nothing but `code`, the best of five."""

    def run() -> list[str]:
        subprocess.run([sys.executable, "-c", code], check=True)
        return []

    return best(run, 5)[0]


def row(name: str, took: float, of: float, word: str) -> None:
    print(f"{name:<44}{took:8.2f} s   {of / took:6.1f} x {word}")


def rebuilds(codes: list[str], rounds: int) -> tuple[float, float]:
    """Seconds when nothing is stale, and when one note is."""
    with tempfile.TemporaryDirectory() as folder:
        cache = Path(folder) / "cache.sqlite"
        with_deckgen(codes, "auto", cache)
        known = best(lambda: with_deckgen(codes, "auto", cache), rounds)[0]
        edited = best(lambda: with_deckgen([*codes[1:], f"print({time.time_ns()})"], "auto", cache), rounds)[0]
    return known, edited


def arguments() -> argparse.Namespace:
    parser = argparse.ArgumentParser(description="How long snippets take.")
    parser.add_argument("--notes", type=int, default=200, help="snippets to run")
    parser.add_argument("--fresh", type=int, default=10, help="so many in fresh interpreters, the rest is reckoned")
    parser.add_argument("--rounds", type=int, default=3, help="the best of so many rounds counts")
    return parser.parse_args()


def main() -> None:
    asked = arguments()
    codes = snippets(asked.notes)

    fresh, told_fresh = seconds(lambda: with_fresh_interpreters(codes[: asked.fresh]))
    fresh *= asked.notes / asked.fresh
    kernel, told_kernel = best(lambda: with_shared_kernel(codes), asked.rounds)
    plain, told_plain = best(lambda: with_deckgen(codes, "off"), asked.rounds)
    boxed, told_boxed = best(lambda: with_deckgen(codes, "auto"), asked.rounds)
    assert told_plain == told_boxed == told_kernel
    assert told_plain[: asked.fresh] == told_fresh
    known, edited = rebuilds(codes, asked.rounds)

    print(f"{asked.notes} snippets, every output equal; the best of {asked.rounds} rounds\n")
    print(f"{'a fresh interpreter a snippet (reckoned)':<44}{fresh:8.2f} s")
    row("one shared Jupyter kernel (no isolation)", kernel, fresh, "as fast as fresh interpreters")
    row("deckgen, a process a note", plain, fresh, "as fast as fresh interpreters")
    row("deckgen, in the sandbox", boxed, fresh, "as fast as fresh interpreters")
    print(f"{'deckgen / shared kernel':<44}{plain / kernel:8.2f}     in the sandbox {boxed / kernel:.2f}")
    print(
        f"{'one note edited (stage 3 alone)':<44}{edited:8.2f} s   {edited / bare('import torch'):.2f} x `import torch`"
    )
    print(f"{'nothing changed (stage 3 alone)':<44}{known:8.2f} s   {known / bare('pass'):6.2f} x `python -c pass`")


if __name__ == "__main__":
    main()
