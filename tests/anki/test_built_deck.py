"""The deck of this repository, built from its sources and imported into the real Anki."""

from __future__ import annotations

import shutil
import time
from dataclasses import dataclass, replace
from pathlib import Path

import pytest
from learner import Learner, Log

from deckgen import lock
from deckgen.deck import Kind
from deckgen.errors import Problems
from deckgen.pipeline import Options, Report, build
from deckgen.source import read

pytestmark = pytest.mark.torch

CARDS = Path(__file__).parents[2] / "cards"


@dataclass(frozen=True)
class Built:
    """A copy of the card folder, the package built from it, and the options that made it."""

    options: Options
    report: Report

    @property
    def package(self) -> Path:
        return Path(self.report.output)

    @property
    def lock(self) -> lock.Lock:
        return lock.read(self.options.root / "deck.lock", Problems())


def made(options: Options) -> Built:
    report = build(options)
    assert [str(problem) for problem in report.problems] == []
    return Built(options, report)


@pytest.fixture(scope="module")
def built(tmp_path_factory: pytest.TempPathFactory) -> Built:
    folder = tmp_path_factory.mktemp("built")
    shutil.copytree(CARDS, folder / "cards", ignore=shutil.ignore_patterns(".deckgen"))
    return made(Options(root=folder / "cards", now=int(time.time()), output=folder / "deck.apkg"))


@pytest.fixture
def title(built: Built) -> str:
    return read(built.options.root, Problems()).config.title


def later(built: Built, folder: Path) -> Options:
    """The same cards in another folder, built a day later."""
    shutil.copytree(built.options.root, folder / "cards")
    return replace(built.options, root=folder / "cards", now=built.options.now + 86400, output=folder / "deck.apkg")


def test_every_note_and_card_arrives_whole(built: Built, learner: Learner) -> None:
    log = learner.take(built.package)
    assert log == Log(new=built.report.notes)
    present = [entry for entry in built.lock.notes if not entry.removed]
    assert {entry.guid for entry in present} == {learner.note(entry.guid).guid for entry in present}
    assert len(present) == built.report.notes >= 45
    assert len(learner.cards()) == built.report.cards >= built.report.notes
    assert learner.faults() == []


def test_every_kind_is_there(built: Built, learner: Learner) -> None:
    learner.take(built.package)
    assert {card.note()["Kind"] for card in learner.cards()} == set(Kind)


def test_the_parts_are_studied_in_their_order(built: Built, learner: Learner, title: str) -> None:
    learner.take(built.package)
    config = read(built.options.root, Problems()).config
    used = {entry.deck for entry in built.lock.notes if not entry.removed}
    (parent,) = learner.col.sched.deck_due_tree().children
    names = [f"{parent.name}::{child.name}" for child in parent.children]
    assert parent.name == title
    assert names == [name for _, part in config.parts if (name := f"{title}::{part}") in used]
    assert set(names) == used


def test_new_cards_come_in_the_order_of_the_sources(built: Built, learner: Learner, title: str) -> None:
    learner.take(built.package)
    learner.col.decks.select(learner.col.decks.id(title))
    queue = learner.col.sched.get_queued_cards(fetch_limit=10).cards
    shown = [learner.col.get_card(entry.card.id).note()["ID"] for entry in queue]
    first, *_ = read(built.options.root, Problems()).files
    places = [first.text.find(f"{{#{name}") for name in shown]
    assert len(places) == 10
    assert -1 not in places
    assert places == sorted(places)


def test_the_description_and_the_retention_arrive(built: Built, learner: Learner, title: str) -> None:
    learner.take(built.package)
    config = read(built.options.root, Problems()).config
    deck = learner.col.decks.get(learner.col.decks.id(title))
    assert config.description.strip()
    assert config.description.strip() in deck["desc"]
    assert deck["desiredRetention"] == round((config.study.desired_retention or 0) * 100)


def test_the_same_cards_later_and_elsewhere_are_the_same_bytes_and_all_duplicates(
    built: Built, learner: Learner, tmp_path: Path
) -> None:
    again = made(replace(later(built, tmp_path), cache=False))
    assert again.lock == built.lock
    assert again.package.read_bytes() == built.package.read_bytes()
    learner.take(built.package)
    assert learner.take(again.package) == Log(duplicate=built.report.notes)


def test_an_edit_in_the_sources_reaches_a_learner_who_keeps_the_schedule(
    built: Built, learner: Learner, tmp_path: Path, title: str
) -> None:
    options = later(built, tmp_path)
    learner.take(built.package)
    learner.study(title)
    before = learner.studied()
    file = read(options.root, Problems()).files[0]
    heading = next(line for line in file.text.splitlines() if line.startswith("## "))
    name = heading.partition("{#")[2].split("}")[0].split()[0]
    file.path.write_text(file.text.replace(heading, heading.replace("## ", "## Edited: ", 1), 1), "utf-8")
    edited = made(options)
    assert learner.take(edited.package) == Log(updated=1, duplicate=built.report.notes - 1)
    note = learner.note(lock.guid("torch-autograd", name))
    assert "Edited: " in note["Front"]
    assert learner.studied() == before
    assert learner.faults() == []


def test_a_learner_can_edit_the_style_of_both_note_types(built: Built, learner: Learner) -> None:
    learner.take(built.package)
    for kind in built.lock.notetypes:
        model = learner.col.models.get(kind.id)
        model["css"] += "\n.card { font-size: 30px }"
        learner.col.models.update_dict(model)
        assert learner.col.models.get(kind.id)["css"].endswith("30px }")
