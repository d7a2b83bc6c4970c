"""Real code that nobody here wrote: every `>>>` example in the docstrings of the installed torch, run as a note.

    python benchmarks/docstrings.py [--sandbox off]

Prints how many ended in an output and how many in which named error.  None may hang, and none may disturb another: the
examples are run a second time in the opposite order, and what differs is listed.
"""

from __future__ import annotations

import argparse
import json
import subprocess
import sys
import time
from collections import Counter

from deckgen import execute
from deckgen.deck import Location, Program, Snippet
from deckgen.errors import Problems

# Runs in an interpreter of its own, since deckgen's never imports torch.
COLLECT = """
import doctest, inspect, json, torch
from importlib import import_module

names = ("autograd autograd.functional autograd.forward_ad autograd.graph nn nn.functional linalg optim fft special "
         "distributions func")
rooms = [torch, torch.Tensor, *(import_module(f"torch.{name}") for name in names.split())]
found = {}
for room in rooms:
    for name in sorted(vars(room)):
        doc = inspect.getdoc(getattr(room, name, None)) or ""
        if name.startswith("_") or ">>>" not in doc or doc in found.values():
            continue
        found[f"{room.__name__}.{name}"] = doc
examples = {}
for name, doc in found.items():
    try:
        code = "".join(example.source for example in doctest.DocTestParser().get_examples(doc))
    except ValueError:
        continue
    examples[name] = code
print(json.dumps(examples))
"""
SETUP = "import torch\nimport torch.nn as nn\nimport torch.nn.functional as F\nimport math"


def examples() -> dict[str, str]:
    """Name of a torch function -> the code of its examples."""
    told = subprocess.run([sys.executable, "-W", "ignore", "-c", COLLECT], capture_output=True, text=True, check=True)
    found: dict[str, str] = json.loads(told.stdout)
    return found


def programs(codes: dict[str, str]) -> list[Program]:
    made = []
    for name, code in codes.items():
        here = Location(f"{name}.md", 1)
        made.append(Program(name, here, (Snippet(SETUP, here), Snippet(code, here)), 0))
    return made


def main() -> None:
    parser = argparse.ArgumentParser(description="Run the examples of torch's docstrings.")
    parser.add_argument("--sandbox", default="auto", choices=["auto", "required", "off"])
    settings = execute.Settings(sandbox=parser.parse_args().sandbox, timeout=10)
    notes = programs(examples())

    start = time.perf_counter()
    problems = Problems()
    outputs, report = execute.run(notes, settings, problems)
    took = time.perf_counter() - start
    good = sum(output is not None for output in outputs)
    print(f"{len(notes)} examples in {took:.1f} s, sandbox: {report.sandbox}\n{good:6}  ended in an output, in errors:")
    for what, count in Counter(_kind(problem.what) for problem in problems).most_common():
        print(f"{count:6}  {what}")

    again = Problems()
    second, _ = execute.run(notes[::-1], settings, again)
    pairs = zip(notes, outputs, second[::-1], strict=True)
    differing = [note.name for note, one, other in pairs if one != other]
    print(f"a second time in the opposite order: {len(differing)} differ {differing}")


def _kind(what: str) -> str:
    return what.split(":")[0][:80]


if __name__ == "__main__":
    main()
