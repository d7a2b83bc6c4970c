"""What the deck on torch.autograd promises as a whole; that its statements are true is proved in its cards."""

from __future__ import annotations

import re
import statistics
from collections import defaultdict
from collections.abc import Iterator
from itertools import pairwise
from pathlib import Path

import pytest
from click.testing import CliRunner

from deckgen import markdown, parse, source
from deckgen.cli import cli
from deckgen.deck import Kind, Markdown, Note
from deckgen.errors import Problems

CARDS = Path(__file__).parent.parent / "cards"


@pytest.fixture(scope="module")
def sections() -> dict[str, list[Note]]:
    """The notes of each file."""
    problems = Problems()
    files = {file.name: list(parse.parse(file, problems)) for file in source.read(CARDS, problems).files}
    assert list(map(str, problems)) == []
    return files


@pytest.fixture(scope="module")
def parts(sections: dict[str, list[Note]]) -> dict[str, list[Note]]:
    found: dict[str, list[Note]] = defaultdict(list)
    for notes in sections.values():
        found[notes[0].part] += notes
    return found


def form(note: Note) -> tuple[Kind, bool, bool]:
    """How a note asks: its kind and, where that says little, whether there is code and whether that fails."""
    fences = [token.meta["fence"] for token, _ in markdown.walk(note.front.tokens) if "fence" in token.meta]
    says_little = note.kind in (Kind.BASIC, Kind.CLOZE)
    return note.kind, says_little and bool(fences), says_little and any(fence.raises for fence in fences)


def answers(notes: list[Note]) -> Iterator[str]:
    """The first paragraph of each back."""
    for note in notes:
        tokens = note.back.tokens
        for first, last in markdown.blocks(tokens):
            if tokens[first].type == "paragraph_open":
                yield markdown.to_text(Markdown(tokens[first:last]))
                break


def test_every_part_has_every_kind_a_boss_a_badge_and_myths(parts: dict[str, list[Note]]) -> None:
    assert len(parts) == 9
    for part, notes in parts.items():
        assert {note.kind for note in notes} == set(Kind), part
        assert {"boss", "badge", "myth"} <= {tag for note in notes for tag in note.tags}, part


def test_every_section_has_a_rhyme(sections: dict[str, list[Note]]) -> None:
    assert [name for name, notes in sections.items() if all(note.kind is not Kind.RHYME for note in notes)] == []


def test_no_two_neighbours_ask_in_the_same_form(sections: dict[str, list[Note]]) -> None:
    """The rows of a table are one exercise; a note's own rhyme comes at the end of its part."""
    assert [
        f"{second.location}: {first.id}, {second.id}"
        for notes in sections.values()
        for first, second in pairwise(note for note in notes if not note.id.endswith("/rhyme"))
        if form(first) == form(second) and first.program is not second.program
    ] == []


def test_answers_can_be_said_in_a_breath(parts: dict[str, list[Note]]) -> None:
    for part, notes in parts.items():
        assert statistics.median(len(re.findall(r"[一-鿿]", answer)) for answer in answers(notes)) < 40, part


def test_every_belief_in_the_errata_has_a_card_that_refutes_it(sections: dict[str, list[Note]]) -> None:
    every = [note for part in sections.values() for note in part]
    notes = {note.id.split("/")[0]: note for note in every} | {note.id: note for note in every}  # tables by their name
    refuting = re.findall(r"\[([a-z0-9/-]+)\]\(([^)]+)\)", (CARDS / "ERRATA.md").read_text("utf-8"))
    assert len(refuting) > 60
    for name, file in refuting:
        assert Path(notes[name].location.path).name == Path(file).name, name
        assert "myth" in notes[name].tags, name


@pytest.mark.torch
def test_the_deck_covers_its_outline_and_the_whole_of_autograd() -> None:
    result = CliRunner().invoke(cli, ["coverage", str(CARDS), "--locked"])
    assert result.exit_code == 0, result.output


@pytest.mark.torch
def test_the_deck_builds_and_its_lock_is_committed_with_it(tmp_path: Path) -> None:
    """A lock that is behind the cards would give learners' notes other times than the published package did."""
    result = CliRunner().invoke(cli, ["build", str(CARDS), "--locked", "-o", str(tmp_path / "deck.apkg")])
    assert result.exit_code == 0, result.output
    assert (tmp_path / "deck.apkg").exists()
