"""The published note types: what can never change, what a phone has to load, what can be read."""

import re
from pathlib import Path

import pytest

from deckgen.deck import DeckConfig, NoteType
from deckgen.notetypes import FIELDS, for_deck
from deckgen.notetypes.words import _CATALOGUE, voice_for, words_for
from deckgen.render import outputs

RUNTIME = {"python": "3.11", "torch": "2.13.0"}
PUBLISHED = [
    "Front", "Back", "Kind", "Solution", "Reverse", "Speech", "Setup", "Section", "ID", "Proof", "Source",
    "Spare 1", "Spare 2", "Spare 3", "Spare 4", "Spare 5", "Spare 6", "Spare 7", "Spare 8",
]  # fmt: skip


def types(deck: str = "demo", language: str = "en", **others: str) -> tuple[NoteType, NoteType]:
    return for_deck(DeckConfig(deck, "Demo", language), RUNTIME, **others)


def sides(kind: NoteType) -> list[str]:
    return [side for template in kind.templates for side in (template.front, template.back)]


def test_both_types_have_the_published_fields_with_ids_from_one() -> None:
    for kind in types():
        assert list(kind.fields) == list(enumerate(PUBLISHED, start=1))
    assert list(FIELDS) == PUBLISHED


def test_templates_keep_their_ids_and_the_spare_one_is_not_empty() -> None:
    normal, cloze = types()
    assert [(t.id, t.name) for t in normal.templates] == [(1, "Card"), (2, "Reverse"), (3, "Spare")]
    assert [(t.id, t.name) for t in cloze.templates] == [(1, "Cloze")]
    assert normal.templates[2].front == "{{#Spare 8}}{{Spare 8}}{{/Spare 8}}"


def test_the_ids_of_a_deck_never_change() -> None:
    normal, cloze = types("torch-autograd")
    assert (normal.id, cloze.id) == (1481049381744491, 6964901383073315)
    assert (normal.name, cloze.name) == ("torch-autograd (deckgen)", "torch-autograd cloze (deckgen)")
    assert (normal.key, cloze.key) == ("normal", "cloze")


@pytest.mark.parametrize("change", [{"language": "zh-CN"}, {"theme": ".card { color: red }"}])
def test_words_and_style_change_neither_ids_nor_fields(change: dict[str, str]) -> None:
    for before, after in zip(types(), types(**change), strict=True):
        assert (before.id, before.name, before.fields) == (after.id, after.name, after.fields)
        assert [(t.id, t.name) for t in before.templates] == [(t.id, t.name) for t in after.templates]


def test_two_decks_share_no_note_type() -> None:
    ids = [kind.id for deck in ("a", "b", "a/b", "") for kind in types(deck)]
    assert len(set(ids)) == len(ids)
    assert all(0 < number < 2**53 for number in ids)


def test_the_front_of_the_second_card_is_empty_without_a_reverse() -> None:
    front = types()[0].templates[1].front
    assert front.startswith("{{#Reverse}}")
    assert front.endswith("{{/Reverse}}")
    assert "{{Reverse}}" in front


def test_templates_name_only_fields_that_exist_and_leave_no_mark_of_their_own() -> None:
    for kind in types(language="zh-CN"):
        for side in sides(kind):
            assert not re.search(r"\[\[[a-z_]+\]\]", side)
            for mark in re.findall(r"\{\{(.*?)\}\}", side, re.DOTALL):
                assert re.sub(r"^[#/^]|^cloze:|^tts [a-z]{2}_[A-Z]{2}:", "", mark) in FIELDS, mark
            assert side.count("{{") == len(re.findall(r"\{\{[^{}\n]+\}\}", side))


def test_the_version_that_ran_stands_in_the_templates_and_is_told_per_proof() -> None:
    back = types()[0].templates[0].back
    assert "run with torch 2.13.0" in back
    assert "run with python 3.11" in back
    assert 'data-proof="{{Proof}}"' in back
    older = for_deck(DeckConfig("demo", "Demo"), RUNTIME | {"torch": "2.12.0"})[0]
    assert "torch 2.12.0" in older.templates[0].back


def test_the_voice_reads_the_language_of_the_deck_and_only_where_there_is_speech() -> None:
    back = types(language="zh-CN")[0].templates[0].back
    assert re.search(r"\{\{#Speech\}\}.*\{\{tts zh_CN:Speech\}\}.*\{\{/Speech\}\}", back)
    assert [voice_for(tag) for tag in ("zh-CN", "en", "pt-PT", "fr", "zh-Hant-TW")] == [
        "zh_CN", "en_US", "pt_PT", "fr_FR", "zh_TW",
    ]  # fmt: skip


def test_every_language_of_the_catalogue_has_every_word() -> None:
    assert {name: words.keys() ^ _CATALOGUE["en"].keys() for name, words in _CATALOGUE.items()} == {
        name: set() for name in _CATALOGUE
    }
    assert words_for("zh-CN")["choice"] == "单选"
    assert words_for("tlh") is words_for("en-GB")


def test_the_words_on_the_card_follow_the_language() -> None:
    assert "单选" in types(language="zh-CN")[0].css
    assert "Choose one" in types(language="en")[0].css
    assert "准备代码" in types(language="zh")[0].templates[0].back


@pytest.mark.parametrize("language", ["zh-CN", "en"])
def test_style_and_scripts_of_a_note_type_stay_under_20_kb(language: str) -> None:
    """Counted once: what the scripts of both sides share, word list and all, and what each adds."""
    for kind in types(language=language):
        scripts = {script for side in sides(kind) for script in re.findall(r"<script>(.*?)</script>", side, re.DOTALL)}
        pieces = {part for script in scripts for part in re.split(r"(?=const state\b)", script, maxsplit=1)}
        assert len(pieces) == (3 if kind.key == "normal" else 0)
        assert len((kind.css + "".join(pieces)).encode()) < 20_000


def test_a_theme_comes_after_everything_else() -> None:
    css = types(theme=":root { --accent: #123456 }")[0].css
    assert css.rstrip().endswith(":root { --accent: #123456 }")


def test_every_variable_of_the_style_is_documented() -> None:
    documented = (Path(__file__).parent.parent / "docs" / "design.md").read_text("utf-8")
    names = set(re.findall(r"--[a-z]+(?=:)", types()[0].css))
    assert names == set(re.findall(r"`(--[a-z]+)`", documented))


def test_the_night_is_told_by_its_class_alone() -> None:
    css = types()[0].css
    assert ".nightMode{" in css
    assert "prefers-color-scheme" not in css
    assert not re.search(r"@import|url\(|@font-face", css)


def luminance(colour: str) -> float:
    digits = colour.lstrip("#")
    digits = "".join(d * 2 for d in digits) if len(digits) == 3 else digits
    parts = [int(digits[n : n + 2], 16) / 255 for n in (0, 2, 4)]
    red, green, blue = (p / 12.92 if p <= 0.04045 else ((p + 0.055) / 1.055) ** 2.4 for p in parts)
    return 0.2126 * red + 0.7152 * green + 0.0722 * blue


def contrast(one: str, other: str) -> float:
    dark, light = sorted((luminance(one), luminance(other)))
    return (light + 0.05) / (dark + 0.05)


TEXT = ("ink", "soft", "accent", "good", "bad", "care", "leaf")
TOKENS = ("keyword", "string", "number", "comment", "call", "fault")


@pytest.mark.parametrize("theme", [":root", ".nightMode"])
def test_every_colour_of_text_and_code_reaches_a_contrast_of_4_5(theme: str) -> None:
    block = re.search(re.escape(theme) + r"\{(.*?)\}", types()[0].css, re.DOTALL)
    assert block
    colours = dict(re.findall(r"--([a-z]+):(#[0-9a-f]{3,6})", block[1]))
    grounds = ("page", "sheet", "code", "tint")
    pairs = [(name, ground) for name in (*TEXT, *TOKENS) for ground in grounds]
    weak = {pair: round(contrast(colours[pair[0]], colours[pair[1]]), 2) for pair in pairs}
    assert not {pair: value for pair, value in weak.items() if value < 4.5}
    # Light on dark where a colour is the ground: buttons and marks.
    assert min(contrast(colours["page"], colours[name]) for name in ("accent", "good", "bad")) >= 4.5
    # Lines of figures.
    shown = [re.sub(r"var\(--|\)", "", to) for to in outputs._COLOURS.values() if to != "currentColor"]
    assert min(contrast(colours[name], colours["sheet"]) for name in (*shown, "ink")) >= 3
    # Edges of what can be tapped.
    assert contrast(colours["edge"], colours["sheet"]) >= 3
