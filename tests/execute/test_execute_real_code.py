"""Code that nobody here wrote: the examples in the docstrings of the installed torch."""

from __future__ import annotations

import sys
from pathlib import Path

import pytest

from deckgen import execute
from deckgen.deck import Outputs, Program
from deckgen.errors import Problems

sys.path.insert(0, str(Path(__file__).parents[2] / "benchmarks"))
import docstrings

pytestmark = pytest.mark.torch


def test_every_example_ends_in_an_output_or_a_named_error_and_disturbs_no_other() -> None:
    examples = docstrings.examples()
    assert len(examples) > 500
    chosen = dict(list(examples.items())[::10])
    del examples
    chosen.pop("torch.empty", None)  # shows memory as it happens to be
    notes = docstrings.programs(chosen)
    first, second = run(notes), run(notes[::-1])
    assert [name for name, told in first.items() if told != second[name]] == []
    assert sum(not isinstance(told, str) for told in first.values()) > len(notes) * 0.75
    unnamed = [told for told in first.values() if isinstance(told, str) and " raised " not in told]
    assert all("not valid Python" in told for told in unnamed), unnamed


def run(notes: list[Program]) -> dict[str, Outputs | str]:
    """What came of each note: its outputs, or its problem."""
    problems = Problems()
    outputs, _ = execute.run(notes, execute.Settings(timeout=100), problems)
    told = {problem.location.path.removesuffix(".md"): str(problem) for problem in problems}
    return {note.name: output or told[note.name] for note, output in zip(notes, outputs, strict=True)}
