"""Whatever a snippet does: its problem is named at its line, the other notes are what they were, nothing is left."""

from __future__ import annotations

import os
import shutil
from dataclasses import replace
from pathlib import Path

import pytest
from test_execute_outputs import fence, program

from deckgen import execute
from deckgen.deck import Outputs, Printed, Program, Raises
from deckgen.errors import Problem, Problems
from deckgen.execute import client

SANDBOXES = [
    "off",
    pytest.param("required", marks=pytest.mark.skipif(not shutil.which("bwrap"), reason="bubblewrap is not installed")),
]

# name -> (code, what its problem must say, or several things of which it must say one); it stands at line 10
HOSTILE: dict[str, tuple[str, str | tuple[str, ...]]] = {
    "loop": ("while True: pass", "still running after 3 seconds"),
    "deaf loop": ("while True:\n    try:\n        while True: pass\n    except BaseException: pass", "still running"),
    "sleep": ("import time\ntime.sleep(1000)", "still running"),
    "exit": ("import os\nos._exit(0)", "os._exit(0)"),
    "exit 70": ("import os\nos._exit(70)", "broke the Python"),
    "sys.exit": ("import sys\nsys.exit(3)", "this raised SystemExit: 3"),
    "segfault": ("import ctypes\nctypes.string_at(0)", "SIGSEGV"),
    "abort": ("import os\nos.abort()", "SIGABRT"),
    "kill -9": ("import os\nos.kill(os.getpid(), 9)", "SIGKILL"),
    "memory": ("x = bytearray(1 << 40)", "more memory"),
    "flood": ("while True: print('x' * 100000)", "printed more than"),
    "flood below": ("import os\nos.system('yes')", "printed more than"),
    "interrupt": ("raise KeyboardInterrupt", "KeyboardInterrupt"),
    "recursion": ("def f(): return f()\nf()", "RecursionError"),
    "long traceback": ("raise ValueError('x\\n' * 100_000)", "this raised ValueError"),
    "deep traceback": (
        "import sys\nsys.setrecursionlimit(10**6)\ndef f(n): return g(n)\ndef g(n): return f(n - 1) if n else 1 / 0\n"
        "f(25_000)",
        "this raised ZeroDivisionError",
    ),
    "long chain": (
        "error = None\nfor n in range(20_000):\n    new = ValueError(n)\n    new.__context__, error = error, new\n"
        "raise error",
        "this raised ValueError",
    ),
    "bad message": ("class E(Exception):\n    def __str__(self): 1/0\nraise E", "this raised E"),
    "bad repr": ("class R:\n    def __repr__(self): raise TypeError('no')\nR()", "this raised TypeError: no"),
    "nul": ("print('\\0')", "NUL"),
    "not utf-8": ("import os\n_ = os.write(1, b'\\xff\\n')", "not UTF-8"),
    "colours": ("print('\\x1b[31mred')", "escape sequence"),
    "carriage return": ("print('1%\\r2%')", "carriage return"),
    "right to left": ("print('\\u202e')", "turns the direction"),
    "surrogate": (
        "print(repr(1)) or '\\ud800'.__str__()\nclass R:\n    def __repr__(s): return '\\ud800'\nR()",
        "surrogate",
    ),
    "descriptors": ("import os\nos.closerange(0, 1000)", "broke the Python"),
    "forged result": (
        'import os\nfor n in range(3, 100):\n    try: _ = os.write(n, b\'{"steps": [], "failure": null}\')\n'
        "    except OSError: pass\nos._exit(0)",
        "os._exit(0)",
    ),
    "sealed result": (
        "import fcntl, os\nfor n in range(3, 100):\n    try: os.ftruncate(n, 0); fcntl.fcntl(n, 1033, 8)\n"
        "    except OSError: pass\nos.execv('/bin/true', ['true'])",
        "os._exit(0)",
    ),
    "builtins": (
        "import builtins\nbuiltins.len = builtins.open = builtins.print = builtins.isinstance = None",
        "broke",
    ),
    "thread for ever": (
        "import threading, time\nthreading.Thread(target=time.sleep, args=(99,)).start()",
        "still running",
    ),
    "threads": (
        "import threading, time\nwhile True:\n    threading.Thread(target=time.sleep, args=(60,), daemon=True).start()",
        ("can't start new thread", "more memory"),
    ),
    "processes": (
        "import os, time\nfor _ in range(7):\n    if os.fork() == 0: os.setsid()\ntime.sleep(99)",
        "still running",
    ),
    "exit hook": ("import atexit, os\n_ = atexit.register(os._exit, 5)", "os._exit(5)"),
    "fork and stay": ("import os, time\nif os.fork() == 0: time.sleep(99)\nelse: os._exit(4)", "os._exit(4)"),
    "stop": ("import os, signal\nos.kill(os.getpid(), signal.SIGSTOP)", "still running"),
    "parent stopped": (
        "import os, signal, time\nos.kill(os.getppid(), signal.SIGSTOP)\ntime.sleep(99)",
        ("took the process down", "still running"),
    ),
    "parent traced": (
        "import ctypes, os, time\nif ctypes.CDLL(None).ptrace(16, os.getppid(), 0, 0): 1 / 0\ntime.sleep(99)",
        ("took the process down", "ZeroDivisionError"),
    ),
    "parent": ("import os, time\nos.kill(os.getppid(), 9)\ntime.sleep(9)", ("took the process down", "SIGKILL")),
    "file": ("with open('big', 'wb') as f:\n    while True: f.write(bytes(1 << 20))", "File too large"),
}

# These do harm of which their own note shows nothing: it succeeds.
QUIET = {
    "no modules": "import sys\nsys.modules.clear()",
    "daemon": """
import os, time
if os.fork() == 0:
    os.setsid()
    if os.fork() == 0:
        time.sleep(99)
    os._exit(0)
""",
    "held stdout": "import subprocess\n_ = subprocess.Popen(['sleep', '99'])",
    "trace": "import sys\nsys.settrace(lambda *a: 1 / 0)",
    "no folder": "import os, shutil\nshutil.rmtree(os.getcwd(), ignore_errors=True)",
    "locked folder": "import os\nos.makedirs('a/b')\nopen('a/b/c', 'w').close()\nos.chmod('a', 0)",
    "ignored signals": """
import signal
for s in range(1, 32):
    try: signal.signal(s, signal.SIG_IGN)
    except OSError: pass
""",
    "environment": "import os\nos.environ.clear()",
    "closed streams": "import sys\nsys.stdout.close(); sys.stderr.close()",
    "replaced streams": "import sys, io\nsys.stdout = sys.stderr = io.StringIO()\nprint('into the void')",
}
GOOD = "print(1 + 1)"


def run(programs: list[Program], sandbox: str) -> tuple[tuple[Outputs | None, ...], list[Problem]]:
    problems = Problems()
    outputs, _ = execute.run(programs, execute.Settings(sandbox=sandbox, timeout=3, jobs=2), problems)
    return outputs, list(problems)


def descendants() -> list[str]:
    """Command lines of all processes that run snippets for this test, wherever they hang."""
    found = []
    for pid in filter(str.isdigit, os.listdir("/proc")):
        try:
            environment = Path("/proc", pid, "environ").read_bytes()
            command = Path("/proc", pid, "cmdline").read_bytes()
        except OSError:
            continue
        if MARK.encode() in environment:
            found.append(command.decode("utf-8", "replace"))
    return found


MARK = f"DECKGEN_TESTS_OF={os.getpid()}"


@pytest.fixture(autouse=True)
def marked(monkeypatch: pytest.MonkeyPatch) -> None:
    """Lets `descendants` tell our processes from those of another build on this machine."""
    monkeypatch.setitem(client.ENVIRONMENT, *MARK.split("="))


def among_good(hostile: dict[str, str]) -> list[Program]:
    """Each hostile note between two that must not notice."""
    programs = []
    for number, (name, code) in enumerate(hostile.items()):
        good = (program("good", f"{GOOD}  # {number}{which}") for which in "ab")  # not equal, lest they are run once
        programs += [next(good), program(name, code, path=f"{name}.md"), next(good)]
    return programs


@pytest.mark.parametrize("sandbox", SANDBOXES)
def test_hostile_snippets_get_their_own_problem_and_harm_no_other_note(
    sandbox: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(client, "_GRACE", 5)
    programs = among_good({name: code for name, (code, _) in HOSTILE.items()})
    outputs, problems = run(programs, sandbox)
    named = {problem.location.path.removesuffix(".md"): problem for problem in problems}
    wrong = {
        name: str(named.get(name))[:300]
        for name, (_, told) in HOSTILE.items()
        if not any(some in str(named.get(name)) for some in ([told] if isinstance(told, str) else told))
    }
    assert wrong == {}
    assert all(problem.location.line >= 10 for problem in problems)
    good = [output for program_, output in zip(programs, outputs, strict=True) if program_.name.startswith("good")]
    assert {output.steps if output else None for output in good} == {((Printed("stdout", "2\n"),),)}
    assert descendants() == []


@pytest.mark.parametrize("sandbox", SANDBOXES)
def test_harm_that_does_not_show_is_undone(sandbox: str) -> None:
    programs = among_good(QUIET)
    outputs, problems = run(programs, sandbox)
    assert [str(problem) for problem in problems] == []
    good = [output for program_, output in zip(programs, outputs, strict=True) if program_.name.startswith("good")]
    assert {output.steps if output else None for output in good} == {((Printed("stdout", "2\n"),),)}
    assert descendants() == []


@pytest.mark.parametrize("sandbox", SANDBOXES)
def test_a_snippet_that_spoils_the_cache_spoils_no_output(sandbox: str, tmp_path: Path) -> None:
    """Without a sandbox it can; what is lost is the time that the cache would have saved."""
    settings = execute.Settings(cache=tmp_path / "cache.db", sandbox=sandbox, jobs=1)
    spoil = f"""import os
try: os.rename({str(settings.cache)!r}, "moved")
except OSError: pass
try:
    with open({str(settings.cache)!r}, "r+b") as file: _ = file.write(b"spoilt" * 1000)
except OSError: pass
"""
    notes = [program("a", "print(1)"), program("b", spoil), program("c", "print(2)")]
    first, _ = execute.run(notes[:1], settings, Problems())
    for _ in range(2):
        problems = Problems()
        outputs, report = execute.run(notes, settings, problems)
        assert list(problems) == []
        assert [output and output.steps for output in (*first, outputs[2])] == [
            ((Printed("stdout", f"{number}\n"),),) for number in (1, 2)
        ]
        assert outputs[0] == first[0]
    if sandbox == "required":
        assert (report.cached, report.remarks) == (3, ())


def test_the_problem_stands_at_the_line_that_failed() -> None:
    _, problems = run(
        [program("n", "x = 1", "y = 2\n\n1 / 0"), program("s", "x = 1\nif x\n  pass", path="b.md")], "off"
    )
    assert [str(problem.location) for problem in problems] == ["a.md:22", "b.md:11"]


def test_a_function_of_the_setup_is_blamed_where_the_note_calls_it() -> None:
    _, problems = run([program("n", "def f():\n    1 / 0", "x = 1\nf()", setup=1)], "off")
    assert [str(problem.location) for problem in problems] == ["a.md:21"]
    assert "line 2, in f" in problems[0].detail


def test_a_broken_setup_is_told_once_for_all_its_notes() -> None:
    programs = [program(f"n{number}", "1 / 0", f"x = {number}", setup=1) for number in range(5)]
    outputs, problems = run(programs, "off")
    assert outputs == (None,) * 5
    assert len(problems) == 1


def test_a_missing_module_is_told_once_with_its_notes() -> None:
    _, problems = run([program(f"n{number}", "import nowhere", f"x = {number}", setup=1) for number in range(3)], "off")
    assert len(problems) == 1
    assert "nowhere is not installed" in problems[0].what
    assert problems[0].detail == "needed by: n0, n1, n2"
    nameless = program("", "import nowhere")
    assert run([nameless], "off")[1][0].detail == f"needed by: {nameless.location}"


@pytest.mark.parametrize(
    ("code", "raises", "told"),
    [
        ("1", Raises("ValueError"), "nothing was raised"),
        ("1 / 0", Raises("ValueError"), "raised ZeroDivisionError: division by zero"),
        ("1 / 0", Raises("ArithmeticError"), "ZeroDivisionError is a kind of ArithmeticError"),
        ("1 / 0", Raises("ZeroDivisionError", "by one"), "does not hold 'by one'"),
    ],
)
def test_an_expected_exception_must_be_that_one(code: str, raises: Raises, told: str) -> None:
    _, problems = run([program("n", fence(code, raises=raises))], "off")
    assert told in problems[0].what


def test_any_exception_can_be_expected_even_one_that_ends_programs() -> None:
    wanted = [
        ("raise SystemExit(2)", "SystemExit"),
        ("raise KeyboardInterrupt", "KeyboardInterrupt"),
        ("if", "SyntaxError"),
    ]
    programs = [program(name, fence(code, raises=Raises(name))) for code, name in wanted]
    outputs, problems = run(programs, "off")
    assert problems == []
    assert None not in outputs


def test_a_fence_may_take_the_time_that_it_asks_for() -> None:
    slow = program("n", fence("import time\ntime.sleep(1.5)", timeout=10.0))
    for timeout, fails in ((1.0, False), (0.5, False)):
        problems = Problems()
        execute.run([slow], execute.Settings(sandbox="off", timeout=timeout), problems)
        assert bool(problems) is fails
    step = replace(slow.steps[0], timeout=0.5)  # type: ignore[type-var]
    problems = Problems()
    execute.run([replace(slow, steps=(step,))], execute.Settings(sandbox="off"), problems)
    assert "after 0.5 seconds" in str(*problems)
