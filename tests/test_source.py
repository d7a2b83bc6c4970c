"""A folder is read in study order, and what is wrong with it or its deck.toml is reported at its line."""

from __future__ import annotations

from pathlib import Path

import pytest

from deckgen import source
from deckgen.deck import CardFolder, Study
from deckgen.errors import DeckgenError, Problems

NOTE = "## A {#a}\n\nb\n"
TOML = 'id = "d"\ntitle = "D"\n'


def folder(root: Path, **files: str | bytes) -> Path:
    """Write `files` below `root`; `__` in a name stands for `/`, and names without a suffix are Markdown."""
    for name, content in files.items():
        path = root / name.replace("__", "/")
        path = path if path.suffix else path.with_suffix(".toml" if name == "deck" else ".md")
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_bytes(content if isinstance(content, bytes) else content.encode())
    return root


def read(root: Path) -> tuple[CardFolder, list[str]]:
    problems = Problems()
    cards = source.read(root, problems)
    return cards, [str(problem) for problem in problems]


def parts(cards: CardFolder) -> list[tuple[str, str]]:
    return [(file.part, file.path.name) for file in cards.files]


def test_deck_toml_is_read_whole(tmp_path: Path) -> None:
    toml = (
        TOML + 'language = "zh-CN"\ndescription = """\nx\n"""\n[parts]\np2 = "1 · B"\np1 = "2 · A"\n'
        "[study]\nnew_per_day = 10\nreviews_per_day = 100\ndesired_retention = 0.9\n"
    )
    cards, problems = read(folder(tmp_path, deck=toml, p1__a=NOTE, p2__b=NOTE, c=NOTE))
    assert not problems
    config = cards.config
    assert (config.id, config.title, config.language, config.description) == ("d", "D", "zh-CN", "x\n")
    assert config.parts == (("p2", "1 · B"), ("p1", "2 · A"))
    assert config.study == Study(10, 100, 0.9)
    assert parts(cards) == [("", "c.md"), ("p2", "b.md"), ("p1", "a.md")]


def test_files_stand_in_the_order_of_parts_and_then_of_names_and_some_names_are_no_cards(tmp_path: Path) -> None:
    names = ["b", "a", "README", "ERRATA", "_draft", "p__1A", "p__LICENSE", "p__q__z", "_x__a"]
    cards, _ = read(folder(tmp_path, **dict.fromkeys(names, NOTE), **{".hidden.md": NOTE, "notes.txt": NOTE}))
    assert parts(cards) == [("", "a.md"), ("", "b.md"), ("p", "1A.md"), ("p/q", "z.md")]


def test_a_byte_order_mark_and_windows_line_ends_are_taken_away(tmp_path: Path) -> None:
    cards, _ = read(folder(tmp_path, a=b"\xef\xbb\xbf# T\r\n\r\nx\ry\n"))
    assert cards.files[0].text == "# T\n\nx\ny\n"


def test_a_folder_without_deck_toml_is_named_after_itself_and_has_no_id_yet(tmp_path: Path) -> None:
    cards, problems = read(folder(tmp_path / "我的卡片", b__c__x=NOTE))
    assert not problems
    assert (cards.config.id, cards.config.title) == ("", "我的卡片")
    assert source.subdeck(cards.config, "b/c") == "我的卡片::b::c"


def test_subdecks_are_named_after_their_parts(tmp_path: Path) -> None:
    cards, _ = read(folder(tmp_path, deck=TOML + '[parts]\np = "P 1"\n', p__a=NOTE, p__q__b=NOTE))
    assert source.subdeck(cards.config, "") == "D"
    assert source.subdeck(cards.config, "p") == "D::P 1"
    assert source.subdeck(cards.config, "p/q") == "D::P 1::q"


def test_names_of_files_are_as_a_person_would_type_them(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    folder(tmp_path / "cards", a=NOTE)
    monkeypatch.chdir(tmp_path)
    assert read(tmp_path / "cards")[0].files[0].name == "cards/a.md"
    monkeypatch.chdir("/")
    monkeypatch.chdir(tmp_path / "cards")
    assert read(Path("../cards"))[0].files[0].name == "a.md"


def test_no_folder_at_all_stops_the_run(tmp_path: Path) -> None:
    for path in (tmp_path / "none", folder(tmp_path, a=NOTE) / "a.md"):
        with pytest.raises(DeckgenError, match="not a folder"):
            source.read(path, Problems())


CONFIGS = {
    "broken": ('id = "d"\ntitle = D\n', 2, "not TOML", ""),
    "unclosed": ('id = "d"\ntitle = "D\n', 2, "not TOML", ""),
    "unknown key": (TOML + 'lang = "en"\n', 3, "`lang`", "`language`"),
    "key of another type": ('id = "d"\ntitle = 5\n', 2, "`title`", 'title = "…"'),
    "no id": ('title = "D"\n', 1, "no `id`", 'id = "…"'),
    "no title": ('id = "d"\n', 1, "no `title`", 'title = "…"'),
    "bad id": ('title = "D"\nid = "我"\n', 2, "lower-case", "my-deck"),
    "deck inside a deck": ('id = "d"\ntitle = "A::B"\n', 2, "`::`", "·"),
    "parts of another type": (TOML + "parts = []\n", 3, "`parts`", "[parts]"),
    "part that does not exist": (TOML + '[parts]\np = "1"\nq = "2"\n', 5, "no folder `q`", "`p`"),
    "part without a title": (TOML + "[parts]\np = 1\n", 4, "`parts.p`", "…"),
    "unknown study key": (TOML + "[study]\nnew_per_dy = 1\n", 4, "`new_per_dy`", "`new_per_day`"),
    "study of another type": (TOML + '[study]\nnew_per_day = "1"\n', 4, "whole number", "10"),
    "a truth value is no number": (TOML + "[study]\nnew_per_day = true\n", 4, "whole number", "10"),
    "retention in percent": (TOML + "[study]\ndesired_retention = 90\n", 4, "0.7 to 0.99", "0.9"),
}


@pytest.mark.parametrize("case", CONFIGS)
def test_what_is_wrong_with_deck_toml_is_reported_at_its_line(case: str, tmp_path: Path) -> None:
    toml, line, what, instead = CONFIGS[case]
    _, problems = read(folder(tmp_path, deck=toml, p__a=NOTE))
    assert [p for p in problems if f"deck.toml:{line}: " in p and what in p and instead in p], problems


def test_a_folder_that_is_no_part_is_reported_when_parts_are_named(tmp_path: Path) -> None:
    _, problems = read(folder(tmp_path, deck=TOML + '[parts]\np = "P"\n', p__a=NOTE, q__b=NOTE))
    assert len(problems) == 1
    assert "q/b.md:1: the folder `q` is not among the [parts]" in problems[0]
    assert 'q = "Title"' in problems[0]


def test_part_titles_that_do_not_sort_in_study_order_are_reported_with_titles_that_do(tmp_path: Path) -> None:
    toml = TOML + '[parts]\np = "First"\nq = "Further"\nr = "Early"\n'
    _, problems = read(folder(tmp_path, deck=toml, p__a=NOTE, q__b=NOTE, r__c=NOTE))
    assert len(problems) == 1
    assert "deck.toml:6: Anki sorts decks by name" in problems[0]
    proposed = [line.split('"')[1] for line in problems[0].splitlines()[1:]]
    assert proposed == sorted(proposed) == ["1 · First", "2 · Further", "3 · Early"]


def test_a_folder_without_cards_is_reported(tmp_path: Path) -> None:
    _, problems = read(folder(tmp_path, README="x"))
    assert len(problems) == 1
    assert "no card files" in problems[0]


def test_a_file_that_is_not_utf_8_is_reported_at_its_line_and_the_others_are_read(tmp_path: Path) -> None:
    cards, problems = read(folder(tmp_path, a="## A\n\n中".encode("gbk"), b=NOTE))
    assert len(problems) == 1
    assert "a.md:3: this file is not UTF-8, save it as UTF-8" in problems[0]
    assert parts(cards) == [("", "b.md")]
