"""What was run before is known, what might have changed is not, and the file survives whatever happens to it."""

from __future__ import annotations

import json
import os
import random
import signal
import sqlite3
import subprocess
import sys
import time
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path

import pytest
from test_execute_outputs import fence, inline, program

from deckgen import execute
from deckgen.deck import Location, Outputs, Program, Raises, Shown
from deckgen.errors import Problems
from deckgen.execute import client, task, versions


@pytest.fixture
def settings(tmp_path: Path) -> execute.Settings:
    return execute.Settings(cache=tmp_path / ".deckgen" / "cache.sqlite", sandbox="off")


def run(settings: execute.Settings, *programs: Program) -> tuple[tuple[Outputs | None, ...], execute.Report]:
    return execute.run(programs, settings, Problems())


def test_an_unchanged_build_starts_no_process(settings: execute.Settings, monkeypatch: pytest.MonkeyPatch) -> None:
    first, report = run(settings, program("n", "print(1)", inline("1 + 1")))
    assert (report.run, report.cached) == (1, 0)
    monkeypatch.setattr(client, "Zygote", None)
    second, report = run(settings, program("n", "print(1)", inline("1 + 1")))
    assert (report.run, report.cached, report.sandbox) == (0, 1, "")
    assert second == first


def moved(note: Program) -> Program:
    steps = tuple(replace(step, location=Location("elsewhere.md", 7 + n)) for n, step in enumerate(note.steps))
    return replace(note, name="renamed", location=Location("elsewhere.md", 1), steps=steps)


NOTE = program("n", "x = 1", fence("1 / 0", raises=Raises("ZeroDivisionError", "by")), inline("x"))

CHANGES: dict[str, tuple[Callable[[Program], Program], bool]] = {
    "name, file and lines": (moved, False),
    "code": (lambda note: replace(note, steps=(replace(note.steps[0], code="x = 2"), *note.steps[1:])), True),  # type: ignore[call-arg]
    "order": (lambda note: replace(note, steps=(note.steps[2], *note.steps[:2])), True),
    "expected message": (
        lambda note: replace(
            note, steps=(note.steps[0], fence("1 / 0", raises=Raises("ZeroDivisionError", "zero")), note.steps[2])
        ),
        True,
    ),
}


@pytest.mark.parametrize("what", CHANGES)
def test_what_makes_outputs_stale(settings: execute.Settings, what: str) -> None:
    change, stale = CHANGES[what]
    run(settings, NOTE)
    _, report = run(settings, change(NOTE))
    assert (report.run, report.cached) == ((1, 0) if stale else (0, 1))


def test_other_limits_make_outputs_stale(settings: execute.Settings) -> None:
    run(settings, NOTE)
    for other in (replace(settings, memory=1 << 30), replace(settings, timeout=9.0)):
        assert run(other, NOTE)[1].run == 1


def test_another_worker_makes_outputs_stale(settings: execute.Settings, monkeypatch: pytest.MonkeyPatch) -> None:
    run(settings, NOTE)
    monkeypatch.setattr(task, "worker_version", lambda: "another")
    assert run(settings, NOTE)[1].run == 1


def test_another_version_of_what_a_note_imports_makes_its_outputs_stale(
    settings: execute.Settings, monkeypatch: pytest.MonkeyPatch
) -> None:
    notes = (program("a", "import yaml\nyaml.__name__"), program("b", "1"))
    run(settings, *notes)
    assert run(settings, *notes)[1].cached == 2
    found = {**versions.installed(), "pyyaml": "0.1"}
    monkeypatch.setattr(versions, "installed", lambda: found)
    _, report = run(settings, *notes)
    assert (report.run, report.cached) == (1, 1)


@pytest.mark.torch
def test_what_torch_itself_imports_counts_as_imported(settings: execute.Settings) -> None:
    run(settings, program("a", "import torch\ntorch.ones(1)"))
    with sqlite3.connect(str(settings.cache)) as database:
        (imports,) = database.execute("SELECT imports FROM results").fetchone()
    assert {"torch", "numpy"} <= set(json.loads(imports))


def test_a_failure_is_run_again(settings: execute.Settings) -> None:
    for _ in range(2):
        outputs, report = run(settings, program("n", "1 / 0"))
        assert outputs == (None,)
        assert report.run == 1


def test_notes_that_run_the_same_are_run_once(settings: execute.Settings) -> None:
    code = "import os, time\ntime.time_ns()"
    (one, two), report = run(settings, program("a", code), program("b", code))
    assert one == two
    assert report.run == 2


@pytest.mark.parametrize("garbage", [b"", b"no database at all" * 100, b"SQLite format 3\0" + b"\xff" * 4096])
def test_a_file_that_is_garbage_is_replaced_and_said_aloud(settings: execute.Settings, garbage: bytes) -> None:
    assert settings.cache
    settings.cache.parent.mkdir()
    settings.cache.write_bytes(garbage)
    outputs, report = run(settings, NOTE)
    assert outputs != (None,)
    assert bool(garbage) == ("replaced" in "".join(report.remarks))
    assert run(settings, NOTE)[1].cached == 1


def test_a_cache_that_is_damaged_inside_is_replaced(settings: execute.Settings) -> None:
    assert settings.cache
    run(settings, *(program(f"n{number}", f"'x' * 3000  # {number}") for number in range(10)))
    data = bytearray(settings.cache.read_bytes())
    data[4096:] = os.urandom(len(data) - 4096)
    settings.cache.write_bytes(data)
    outputs, report = run(settings, NOTE)
    assert outputs != (None,)
    assert "replaced" in "".join(report.remarks)
    assert run(settings, NOTE)[1].cached == 1


def test_a_cache_that_cannot_be_written_is_done_without(tmp_path: Path) -> None:
    (tmp_path / "file").write_text("")
    for path in (tmp_path, tmp_path / "file" / "cache.sqlite"):
        outputs, report = run(execute.Settings(cache=path, sandbox="off"), NOTE)
        assert outputs != (None,)
        assert "done without" in "".join(report.remarks)


def test_the_summary_counts_and_pruning_forgets(settings: execute.Settings) -> None:
    assert settings.cache
    assert execute.cache_summary(settings.cache).entries == execute.prune_cache(settings.cache, 0) == 0
    run(settings, NOTE)
    run(settings, NOTE, program("m", "2"))
    known = execute.cache_summary(settings.cache)
    assert (known.entries, known.hits, known.misses) == (2, 1, 2)
    assert known.size == settings.cache.stat().st_size
    assert execute.prune_cache(settings.cache, 30) == 0
    assert execute.prune_cache(settings.cache, 0) == 2
    assert execute.cache_summary(settings.cache).entries == 0


BUILD = """
import sys
sys.path.insert(0, "tests/execute")
from pathlib import Path
from test_execute_outputs import program
from deckgen import execute
from deckgen.errors import Problems
first, count = int(sys.argv[2]), int(sys.argv[3])
notes = [program(f"n{n}", f"print({n})") for n in range(first, first + count)]
print("ready", flush=True)
settings = execute.Settings(cache=Path(sys.argv[1]), sandbox="off", jobs=1)
outputs, report = execute.run(notes, settings, Problems())
assert [o.steps[0][0].text for o in outputs] == [f"{n}\\n" for n in range(first, first + count)], outputs
print(report.run, report.cached, *report.remarks)
"""


def start(cache: Path, first: int, count: int) -> subprocess.Popen[str]:
    return subprocess.Popen(
        [sys.executable, "-c", BUILD, str(cache), str(first), str(count)],
        stdout=subprocess.PIPE,
        text=True,
        cwd=Path(__file__).parents[2],
    )


def test_a_build_killed_at_any_moment_leaves_the_cache_whole(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    cache = tmp_path / "cache.sqlite"
    chance = random.Random(7)
    for _ in range(20):
        build = start(cache, 0, 200)
        assert build.stdout
        build.stdout.readline()
        time.sleep(chance.uniform(0, 1.5))
        build.send_signal(signal.SIGKILL)
        build.wait()
        build.stdout.close()
        if cache.exists():
            with sqlite3.connect(cache) as database:
                assert database.execute("PRAGMA integrity_check").fetchone() == ("ok",)
    finished = start(cache, 0, 200).communicate()[0].split()
    assert finished[0] == "ready"
    assert int(finished[1]) + int(finished[2]) == 200
    assert int(finished[2]) > 0
    assert len(finished) == 3


def test_several_builds_at_once_share_one_cache(tmp_path: Path) -> None:
    cache = tmp_path / "cache.sqlite"
    told = [build.communicate()[0].split() for build in [start(cache, first, 60) for first in (0, 20, 40, 0)]]
    assert [one[0] for one in told] == ["ready"] * 4
    assert [int(one[1]) + int(one[2]) for one in told] == [60] * 4
    assert execute.cache_summary(cache).entries == 100
    assert start(cache, 0, 100).communicate()[0].split() == ["ready", "0", "100"]


def test_a_zygote_is_started_early_only_for_a_fence_that_is_new(settings: execute.Settings) -> None:
    text = "# A\n\n```python\n{}\n```\n\nprose `{{python}} 1 + 1` {}\n"
    note = program("n", "1 + 1")
    early = execute.start_early(settings, [text.format("1 + 1", "")])
    outputs, _ = execute.run([note], settings, Problems(), early=early)
    assert outputs[0] is not None
    assert outputs[0].steps == ((Shown("2"),),)
    for edited, starts in (("1 + 1", False), ("1 + 2", True)):
        early = execute.start_early(settings, [text.format(edited, "more prose")])
        zygote = early.take()
        assert (zygote is not None) is starts
        if zygote:
            zygote.close()
