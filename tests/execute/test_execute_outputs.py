"""What a snippet does becomes what the card shows."""

from __future__ import annotations

import sys
from dataclasses import replace

import pytest

from deckgen import execute
from deckgen.deck import (
    Figure,
    InlineValue,
    Location,
    Outputs,
    Printed,
    Program,
    Raised,
    Raises,
    Shown,
    Snippet,
    Warned,
)
from deckgen.errors import Problems

Step = str | Snippet | InlineValue


def program(name: str, *steps: Step, setup: int = 0, path: str = "a.md") -> Program:
    """Each step begins ten lines below the last, the first at line 10."""
    placed = [
        Snippet(step, Location(path, 10 * number)) if isinstance(step, str) else step
        for number, step in enumerate(steps, 1)
    ]
    return Program(name, Location(path, 1), tuple(placed), setup)


def fence(code: str, line: int = 10, path: str = "a.md", **more: object) -> Snippet:
    return Snippet(code, Location(path, line), **more)  # type: ignore[arg-type]


def inline(expression: str, line: int = 10) -> InlineValue:
    return InlineValue(expression, Location("a.md", line))


OFF = execute.Settings(sandbox="off")


def run(*programs: Program, settings: execute.Settings = OFF) -> tuple[Outputs, ...]:
    """The outputs of programs that must all succeed."""
    problems = Problems()
    outputs, _ = execute.run(programs, settings, problems)
    assert [str(problem) for problem in problems] == []
    assert None not in outputs
    return outputs  # type: ignore[return-value]


def steps(*of: Step, settings: execute.Settings = OFF) -> tuple[tuple[object, ...], ...]:
    return run(program("note", *of), settings=settings)[0].steps


def test_streams_keep_their_turns() -> None:
    code = "import sys\nprint(1)\nprint(2, file=sys.stderr)\nprint(3)"
    assert steps(code)[0] == (Printed("stdout", "1\n"), Printed("stderr", "2\n"), Printed("stdout", "3\n"))


def test_what_is_written_below_python_is_captured_too() -> None:
    assert steps("import os\nos.write(1, b'low\\n')\nos.system('echo shell')")[0][0] == Printed(
        "stdout", "low\nshell\n"
    )


def test_the_last_expression_is_shown_as_a_repl_would() -> None:
    assert steps("x = 'a'\nx", "None", "x = 1", "x;") == ((Shown("'a'"),), (), (), (Shown("1"),))


def test_fences_of_a_note_share_one_namespace_and_notes_do_not() -> None:
    one, two = run(program("one", "x = 1", "x"), program("two", "'x' in globals()"))
    assert one.steps[1] == (Shown("1"),)
    assert two.steps == ((Shown("False"),),)


def test_an_inline_value_is_its_str() -> None:
    assert steps("x = 'a'", inline(" x "))[1] == (Shown("a"),)


def test_a_warning_comes_without_its_place() -> None:
    code = "import warnings\nprint('before')\nwarnings.warn('careful')\nprint('after')"
    assert steps(code)[0] == (
        Printed("stdout", "before\n"),
        Warned("UserWarning", "careful"),
        Printed("stdout", "after\n"),
    )


def test_an_expected_exception_is_shown_and_the_next_fence_runs() -> None:
    _, call, after = steps("def f():\n    return 1 / 0", fence("f()", raises=Raises("ZeroDivisionError", "zero")), "1")
    assert call == (
        Raised(
            "ZeroDivisionError",
            "division by zero",
            "Traceback (most recent call last):\n"
            "  line 1, in <module>\n    f()\n"
            "  line 2, in f\n    return 1 / 0\n"
            "ZeroDivisionError: division by zero",
        ),
    )
    assert after == (Shown("1"),)


def test_an_address_never_appears() -> None:
    assert steps("object()")[0] == (Shown("<object object at 0x…>"),)


def test_what_was_normalised_is_said() -> None:
    programs = [program("a", "object()"), program("b", "hex(255), '0x7ffe', 'at 0x10'")]
    outputs, report = execute.run(programs, OFF, Problems())
    assert outputs[1] is not None
    assert outputs[1].steps == ((Shown("('0xff', '0x7ffe', 'at 0x10')"),),)
    assert len(report.remarks) == 1
    assert "in the output of a were" in report.remarks[0]


def test_what_no_card_shows_is_changed_without_a_word() -> None:
    note = program("n", "object()", fence("object()", shown=False), "1", setup=1)
    assert execute.run([note], OFF, Problems())[1].remarks == ()


def test_a_second_run_may_differ_where_no_card_shows_it() -> None:
    code = "import time\ntime.time_ns()"
    for note, differing in ((program("n", code, fence(code, shown=False), setup=1), 0), (program("n", code), 1)):
        problems = Problems()
        outputs, _ = execute.run([note], OFF, problems)
        execute.twice([note], outputs, OFF, problems)
        assert len(list(problems)) == differing


def test_the_notes_folder_is_the_same_with_and_without_a_sandbox() -> None:
    code = "import os\nprint(os.getcwd())\nprint(os.path.abspath('x'))"
    assert steps(code)[0] == (Printed("stdout", "/tmp/note\n/tmp/note/x\n"),)


def test_a_program_without_steps_has_no_outputs_and_starts_nothing() -> None:
    outputs, report = execute.run([program("empty")], OFF, Problems())
    assert outputs == (Outputs((), ()),)
    assert (report.run, report.cached, report.sandbox) == (0, 0, "")


def test_the_runtime_names_torch_only_where_it_was_imported() -> None:
    with_torch, without = run(program("a", "import torch"), program("b", "1"))
    assert [name for name, _ in with_torch.runtime] == ["python", "torch"]
    assert "+" not in dict(with_torch.runtime)["torch"]
    assert without.runtime == (("python", f"{sys.version_info.major}.{sys.version_info.minor}"),)


def test_random_numbers_are_the_same_every_time() -> None:
    code = "import random, numpy, torch\n(random.random(), numpy.random.rand(), torch.rand(1).item())"
    assert run(program("a", code)) == run(program("a", code))


def test_futures_hold_for_the_fences_that_follow() -> None:
    assert steps("from __future__ import annotations", "def f(x: y): ...\nf.__annotations__")[1] == (
        Shown("{'x': 'y'}"),
    )


def test_a_figure_left_open_becomes_the_same_svg_every_time() -> None:
    code = "import matplotlib.pyplot as plt\n_ = plt.plot([1, 2], label='线')\n_ = plt.legend()"
    first, second = steps(code)[0], steps(code + "\n")[0]
    assert first == second
    assert isinstance(first[0], Figure)
    assert "currentColor" in first[0].svg
    assert "#123456" not in first[0].svg
    assert "线" in first[0].svg


@pytest.mark.torch
def test_the_torch_warning_loses_the_place_in_its_source() -> None:
    outputs = steps("import torch\nx = torch.ones(1, requires_grad=True) * 2\nx.grad")[0]
    assert isinstance(outputs[0], Warned)
    assert "Triggered" not in outputs[0].message


ANOMALY = """x = torch.tensor(-1.0, requires_grad=True)
def root(x):
    return torch.sqrt(x) * 0
with torch.autograd.detect_anomaly():
    root(x).backward()
"""


@pytest.mark.torch
@pytest.mark.parametrize("settings", [OFF, replace(OFF, spawn=True)], ids=["forked", "spawned"])
def test_the_stack_in_a_warning_of_anomaly_mode_holds_the_authors_frames_only(settings: execute.Settings) -> None:
    note = ("import torch", fence(ANOMALY, raises=Raises("RuntimeError", "nan")))
    _, warned, raised = steps(*note, settings=settings)[1]
    assert isinstance(warned, Warned)
    assert warned.message == (
        "Error detected in SqrtBackward0. Traceback of forward call that caused the error:\n"
        "  line 5, in <module>\n    root(x).backward()\n"
        "  line 3, in root\n    return torch.sqrt(x) * 0"
    )
    assert isinstance(raised, Raised)
