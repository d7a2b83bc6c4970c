"""Tasks -> results, through one engine at a time."""

from __future__ import annotations

import os
from collections import deque
from collections.abc import Callable, Iterator, Sequence
from contextlib import AbstractContextManager
from typing import Protocol

from deckgen.execute.client import ZygoteDiedError
from deckgen.execute.settings import Settings
from deckgen.execute.task import Task
from deckgen.execute.worker.wire import Message

Told = Callable[[int, Message], None]  # the place of a task and its result, as soon as it is there
Start = Callable[[], AbstractContextManager["Engine"]]
Skip = Callable[[int], Message | None]  # the result of a task that need not be run any more


class Engine(Protocol):
    """What runs tasks, several at once, each in a process of its own: `client.Zygote`, `spawn.Spawner`."""

    sandbox: str
    remark: str

    def ready(self) -> object: ...
    def send(self, message: Message, /) -> None: ...
    def receive(self) -> Iterator[Message]: ...


def run_tasks(
    tasks: Sequence[Task],
    settings: Settings,
    start: Start,
    told: Told,
    skip: Skip = lambda _: None,
    meanwhile: Callable[[], None] = lambda: None,
) -> tuple[str, str]:
    """Run each task in a process of its own, `settings.jobs` at once; returns the sandbox in force and a remark on it.

    `meanwhile` is called when the first tasks are under way. If the zygote itself dies, those that were running are run
    again one at a time, to know whose fault it was.
    """
    waiting, alone = deque(range(len(tasks))), deque[int]()
    sandbox = remark = ""
    while waiting or alone:
        queue, jobs = (alone, 1) if alone else (waiting, settings.jobs or os.cpu_count() or 1)
        running: set[int] = set()
        try:
            with start() as engine:
                engine.ready()
                sandbox, remark = engine.sandbox, engine.remark
                _fill(tasks, engine, queue, running, jobs, told, skip)
                meanwhile()
                _drain(tasks, engine, queue, running, jobs, told, skip)
        except ZygoteDiedError as death:
            _blame(death, running, jobs, alone, told)
    return sandbox, remark


def _drain(
    tasks: Sequence[Task], engine: Engine, queue: deque[int], running: set[int], jobs: int, told: Told, skip: Skip
) -> None:
    while running:
        for message in engine.receive():
            running.discard(message["id"])
            told(message["id"], message)
        _fill(tasks, engine, queue, running, jobs, told, skip)


def _fill(
    tasks: Sequence[Task], engine: Engine, queue: deque[int], running: set[int], jobs: int, told: Told, skip: Skip
) -> None:
    """Send what may run now."""
    while queue and len(running) < jobs:
        place = queue.popleft()
        if known := skip(place):
            told(place, known)
            continue
        running.add(place)
        engine.send({"id": place, **tasks[place]})


def _blame(death: ZygoteDiedError, running: set[int], jobs: int, alone: deque[int], told: Told) -> None:
    if len(running) == 1:
        told(running.pop(), {"ended": "zygote", "step": 0, "tail": str(death)})
    elif running:
        alone.extend(sorted(running))
    else:
        raise death
