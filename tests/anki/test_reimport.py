"""What a learner keeps, and what reaches them, when a later build of a deck is imported over an earlier one."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import pytest
from author import LATER, START, Author, cloze, note
from learner import Learner, Log

from deckgen.deck import Study

BOTH = (note("a", "question a"), note("b", "question b"))


def test_the_same_package_again_changes_nothing(author: Author, learner: Learner) -> None:
    package = author.build(*BOTH, cloze("c", {1: "x", 2: "y"}))
    assert learner.take(package) == Log(new=3)
    learner.study("Lab")
    before = learner.studied()
    assert learner.take(package) == Log(duplicate=3)
    assert learner.studied() == before


def test_an_unchanged_note_stays_unchanged_however_late_it_is_built_again(author: Author, learner: Learner) -> None:
    learner.take(author.build(*BOTH))
    assert learner.take(author.build(*BOTH, now=LATER)) == Log(duplicate=2)


def test_an_edited_question_arrives_and_keeps_its_schedule(author: Author, learner: Learner) -> None:
    learner.take(author.build(*BOTH))
    learner.study("Lab")
    before = learner.studied()
    assert len(before) == 2
    assert learner.take(author.build(note("a", "a better question"), BOTH[1], now=LATER)) == Log(updated=1, duplicate=1)
    assert learner.note(author.guid("a")).fields[0] == "a better question"
    assert learner.studied() == before


def test_an_edit_arrives_though_the_clock_of_the_second_build_is_behind(author: Author, learner: Learner) -> None:
    learner.take(author.build(*BOTH))
    assert learner.take(author.build(note("a", "edited"), BOTH[1], now=START - 1000)) == Log(updated=1, duplicate=1)


def test_a_note_that_the_author_left_alone_keeps_the_learners_tag_and_text(author: Author, learner: Learner) -> None:
    learner.take(author.build(*BOTH))
    mine = learner.note(author.guid("b"))
    mine.add_tag("mine")
    mine.fields[1] = "my own words"
    learner.col.update_note(mine)
    learner.take(author.build(note("a", "edited"), BOTH[1], now=LATER))
    kept = learner.note(author.guid("b"))
    assert (kept.tags, kept.fields[1]) == (["mine"], "my own words")


def test_a_note_that_the_author_edited_loses_the_learners_tag_and_text(author: Author, learner: Learner) -> None:
    learner.take(author.build(*BOTH))
    mine = learner.note(author.guid("a"))
    mine.add_tag("mine")
    learner.col.update_note(mine)
    learner.take(author.build(note("a", "edited"), BOTH[1], now=LATER))
    assert (learner.note(mine.guid).tags, learner.note(mine.guid).fields[0]) == ([], "edited")


def test_a_note_that_the_learner_edited_after_the_author_keeps_the_learners_text(
    author: Author, learner: Learner
) -> None:
    learner.take(author.build(*BOTH))
    mine = learner.note(author.guid("a"))
    mine.fields[1] = "my own words"
    learner.col.update_note(mine)
    assert learner.take(author.build(note("a", "edited"), BOTH[1], now=START + 1)) == Log(duplicate=2)
    assert learner.note(mine.guid).fields[:2] == ["question a", "my own words"]


def test_a_gap_that_is_removed_leaves_its_card_to_the_learner(author: Author, learner: Learner) -> None:
    learner.take(author.build(cloze("c", {1: "x", 2: "y"})))
    learner.study("Lab")
    before = learner.studied()
    learner.take(author.build(cloze("c", {1: "x"}), now=LATER))
    assert learner.studied() == before
    (empty,) = learner.col.get_empty_cards().notes
    assert [learner.col.get_card(key).ord for key in empty.card_ids] == [1]


def test_a_note_that_the_learner_deleted_comes_back(author: Author, learner: Learner) -> None:
    package = author.build(*BOTH)
    learner.take(package)
    learner.col.remove_notes([learner.note(author.guid("a")).id])
    assert learner.take(package) == Log(new=1, duplicate=1)


def test_a_tag_that_the_author_gave_arrives(author: Author, learner: Learner) -> None:
    learner.take(author.build(*BOTH))
    learner.take(author.build(replace(BOTH[0], tags=("graph::leaf",)), BOTH[1], now=LATER))
    assert learner.note(author.guid("a")).tags == ["graph::leaf"]


@pytest.mark.parametrize(
    ("before", "after"),
    [
        (cloze("n", {1: "x", 2: "y"}), cloze("n", {1: "x", 2: "y", 3: "z"})),
        (note("n", "term", "meaning"), note("n", "term", "meaning", reverse="1")),
    ],
    ids=["gap", "reverse"],
)
def test_a_card_that_is_added_arrives_new_and_the_others_keep_their_schedule(
    author: Author, learner: Learner, before, after
) -> None:
    learner.take(author.build(before))
    learner.study("Lab")
    studied = learner.studied()
    assert learner.take(author.build(after, now=LATER)) == Log(updated=1)
    assert len(learner.schedule()) == len(studied) + 1
    assert learner.studied() == studied
    assert not learner.faults()


def test_a_changed_template_and_style_arrive_without_conflict(author: Author, learner: Learner) -> None:
    learner.take(author.build(*BOTH))
    normal, gaps = author.types
    first = replace(normal.templates[0], name="Ask", front="<h1>{{Front}}</h1>")
    author.types = (replace(normal, templates=(first, *normal.templates[1:]), css=".card { color: red }"), gaps)
    assert learner.take(author.build(*BOTH, now=LATER)) == Log(duplicate=2)
    shown = learner.note(author.guid("a")).cards()[0].render_output()
    assert (shown.question_text, shown.css) == ("<h1>question a</h1>", ".card { color: red }")
    names = [kind.name for kind in learner.col.models.all_names_and_ids()]
    assert [name for name in names if name.startswith("lab")] == [normal.name], "another beside it would be a conflict"


def test_a_spare_field_put_to_use_arrives(author: Author, learner: Learner) -> None:
    learner.take(author.build(*BOTH))
    learner.study("Lab")
    before = learner.studied()
    schema = learner.col.db.scalar("select scm from col")
    normal, gaps = author.types
    fields = tuple((key, "Hint" if name == "Spare 1" else name) for key, name in normal.fields)
    back = replace(normal.templates[0], back="{{Back}}<i>{{Hint}}</i>")
    author.types = (replace(normal, fields=fields, templates=(back, *normal.templates[1:])), gaps)
    assert learner.take(author.build(note("a", "question a", Spare_1="a hint"), BOTH[1], now=LATER)) == Log(0, 1, 1)
    shown = learner.note(author.guid("a"))
    assert shown["Hint"] == "a hint"
    assert "<i>a hint</i>" in shown.cards()[0].render_output().answer_text
    assert learner.studied() == before
    assert learner.col.db.scalar("select scm from col") == schema, "asks the learner for a full sync"


def test_the_spare_template_put_to_use_arrives(author: Author, learner: Learner) -> None:
    learner.take(author.build(*BOTH))
    learner.study("Lab")
    before = learner.studied()
    normal, gaps = author.types
    third = replace(normal.templates[2], name="Draw", front="{{#Spare 8}}Draw it: {{Spare 8}}{{/Spare 8}}")
    author.types = (replace(normal, templates=(*normal.templates[:2], third)), gaps)
    assert learner.take(author.build(note("a", "question a", Spare_8="z"), BOTH[1], now=LATER)) == Log(0, 1, 1)
    assert [card.render_output().question_text for card in learner.note(author.guid("a")).cards()][-1] == "Draw it: z"
    assert learner.studied() == before


def test_a_note_of_another_kind_is_updated_and_keeps_its_schedule(author: Author, learner: Learner) -> None:
    learner.take(author.build(*BOTH))
    learner.study("Lab")
    before = learner.studied()
    assert learner.take(author.build(note("a", "[x] one [x] two", Kind="multi"), BOTH[1], now=LATER)) == Log(0, 1, 1)
    assert learner.note(author.guid("a"))["Kind"] == "multi"
    assert learner.studied() == before


def test_a_learner_can_edit_the_style_and_keeps_it(author: Author, learner: Learner) -> None:
    learner.take(author.build(*BOTH, cloze("c", {1: "x"})))
    for kind in author.types:
        model = learner.col.models.by_name(kind.name)
        model["css"] += ".card { font-size: 30px }"
        learner.col.models.update_dict(model)
    learner.take(author.build(note("a", "edited"), BOTH[1], cloze("c", {1: "x"}), now=LATER))
    for kind in author.types:
        assert learner.col.models.by_name(kind.name)["css"].endswith("30px }")


def test_a_style_of_the_authors_that_is_newer_replaces_the_learners(author: Author, learner: Learner) -> None:
    learner.take(author.build(*BOTH))
    normal, gaps = author.types
    model = learner.col.models.get(normal.id)
    model["css"] += "mine"
    learner.col.models.update_dict(model)
    author.types = (replace(normal, css=".card { color: red }"), gaps)
    learner.take(author.build(*BOTH, now=LATER))
    assert learner.col.models.get(normal.id)["css"] == ".card { color: red }"


def test_decks_with_the_same_note_ids_do_not_touch_each_other(author: Author, learner: Learner) -> None:
    other = Author(author.folder, deck="other", title="Other")
    learner.take(author.build(*BOTH))
    theirs = [replace(member, deck="Other::1") for member in BOTH]
    assert learner.take(other.build(*theirs)) == Log(new=2)
    other.build(replace(theirs[0], fields=("theirs", *theirs[0].fields[1:])), theirs[1], now=LATER)
    assert learner.take(other.folder / f"other-{LATER}.apkg") == Log(updated=1, duplicate=1)
    assert learner.note(author.guid("a")).fields[0] == "question a"
    assert learner.note(other.guid("a")).fields[0] == "theirs"


def test_a_removed_note_stays_with_the_learner_and_comes_back_as_itself(author: Author, learner: Learner) -> None:
    learner.take(author.build(*BOTH))
    learner.study("Lab")
    before = learner.studied()
    assert learner.take(author.build(BOTH[0], now=LATER)) == Log(duplicate=1)
    assert learner.studied() == before
    assert author.step.changes.removed == ("b",)
    assert learner.take(author.build(*BOTH, now=LATER + 1)) == Log(duplicate=2)
    assert learner.studied() == before


def test_a_moved_note_is_updated_where_the_learner_has_it(author: Author, learner: Learner) -> None:
    learner.take(author.build(*BOTH))
    moved = replace(note("a", "moved"), deck="Lab::2")
    assert learner.take(author.build(moved, BOTH[1], now=LATER)) == Log(updated=1, duplicate=1)
    deck = learner.col.decks.name(learner.note(author.guid("a")).cards()[0].did)
    assert deck == "Lab::1"
    assert author.step.changes.moved == (("a", "Lab::1", "Lab::2"),)


def test_an_inserted_note_is_learned_at_its_place(author: Author, learner: Learner) -> None:
    learner.take(author.build(*BOTH))
    learner.take(author.build(BOTH[0], note("new", "between"), BOTH[1], now=LATER))
    learner.col.decks.select(learner.col.decks.id("Lab"))
    queue = learner.col.sched.get_queued_cards(fetch_limit=3).cards
    fronts = [learner.col.get_card(entry.card.id).note().fields[0] for entry in queue]
    assert fronts == ["question a", "between", "question b"]


def test_the_options_arrive_if_the_learner_ticks_the_box_and_anew_when_changed(tmp_path: Path) -> None:
    learner = Learner(tmp_path / "learner")
    for per_day, now in ((7, START), (9, LATER)):
        author = Author(tmp_path, study=Study(new_per_day=per_day, desired_retention=0.87))
        learner.take(author.build(*BOTH, now=now), with_deck_configs=True)
        options = learner.col.decks.config_dict_for_deck_id(learner.col.decks.id("Lab::1"))
        assert (options["new"]["perDay"], options["desiredRetention"]) == (per_day, pytest.approx(0.87))
        assert options["new"]["order"] == 1, "the order of the sources"
    learner.close()


def test_the_desired_retention_of_the_deck_arrives_by_default(tmp_path: Path, learner: Learner) -> None:
    author = Author(tmp_path, study=Study(desired_retention=0.87))
    learner.take(author.build(*BOTH))
    assert learner.col.decks.get(learner.col.decks.id("Lab::1"))["desiredRetention"] == 87
    assert learner.col.decks.config_dict_for_deck_id(learner.col.decks.id("Lab::1"))["id"] == 1
