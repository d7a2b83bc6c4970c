"""A Program -> the plain data that a worker runs, and the key under which its outputs are known."""

from __future__ import annotations

import hashlib
import json
import re
import sys
from collections.abc import Iterable, Sequence
from functools import cache
from pathlib import Path
from typing import Any

from deckgen.deck import InlineValue, Program, Snippet
from deckgen.execute.settings import Settings

Task = dict[str, Any]  # "language", "steps", "timeouts" (s), "limits": all that a worker is told, and all JSON

_FILE_BYTES = 64 << 20  # what a snippet may write into one file, and print


def task_of(program: Program, settings: Settings) -> Task:
    steps, timeouts = [], []
    for step in program.steps:
        match step:
            case InlineValue(expression=expression):
                steps.append({"expression": expression})
                timeouts.append(settings.timeout)
            case Snippet():
                steps.append(_fence(step))
                timeouts.append(step.timeout or settings.timeout)
    language = next((step.language for step in program.steps if isinstance(step, Snippet)), "python")
    limits = {"memory": settings.memory, "file": _FILE_BYTES, "cpu": sum(timeouts)}
    return {"language": language, "steps": steps, "timeouts": timeouts, "limits": limits}


def _fence(snippet: Snippet) -> dict[str, Any]:
    fence: dict[str, Any] = {"code": snippet.code}
    if snippet.graph:
        fence["graph"] = snippet.graph
    if snippet.raises:
        fence["raises"] = {"type": snippet.raises.type, "match": snippet.raises.match}
    return fence


def key_of(task: Task, sandboxed: bool) -> str:
    """Of all that decides the outputs and can be known before the run: code, limits, interpreter, worker.

    Not the place, the name, the prose or how an output is shown. What the code imports is known after the run only: the
    cache keeps it with the outputs and asks for its version again.
    """
    told = json.dumps([task, sys.version, sys.platform, sandboxed, worker_version()], sort_keys=True)
    return hashlib.sha256(told.encode("utf-8", "surrogatepass")).hexdigest()


@cache
def worker_version() -> str:
    """A hash of the worker's own code: outputs that another worker made are not trusted."""
    digest = hashlib.sha256()
    for path in sorted((Path(__file__).parent / "worker").glob("*.py")):
        digest.update(path.read_bytes())
    return digest.hexdigest()


def shown_steps(program: Program) -> list[int]:
    """The steps whose output stands on a card; that of a file's introduction does not."""
    return [n for n, step in enumerate(program.steps) if n >= program.setup and step.shown]


def setup_of(task: Task, program: Program) -> str:
    """Equal for programs that begin with the same setup, so that a broken one need not break in every note anew."""
    return json.dumps([task["steps"][: program.setup], task["timeouts"][: program.setup], task["limits"]["memory"]])


_WORDS = re.compile(r"\b(torch|numpy|np|matplotlib|plt)\b")
# What torch imports only when it is first needed, and what needs it. In seconds of a processor, for each note anew:
_LAZY = (
    # 0.25, for sympy: a gradient that is handed in
    (
        re.compile(r"\.backward\(\s*[^)\s]|\b(grad_outputs|is_grads_batched|gradcheck|gradgradcheck|vectorize|vjp)\b"),
        ["torch.fx.experimental.symbolic_shapes"],
    ),
    # 0.13: forward mode
    (re.compile(r"\b(forward_ad|jvp|jacfwd|hessian|linearize)\b"), ["torch._decomp.decompositions_for_jvp"]),
    # 0.6 to 1.1, for the compiler, whether anything is compiled or not
    (
        re.compile(
            r"\b(optim|lr_scheduler|functorch|checkpoint|custom_op|profiler|TorchDispatchMode|make_fx|assert_close"
            r"|DistributedDataParallel|DDP|torch\.func|torch\.compile)\b"
        ),
        ["torch.optim", "torch._dynamo"],
    ),
)


def preloads(tasks: Iterable[Task]) -> list[str]:
    """The modules that pay for being imported before the fork, judged by the words of the code.

    Plain torch comes first. What torch imports lazily is worth it from the second note on that needs it.
    """
    texts = [_text(task) for task in tasks]
    return preloads_of_texts(texts, texts)


def preloads_of_texts(texts: Iterable[str], notes: Sequence[str]) -> list[str]:
    """The same, of the words of `texts`; what is worth it from the second note on is looked for in `notes`."""
    words = set().union(*(_WORDS.findall(text) for text in texts))
    found = ["numpy", "numpy.random"] if words & {"torch", "numpy", "np"} else []
    if "torch" in words:
        found.append("torch")
        for pattern, modules in _LAZY:
            if sum(bool(pattern.search(note)) for note in notes) > 1:
                found += modules
    if words & {"matplotlib", "plt"}:
        found += ["matplotlib.pyplot", "matplotlib.backends.backend_svg"]
    return found


def _text(task: Task) -> str:
    return "\n".join(step["code"] if "code" in step else step["expression"] for step in task["steps"])
