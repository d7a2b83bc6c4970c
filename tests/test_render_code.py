"""Highlighted code, and gaps in it, as the real Anki shows them."""

import re
from collections.abc import Iterator
from html import unescape

import pytest
from anki.collection import Collection
from hypothesis import given
from hypothesis import strategies as st

from deckgen.markdown import cloze_pieces, without_marks
from deckgen.render import code


def text_of(html: str) -> str:
    return unescape(re.sub(r"<[^>]+>", "", html))


@pytest.fixture(scope="module")
def collection(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Collection]:
    collection = Collection(str(tmp_path_factory.mktemp("anki") / "collection.anki2"))
    yield collection
    collection.close()


def sides(collection: Collection, html: str) -> dict[int, tuple[str, str]]:
    """Front and back of each card that Anki makes of a cloze note with this text, by number."""
    kind = collection.models.by_name("Cloze")
    assert kind
    note = collection.new_note(kind)
    note["Text"] = html
    collection.add_note(note, collection.decks.id("Default"))  # type: ignore[arg-type]
    outputs = {card.ord + 1: card.render_output() for card in note.cards()}
    collection.remove_notes([note.id])
    return {n: (out.question_text, out.answer_text.removesuffix("<br>\n")) for n, out in outputs.items()}


GAPS = {
    "slice": ("x[{{c1::::2}}]", {1: "x[[...]]"}),
    "colons inside": ("std{{c1::::vector}}", {1: "std[...]"}),
    "dictionary": ('d = {{c1::{"a": {"b": 1}}}}', {1: "d = [...]"}),
    "f-string": ('f"{{c1::{x!r:>{w}}}}"', {1: 'f"[...]"'}),
    "hint": ("x.{{c1::detach()::cut}}", {1: "x.[cut]"}),
    "several in a line": ("{{c1::a}} = {{c2::b}} + {{c1::c}}", {1: "[...] = b + [...]", 2: "a = [...] + c"}),
    "nested": ("{{c1::f({{c2::x}})}}", {1: "[...]", 2: "f([...])"}),
    "several lines": ("for i in {{c1::x:\n    print(i)\n}}done", {1: "for i in [...]done"}),
    "inside a token": ('"ab{{c1::cd}}ef"', {1: '"ab[...]ef"'}),
    "markup": ("{{c1::a < b}} and '<b>&amp;</b>'", {1: "[...] and '<b>&amp;</b>'"}),
    "two numbers": ("{{c1,2::x}} + y", {1: "[...] + y", 2: "[...] + y"}),
}


@pytest.mark.parametrize("name", GAPS)
def test_gaps_in_a_fence_hide_exactly_their_code_in_the_real_anki(collection: Collection, name: str) -> None:
    marked, fronts = GAPS[name]
    plain = without_marks(marked)
    cards = sides(collection, code.block(plain, "python", marked))
    assert {n: text_of(front) for n, (front, _) in cards.items()} == fronts
    assert {text_of(back) for _, back in cards.values()} == {plain}


@pytest.mark.parametrize("name", GAPS)
def test_gaps_in_a_code_span_do_too(collection: Collection, name: str) -> None:
    marked, fronts = GAPS[name]
    cards = sides(collection, code.span(marked))
    assert {n: text_of(front) for n, (front, _) in cards.items()} == fronts
    assert {text_of(back) for _, back in cards.values()} == {without_marks(marked)}


@pytest.mark.parametrize("name", GAPS)
def test_a_mark_never_stands_inside_a_span(name: str) -> None:
    marked, _ = GAPS[name]
    html = code.inside(without_marks(marked), "python", marked)
    for span in re.findall(r"<span[^>]*>(.*?)</span>", html, re.DOTALL):
        assert "{{" not in span
        assert "}}" not in span


TOKENS = st.sampled_from(
    ["x", " ", "\n", "::", "{", "}", "{{c1::", "}}", '"', "'", "#", "def f():", "1.5", "<", "&", "é"]
)


@given(st.lists(TOKENS, max_size=30).map("".join))
def test_highlighting_keeps_every_character_whatever_the_code(marked: str) -> None:
    plain = without_marks(marked)
    assert "".join(text for _, text in code.highlight(plain, "python")) == plain
    html = code.inside(plain, "python", marked)
    shown = text_of("".join(piece for piece in cloze_pieces(html) if isinstance(piece, str)))
    # Only a gap may hold a hint, and what stands before the hint is what is shown.
    if "::" not in without_marks(plain):
        assert shown.rstrip("\n") == plain.rstrip("\n")


@given(st.text(st.characters(blacklist_categories=["Cs", "Cc"]) | st.sampled_from("\n\t"), max_size=60))
def test_any_text_is_shown_as_it_is_in_any_language(text: str) -> None:
    for language in ("python", "", "no-such-language", "json", "pytb"):
        assert text_of(code.inside(text, language)) == text.rstrip("\n")


def test_each_line_of_an_order_is_highlighted_as_part_of_the_whole() -> None:
    lines = code.lines('def f():\n    """one\n    two"""\n    return 1\n', "python")
    assert len(lines) == 4
    assert lines[2] == '<span class="hc">    two&quot;&quot;&quot;</span>'


def test_names_that_are_called_are_told_from_others() -> None:
    html = code.inside("torch.ones(2) + ones", "python")
    assert html.count('class="hf"') == 1
    assert '<span class="hf">ones</span>(' in html


@pytest.mark.parametrize("language", ["python", "py", "python3"])
def test_python_has_three_names(language: str) -> None:
    assert '<span class="hk">import</span>' in code.inside("import x", language)


def test_an_unknown_language_is_plain_code() -> None:
    assert code.inside("import x", "brainfudge") == "import x"
