"""deck.lock as a file: it says what it was told, git can merge it, and no damage goes unseen."""

from __future__ import annotations

import subprocess
from dataclasses import replace
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from test_lock import CLOZE, CONFIG, NORMAL, NOW, advance, note

from deckgen import lock
from deckgen.deck import RenderedNote
from deckgen.errors import DeckgenError, Problems
from deckgen.lock import Entry, Lock, TypeEntry


def kept(folder: Path, *notes: RenderedNote) -> Path:
    path = folder / "deck.lock"
    lock.write(advance(Lock(), *notes).lock, path)
    return path


def problem(path: Path) -> str:
    problems = Problems()
    found = lock.read(path, problems)
    (only,) = problems
    with pytest.raises(DeckgenError, match="nothing was built"):
        lock.advance(found, CONFIG, [note("a")], (NORMAL, CLOZE), NOW, Problems())
    return str(only).removeprefix(str(path))


TEXT = st.text(st.characters(codec="utf-8"), max_size=8)
ENTRIES = st.builds(
    Entry,
    id=TEXT,
    guid=TEXT,
    notetype=TEXT,
    created=st.integers(0),
    changed=st.integers(0),
    hash=TEXT,
    deck=TEXT,
    due=st.integers(1),
    gaps=st.dictionaries(st.integers(1, 499), TEXT, max_size=3).map(lambda gaps: tuple(sorted(gaps.items()))),
    retired=st.just(()) | st.just(((2, "b"), (10, "…"))),
    removed=st.integers(0),
)


@settings(deadline=None)
@given(st.lists(ENTRIES, unique_by=(lambda entry: entry.id, lambda entry: entry.guid), max_size=5))
def test_whatever_is_written_is_read_again(tmp_path_factory: pytest.TempPathFactory, entries: list[Entry]) -> None:
    path = tmp_path_factory.mktemp("lock") / "deck.lock"
    written = Lock("lab", (TypeEntry("normal", 1, 2, "h"),), tuple(sorted(entries, key=lambda entry: entry.id)))
    lock.write(written, path)
    problems = Problems()
    assert lock.read(path, problems) == written
    assert not list(problems)


def test_no_file_is_an_empty_lock(tmp_path: Path) -> None:
    problems = Problems()
    assert lock.read(tmp_path / "deck.lock", problems) == Lock()
    assert not list(problems)


def test_each_note_is_a_line_of_its_own_in_the_order_of_the_ids(tmp_path: Path) -> None:
    lines = kept(tmp_path, note("b"), note("a/rhyme"), note("a")).read_text("utf-8").splitlines()
    assert [line.split(":")[0] for line in lines if '"guid"' in line] == ['"a"', '"a/rhyme"', '"b"']


def test_an_edited_note_changes_one_line(tmp_path: Path) -> None:
    path = kept(tmp_path, note("a"), note("b"), note("c"))
    before = path.read_text("utf-8").splitlines()
    old = lock.read(path, Problems())
    lock.write(advance(old, note("a"), note("b", "edited"), note("c"), now=NOW + 1).lock, path)
    after = path.read_text("utf-8").splitlines()
    assert [line for line in after if line not in before] == [line for line in after if line.startswith('"b":')]


def test_git_merges_what_two_branches_did_to_neighbours(tmp_path: Path) -> None:
    path = kept(tmp_path, note("a"), note("b"), note("c"))
    base = lock.read(path, Problems())
    lock.write(advance(base, note("a", "ours"), note("b"), note("c"), now=NOW + 1).lock, tmp_path / "ours")
    theirs = (note("a"), note("a-new"), note("b", "theirs"), note("c"))
    lock.write(advance(base, *theirs, now=NOW + 2).lock, tmp_path / "theirs")
    subprocess.run(["git", "merge-file", "ours", "deck.lock", "theirs"], cwd=tmp_path, check=True)
    problems = Problems()
    merged = lock.read(tmp_path / "ours", problems)
    assert not list(problems)
    assert [entry.changed - NOW for entry in merged.notes] == [1, 2, 2, 0]


def test_an_unchanged_lock_is_not_written(tmp_path: Path) -> None:
    path = kept(tmp_path, note("a"))
    inode = path.stat().st_ino
    lock.write(advance(lock.read(path, Problems()), note("a"), now=NOW + 9).lock, path)
    assert path.stat().st_ino == inode
    assert [entry.name for entry in tmp_path.iterdir()] == ["deck.lock"]


def test_a_lock_that_cannot_be_written_is_named(tmp_path: Path) -> None:
    with pytest.raises(DeckgenError, match=r"cannot write .*deck\.lock"):
        lock.write(Lock("lab"), tmp_path / "nowhere" / "deck.lock")


def test_a_merge_left_in_conflict_is_a_problem_at_its_line(tmp_path: Path) -> None:
    path = kept(tmp_path, note("a"), note("b"))
    lines = path.read_text("utf-8").splitlines()
    at = next(number for number, line in enumerate(lines) if line.startswith('"b"'))
    lines[at : at + 1] = ["<<<<<<< HEAD", lines[at], "=======", lines[at], ">>>>>>> theirs"]
    path.write_text("\n".join(lines), "utf-8")
    assert problem(path).startswith(f":{at + 1}: two versions of the lock were merged and left in conflict")


@pytest.mark.parametrize(
    ("old", "new", "line", "what"),
    [
        ('"created": ', '"created" ', 10, "the lock is damaged"),
        ('"due": 1000', '"due": "first"', 10, "the entry `a` is damaged (`due` is missing or not a number)"),
        ('"guid": ', '"gid": ', 10, "the entry `a` is damaged (`guid` is missing or not a text)"),
        ('"b": ', '"a": ', 12, "`a` is here twice"),
        ('"format": 1', '"format": 2', 1, "this is not a lock that this version of deckgen can read"),
        ('"deck": "lab"', '"deck": ""', 3, "the lock does not say which deck it belongs to"),
        ('"notes"', '"cards"', 1, "the lock has no `notes`"),
    ],
)
def test_a_damaged_lock_is_a_problem_at_its_line(tmp_path: Path, old: str, new: str, line: int, what: str) -> None:
    path = kept(tmp_path, note("a"), note("b"))
    text = path.read_text("utf-8")
    assert old in text
    path.write_text(text.replace(old, new, 1), "utf-8")
    assert problem(path).startswith(f":{line}: {what}")


@pytest.mark.parametrize("content", [b"", b"\0\0", b"[]", b'{"notes": \xff}', b"null", b"[" * 100_000])
def test_garbage_is_a_problem_and_never_a_new_lock(tmp_path: Path, content: bytes) -> None:
    path = tmp_path / "deck.lock"
    path.write_bytes(content)
    assert problem(path).startswith(":1: ")


def test_two_notes_with_one_guid_are_a_problem(tmp_path: Path) -> None:
    path = kept(tmp_path, note("a"), note("b"))
    text = path.read_text("utf-8")
    path.write_text(text.replace(lock.guid("lab", "b"), lock.guid("lab", "a")), "utf-8")
    assert "`b` and `a` have one guid" in problem(path)


def test_two_branches_that_gave_one_note_id_are_merged(tmp_path: Path) -> None:
    base = advance(Lock(), note("a"))
    ours = advance(base.lock, note("a"), note("b"), now=NOW + 60)
    theirs = advance(base.lock, note("a"), note("c"), now=NOW + 60)
    both = replace(base.lock, notes=(*ours.lock.notes, theirs.lock.notes[1]))
    step = advance(both, note("a"), note("b"), note("c"), now=NOW + 90)
    assert [identity.created for identity in step.identities] == [NOW * 1000, (NOW + 60) * 1000, (NOW + 90) * 1000]
    assert [identity.changed for identity in step.identities] == [NOW, NOW + 60, NOW + 60]
    assert [identity.due for identity in step.identities] == [1000, 1500, 2000]
