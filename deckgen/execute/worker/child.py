"""The process of one note: limits, seeds and capture are set, the steps run, and what came of them written down."""

from __future__ import annotations

import atexit
import gc
import json
import os
import sys
import threading
from collections.abc import Callable
from typing import Any, NoReturn

from deckgen.execute.worker import figures, graph, limits
from deckgen.execute.worker.capture import Capture, Event
from deckgen.execute.worker.snippet import Namespace, failure
from deckgen.execute.worker.wire import Message, Page

DONE = 0
BROKEN = 70  # the snippet has broken the interpreter so far that it can't tell what happened


def main(task: Message, page: Page, result: int, token: bytes, folder: str) -> NoReturn:
    """Run `task` and leave `token` and a JSON object in the file `result`; never returns to the caller's frames.

    Descriptors 0, 1 and 2 are already the note's own. The token shows that it was this function that wrote.
    """
    code = BROKEN
    try:
        _prepare(task, folder)
        told = token + json.dumps(_run(task["steps"], page)).encode()
        os.ftruncate(result, 0)
        os.lseek(result, 0, os.SEEK_SET)
        _write(result, told)
        code = DONE
    finally:
        os._exit(code)


def _prepare(task: Message, folder: str) -> None:
    os.makedirs(folder, exist_ok=True)
    os.chdir(folder)
    os.environ.update(PWD=folder, TMPDIR=folder, HOME=folder)
    limits.apply(task["limits"])
    limits.seed()
    _forget_what_libraries_do_at_exit()
    gc.enable()


def _forget_what_libraries_do_at_exit() -> None:
    """What was registered before the fork is the zygote's affair, and takes as long as a note. Processes are ours."""
    atexit._clear()
    if processes := sys.modules.get("multiprocessing.util"):
        atexit.register(processes._exit_function)


def _write(file: int, data: bytes) -> None:
    view = memoryview(data)
    while view:
        view = view[os.write(file, view) :]


def _run(steps: list[Message], page: Page) -> Message:
    """Run the steps in order up to the first that fails."""
    capture, names = Capture(), Namespace()
    outputs: list[list[Event]] = []
    failed: Message | None = None
    for number, step in enumerate(steps):
        page.begin(number)
        events, failed = _step(number, step, names, capture)
        outputs.append(events)
        if failed:
            break
    rest = _finish(capture)
    if outputs:
        outputs[-1] += rest
    modules = limits.modules_of_the_note()
    return {"steps": outputs, "failure": failed, "modules": modules, "brought": limits.brought_by(modules)}


def _step(number: int, step: Message, names: Namespace, capture: Capture) -> tuple[list[Event], Message | None]:
    shown: list[Event] = []
    try:
        shown = _inline(number, step, names) if "expression" in step else _fence(number, step, names)
        error: BaseException | None = None
    except BaseException as raised:
        error = raised
    sys.settrace(None)
    sys.setprofile(None)
    wanted = step.get("raises")
    told = failure(number, error) if error is not None else None
    failed, expected = _judge(number, told, wanted)
    events = capture.take() + shown + expected
    if not failed and step.get("code") is not None:
        drawn, failed = _guarded(number, figures.take)
        events += drawn
    if not failed and step.get("graph"):
        drawn, failed = _guarded(number, lambda: [["graph", graph.draw(step["graph"], names.names)]])
        events += drawn
        if failed:
            failed["kind"] = "graph"
    return events, failed


def _fence(number: int, step: Message, names: Namespace) -> list[Event]:
    value = names.run(number, step["code"])
    return [] if value is None else [["shown", repr(value)]]


def _inline(number: int, step: Message, names: Namespace) -> list[Event]:
    return [["shown", str(names.value(number, step["expression"]))]]


def _guarded(number: int, draw: Callable[[], list[Event]]) -> tuple[list[Event], Message | None]:
    try:
        return draw(), None
    except BaseException as error:
        return [], failure(number, error)


def _judge(number: int, told: Message | None, wanted: Message | None) -> tuple[Message | None, list[Event]]:
    """(what is wrong, the expected exception as an event)."""
    if wanted is None:
        return told, []
    if told is None:
        return {"step": number, "kind": "unraised"}, []
    name = wanted["type"].rpartition(".")[2]
    if told["type"] != name:
        return {**told, "kind": "other type"}, []
    if wanted["match"] not in told["message"]:
        return {**told, "kind": "other message"}, []
    return None, [["raised", told["type"], told["message"], told["traceback"]]]


def _finish(capture: Capture) -> list[Event]:
    """What threads still say, and what was registered to be done at exit."""
    finish: list[Callable[[], Any]] = [threading._shutdown, atexit._run_exitfuncs]  # type: ignore[attr-defined]
    for act in finish:
        try:
            act()
        except BaseException as error:
            print(f"{type(error).__name__}: {error}", file=sys.stderr)
    return capture.take()
