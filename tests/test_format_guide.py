"""Every example of docs/format.md is what it says it is."""

from __future__ import annotations

import re
import tomllib
from pathlib import Path

import pytest

from deckgen import parse, pipeline, source
from deckgen.deck import Kind, Note, SourceFile
from deckgen.errors import Problems
from deckgen.parse import fences

GUIDE = (Path(__file__).parent.parent / "docs" / "format.md").read_text("utf-8")
EXAMPLES = re.findall(r"^````markdown\n(.*?)^````$", GUIDE, re.MULTILINE | re.DOTALL)
(BAD,) = re.findall(r"^````markdown bad\n(.*?)^````\n\n```text\n(.*?)^```$", GUIDE, re.MULTILINE | re.DOTALL)


def parsed(text: str) -> tuple[tuple[Note, ...], list[str]]:
    problems = Problems()
    notes = parse.parse(SourceFile(Path("a.md"), "a.md", "", text), problems)
    parse.check(notes, problems)
    return notes, [str(problem) for problem in problems]


@pytest.mark.parametrize("example", EXAMPLES, ids=lambda text: re.search(r"#([a-z-]+)", text)[1])  # type: ignore[index]
def test_an_example_of_the_guide_is_a_file_without_problems(example: str) -> None:
    assert parsed(example)[1] == []


def test_the_guide_shows_every_kind() -> None:
    assert {note.kind for example in EXAMPLES for note in parsed(example)[0]} == set(Kind)


def test_the_guide_names_every_fence_word() -> None:
    table = GUIDE.split("| word | meaning |")[1].split("\n\n")[0]
    assert set(re.findall(r"^\| `(\w+)", table, re.MULTILINE)) == fences.WORDS | fences.PAIRS


def test_the_problems_that_the_guide_shows_are_those_that_are_reported() -> None:
    text, shown = BAD
    assert parsed(text)[1] == shown.splitlines()


@pytest.mark.torch
def test_all_examples_of_the_guide_together_make_a_deck_that_runs(tmp_path: Path) -> None:
    toml, outline = re.findall(r"^```toml\n(.*?)^```$", GUIDE, re.MULTILINE | re.DOTALL)
    (part,) = tomllib.loads(toml)["parts"]
    (tmp_path / part).mkdir()
    (tmp_path / "deck.toml").write_text(toml, "utf-8")
    for number, example in enumerate(EXAMPLES):
        (tmp_path / part / f"{number:02}.md").write_text(example, "utf-8")
    problems = Problems()
    assert source.read(tmp_path, problems).config.study.reviews_per_day == 100
    report = pipeline.check(pipeline.Options(root=tmp_path, now=0, cache=False))
    assert [str(problem) for problem in (*problems, *report.problems)] == []
    assert report.notes == sum(len(notes) for notes, _ in map(parsed, EXAMPLES))
    (tmp_path / "outline.toml").write_text(outline.replace("1a-division", "00"), "utf-8")
    covered = pipeline.coverage(pipeline.Options(root=tmp_path, now=0, cache=False), write=True)
    assert {problem.what for problem in covered.problems} == {
        "no note teaches `fractions.Fraction`",
        "no note teaches `fractions.Fraction.numerator`",
    }
