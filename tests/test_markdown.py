"""The dialect: what a text becomes, where its gaps are, and that no text breaks Anki."""

from __future__ import annotations

import re

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from deckgen import markdown
from deckgen.deck import Fence, Markdown
from deckgen.markdown import Close, Open


class Plain:
    """Hooks that show things in the plainest way."""

    def fence(self, fence: Fence) -> str:
        return f"<pre>{markdown.escape(fence.code)}</pre>"

    def inline_value(self, step: int) -> str:
        return f"<output>{step}</output>"

    def code(self, text: str) -> str:
        return f"<code>{markdown.gapped(text, markdown.escape)}</code>"

    def math(self, tex: str, display: bool) -> str:
        return f"\\[{markdown.escape(tex)}\\]" if display else f"\\({markdown.escape(tex)}\\)"

    def image(self, src: str, alt: str, title: str) -> str:
        return f"<img src={src} alt={alt} title={title}>"


def html(text: str) -> str:
    return markdown.to_html(Markdown(markdown.parse(text)), Plain())


def text(source: str) -> str:
    return markdown.to_text(Markdown(markdown.parse(source)))


# --- Gaps --------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("written", "pieces"),
    [
        ("a {{c1::b}} c", ["a ", Open((1,)), "b", Close(""), " c"]),
        ("{{c1,2::b::h}}", [Open((1, 2)), "b", Close("h")]),
        ("{{c1::x[::2]}}", [Open((1,)), "x[::2]", Close("")]),
        ("{{c1::x[::2]::step}}", [Open((1,)), "x[::2]", Close("step")]),
        ("x[{{c1::::2}}]", ["x[", Open((1,)), "::2", Close(""), "]"]),
        ("{{c1::a::b::c}}", [Open((1,)), "a", Close("b::c")]),
        ('{{c1::{"a": {"b": {}}}}}', [Open((1,)), '{"a": {"b": {}}}', Close("")]),
        ("{{{c1::x}}}", ["{", Open((1,)), "x", Close(""), "}"]),
        ("{'a': {{c1::1}}}", ["{'a': ", Open((1,)), "1", Close(""), "}"]),
        ("{{c1::a {{c2::b}} c}}", [Open((1,)), "a ", Open((2,)), "b", Close(""), " c", Close("")]),
        ("{{c1::a {{c2::b::h}}::k}}", [Open((1,)), "a ", Open((2,)), "b", Close("h"), Close("k")]),
        ("{{c1::print({}}", [Open((1,)), "print({", Close("")]),
        ("{{c1::open", ["{{c1::open"]),
        ("{{c1::a {{c2::b}}", ["{{c1::a ", Open((2,)), "b", Close("")]),
        ("{{x}} {{c::y}} {{c1:z}}", ["{{x}} {{c::y}} {{c1:z}}"]),
        ("{{c1::f'{a}{b}'}}", [Open((1,)), "f'{a}{b}'", Close("")]),
    ],
)
def test_cloze_marks_are_found_where_the_rule_says(written: str, pieces: list[object]) -> None:
    assert list(markdown.cloze_pieces(written)) == pieces


MARKS = st.sampled_from(["{{c1::", "{{c2,3::", "}}", "::", "{", "}", "[", "]", "x", "中", "\n", "{{c9::a}}"])
MARKED = st.lists(st.one_of(MARKS, st.text(max_size=3)), max_size=30).map("".join)


@given(MARKED)
def test_the_pieces_of_a_text_joined_give_the_text_back(written: str) -> None:
    opened: list[int] = []
    parts = []
    for piece in markdown.cloze_pieces(written):
        if isinstance(piece, Open):
            opened.append(1)
            parts.append("{{c" + ",".join(map(str, piece.ordinals)) + "::")
        elif isinstance(piece, Close):
            opened.pop()
            parts.append(f"::{piece.hint}}}}}" if piece.hint else "}}")
        else:
            parts.append(piece)
    assert not opened
    assert re.sub(r"0+(?=\d)", "", "".join(parts)) == re.sub(r"0+(?=\d)", "", written)


BALANCED = st.recursive(
    st.text(alphabet="ab x=.:1,'\"\n中", max_size=8).filter(lambda s: "::" not in s),
    lambda inner: st.builds(lambda a, b, c: f"{a}{b[0]}{c}{b[1]}", inner, st.sampled_from(["()", "[]", "{}"]), inner),
    max_leaves=6,
)


@given(BALANCED, BALANCED, BALANCED, st.sampled_from(["", "提示", "a hint"]))
def test_code_with_its_marks_stripped_is_the_code_before_marks_were_put_in(a: str, b: str, c: str, hint: str) -> None:
    gap = f"x{b}"
    marked = f"{a}{{{{c1::{gap}{'::' if hint else ''}{hint}}}}}{c}"
    assert markdown.without_marks(marked) == a + gap + c


def test_gaps_in_prose_hold_code_and_bold_text_and_take_hints() -> None:
    assert html("{{c1::**x** `d = {}}}` $y$::see `it`}}") == (
        "<p>{{c1::<strong>x</strong> <code>d = {&#125;&#125;&#125;</code> \\(y\\)::see it}}</p>"
    )


def test_a_gap_is_escaped_so_that_anki_sees_its_real_end_and_hint() -> None:
    assert html("{{c1::std:\\:x}}") == "<p>{{c1::std&#58;&#58;x}}</p>"
    assert html("{{c1::<b>{a}</b>}}") == "<p>{{c1::<b>{a&#125;</b>}}</p>"
    assert html("{{c1::[x](https://a.b/?q=::)}}") == '<p>{{c1::<a href="https://a.b/?q=&#58;&#58;">x</a>}}</p>'


@pytest.mark.parametrize("written", ["**a {{c1::b** c}}", "{{c1::a *b}} c*", "*{{c1::a* b::h}}", "{{c1::*x::h*}}"])
def test_a_gap_that_crosses_other_markup_is_left_as_text_and_marked_as_a_fault(written: str) -> None:
    children = [child for token in markdown.parse(written) for child in token.children or ()]
    assert not [child for child in children if child.type.startswith("cloze")]
    assert [child for child in children if child.type == "fault"]
    assert "&#123;{c1::" in html(written)


# --- Text that Anki must not take for something else -------------------------------------------


def test_braces_math_marks_and_sound_marks_in_text_stay_text() -> None:
    assert html("{{x}} {{{") == "<p>&#123;{x}} &#123;&#123;&#123;</p>"
    assert html(r"a \\(b\\) \\[c\\]") == r"<p>a \<span></span>(b\) \<span></span>[c\]</p>"
    assert html("[sound:a.mp3] [latex] [$]") == "<p>&#91;sound:a.mp3] &#91;latex] &#91;$]</p>"
    assert html("a < b & c") == "<p>a &lt; b &amp; c</p>"


def test_control_characters_that_break_an_import_are_dropped() -> None:
    assert html("a\x1fb\x07") == "<p>ab</p>"


@given(st.text())
def test_escaped_text_has_no_tag_field_cloze_or_math_mark_in_it(written: str) -> None:
    escaped = markdown.escape(written).replace("<span></span>", "\0")
    for mark in ("<", ">", "{{", "\\(", "\\[", "[sound:", "[latex]", "\x1f"):
        assert mark not in escaped


# --- Blocks ------------------------------------------------------------------------------------


def test_money_is_not_math_and_math_is() -> None:
    assert html("$5 and $6, or $7") == "<p>$5 and $6, or $7</p>"
    assert html("$x^2$ 在 3 处是 9") == "<p>\\(x^2\\) 在 3 处是 9</p>"
    assert html("costs $5 and `a$b`") == "<p>costs $5 and <code>a$b</code></p>"
    assert html("a $$x$$ b") == "<p>a \\[x\\] b</p>"
    assert html("$$\na < b\n$$") == "\\[a &lt; b\\]"
    assert html(r"\$x\$") == "<p>$x$</p>"


def test_callouts_are_boxes_and_a_rhyme_keeps_its_lines() -> None:
    assert html("> [!rhyme]\n> 一\n> 二") == '<div class="callout rhyme">\n<p>一<br>\n二</p>\n</div>'
    assert html("> [!TIP]\n>\n> a") == '<div class="callout tip">\n<p>a</p>\n</div>'
    assert html("> plain") == "<blockquote>\n<p>plain</p>\n</blockquote>"


def test_a_line_break_between_two_chinese_characters_makes_no_space() -> None:
    assert html("中文\n换行\nword\n字") == "<p>中文换行\nword\n字</p>"


def test_links_to_cards_lead_nowhere_and_others_where_they_say() -> None:
    assert html("[a](#b) [c](d.md#e)") == ('<p><span class="card-link">a</span> <span class="card-link">c</span></p>')
    assert html("[a](https://x.y/路?a=1&b)") == '<p><a href="https://x.y/路?a=1&amp;b">a</a></p>'
    assert html("https://x.y") == '<p><a href="https://x.y">https://x.y</a></p>'


def test_images_keep_their_address_as_it_was_written() -> None:
    assert html('![图 `a`](media/图.svg "t")') == "<p><img src=media/图.svg alt=图 a title=t></p>"


def test_comments_are_gone_and_other_html_passes() -> None:
    assert html("<!-- {{c1::x}} -->\n\na <!-- b --> <kbd>c</kbd> {{c1::<i>d</i>}}") == (
        "<p>a  <kbd>c</kbd> {{c1::<i>d</i>}}</p>"
    )


def test_tables_and_task_lists_come_out_as_html() -> None:
    assert '<td style="text-align:right">' in html("|a|\n|-:|\n|b|")
    assert html("- [x] a\n- b") == (
        '<ul>\n<li class="task"><input type="checkbox" disabled checked> a</li>\n<li>b</li>\n</ul>'
    )


def test_plain_text_has_no_markup_and_no_marks() -> None:
    assert text("**a** `{{c1::b}}` {{c1::c::h}}\n$d$ [e](#f) ![g](h)") == "a b c d e g"


def test_a_list_is_cut_into_what_is_chosen_and_why() -> None:
    cut = markdown.list_items(Markdown(markdown.parse("q\n\n- [x] a **b**\n\n  why\n- [ ] c\n\nafter")))
    assert cut
    assert [item.checked for item in cut.items] == [True, False]
    assert [item.line for item in cut.items] == [3, 6]
    first = cut.items[0]
    assert markdown.to_html(first.option, Plain()) == "a <strong>b</strong>"
    assert markdown.to_html(first.explanation, Plain()) == "<p>why</p>"
    assert not cut.items[1].explanation
    assert (markdown.to_text(cut.before), markdown.to_text(cut.after)) == ("q", "after")


def test_a_numbered_list_is_cut_when_it_is_asked_for() -> None:
    piece = Markdown(markdown.parse("1. a\n2. b"))
    cut = markdown.list_items(piece, ordered=True)
    assert cut
    assert [markdown.to_text(item.option) for item in cut.items] == ["a", "b"]
    assert markdown.list_items(piece) is None


def test_every_token_and_its_children_know_their_line() -> None:
    source = "a\nb `c`\n\n> - d\n>   *e*\n"
    lines = {t.content or t.markup: line for t, line in markdown.walk(markdown.parse(source)) if t.type != "inline"}
    assert (lines["a"], lines["c"], lines["d"], lines["e"]) == (1, 2, 4, 5)


# --- Anything at all ---------------------------------------------------------------------------

WORDS = "--- {#a} {{c1:: }} :: ` ``` | $ $$ ** * _ <!-- --> <b> [a](#b) ![i](x) ~~ 😀 字 ： https://a.b"
BITS = st.sampled_from(
    [
        *("\n", "\n\n", "## ", "> ", "> [!rhyme]\n", "- [x] ", "1. ", "| a | b |\n|---|---|\n", "{python} x", "    "),
        *("\t", "\u200f", "\ufeff", "\ufffc", "\x00", "\x0b", "\u2028", "\\"),
        *WORDS.split(),
    ]
)
ANYTHING = st.one_of(st.text(), st.lists(st.one_of(BITS, st.text(max_size=4)), max_size=40).map("".join))


@settings(max_examples=300, deadline=None)
@given(ANYTHING)
def test_no_text_makes_parsing_or_rendering_fail(written: str) -> None:
    html(written)
    text(written)


@settings(max_examples=300, deadline=None)
@given(ANYTHING)
def test_gaps_in_the_html_open_and_close_in_pairs(written: str) -> None:
    tokens = [t for t, _ in markdown.walk(markdown.parse(written))]
    prose = [t for t in tokens if t.type in ("cloze_open", "cloze_close")]
    depth = 0
    for token in prose:
        depth += token.nesting
        assert depth >= 0
    assert depth == 0
