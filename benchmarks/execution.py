"""What running costs: deckgen's way beside a fresh interpreter a note and beside one shared Jupyter kernel.

    make bench                                    # or: python benchmarks/execution.py --notes 200

All ways run the same notes, one after the other in one go, and must print the same. Seconds depend on the machine, so
the ratios are what counts. A fresh interpreter a note isolates fully and takes about two seconds each, nearly all of it
`import torch`; a shared kernel isolates nothing.
"""

from __future__ import annotations

import argparse
import os
import subprocess
import sys
import time
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor

from deckgen import execute
from deckgen.deck import Location, Printed, Program, Snippet
from deckgen.errors import Problems

SETUP = "import torch"
BODIES = (
    "x = torch.tensor({n}.0, requires_grad=True)\ny = x ** 2 + x\ny.backward()\nprint(x.grad.item())",
    "x = torch.ones({n}, requires_grad=True)\n(x * 3).sum().backward()\nprint(x.grad.sum().item())",
    "w = torch.eye(2) * {n}\nw.requires_grad_()\n(w @ w).trace().backward()\nprint(w.grad.tolist())",
    "x = torch.tensor({n}.0, requires_grad=True)\nprint((x.exp() * x).grad_fn.name(), x.is_leaf, {n})",
    "x = torch.tensor({n}.0, requires_grad=True)\ng, = torch.autograd.grad(x ** 3, x, create_graph=True)\n"
    "print(g.item(), torch.autograd.grad(g, x)[0].item())",
)


def notes(count: int) -> list[str]:
    """`count` small autograd snippets, no two alike."""
    return [BODIES[number % len(BODIES)].format(n=number + 1) for number in range(count)]


def with_deckgen(bodies: list[str], **settings: object) -> list[str]:
    """Every note in a forked process of its own; nothing is cached."""
    here = Location("bench.md", 1)
    programs = [
        Program(f"n{number}", here, (Snippet(SETUP, here), Snippet(body, here)), setup=1)
        for number, body in enumerate(bodies)
    ]
    problems = Problems()
    outputs, _ = execute.run(programs, execute.Settings(cache=None, **settings), problems)  # type: ignore[arg-type]
    assert not problems, list(problems)
    return ["".join(part.text for part in out.steps[1] if isinstance(part, Printed)) for out in outputs if out]


def with_fresh_interpreters(bodies: list[str]) -> list[str]:
    """A `python` a note, as many at once as there are cores."""
    environment = {**os.environ, "OMP_NUM_THREADS": "1"}

    def run(body: str) -> str:
        line = [sys.executable, "-c", f"{SETUP}\n{body}"]
        return subprocess.run(line, env=environment, capture_output=True, text=True, check=True).stdout

    with ThreadPoolExecutor(os.cpu_count()) as pool:
        return list(pool.map(run, bodies))


def with_one_kernel(bodies: list[str]) -> list[str]:
    """All notes as cells of one notebook: no isolation at all."""
    import nbformat
    from nbclient import NotebookClient

    book = nbformat.v4.new_notebook(cells=[nbformat.v4.new_code_cell(code) for code in (SETUP, *bodies)])
    NotebookClient(book, kernel_name="python3").execute()
    return ["".join(out.text for out in cell.outputs if out.output_type == "stream") for cell in book.cells[1:]]


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--notes", type=int, default=100, help="how many notes to run (default 100)")
    bodies = notes(parser.parse_args().notes)
    ways: dict[str, Callable[[], list[str]]] = {
        "deckgen": lambda: with_deckgen(bodies),
        "deckgen --sandbox off": lambda: with_deckgen(bodies, sandbox="off"),
        "one shared Jupyter kernel": lambda: with_one_kernel(bodies),
        "a fresh interpreter a note": lambda: with_fresh_interpreters(bodies),
    }
    with_deckgen(bodies[:1])  # the disk's cache is warm for all of them
    took, printed = {}, {}
    for name, way in ways.items():
        started = time.perf_counter()
        printed[name] = way()
        took[name] = time.perf_counter() - started
        print(f"{name:28} {took[name]:8.2f} s   {took[name] / took['deckgen']:6.1f} x deckgen", flush=True)
    same = all(output == printed["deckgen"] for output in printed.values())
    print(f"{len(bodies)} notes; the outputs are {'the same in all ways' if same else 'NOT THE SAME'}")
    sys.exit(not same)


if __name__ == "__main__":
    main()
