"""The course of stage 3: what is known is taken from the cache, the rest is run, and failures become problems."""

from __future__ import annotations

import json
import shutil
import time
from collections.abc import Callable, Iterator, Sequence
from contextlib import AbstractContextManager
from typing import TYPE_CHECKING

from deckgen.deck import Outputs, Program
from deckgen.errors import Problem, Problems
from deckgen.execute import explain, text, versions
from deckgen.execute.settings import Report, Settings
from deckgen.execute.task import Task, key_of, setup_of, shown_steps, task_of
from deckgen.execute.values import output_of, texts_of
from deckgen.execute.worker.wire import Message

if TYPE_CHECKING:
    from deckgen.execute.cache import Cache, Entry
    from deckgen.execute.early import Early
    from deckgen.execute.runner import Engine

Progress = Callable[[int, int], None]
Meanwhile = Callable[[Callable[[Program], Outputs | None]], None]

_PRINTED_BYTES = 1 << 20  # more than any card can show
_BATCH_SECONDS = 0.5  # at most this much work is lost if the build is killed


def run(
    programs: Sequence[Program],
    settings: Settings,
    problems: Problems,
    progress: Progress = lambda *_: None,
    early: Early | None = None,
    meanwhile: Meanwhile = lambda _: None,
) -> tuple[tuple[Outputs | None, ...], Report]:
    """Outputs for each program, None where it failed (and `problems` says why); and what was done.

    `progress` is called with the number of programs done and to be done, of those that are not known already. `early`
    is what `start_early` returned. `meanwhile` may be called while the first programs run, to do what can be done
    without their outputs: it is given a function that tells those that are known.
    """
    stage = Stage(programs, settings, early=early)
    try:
        stage.recall()
        stage.execute(progress, meanwhile)
    finally:
        stage.close()
    order = {id(program): place for place, program in enumerate(programs)}
    for problem in explain.problems_of(sorted(stage.failed, key=lambda failed: order[id(failed.program)])):
        problems.add(problem.location, problem.what, problem.instead, problem.detail)
    return tuple(stage.outputs(program) for program in programs), stage.report()


class Stage:
    """One run. `environment` is added to that of the snippets."""

    def __init__(
        self,
        programs: Sequence[Program],
        settings: Settings,
        environment: dict[str, str] | None = None,
        early: Early | None = None,
    ) -> None:
        self._environment = environment
        self._early = early
        self.failed: list[explain.Failed] = []
        self._programs = programs
        self._settings = settings
        sandboxed = settings.sandbox != "off" and shutil.which("bwrap") is not None
        tasks = {id(program): task_of(program, settings) for program in programs if program.steps}
        self._keys = {place: key_of(task, sandboxed) for place, task in tasks.items()}
        self._by_key: dict[str, list[Program]] = {}  # notes that run the same are run once
        self._tasks: dict[str, Task] = {}
        for program in programs:
            if program.steps:
                key = self._keys[id(program)]
                self._by_key.setdefault(key, []).append(program)
                self._tasks[key] = tasks[id(program)]
        self._known: dict[str, Entry] = {}
        self._cache: Cache | None = None
        self._fresh: dict[str, Entry] = {}
        self._stored_at = time.monotonic()
        self._broken_setups: dict[str, Message] = {}
        self._cached = self._ran = 0
        self._sandbox = ""
        self._remarks = [early.remark] if early and early.remark else []
        self._normalised: list[str] = []

    def recall(self) -> None:
        """Take from the cache what is still true."""
        if self._settings.cache is None or not self._tasks:
            return
        from deckgen.execute.cache import Cache

        self._cache = Cache(self._settings.cache)
        found = self._cache.find(self._tasks)
        self._known = {key: entry for key, entry in found.items() if versions.hold(entry.imports)}
        self._cached = sum(len(self._by_key[key]) for key in self._known)

    def execute(self, progress: Progress, meanwhile: Meanwhile = lambda _: None) -> None:
        """Run what is not known."""
        stale = [key for key in self._tasks if key not in self._known]
        if not stale:
            return
        done = 0

        def told(key: str, result: Message) -> None:
            nonlocal done
            done += 1
            self._take(key, result)
            progress(done, len(stale))

        progress(0, len(stale))
        for language in dict.fromkeys(self._tasks[key]["language"] for key in stale):
            keys = [key for key in stale if self._tasks[key]["language"] == language]
            self._run(language, keys, told, lambda: meanwhile(self.outputs))

    def _run(
        self, language: str, keys: list[str], told: Callable[[str, Message], None], meanwhile: Callable[[], None]
    ) -> None:
        """Here or elsewhere."""
        from deckgen.execute.engines import ENGINES
        from deckgen.execute.runner import run_tasks

        tasks = [self._tasks[key] for key in keys]

        def told_at(place: int, result: Message) -> None:
            told(keys[place], result)

        def skip(place: int) -> Message | None:
            return self._broken_setups.get(self._setup(keys[place]))

        def start() -> AbstractContextManager[Engine]:
            return ENGINES[language](tasks, self._settings, self._environment, self._early)

        if self._settings.executor is None:
            self._sandbox, remark = run_tasks(tasks, self._settings, start, told_at, skip, meanwhile)
        else:
            from deckgen.execute import remote

            with remote.connect(self._settings.executor) as executor:
                self._sandbox, remark = remote.run_on(executor, tasks, self._settings, told_at, self._environment)
        self._remarks += [remark] if remark else []

    def _setup(self, key: str) -> str:
        return setup_of(self._tasks[key], self._by_key[key][0])

    def _take(self, key: str, result: Message) -> None:
        programs = self._by_key[key]
        self._ran += len(programs)
        failure, entry = self._judge(key, programs[0], result)
        if entry:
            self._known[key] = self._fresh[key] = entry
            if time.monotonic() - self._stored_at > _BATCH_SECONDS:
                self._store()
            return
        step = failure["step"]
        if step < programs[0].setup:
            self._broken_setups[self._setup(key)] = result
        for program in programs:
            self.failed.append(self._explain(program, failure))

    def _judge(self, key: str, program: Program, result: Message) -> tuple[Message, Entry | None]:
        """(what failed, nothing) or (nothing, what is to be kept)."""
        from deckgen.execute.cache import Entry

        if result.get("written", 0) > _PRINTED_BYTES:
            return {"ended": "flood", "limit": _PRINTED_BYTES, "step": result["step"]}, None
        if result["ended"] != "done":
            return {**result, "allowed": self._tasks[key]["timeouts"][result["step"]]}, None
        raw = json.loads(result["result"])
        value = text.normalise_all(raw)
        if any(value["steps"][step] != raw["steps"][step] for step in shown_steps(program) if step < len(raw["steps"])):
            self._normalised.append(program.name)
        if value["failure"]:
            return value["failure"], None
        for step, events in enumerate(value["steps"]):
            for part in (part for event in events for part in texts_of(event)):
                if found := text.unfit(part):
                    return {"kind": "unfit", "step": step, "found": found}, None
        imports = versions.of_modules([*value["modules"], *value.pop("brought")])
        return {}, Entry(value, imports)

    def _explain(self, program: Program, failure: Message) -> explain.Failed:
        if "ended" in failure:
            return explain.failed_run(program, failure, self._settings.memory)
        if failure["kind"] == "unfit":
            what, instead = failure["found"]
            place = program.steps[failure["step"]].location
            return explain.Failed(program, Problem(place, f"the output holds {what}", instead))
        return explain.failed_step(program, failure)

    def _store(self) -> None:
        if self._cache and self._fresh:
            self._cache.store(self._fresh)
        self._fresh = {}
        self._stored_at = time.monotonic()

    def close(self) -> None:
        self._store()
        if self._early:
            self._early.close()
            if self._cache and not self.failed:
                self._cache.remember_seen(self._early.fences)
        if self._cache:
            self._cache.close()
            self._remarks += [self._cache.remark] if self._cache.remark else []

    def outputs(self, program: Program) -> Outputs | None:
        if not program.steps:
            return Outputs((), ())
        entry = self._known.get(self._keys[id(program)])
        if entry is None:
            return None
        steps = tuple(tuple(output_of(event) for event in events) for events in entry.value["steps"])
        return Outputs(steps, versions.runtime(entry.imports, entry.value["modules"]))

    def report(self) -> Report:
        empty = sum(not program.steps for program in self._programs)
        return Report(self._cached, self._ran, empty, self._sandbox, (*self._remarks, *self._on_normalised()))

    def _on_normalised(self) -> Iterator[str]:
        if names := sorted(self._normalised):
            more = f" and {len(names) - 10} more" if len(names) > 10 else ""
            yield f"addresses or paths in the output of {', '.join(names[:10])}{more} were replaced by 0x… or …/"
