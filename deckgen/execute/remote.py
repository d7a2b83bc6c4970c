"""Chunks of tasks on other machines, through any `concurrent.futures.Executor`; Dask's is known by name."""

from __future__ import annotations

import atexit
import sys
import threading
from collections.abc import Iterator, Sequence
from concurrent.futures import BrokenExecutor, Executor, Future, as_completed
from contextlib import contextmanager
from dataclasses import replace
from typing import Any

from deckgen.errors import DeckgenError
from deckgen.execute import versions
from deckgen.execute.client import Zygote
from deckgen.execute.runner import Told, run_tasks
from deckgen.execute.settings import Settings
from deckgen.execute.task import Task, preloads, worker_version
from deckgen.execute.worker.wire import Message

_CHUNK = 25  # tasks: long enough to be worth the way, short enough to be shared out evenly
_TRIES = 3
_PATIENCE = 10  # seconds for a scheduler to answer, and to have a worker
_WATCHED = ("torch", "numpy", "matplotlib")

_idle: dict[tuple[object, ...], list[Zygote]] = {}
_idle_lock = threading.Lock()


def run_on(
    executor: Executor, tasks: Sequence[Task], settings: Settings, told: Told, environment: dict[str, str] | None = None
) -> tuple[str, str]:
    """Like `runner.run_tasks`, by way of `executor`. A chunk whose worker dies is run again elsewhere."""
    there = replace(settings, cache=None, executor=None)
    wanted = preloads(tasks)
    places = {range(start, min(start + _CHUNK, len(tasks))): 0 for start in range(0, len(tasks), _CHUNK)}
    sandbox = remark = ""
    while places:
        submitted: dict[Future[Any], range] = {
            executor.submit(run_chunk, [tasks[place] for place in chunk], there, wanted, environment): chunk
            for chunk in places
        }
        for future in as_completed(submitted):
            chunk = submitted[future]
            answer = _answer(future, places, chunk)
            if answer is None:
                continue
            del places[chunk]
            found, sandbox, remark, results = answer
            _check_versions(found)
            for place, result in zip(chunk, results, strict=True):
                told(place, result)
    return sandbox, remark


def _answer(future: Future[Any], places: dict[range, int], chunk: range) -> Any:
    try:
        return future.result()
    except DeckgenError:
        raise
    except Exception as error:  # what a dying worker looks like differs from executor to executor
        places[chunk] += 1
        if places[chunk] >= _TRIES or isinstance(error, BrokenExecutor):
            raise DeckgenError(
                f"the executor could not run {len(chunk)} notes: {type(error).__name__}: {error}"
            ) from None
        return None


def found_here() -> dict[str, str]:
    """What must be the same on every machine, lest one deck hold outputs of two versions."""
    libraries = {name: versions.installed().get(name, "not installed") for name in _WATCHED}
    return {"python": sys.version.split()[0], "deckgen's worker": worker_version()[:12], **libraries}


def _check_versions(there: dict[str, str]) -> None:
    here = found_here()
    differing = [
        f"{name} {there.get(name)} there, {version} here"
        for name, version in here.items()
        if there.get(name) != version
    ]
    if differing:
        raise DeckgenError(f"a worker of the executor has other versions than this machine: {'; '.join(differing)}")


def run_chunk(
    tasks: list[Task], settings: Settings, wanted: list[str], environment: dict[str, str] | None
) -> tuple[dict[str, str], str, str, list[Message]]:
    """On a worker: (its versions, sandbox, remark, a result for each task). Its zygotes stay for the next chunk."""
    results: list[Message] = [{}] * len(tasks)
    if settings.jobs is None:
        settings = replace(settings, jobs=1)  # the executor shares out the cores

    def told(place: int, result: Message) -> None:
        results[place] = result

    sandbox, remark = run_tasks(tasks, settings, lambda: _borrowed(settings, wanted, environment), told)
    return found_here(), sandbox, remark, results


@contextmanager
def _borrowed(settings: Settings, wanted: list[str], environment: dict[str, str] | None) -> Iterator[Zygote]:
    """A zygote that an earlier chunk has left, or a new one; left for the next if nothing happens to it."""
    key = (settings.sandbox, *sorted((environment or {}).items()))
    with _idle_lock:
        waiting = _idle.setdefault(key, [])
        zygote = waiting.pop().preload(wanted) if waiting else Zygote(settings, wanted, environment)
    try:
        yield zygote
    except BaseException:
        zygote.close()
        raise
    with _idle_lock:
        waiting.append(zygote)


@atexit.register
def close_idle() -> None:
    """End the zygotes that wait for another chunk."""
    with _idle_lock:
        for zygotes in _idle.values():
            while zygotes:
                zygotes.pop().close()


@contextmanager
def connect(executor: Executor | str) -> Iterator[Executor]:
    """An executor as it is, or the one at `dask://HOST:PORT`."""
    if isinstance(executor, Executor):
        yield executor
        return
    scheme, _, address = executor.partition("://")
    if scheme != "dask" or not address:
        raise DeckgenError(f"{executor!r} is no executor: write dask://HOST:PORT")
    try:
        import distributed
    except ImportError:
        raise DeckgenError('dask is not installed: pip install "deckgen[dask]"') from None
    try:
        client = distributed.Client(f"tcp://{address}", timeout=_PATIENCE)
    except (OSError, ValueError) as error:
        raise DeckgenError(f"no Dask scheduler answers at {address}: {error}") from None
    with client, client.get_executor(pure=False) as found:
        _wait_for_a_worker(client, address)
        yield found


def _wait_for_a_worker(client: Any, address: str) -> None:
    """Without one the build would wait for ever, and nothing would say what for."""
    try:
        client.wait_for_workers(1, timeout=_PATIENCE)
    except TimeoutError:
        raise DeckgenError(
            f"the Dask scheduler at {address} has no workers: start one with `dask worker {address}`"
        ) from None
