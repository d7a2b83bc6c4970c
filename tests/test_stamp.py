"""The stamp: a build is skipped only if nothing that it depends on has changed and its file still stands."""

from collections.abc import Callable
from pathlib import Path

import pytest

from deckgen import stamp


@pytest.fixture
def cards(tmp_path: Path) -> Path:
    root = tmp_path / "cards"
    (root / "part1").mkdir(parents=True)
    (root / "part1" / "a.md").write_text("## A {#a}\n")
    (root / "deck.toml").write_text('id = "x"\n')
    return root


def edit(path: str) -> Callable[[Path], object]:
    return lambda root: (root / path).write_text("changed")


@pytest.mark.parametrize(
    "change",
    [
        edit("part1/a.md"),
        edit("deck.toml"),
        edit("part1/new.md"),
        edit("media.png"),
        lambda root: (root / "part1" / "a.md").rename(root / "part1" / "b.md"),
        lambda root: (root / "part1" / "a.md").unlink(),
    ],
)
def test_every_change_in_the_folder_changes_the_fingerprint(cards: Path, change: Callable[[Path], object]) -> None:
    before = stamp.fingerprint(cards, "options")
    change(cards)
    assert stamp.fingerprint(cards, "options") != before


def test_options_and_installed_versions_change_the_fingerprint(
    cards: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    before = stamp.fingerprint(cards, "options")
    assert stamp.fingerprint(cards, "other options") != before
    (tmp_path / "site" / "torch-9.9.dist-info").mkdir(parents=True)
    monkeypatch.syspath_prepend(str(tmp_path / "site"))
    assert stamp.fingerprint(cards, "options") != before


def test_what_a_build_itself_writes_into_the_folder_does_not_count(cards: Path) -> None:
    before = stamp.fingerprint(cards, "options")
    (cards / ".deckgen").mkdir()
    (cards / ".deckgen" / "cache.db").write_text("x")
    (cards / "deck.lock").write_text("x")
    assert stamp.fingerprint(cards, "options") == before


def test_a_report_is_recalled_only_while_its_file_is_the_one_it_wrote(tmp_path: Path) -> None:
    file, output = tmp_path / "s" / "built.json", tmp_path / "deck.apkg"
    output.write_bytes(b"deck")
    stamp.remember(file, "f", [output], {"notes": 3})
    assert stamp.recall(file, "f") == {"notes": 3}
    assert stamp.recall(file, "g") is None
    output.write_bytes(b"tampered")
    assert stamp.recall(file, "f") is None
    output.unlink()
    assert stamp.recall(file, "f") is None


@pytest.mark.parametrize("garbage", [b"", b"{", b"[]", b"\xff", b'{"fingerprint": "f"}'])
def test_a_garbled_stamp_is_no_stamp(tmp_path: Path, garbage: bytes) -> None:
    (tmp_path / "built.json").write_bytes(garbage)
    (tmp_path / "deck.apkg").write_bytes(b"deck")
    assert stamp.recall(tmp_path / "built.json", "f") is None
