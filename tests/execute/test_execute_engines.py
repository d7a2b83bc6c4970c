"""The same outputs by another way: a fresh interpreter a note, an executor of another process, a Dask cluster."""

from __future__ import annotations

import subprocess
import sys
import threading
import time
from collections.abc import Iterator
from concurrent.futures import Executor, Future, ProcessPoolExecutor, ThreadPoolExecutor
from contextlib import contextmanager
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
from test_execute_hostile import descendants, marked
from test_execute_outputs import fence, inline, program

from deckgen import execute
from deckgen.deck import Outputs, Printed, Program, Raises
from deckgen.errors import DeckgenError, Problems
from deckgen.execute import engines, remote, task
from deckgen.execute.spawn import Spawner

__all__ = ["marked"]  # a fixture, used by all

OFF = execute.Settings(sandbox="off", timeout=20, jobs=2)
ROOT = Path(__file__).parents[2]

NOTES = [
    program("text", "import sys\nprint(1)\nprint(2, file=sys.stderr)\n'three'", inline("1 + 3")),
    program("error", fence("1 / 0", raises=Raises("ZeroDivisionError"))),
    program("seed", "import random\nrandom.random()", "object()"),
    program("warning", "import warnings\nwarnings.warn('w')"),
    program("torch", "import torch", fence("x = torch.rand(2, requires_grad=True)\ny = x * x\nprint(y)", graph="y")),
    program("exit", "import os\nos._exit(3)", path="exit.md"),
    program("segfault", "import ctypes\nctypes.string_at(0)", path="segv.md"),
    program("late", fence("while True: pass", timeout=0.5, path="late.md")),
    program("flood", "while True: print('x' * 100000)", path="flood.md"),
    program("nested", "import subprocess\nsubprocess.Popen(['sleep', '99'])\nNone"),
]


def both(programs: list[Program], settings: execute.Settings) -> tuple[tuple[Outputs | None, ...], list[str]]:
    problems = Problems()
    outputs, _ = execute.run(programs, settings, problems)
    return outputs, [str(problem) for problem in problems]


@pytest.fixture(autouse=True)
def nothing_idle() -> Iterator[None]:
    yield
    remote.close_idle()


@pytest.fixture(scope="module")
def forked() -> tuple[tuple[Outputs | None, ...], list[str]]:
    return both(NOTES, OFF)


@pytest.mark.torch
def test_fresh_interpreters_give_the_same_outputs_and_problems(
    forked: tuple[tuple[Outputs | None, ...], list[str]],
) -> None:
    assert both(NOTES, replace(OFF, spawn=True)) == forked
    assert descendants() == []


def test_without_fork_no_sandbox_can_be_required() -> None:
    with pytest.raises(DeckgenError, match="without fork"):
        both(NOTES[:1], replace(OFF, spawn=True, sandbox="required"))


@pytest.mark.torch
def test_any_executor_gives_the_same_outputs_and_problems(
    forked: tuple[tuple[Outputs | None, ...], list[str]],
) -> None:
    with ThreadPoolExecutor(1) as executor:
        assert both(NOTES, replace(OFF, executor=executor)) == forked


def test_the_language_of_a_fence_picks_what_runs_it(monkeypatch: pytest.MonkeyPatch) -> None:
    """An engine for a language that spells its code backwards."""

    class Backwards(Spawner):
        def send(self, task: dict[str, Any]) -> None:
            super().send({**task, "steps": [{"code": step["code"][::-1]} for step in task["steps"]]})

    monkeypatch.setitem(engines.ENGINES, "backwards", lambda tasks, settings, *_: Backwards(settings))
    notes = [program("a", "print(1)"), program("b", fence(")2(tnirp", language="backwards")), program("c", "print(3)")]
    outputs, problems = both(notes, OFF)
    assert problems == []
    printed = [Printed("stdout", f"{number}\n") for number in (1, 2, 3)]
    assert [output.steps[0][0] for output in outputs if output] == printed


LAZY = {
    "x.sum().backward()": [],
    "y.backward(g)": ["torch.fx.experimental.symbolic_shapes"],
    "torch.func.jvp(f, (x,), (v,))": ["torch._decomp.decompositions_for_jvp", "torch.optim", "torch._dynamo"],
    "torch.optim.SGD([x], 0.1)": ["torch.optim", "torch._dynamo"],
}


@pytest.mark.parametrize("code", LAZY)
def test_what_torch_imports_lazily_is_imported_once_for_two_notes_that_need_it(code: str) -> None:
    needs, other = ({"steps": [{"code": f"import torch\n{some}"}]} for some in (code, "torch.ones(1)"))
    plain = ["numpy", "numpy.random", "torch"]
    assert task.preloads([needs, other]) == plain
    assert task.preloads([needs, other, needs]) == plain + LAZY[code]


NEEDING = [
    "x = torch.ones(2, requires_grad=True)\n(x * x).backward(torch.ones(2))",
    "o = torch.optim.SGD([x := torch.ones(2, requires_grad=True)], 0.1)\nx.sum().backward()\no.step()",
    "torch.func.grad(lambda x: x * x)(torch.tensor(1.0))",
    "torch.func.jvp(torch.sin, (torch.ones(2),), (torch.ones(2),))",
    "from torch.utils.checkpoint import checkpoint\nx = torch.ones(2, requires_grad=True)\n"
    "checkpoint(torch.sin, x, use_reentrant=False).sum().backward()",
    "torch.autograd.gradcheck(torch.sin, torch.ones(2, dtype=torch.double, requires_grad=True))",
]


@pytest.mark.torch
def test_no_note_imports_anew_what_two_of_them_need() -> None:
    counted = "import sys, torch\nbefore = set(sys.modules)\n{}\nprint(len(set(sys.modules) - before))  # {}"
    notes = [program("n", counted.format(code, number)) for code in NEEDING for number in range(2)]
    outputs, problems = both(notes, OFF)
    assert problems == []
    told = [output.steps[0][-1] for output in outputs if output]
    assert max(int(one.text) for one in told if isinstance(one, Printed)) < 10


class Breaking(Executor):
    """Loses the first answers, as if workers had died."""

    def __init__(self, lost: int) -> None:
        self.lost = lost

    def submit(self, fn: Any, /, *args: Any, **kwargs: Any) -> Future[Any]:
        future: Future[Any] = Future()
        self.lost -= 1
        if self.lost >= 0:
            future.set_exception(ConnectionError("the worker is gone"))
        else:
            future.set_result(fn(*args, **kwargs))
        return future


def test_a_lost_chunk_is_run_again_but_not_for_ever() -> None:
    assert both(NOTES[:2], replace(OFF, executor=Breaking(2))) == both(NOTES[:2], OFF)
    with pytest.raises(DeckgenError, match="the worker is gone"):
        both(NOTES[:2], replace(OFF, executor=Breaking(3)))


def test_workers_with_other_versions_are_refused(monkeypatch: pytest.MonkeyPatch) -> None:
    here = remote.found_here()
    with ProcessPoolExecutor(1) as executor:
        executor.submit(int).result()
        monkeypatch.setattr(remote, "found_here", lambda: {**here, "torch": "1.0"})
        with pytest.raises(DeckgenError, match=r"torch .* there, 1\.0 here"):
            both(NOTES[:1], replace(OFF, executor=executor))


@pytest.mark.parametrize("address", ["mesos://x", "dask://", "localhost:1"])
def test_an_address_that_is_none_is_explained(address: str) -> None:
    with pytest.raises(DeckgenError, match="dask://HOST:PORT"):
        both(NOTES[:1], replace(OFF, executor=address))


def dask(*arguments: str) -> subprocess.Popen[str]:
    command = [sys.executable, "-m", "distributed.cli." + arguments[0], *arguments[1:], "--no-dashboard"]
    return subprocess.Popen(command, cwd=ROOT, text=True, stderr=subprocess.PIPE)


def line_with(word: str, process: subprocess.Popen[str]) -> str:
    """The line with `word` that `process` prints once it is ready; what it prints later is thrown away."""
    assert process.stderr
    line = next(line for line in process.stderr if word in line)
    threading.Thread(target=process.stderr.read, daemon=True).start()
    return line


@contextmanager
def ended(*processes: subprocess.Popen[str]) -> Iterator[None]:
    try:
        yield
    finally:
        for process in processes:
            process.kill()
            process.wait()


@pytest.fixture
def scheduler() -> Iterator[str]:
    """The address of a Dask scheduler in a process of its own."""
    pytest.importorskip("distributed", reason="dask is not installed")
    process = dask("dask_scheduler", "--host", "127.0.0.1", "--port", "0")
    with ended(process):
        yield line_with("Scheduler at", process).split("tcp://")[1].split()[0]


@pytest.fixture
def cluster(scheduler: str) -> Iterator[tuple[str, list[subprocess.Popen[str]]]]:
    """The same, with two workers in processes of their own."""
    workers = [dask("dask_worker", f"tcp://{scheduler}", "--nthreads", "1", "--no-nanny") for _ in range(2)]
    with ended(*workers):
        for worker in workers:
            line_with("Registered to", worker)
        yield scheduler, workers


def test_a_scheduler_without_workers_is_not_waited_for_for_ever(
    scheduler: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(remote, "_PATIENCE", 1)
    with pytest.raises(DeckgenError, match="has no workers"):
        both(NOTES[:1], replace(OFF, executor=f"dask://{scheduler}"))


def test_a_dask_cluster_gives_the_same_though_a_worker_is_killed(
    cluster: tuple[str, list[subprocess.Popen[str]]],
) -> None:
    address, workers = cluster
    notes = [program(f"n{number}", f"import time\ntime.sleep(0.02)\nprint({number})") for number in range(200)]
    expected = both(notes, OFF)
    killed: list[int] = []

    def kill_one(done: int, total: int) -> None:
        if done and not killed:
            killed.append(done)
            workers[0].kill()

    problems = Problems()
    settings = replace(OFF, executor=f"dask://{address}", jobs=None)
    outputs, report = execute.run(notes, settings, problems, kill_one)
    assert (outputs, list(problems)) == expected
    assert 0 < killed[0] < 200
    assert report.run == 200
    workers[1].terminate()
    workers[1].wait()
    wait_for_the_end()


def wait_for_the_end() -> None:
    for _ in range(50):
        if not descendants():
            break
        time.sleep(0.1)
    assert descendants() == []


CARD = """## Note {number} {{#n{number}}}

```python
import time
time.sleep(0.04)
{code}
```

---

{number}
"""


def test_a_build_through_a_cluster_writes_the_same_package_though_a_worker_is_killed(
    cluster: tuple[str, list[subprocess.Popen[str]]], tmp_path: Path
) -> None:
    address, workers = cluster
    cards, half = tmp_path / "cards", tmp_path / "half"
    cards.mkdir()
    (cards / "deck.toml").write_text('id = "try"\ntitle = "Try"\n')
    codes = [f"open({str(half)!r}, 'w').close()" if number == 8 else f"print({number})" for number in range(100)]
    texts = [CARD.format(number=number, code=code) for number, code in enumerate(codes)]
    (cards / "a.md").write_text("# Notes\n\n" + "\n".join(texts))

    def build(*words: str) -> subprocess.Popen[str]:
        command = [sys.executable, "-m", "deckgen", "build", "--no-cache", "--sandbox=off", *words]
        return subprocess.Popen(command, cwd=tmp_path, text=True, stdout=subprocess.PIPE, stderr=subprocess.PIPE)

    told = build("-o", "here.apkg").communicate()
    assert "Ran the snippets of 100 notes" in told[0], told
    half.unlink()
    through = build("-o", "there.apkg", "--executor", f"dask://{address}")
    while not half.exists() and through.poll() is None:
        time.sleep(0.01)
    workers[0].kill()
    told = through.communicate()
    assert "Ran the snippets of 100 notes" in told[0], told
    assert (tmp_path / "there.apkg").read_bytes() == (tmp_path / "here.apkg").read_bytes()
