"""What went wrong in a snippet -> a problem at its author's line that says what to write instead."""

from __future__ import annotations

import signal
from collections.abc import Iterable
from dataclasses import dataclass

from deckgen.deck import Location, Program, Snippet, Step
from deckgen.errors import Problem
from deckgen.execute.worker.wire import Message


@dataclass(frozen=True, slots=True)
class Failed:
    """A program that failed: `problem` as it is reported, `module` a missing one that caused it."""

    program: Program
    problem: Problem
    module: str = ""


_MARK = "or mark the fence `raises={}` if the error is what the card is about"


def failed_run(program: Program, result: Message, memory: int) -> Failed:
    """A program whose process ended before it could tell its outputs."""
    step = _at(program, result)
    what, instead = _ENDS[result["ended"]](step, result)
    printed = result.get("tail", "").strip()
    detail = f"before that it printed:\n{_last_lines(printed)}" if printed else ""
    return Failed(program, Problem(step.location, what, instead, detail))


def _at(program: Program, result: Message) -> Step:
    step: int = result["step"]
    return program.steps[min(max(step, 0), len(program.steps) - 1)]


def _last_lines(text: str) -> str:
    lines = [line[:200] for line in text.splitlines()]
    return "\n".join(lines if len(lines) <= 5 else ["…", *lines[-5:]])


def _late(step: Step, result: Message) -> tuple[str, str]:
    allowed = f"{result['allowed']:g}"
    more = f"{result['allowed'] * 3:g}"
    return (
        f"this was still running after {allowed} seconds and was stopped",
        f"look for a loop that never ends, or allow more with `timeout={more}` behind the fence's language",
    )


_SIGNALS = {
    signal.SIGSEGV: "a segmentation fault: compiled code touched memory that is not its own",
    signal.SIGKILL: "it was killed, often because the machine ran out of memory",
    signal.SIGABRT: "it aborted itself, as C code does when it finds a fault",
    signal.SIGFPE: "an arithmetic fault in compiled code",
    signal.SIGBUS: "a bus error: a mapped file or memory was not there",
    signal.SIGXCPU: "its processor time was used up",
    signal.SIGXFSZ: "a file grew beyond the limit",
}


def _signal(step: Step, result: Message) -> tuple[str, str]:
    number = result["code"]
    try:
        name = signal.Signals(number).name
    except ValueError:
        name = f"signal {number}"
    why = f" ({_SIGNALS[signal.Signals(number)]})" if name in [known.name for known in _SIGNALS] else ""
    return (
        f"this ended its process with {name}{why}",
        "a card's code must end by itself: take out what does this, or show it with `norun`",
    )


def _exit(step: Step, result: Message) -> tuple[str, str]:
    return (
        f"this ended its process at once, as `os._exit({result['code']})` does, so nothing of it could be kept",
        "let the code run to its end, or show it with `norun`",
    )


def _broken(step: Step, result: Message) -> tuple[str, str]:
    return (
        "this broke the Python it ran in (closed descriptors, patched builtins or the like), so nothing could be kept",
        "undo such changes at the end of the fence, or show it with `norun`",
    )


def _zygote(step: Step, result: Message) -> tuple[str, str]:
    return (
        "this took the process down that runs all snippets",
        "a card's code must leave other processes alone: take it out, or show it with `norun`",
    )


def _flood(step: Step, result: Message) -> tuple[str, str]:
    return (
        f"this printed more than {result['limit'] >> 10} KB, which no card can show",
        "print less, for example one line in a thousand",
    )


_ENDS = {"late": _late, "signal": _signal, "exit": _exit, "broken": _broken, "zygote": _zygote, "flood": _flood}


def failed_step(program: Program, failure: Message) -> Failed:
    """A step that raised what it should not have, or did not raise what it should have."""
    step = program.steps[failure["step"]]
    if failure["kind"] == "unraised":
        assert isinstance(step, Snippet)
        assert step.raises
        name = step.raises.type
        return Failed(
            program,
            Problem(
                step.location,
                f"this should have raised {name}, but nothing was raised",
                f"take out `raises={name}`, or mend the code so that it raises it",
            ),
        )
    location = Location(step.location.path, step.location.line + failure["line"] - 1)
    what, instead = _raised(step, failure)
    detail = "" if failure["module"] else _shortened(failure["traceback"])
    return Failed(program, Problem(location, what, instead, detail), failure["module"])


def _raised(step: Step, failure: Message) -> tuple[str, str]:
    name = failure["type"]
    message = _one_line(failure["message"])
    error = f"{name}: {message}" if message else name
    wanted = step.raises if isinstance(step, Snippet) else None
    if failure["kind"] == "graph":
        return (
            f"the graph could not be drawn: {error}",
            "write `graph=` and a tensor that exists after the fence, such as `graph=loss`",
        )
    if wanted and failure["kind"] == "other type":
        kin = f" ({name} is a kind of {wanted.type})" if wanted.type in failure["bases"] else ""
        return (
            f"this should have raised {wanted.type}, but raised {error}{kin}",
            f"write `raises={name}` if that is meant, or mend the code",
        )
    if wanted:
        return (
            f"this raised {error}, as it should, but the message does not hold {wanted.match!r}",
            "write a `match=` that is in the message",
        )
    if module := failure["module"].partition(".")[0]:
        return _missing(module)
    if not isinstance(step, Snippet):
        return (
            f"`{step.expression}` can't be evaluated: {error}",
            "mend the expression, or define what it uses in a fence above",
        )
    if name in ("MemoryError", "_ArrayMemoryError") or "can't allocate memory" in failure["message"]:
        return f"this needs more memory than a note may have: {error}", "use smaller tensors"
    if name == "SyntaxError" or "SyntaxError" in failure["bases"]:
        return f"this is not valid Python: {error}", "mend it, or mark the fence `norun` if it is not meant to run"
    return f"this raised {error}", f"mend the code, {_MARK.format(name)}"


def _one_line(text: str) -> str:
    line = " ".join(text.split())
    return line if len(line) <= 300 else f"{line[:300]}…"


def _shortened(traceback: str) -> str:
    lines = [line[:300] for line in traceback.splitlines()]
    return "\n".join(lines if len(lines) <= 30 else [*lines[:10], f"… {len(lines) - 25} lines …", *lines[-15:]])


def _missing(module: str) -> tuple[str, str]:
    if module == "torch":
        return "torch is not installed, so this can't be run", 'install it: pip install "deckgen[torch]"'
    if module in ("numpy", "matplotlib"):
        extra = {"numpy": "torch", "matplotlib": "plots"}[module]
        return f"{module} is not installed, so this can't be run", f'install it: pip install "deckgen[{extra}]"'
    return (
        f"the module {module} is not installed where the snippets run",
        f"install it beside deckgen (pip install {module}), or mend the name",
    )


def problems_of(failures: Iterable[Failed]) -> list[Problem]:
    """One problem a cause: notes that share a broken setup share its problem; a missing module names its notes."""
    causes: dict[Problem, list[Failed]] = {}
    for failed in failures:
        causes.setdefault(failed.problem, []).append(failed)
    return [_named(problem, some) if some[0].module else problem for problem, some in causes.items()]


def _named(problem: Problem, failures: list[Failed]) -> Problem:
    names = ", ".join(failed.program.name or str(failed.program.location) for failed in failures)
    return Problem(problem.location, problem.what, problem.instead, f"needed by: {names}")
