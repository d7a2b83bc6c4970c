"""Everything run a second time, in another order and with other processor instructions, to find what is not stable."""

from __future__ import annotations

import difflib
from collections.abc import Iterator, Sequence
from dataclasses import replace

from deckgen.deck import Location, Output, Outputs, Printed, Program, Shown
from deckgen.errors import Problems
from deckgen.execute.settings import Report, Settings
from deckgen.execute.stage import Progress, Stage
from deckgen.execute.task import shown_steps

# What another processor does, as far as this one can show it: no vector instructions, MKL's most portable code.
OTHER = {"ATEN_CPU_CAPABILITY": "default", "MKL_CBWR": "COMPATIBLE"}


def twice(
    programs: Sequence[Program],
    outputs: Sequence[Outputs | None],
    settings: Settings,
    problems: Problems,
    progress: Progress = lambda *_: None,
) -> Report:
    """Run `programs` again, whose `outputs` of a first run are given, and add a problem for each step that differs."""
    stage = Stage(programs[::-1], replace(settings, cache=None), OTHER)
    try:
        stage.execute(progress)
    finally:
        stage.close()
    failed = {id(one.program): one.problem for one in stage.failed}
    for program, first in zip(programs, outputs, strict=True):
        if first is None:
            continue
        second = stage.outputs(program)
        if second is None:
            problem = failed[id(program)]
            problems.add(problem.location, f"in a second run {problem.what}", problem.instead, problem.detail)
        else:
            _compare(program, first, second, problems)
    return stage.report()


def _compare(program: Program, first: Outputs, second: Outputs, problems: Problems) -> None:
    for place, before, after in _differences(program, first, second):
        diff = difflib.unified_diff(_lines(before), _lines(after), "first run", "second run", lineterm="", n=1)
        problems.add(
            place,
            "the output differs in a second run, in another order and with other processor instructions",
            "print fewer digits (three are safe) and nothing that depends on time, memory or chance",
            "\n".join(line[:200] for line in list(diff)[:20]),
        )


def _differences(
    program: Program, first: Outputs, second: Outputs
) -> Iterator[tuple[Location, tuple[Output, ...], tuple[Output, ...]]]:
    for n in shown_steps(program):
        if first.steps[n] != second.steps[n]:
            yield program.steps[n].location, first.steps[n], second.steps[n]


def _lines(outputs: Sequence[Output]) -> list[str]:
    lines: list[str] = []
    for output in outputs:
        lines += (output.text if isinstance(output, Shown | Printed) else str(output)).splitlines()
    return lines
