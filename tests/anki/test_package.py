"""What an .apkg holds when Anki first sees it, and what becomes of the file when writing it fails."""

from __future__ import annotations

import hashlib
import os
import signal
import stat
import subprocess
import sys
import zipfile
from dataclasses import replace
from pathlib import Path

import pytest
from author import START, Author, cloze, note
from learner import DAY, Learner, Log

from deckgen import package
from deckgen.deck import Deck, DeckConfig, Media
from deckgen.errors import DeckgenError

HERE = Path(__file__).parent
NOTES = (
    note("a", "question a"),
    note("b", "term", "meaning", reverse="1"),
    cloze("c", {1: "x", 3: "y"}, deck="Lab::2"),
    note("d", "last", deck="Lab::10"),
)


def test_notes_cards_and_decks_arrive_as_they_were_built(author: Author, learner: Learner) -> None:
    assert learner.take(author.build(*NOTES)) == Log(new=4)
    found = {(card.note().guid, card.ord) for card in learner.cards()}
    assert found == {(author.guid(made.id), ordinal) for made in NOTES for ordinal in made.ordinals}
    assert learner.faults() == []
    names = [deck.name for deck in learner.col.decks.all_names_and_ids(skip_empty_default=True)]
    assert sorted(names) == ["Lab", "Lab::1", "Lab::10", "Lab::2"]


def test_ids_tell_when_a_note_was_first_built(author: Author, learner: Learner) -> None:
    learner.take(author.build(*NOTES))
    keys = [learner.note(author.guid(made.id)).id for made in NOTES]
    assert keys == sorted(keys)
    assert all(START * 1000 - DAY * 1000 < key <= START * 1000 for key in keys)
    assert [card.id - card.nid for card in learner.cards()] == [card.ord for card in learner.cards()]


def test_new_cards_are_learned_in_the_order_of_the_sources(author: Author, learner: Learner) -> None:
    made = [note(f"n{n}", f"{n}", deck=f"Lab::{1 + n // 4}") for n in range(8)]
    author.build(*made[::-1])
    learner.take(author.build(*made, now=START + 1))
    learner.col.decks.select(learner.col.decks.id("Lab"))
    queue = learner.col.sched.get_queued_cards(fetch_limit=8).cards
    assert [learner.col.get_card(entry.card.id).note().fields[0] for entry in queue] == [str(n) for n in range(8)]


@pytest.mark.parametrize(
    ("written", "shown"),
    [
        ("\nTensors < 3 & more\n第二行\n", "Tensors &lt; 3 &amp; more<br>\n第二行"),
        ("<b>bold</b>\ntext", "<b>bold</b>\ntext"),
    ],
)
def test_the_parent_deck_is_described(author: Author, learner: Learner, written: str, shown: str) -> None:
    author.config = replace(author.config, description=written)
    learner.take(author.build(*NOTES))
    assert learner.col.decks.get(learner.col.decks.id("Lab"))["desc"] == shown
    assert learner.col.decks.get(learner.col.decks.id("Lab::1"))["desc"] == ""


def test_a_deck_without_a_description_leaves_the_learners_own(author: Author, learner: Learner) -> None:
    learner.take(author.build(*NOTES))
    deck = learner.col.decks.get(learner.col.decks.id("Lab"))
    deck["desc"] = "mine"
    learner.col.decks.save(deck)
    learner.take(author.build(*NOTES))
    assert learner.col.decks.get(deck["id"])["desc"] == "mine"


def test_media_are_packed_and_used(author: Author, learner: Learner, tmp_path: Path) -> None:
    image = tmp_path / "x.svg"
    image.write_text("<svg xmlns='http://www.w3.org/2000/svg'/>")
    media = Media("x-1234.svg", image)
    learner.take(author.build(note("a", '<img src="x-1234.svg">'), media=(media,)))
    assert Path(learner.col.media.dir(), "x-1234.svg").read_bytes() == image.read_bytes()
    assert learner.faults() == []


def _sha256(*arguments: str, **environment: str) -> str:
    """The hash of a package that another process builds from the same notes."""
    code = (
        "import hashlib, sys; sys.path.insert(0, sys.argv[1]); from pathlib import Path\n"
        "from test_package import NOTES; from author import Author\n"
        "print(hashlib.sha256(Author(Path(sys.argv[2])).build(*NOTES).read_bytes()).hexdigest())"
    )
    command = [sys.executable, "-c", code, str(HERE), *arguments]
    return subprocess.run(command, env=os.environ | environment, check=True, text=True, stdout=subprocess.PIPE).stdout


def test_equal_decks_make_equal_bytes_in_every_process_and_time_zone(author: Author, tmp_path: Path) -> None:
    here = hashlib.sha256(author.build(*NOTES).read_bytes()).hexdigest()
    assert _sha256(str(tmp_path), TZ="Asia/Shanghai", PYTHONHASHSEED="1").strip() == here
    assert _sha256(str(tmp_path), TZ="America/New_York", PYTHONHASHSEED="2", LC_ALL="C").strip() == here


def test_the_collection_does_not_say_which_sqlite_wrote_it(author: Author) -> None:
    header = zipfile.ZipFile(author.build(*NOTES)).read("collection.anki2")[:100]
    assert header.startswith(b"SQLite format 3\0")
    assert header[96:] == bytes(4)


@pytest.mark.parametrize("moment", ["zipfile.ZipFile.writestr", "os.replace"])
def test_a_build_that_is_killed_leaves_the_old_package(author: Author, moment: str) -> None:
    path = author.build(*NOTES)
    old = path.read_bytes()
    module, _, name = moment.rpartition(".")
    code = (
        "import os, signal, sys, zipfile; sys.path.insert(0, sys.argv[1]); from pathlib import Path\n"
        "from test_package import NOTES; from author import Author\n"
        f"{module}.{name} = lambda *_: os.kill(os.getpid(), signal.SIGKILL)\n"
        "Author(Path(sys.argv[2])).build(*NOTES[:2])"
    )
    done = subprocess.run([sys.executable, "-c", code, str(HERE), str(author.folder)], check=False)
    assert done.returncode == -signal.SIGKILL
    assert path.read_bytes() == old


def test_a_package_that_cannot_be_finished_leaves_the_old_one_and_nothing_else(author: Author, tmp_path: Path) -> None:
    path = author.build(*NOTES)
    old = path.read_bytes()
    with pytest.raises(DeckgenError, match=r"gone\.svg"):
        author.build(*NOTES, media=(Media("gone.svg", tmp_path / "gone.svg"),))
    assert path.read_bytes() == old
    assert [entry.name for entry in author.folder.iterdir()] == [path.name]


def test_a_folder_that_is_a_file_is_named_with_the_reason(tmp_path: Path) -> None:
    (tmp_path / "build").write_text("in the way")
    with pytest.raises(DeckgenError, match=r"cannot write .*build/x\.apkg: "):
        package.write(Deck(DeckConfig("x", "X"), (), (), ()), tmp_path / "build" / "x.apkg")


def test_the_file_can_be_read_by_those_whom_the_umask_allows(author: Author) -> None:
    old = os.umask(0o022)
    try:
        mode = stat.S_IMODE(author.build(*NOTES).stat().st_mode)
    finally:
        os.umask(old)
    assert mode == 0o644


@pytest.mark.parametrize(
    ("change", "what"),
    [
        ({"fields": ("too few",)}, "19 fields"),
        ({"fields": ("a\x1fb", *[""] * 18)}, "19 fields"),
        ({"ordinals": ()}, "makes no card"),
        ({"tags": ("two words",)}, "tag"),
    ],
)
def test_what_anki_would_choke_on_is_not_written(author: Author, change: dict[str, object], what: str) -> None:
    with pytest.raises(DeckgenError, match=what):
        author.build(replace(NOTES[0], **change))
    assert not list(author.folder.iterdir())
