"""The lock: what a build stamps on each note, and what it remembers of it."""

from __future__ import annotations

import base64
import hashlib
from dataclasses import replace
from itertools import pairwise

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from deckgen import lock
from deckgen.deck import DeckConfig, Identity, Location, NoteType, RenderedNote, Template
from deckgen.errors import DeckgenError, Problems
from deckgen.lock import Advance, Lock
from deckgen.lock.places import place

CONFIG = DeckConfig("lab", "Lab")
NORMAL = NoteType(1, "Lab", "normal", ((1, "Front"),), (Template(1, "Card", "{{Front}}", "{{Front}}"),), "")
CLOZE = replace(NORMAL, id=2, name="Lab (cloze)", key="cloze")
NOW = 1_780_000_000


def note(name: str, text: str = "text", deck: str = "Lab::1") -> RenderedNote:
    return RenderedNote(name, Location("cards/a.md", 7), "normal", (text,), (), deck, (0,))


def cloze(**gaps: str) -> RenderedNote:
    numbered = tuple(sorted((int(number[1:]), text) for number, text in gaps.items()))
    ordinals = tuple(number - 1 for number, _ in numbered)
    return replace(note("gap", repr(gaps)), notetype="cloze", ordinals=ordinals, gaps=numbered)


def advance(old: Lock, *notes: RenderedNote, now: int = NOW, absent: tuple[str, ...] = ()) -> Advance:
    problems = Problems()
    step = lock.advance(old, CONFIG, notes, (NORMAL, CLOZE), now, problems, absent=absent)
    assert not list(problems)
    return step


def refused(old: Lock, made: RenderedNote) -> str:
    problems = Problems()
    step = lock.advance(old, CONFIG, [made], (NORMAL, CLOZE), NOW + 1, problems)
    assert step.refused == (made.id,)
    assert step.identities == (None,)
    assert step.lock == old, "a refused note must stay as it was published"
    (problem,) = problems
    assert problem.location == made.location
    return str(problem)


# --- Identity ----------------------------------------------------------------------------------


def test_a_guid_is_the_first_64_bits_of_the_sha256_of_deck_and_note() -> None:
    digest = hashlib.sha256(b"lab/leaf-grad").digest()[:8]
    (identity,) = advance(Lock(), note("leaf-grad")).identities
    assert base64.urlsafe_b64decode(identity.guid + "=") == digest
    assert identity == Identity(identity.guid, NOW * 1000, NOW, 1000)


def test_guids_that_are_published_stay() -> None:
    assert lock.guid("torch-autograd", "leaf-grad") == "ZdOm9GeEwOQ"


def test_text_deck_and_tags_may_change_without_touching_the_identity() -> None:
    first = advance(Lock(), note("a"))
    second = advance(first.lock, replace(note("a", "other", "Lab::2"), tags=("t",)), now=NOW + 5)
    assert second.identities[0] == replace(first.identities[0], changed=NOW + 5)


def test_an_unchanged_note_keeps_its_time_wherever_it_moves() -> None:
    first = advance(Lock(), note("a"), note("b"))
    second = advance(first.lock, note("b"), note("a", deck="Lab::2"), now=NOW + 5)
    assert [identity.changed for identity in second.identities] == [NOW, NOW]
    assert second.changes.unchanged == ("b", "a")


def test_a_changed_note_gets_a_later_time_though_the_clock_stands_or_runs_back() -> None:
    step = advance(Lock(), note("a", "0"))
    for count, now in enumerate((NOW, NOW - 1000, NOW), 1):
        step = advance(step.lock, note("a", str(count)), now=now)
        assert step.identities[0].changed == NOW + count


def test_a_note_type_keeps_its_time_until_it_changes() -> None:
    first = advance(Lock(), note("a"))
    again = lock.advance(first.lock, CONFIG, [note("a")], (NORMAL, CLOZE), NOW + 9, Problems())
    styled = lock.advance(first.lock, CONFIG, [note("a")], (replace(NORMAL, css="b{}"), CLOZE), NOW + 9, Problems())
    assert (first.notetypes, again.notetypes, styled.notetypes) == ((NOW, NOW), (NOW, NOW), (NOW + 9, NOW))


def test_a_note_type_under_another_id_stops_the_build() -> None:
    old = advance(Lock(), note("a")).lock
    with pytest.raises(DeckgenError, match="note type of normal notes as 1"):
        lock.advance(old, CONFIG, [note("a")], (replace(NORMAL, id=9), CLOZE), NOW, Problems())


def test_another_deck_id_stops_the_build_and_says_how_to_go_on() -> None:
    old = advance(Lock(), note("a")).lock
    with pytest.raises(DeckgenError) as error:
        lock.advance(old, replace(CONFIG, id="lab2"), [note("a")], (NORMAL, CLOZE), NOW, Problems())
    assert 'id = "lab2"' in str(error.value)
    assert 'Write id = "lab" in deck.toml' in str(error.value)
    assert "delete deck.lock" in str(error.value)


# --- Notes that go and come back ---------------------------------------------------------------


def test_a_note_that_goes_is_remembered_and_comes_back_as_itself() -> None:
    first = advance(Lock(), note("a"), note("b"), note("c"))
    gone = advance(first.lock, note("a"), note("c"), now=NOW + 5)
    assert gone.changes.removed == ("b",)
    assert [entry.removed for entry in gone.lock.notes] == [0, NOW + 5, 0]
    still = advance(gone.lock, note("a"), note("c"), now=NOW + 9)
    assert still.lock == gone.lock
    assert still.changes.removed == ()
    back = advance(still.lock, note("a"), note("b"), note("c"), now=NOW + 20)
    assert back.changes.returned == ("b",)
    assert back.lock == first.lock


def test_a_note_left_out_for_a_problem_is_not_removed() -> None:
    first = advance(Lock(), note("a"), note("b"))
    second = advance(first.lock, note("a"), now=NOW + 5, absent=("b", "never-built"))
    assert second.lock == first.lock
    assert second.changes.removed == ()


def test_the_summary_counts_what_happens_to_learners() -> None:
    first = advance(Lock(), note("a"), note("b"), note("c"))
    step = advance(first.lock, note("a"), note("b", "edited"), note("d"), note("e", deck="Lab::2"), now=NOW + 1)
    assert str(step.changes) == "2 new, 1 changed, 1 unchanged, 1 removed"
    assert str(advance(Lock()).changes) == "no notes"


def test_a_moved_note_is_named_with_both_decks() -> None:
    first = advance(Lock(), note("a"), note("b"))
    step = advance(first.lock, note("a"), note("b", deck="Lab::2"))
    assert step.changes.moved == (("b", "Lab::1", "Lab::2"),)
    (remark,) = step.changes.remarks()
    assert "1 moved from “Lab::1” to “Lab::2”: an import cannot move cards" in remark


# --- Gaps --------------------------------------------------------------------------------------


def test_a_note_cannot_cross_between_gaps_and_none() -> None:
    text = refused(advance(Lock(), cloze(c1="x")).lock, note("gap"))
    assert text.startswith("cards/a.md:7: `gap` was published with gaps (cloze) and is now a note without gaps")
    assert "give it a new id" in text
    refused(advance(Lock(), note("gap")).lock, cloze(c1="x"))


@pytest.mark.parametrize(
    ("now", "what"),
    [
        ({"c1": "b"}, "c2::b}} was published as c2 and is now c1"),
        ({"c1": "b", "c2": "a"}, "c2::b}} was published as c2 and is now c1"),
        ({"c1": "new", "c2": "a", "c3": "b"}, "c1::a}} was published as c1 and is now c2"),
        ({"c2": "b", "c3": "a"}, "c1::a}} was published as c1 and is now c3"),
    ],
)
def test_a_gap_that_was_renumbered_is_refused(now: dict[str, str], what: str) -> None:
    text = refused(advance(Lock(), cloze(c1="a", c2="b")).lock, cloze(**now))
    assert what in text
    assert "c1 = a" in text, "the numbers as published are listed"


@pytest.mark.parametrize(
    "now",
    [
        {"c1": "a", "c2": "reworded"},
        {"c1": "a", "c2": "b", "c3": "c"},
        {"c2": "b"},
        {"c1": "a", "c2": "a"},
        {"c1": "a", "c2": "b", "c7": "a"},
    ],
    ids=["reworded", "added", "removed", "reworded to equal another", "added equal to another"],
)
def test_a_gap_may_be_reworded_added_and_removed(now: dict[str, str]) -> None:
    first = advance(Lock(), cloze(c1="a", c2="b"))
    assert advance(first.lock, cloze(**now), now=NOW + 1).changes.changed == ("gap",)


def test_the_number_of_a_removed_gap_is_kept_for_it() -> None:
    step = advance(advance(Lock(), cloze(c1="a", c2="b")).lock, cloze(c1="a"))
    assert advance(step.lock, cloze(c1="a", c2="b")).lock.notes[0].retired == ()
    assert "c2 was the number of a gap since removed (b)" in refused(step.lock, cloze(c1="a", c2="new"))
    assert "c2::b}} was published as c2 and is now c3" in refused(step.lock, cloze(c1="a", c3="b"))
    assert "write c3 for a new gap" in refused(step.lock, cloze(c1="a", c2="new"))


def test_a_removed_gap_is_remembered_while_others_come_and_go() -> None:
    step = advance(Lock(), cloze(c1="a", c2="b", c3="c"))
    for gaps in ({"c1": "a", "c3": "c"}, {"c3": "c"}, {"c1": "a", "c3": "c2"}):
        step = advance(step.lock, cloze(**gaps))
    assert step.lock.notes[0].retired == ((2, "b"),)


def test_a_gap_number_that_no_card_id_is_left_for_is_refused() -> None:
    assert "number the gaps from 1 to 99" in refused(advance(Lock()).lock, cloze(c100="x"))
    advance(Lock(), cloze(c99="x"))


# --- Places ------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("known", "expected"),
    [
        ([None, None], (1000, 2000)),
        ([1000, None, 2000], (1000, 1500, 2000)),
        ([None, 1000, None], (500, 1000, 2000)),
        ([1000, 3000, 2000, 4000], (1000, 2500, 3000, 4000)),
        ([2000, 3000, 1000], (2000, 3000, 4000)),
        ([1, 2], (1, 2)),
        ([1, None, 2], (1000, 2000, 3000)),
        ([5, 5], (2, 5)),
        ([], ()),
    ],
)
def test_places_are_kept_where_they_can_be(known: list[int | None], expected: tuple[int, ...]) -> None:
    places = place(known)
    assert len(places) == len(known)
    if known == [1000, 3000, 2000, 4000]:  # either of the two may keep its place
        assert sum(a == b for a, b in zip(places, known, strict=True)) == 3
    else:
        assert places == expected


@given(st.lists(st.none() | st.integers(-5, 60)))
def test_places_rise_strictly_whatever_was_known(known: list[int | None]) -> None:
    places = place(known)
    assert len(places) == len(known)
    assert all(a < b for a, b in pairwise((0, *places)))


def test_a_change_of_places_alone_changes_no_note() -> None:
    names = [f"n{n}" for n in range(40)]
    step = advance(Lock(), *(note(name) for name in names))
    step = advance(step.lock, *(note(name) for name in reversed(names)), now=NOW + 9)
    assert {identity.changed for identity in step.identities} == {NOW}
    assert len(step.changes.unchanged) == 40


def test_notes_that_come_from_another_deck_displace_none_of_its_notes() -> None:
    first = advance(Lock(), note("a"), note("b"), note("c"), note("d", deck="Lab::2"))
    step = advance(first.lock, note("a"), note("b", deck="Lab::2"), note("c", deck="Lab::2"), note("d", deck="Lab::2"))
    assert [identity.due for identity in step.identities] == [1000, 333, 666, 1000]


# --- Any history -------------------------------------------------------------------------------

BUILDS = st.lists(
    st.tuples(
        st.lists(
            st.tuples(st.sampled_from("abcdefgh"), st.sampled_from("xyz"), st.sampled_from(("Lab::1", "Lab::2"))),
            unique_by=lambda made: made[0],
        ),
        st.integers(-20, 500),
        st.sets(st.sampled_from("abcdefgh")),
    ),
    max_size=8,
)


@settings(deadline=None)
@given(BUILDS)
def test_whatever_is_edited_identities_last_and_unchanged_notes_are_left_alone(builds) -> None:
    old, now, seen = Lock(), NOW, {}
    for content, seconds, left_out in builds:
        now += seconds
        made = [note(*one) for one in content]
        absent = tuple(left_out - {one.id for one in made})
        step = advance(old, *made, now=now, absent=absent)
        for one, identity in zip(made, step.identities, strict=True):
            guid, created, changed, text = seen.get(one.id, (identity.guid, identity.created, 0, ""))
            assert (identity.guid, identity.created) == (guid, created)
            assert identity.changed == changed if one.fields[0] == text else identity.changed > changed
            seen[one.id] = (guid, created, identity.changed, one.fields[0])
        for deck in ("Lab::1", "Lab::2"):
            dues = [identity.due for one, identity in zip(made, step.identities, strict=True) if one.deck == deck]
            assert dues == sorted(set(dues))
        created = sorted(created for _, created, _, _ in seen.values())
        assert all(b - a >= 100 for a, b in pairwise(created))
        assert advance(step.lock, *made, now=now + 7, absent=absent).lock == step.lock
        old = step.lock
