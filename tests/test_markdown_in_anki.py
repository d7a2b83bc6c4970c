"""Gaps and text as the real Anki shows them."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator
from html import unescape
from pathlib import Path

import pytest

from deckgen import markdown
from deckgen.deck import Fence, Markdown

Show = Callable[[str, int], tuple[str, str]]


class Hooks:
    """Code with its gaps, and formulas as they stand."""

    def fence(self, fence: Fence) -> str:
        return ""

    def inline_value(self, step: int) -> str:
        return "{a}::b}}"

    def code(self, text: str) -> str:
        return f"<code>{markdown.gapped(text, markdown.escape)}</code>"

    def math(self, tex: str, display: bool) -> str:
        return markdown.escape(tex)

    def image(self, src: str, alt: str, title: str) -> str:
        return ""


@pytest.fixture(scope="module")
def show(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Show]:
    """Question and answer of a card made of a field's HTML, as plain text."""
    collection = pytest.importorskip("anki.collection").Collection
    folder: Path = tmp_path_factory.mktemp("anki")
    anki = collection(str(folder / "collection.anki2"))
    cloze = anki.models.by_name("Cloze")

    def render(html: str, number: int) -> tuple[str, str]:
        note = anki.new_note(cloze)
        note["Text"] = html
        anki.add_note(note, 1)
        card = next(card for card in note.cards() if card.ord == number - 1)
        output = card.render_output()
        return plain(output.question_text), plain(output.answer_text)

    yield render
    anki.close()


def plain(html: str) -> str:
    return " ".join(unescape(re.sub(r"<[^>]*>", "", html)).split())


@pytest.mark.parametrize(
    ("source", "number", "question", "answer"),
    [
        ("a {{c1::b}} c", 1, "a [...] c", "a b c"),
        ("a {{c1::**b**::the `hint`: {x}}}", 1, "a [the hint: {x}]", "a b"),
        ("{{c1::`x[::2]`}}", 1, "[...]", "x[::2]"),
        ("`{{c1::x[::2]::step}}`", 1, "[step]", "x[::2]"),
        ('`{"a": {{c1::{"b": {}}}}}`', 1, '{"a": [...]}', '{"a": {"b": {}}}'),
        ("{{c1::`f'{a}'` and `{{}}`}}", 1, "[...]", "f'{a}' and {{}}"),
        ("{{c1::out {{c2::in}}}} {x}", 1, "[...] {x}", "out in {x}"),
        ("{{c1::out {{c2::in}}}} {x}", 2, "out [...] {x}", "out in {x}"),
        ("{{c1,2::both}} {{c3::one}}", 2, "[...] one", "both one"),
        ("{{c1::std\\:\\:x}} {{c2::y}}", 2, "std::x [...]", "std::x y"),
        ("{ {{c1::b}} {{x}} {{c1::no", 1, "{ [...] {{x}} {{c1::no", "{ b {{x}} {{c1::no"),
        ("{{c1::[l](https://a.b/?q=::}})}} z", 1, "[...] z", "l z"),
        ("`{python} x` {{c1::`{python} y`}}", 1, "{a}::b}} [...]", "{a}::b}} {a}::b}}"),
        ("[sound:a.mp3] {{c1::[latex]x[/latex]}}", 1, "[sound:a.mp3] [...]", "[sound:a.mp3] [latex]x[/latex]"),
    ],
)
def test_anki_asks_for_the_gap_and_shows_all_else_as_it_was_written(
    source: str, number: int, question: str, answer: str, show: Show
) -> None:
    tokens = markdown.parse(source)
    for token, _ in markdown.walk(tokens):
        if token.type == "inline_value":
            token.meta["step"] = 0
    assert show(markdown.to_html(Markdown(tokens), Hooks()), number) == (question, answer)
