"""How long snippets take: deckgen against a fresh interpreter a snippet and against one shared Jupyter kernel.

    python benchmarks/execution.py [--notes 200] [--fresh 10] [--rounds 3]

All run the same snippets in one go on the same machine, so the ratios mean something and the seconds do not. Isolation
differs: a fresh interpreter and deckgen isolate each note, the shared kernel isolates nothing. Needs the extras torch
and bench.
"""

from __future__ import annotations

import argparse
import os
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


def with_deckgen(codes: list[str], sandbox: str) -> list[str]:
    here = Location("benchmark.md", 1)
    programs = [
        Program(f"n{n}", here, (Snippet("import torch", here), Snippet(code, here)), 1) for n, code in enumerate(codes)
    ]
    problems = Problems()
    outputs, _ = execute.run(programs, execute.Settings(sandbox=sandbox), problems)
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


def seconds(run: Callable[[], object]) -> float:
    start = time.perf_counter()
    run()
    return time.perf_counter() - start


def side_by_side(rounds: int, runs: dict[str, Callable[[], object]]) -> dict[str, float]:
    """The best time of each; they take turns, so that what else the machine does meets all of them."""
    taken: dict[str, list[float]] = {name: [] for name in runs}
    for _ in range(rounds):
        for name, run in runs.items():
            taken[name].append(seconds(run))
    return {name: min(times) for name, times in taken.items()}


def interpreter(code: str) -> Callable[[], object]:
    """An interpreter that does nothing but `code`."""
    return lambda: subprocess.run([sys.executable, "-c", code], check=True)


def row(name: str, took: float, of: float, word: str) -> None:
    print(f"{name:<44}{took:8.2f} s   {of / took:6.1f} x {word}")


def rebuilds(notes: int, rounds: int) -> dict[str, float]:
    """Whole commands on a deck of so many notes: after an edit of one note, and when nothing is changed."""
    from memory import write_cards

    with tempfile.TemporaryDirectory() as folder:
        cards = Path(folder, "cards")
        write_cards(cards, notes)
        file = cards / "f000000.md"
        text = file.read_text()

        def build() -> None:
            command = [sys.executable, "-m", "deckgen", "build", str(cards), "-o", f"{folder}/a.apkg"]
            subprocess.run(command, check=True, capture_output=True)

        def edit_and_build() -> None:
            file.write_text(text.replace("_ = 7\n", f"_ = {time.time_ns()}\n"))
            build()

        build()
        runs = {
            "torch": interpreter("import torch"),
            "edited": edit_and_build,
            "same": build,
            "pass": interpreter("pass"),
        }
        return side_by_side(rounds, runs)


def arguments() -> argparse.Namespace:
    parser = argparse.ArgumentParser(description="How long snippets take.")
    parser.add_argument("--notes", type=int, default=200, help="snippets to run")
    parser.add_argument("--fresh", type=int, default=10, help="so many in fresh interpreters, the rest is reckoned")
    parser.add_argument("--rounds", type=int, default=3, help="the best of so many rounds counts")
    return parser.parse_args()


def check_that_all_are_equal(codes: list[str], fresh: int) -> None:
    told = with_deckgen(codes, "auto")
    assert told == with_deckgen(codes, "off") == with_shared_kernel(codes)
    assert told[:fresh] == with_fresh_interpreters(codes[:fresh])


def main() -> None:
    asked = arguments()
    codes = snippets(asked.notes)
    check_that_all_are_equal(codes, asked.fresh)
    cold = side_by_side(
        asked.rounds,
        {
            "fresh": lambda: with_fresh_interpreters(codes[: asked.fresh]),
            "kernel": lambda: with_shared_kernel(codes),
            "plain": lambda: with_deckgen(codes, "off"),
            "boxed": lambda: with_deckgen(codes, "auto"),
        },
    )
    fresh = cold["fresh"] * asked.notes / asked.fresh
    again = rebuilds(asked.notes, asked.rounds)

    print(f"{asked.notes} snippets, every output equal; the best of {asked.rounds} rounds")
    print(f"load of the machine when this ended: {os.getloadavg()[0]:.1f} on {os.cpu_count()} cores\n")
    print(f"{'a fresh interpreter a snippet (reckoned)':<44}{fresh:8.2f} s")
    row("one shared Jupyter kernel (no isolation)", cold["kernel"], fresh, "as fast as fresh interpreters")
    row("deckgen, a process a note", cold["plain"], fresh, "as fast as fresh interpreters")
    row("deckgen, in the sandbox", cold["boxed"], fresh, "as fast as fresh interpreters")
    ratio = f"{cold['plain'] / cold['kernel']:8.2f}     in the sandbox {cold['boxed'] / cold['kernel']:.2f}"
    print(f"{'deckgen / shared kernel':<44}{ratio}")
    edited, same = again["edited"] / again["torch"], again["same"] / again["pass"]
    print(f"{'one note edited, whole command':<44}{again['edited']:8.2f} s   {edited:6.2f} x `import torch`")
    print(f"{'nothing changed, whole command':<44}{again['same']:8.2f} s   {same:6.2f} x `python -c pass`")


if __name__ == "__main__":
    main()
