"""A file becomes notes: front and back, kinds, gaps, rows, rhymes, and what is run."""

from __future__ import annotations

from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from deckgen import ids, markdown, parse
from deckgen.deck import Fence, InlineValue, Kind, Markdown, Note, Raises, Snippet, SourceFile
from deckgen.errors import Problems


def read(text: str, problems: Problems | None = None) -> tuple[Note, ...]:
    """The notes of `text`; if the caller takes no problems, there must be none."""
    found = Problems() if problems is None else problems
    notes = parse.parse(SourceFile(Path("part/a.md"), "part/a.md", "part", text), found)
    assert problems is not None or not list(found), [str(problem) for problem in found]
    return notes


def note(text: str) -> Note:
    (only,) = read(text)
    return only


def fences(piece: Markdown) -> list[Fence]:
    return [token.meta["fence"] for token in piece.tokens if token.type == "fence"]


def plain(piece: Markdown) -> str:
    return markdown.to_text(piece)


CODE = "```python\nprint(1)\n```\n"


# --- Files and sections ------------------------------------------------------------------------


def test_a_file_gives_its_notes_its_title_tags_source_and_setup() -> None:
    first, second = read(
        "---\ntags: [no, 1:30]\nsource: https://a.b\n---\n# T `x`\n\nintro\n\n" + CODE + "\n## A {#a}\n\nb\n\n"
        '## B {#b .reverse tag="t u" source="https://c.d"}\n\nc\n'
    )
    assert (first.section, first.part, plain(first.setup)) == ("T x", "part", "intro print(1)")
    assert first.tags == ("no", "1:30")
    assert (second.tags, second.source, second.kind) == (("no", "1:30", "t", "u"), "https://c.d", Kind.REVERSE)
    assert first.source == "https://a.b"
    assert (first.lines, second.lines) == ((13, 16), (17, 19))
    assert (first.location.line, str(second.location)) == (13, "part/a.md:17")


def test_the_title_of_the_front_matter_wins_over_the_heading_and_the_file_name_stands_in_for_both() -> None:
    assert note("---\ntitle: no\n---\n# T\n\n## A {#a}\n\nb").section == "no"
    assert note("## A {#a}\n\nb").section == "a"


def test_only_top_level_double_hashes_begin_a_note() -> None:
    only = note("## A {#a}\n\n### B\n\n> ## C\n\n- ## D\n\ntext")
    assert plain(only.back) == "B C D text"


def test_the_heading_is_the_title_without_its_attributes() -> None:
    assert plain(note("## 谁拿 `.grad` **x**？ {#a .basic}\n\nb").title) == "谁拿 .grad x？"
    assert plain(note("## dict {} {#a} ##\n\nb").title) == "dict {}"


# --- Front and back ----------------------------------------------------------------------------


def test_a_divider_cuts_front_from_back_and_other_rules_do_not() -> None:
    cut = note("## A {#a}\n\nf\n\n***\n\n> ---\n\n---\n\nb\n\n***\n")
    assert (plain(cut.front), plain(cut.back)) == ("f", "b")
    assert [token.type for token in cut.back.tokens][-1] == "hr"


def test_without_a_divider_the_heading_is_the_front_and_the_rest_the_back() -> None:
    only = note(f"## A {{#a}}\n\n{CODE}\ntext")
    assert not only.front
    assert plain(only.back) == "print(1) text"
    assert only.kind is Kind.BASIC


@pytest.mark.parametrize(
    ("heading", "asking", "kind"),
    [
        ("", "- [x] a\n- [ ] b", Kind.CHOICE),
        ("", "- [x] a\n- [x] b", Kind.MULTI),
        (".multi", "- [x] a\n- [ ] b", Kind.MULTI),
        (".judge", "- [ ] a", Kind.JUDGE),
        ("", "a {{c1::b}}", Kind.CLOZE),
        ("", "| a | b |\n|---|---|\n| c | {{c1::d}} |", Kind.CLOZE),
        ("", "- a\n- `{{c1::b}}`", Kind.CLOZE),
        ("", "$$\n{{c1::b}}\n$$", Kind.CLOZE),
        ("", "```python\nx = {{c1::1}}\n```", Kind.CLOZE),
        ("", "```python order\nx = 1\ny = 2\n```", Kind.ORDER),
        ("", "```python order graph=y\ny = (x * x).sin()\n```", Kind.ORDER),
        (".order", "1. a\n2. b", Kind.ORDER),
    ],
)
def test_without_a_divider_what_asks_belongs_to_the_front_with_all_above_it(
    heading: str, asking: str, kind: Kind
) -> None:
    only = note(f"## A {{#a {heading}}}\n\nabove\n\n{asking}\n\nbelow")
    assert only.kind is kind
    assert plain(only.front).startswith("above")
    assert plain(only.back) == "below"


def test_a_task_list_below_the_divider_is_an_ordinary_list() -> None:
    only = note("## A {#a}\n\nq\n\n---\n\n- [ ] a\n- [ ] b")
    assert only.kind is Kind.BASIC


@pytest.mark.parametrize(
    ("front", "kind"),
    [
        (CODE, Kind.PREDICT),
        ("```python raises=ValueError\nint('x')\n```", Kind.PREDICT),
        ("```python norun\nx\n```", Kind.BASIC),
        ("```python proof\nassert 1\n```", Kind.BASIC),
        ("```python show=front\n1\n```", Kind.BASIC),
        ("```text\nx\n```", Kind.BASIC),
        (f"> {CODE}".replace("\n", "\n> "), Kind.PREDICT),
    ],
)
def test_code_above_the_divider_is_predicted_if_it_runs_and_is_shown(front: str, kind: Kind) -> None:
    assert note(f"## A {{#a}}\n\n{front}\n\n---\n\nb").kind is kind


def test_type_in_asks_to_type_what_code_prints() -> None:
    only = note(f"## A {{#a .type-in}}\n\n{CODE}\n---\n")
    assert (only.kind, only.typed) == (Kind.PREDICT, True)


# --- Gaps --------------------------------------------------------------------------------------


def test_gaps_are_kept_by_number_with_their_text() -> None:
    only = note("## {{c1::A}} {#a}\n\n{{c2::b `c`::h}} {{c1::d {{c3,4::e}}}}\n\n```python\nx = {{c2::[1][::1]}}\n```")
    assert only.gaps == ((1, "A\nd e"), (2, "b c\n[1][::1]"), (3, "e"), (4, "e"))


def test_the_code_that_runs_is_the_code_without_the_marks() -> None:
    only = note("## A {#a}\n\n```python\nx = {{c1::{'a': {}}::dict}}[{{c2::::2}}]\n```\n")
    (fence,) = fences(only.front)
    assert fence.code == "x = {'a': {}}[::2]"
    assert fence.marked == "x = {{c1::{'a': {}}::dict}}[{{c2::::2}}]"
    (step,) = only.program.steps
    assert isinstance(step, Snippet)
    assert step.code == fence.code


@pytest.mark.parametrize("info", ["python nocloze", "python norun", "text", "", "jinja"])
def test_marks_in_a_fence_that_is_not_run_or_says_nocloze_are_plain_code(info: str) -> None:
    only = note(f"## A {{#a}}\n\n```{info}\nf'{{{{c1::x}}}}'\n```\n")
    (fence,) = fences(only.back)
    assert fence.code == fence.marked == "f'{{c1::x}}'"
    assert (only.kind, only.gaps) == (Kind.BASIC, ())


# --- Fences ------------------------------------------------------------------------------------


def test_all_fence_words_are_read() -> None:
    only = note(
        "## A {#a}\n\n"
        '```python hidden raises=torch.OutOfMemoryError match="second \\"time" show=front graph=z as=html timeout=2.5\n'
        "a\n\nb\n```\n"
    )
    (fence,) = fences(only.back)
    assert fence.words == {"hidden"}
    assert fence.raises == Raises("torch.OutOfMemoryError", 'second "time')
    assert (fence.show_front, fence.graph, fence.show_as, fence.timeout) == (True, "z", "html", 2.5)
    assert (fence.code, fence.location.line, fence.step) == ("a\n\nb", 4, 0)


def test_a_claim_is_taken_from_below_its_fence_and_never_reaches_the_card() -> None:
    only = note("## A {#a}\n\n- x\n\n  ```python\n  print(1)\n  ```\n\n  ```output\n  1\n    2\n  ```\n")
    (step,) = only.program.steps
    assert isinstance(step, Snippet)
    assert step.claim
    assert (step.claim.text, step.claim.lines, step.claim.location.line) == ("1\n  2\n", 2, 10)
    assert "output" not in str(only.back)
    assert fences(only.back)[0].claim == step.claim


def test_steps_are_numbered_through_setup_heading_and_body_in_the_order_of_the_text() -> None:
    first, second = read(
        f"# T\n\n{CODE}\n## A `{{python}} 1 + 1` {{#a}}\n\n- `{{python}} x`\n\n"
        "  ```python\n  print(1)\n  ```\n"
        "\n| a |\n|---|\n| `{python} a \\| b` |\n\n## B {#b}\n\nb `{python} y`\n"
    )
    assert first.program.setup == second.program.setup == 1
    assert [getattr(step, "expression", "code") for step in first.program.steps] == [
        "code", "1 + 1", "x", "code", "a | b",
    ]  # fmt: skip
    assert [step.location.line for step in first.program.steps] == [4, 7, 9, 12, 17]
    steps = [t.meta["step"] for t, _ in markdown.walk(first.back.tokens) if t.type == "inline_value"]
    assert steps == [2, 4]
    assert fences(first.back)[0].step == 3
    assert fences(first.setup)[0].step == 0
    last = second.program.steps[-1]
    assert isinstance(last, InlineValue)
    assert last.expression == "y"


def test_options_keep_their_explanations_and_proofs() -> None:
    only = note(
        "## A {#a .multi}\n\n- [x] a\n\n  why\n\n  ```python proof\n  assert 1\n  ```\n- [x] b\n\n  ```python proof\n"
        "  assert 2\n  ```\n\n---\n\nb"
    )
    cut = markdown.list_items(only.front)
    assert cut
    assert [plain(item.option) for item in cut.items] == ["a", "b"]
    assert [fences(item.explanation)[0].step for item in cut.items] == [0, 1]
    assert plain(cut.items[0].explanation) == "why assert 1"


# --- Notes made of notes -----------------------------------------------------------------------


def test_each_row_of_a_table_is_a_note_of_its_own_with_what_stands_around_the_table() -> None:
    one, two = read(
        f"## T {{#t .table}}\n\n{CODE}\n| 问 | 答 |\n| --- | --- |\n"
        "| a `b` {#r1} | **c** |\n| d {#r2} | `{python} 1` |\n"
        "\nafter\n"
    )
    assert (one.id, two.id, one.kind) == ("t/r1", "t/r2", Kind.TABLE)
    assert (plain(one.front), plain(one.back)) == ("print(1) a b", "c after")
    assert one.columns
    assert [plain(column) for column in one.columns] == ["问", "答"]
    assert (one.location.line, two.location.line, one.lines) == (9, 10, (1, 12))
    assert one.program is two.program
    assert plain(one.title) == "T"


def test_a_rhyme_in_a_note_becomes_a_note_after_it() -> None:
    parent, rhyme = read("## A {{c1::x}} {#a}\n\n---\n\nb\n\n> [!rhyme]\n> 一，\n> 二。\n\nc\n")
    assert (rhyme.id, rhyme.kind, rhyme.gaps, rhyme.location.line) == ("a/rhyme", Kind.RHYME, (), 7)
    assert (plain(rhyme.title), plain(rhyme.front), plain(rhyme.back)) == ("A x", "", "一， 二。")
    assert "c" in plain(parent.back)
    assert rhyme.program is parent.program


@pytest.mark.parametrize(
    "body", ["一\n二\n\n***\n\nafter", "> [!rhyme]\n> 一\n> 二\n\n***\n\nafter", "一\n二\n\n---\n\n***\n\nafter"]
)
def test_a_rhyme_note_has_its_rhyme_as_a_callout_at_the_head_of_the_back(body: str) -> None:
    only = note(f"## A {{#a .rhyme}}\n\n{body}\n")
    assert only.kind is Kind.RHYME
    assert only.back.tokens[0].type == "callout_open"
    assert (plain(only.front), plain(only.back)) == ("", "一 二 after")


# --- Code is left alone ------------------------------------------------------------------------

DELIMITERS = [
    *("---", "## x {#y}", "# x", "{{c1::x}}", "$5 and $6", "$$", "- [x] a", "> [!tip]", "> [!rhyme]", "**重点：**后"),
    *("[^1]", "| a | b |\n|---|---|\n| c | d |", "<script>", "<!--", "`{python} x`", "```", "~~~", "\tx", "{#id}"),
    *("x\t# 😀 \u200fשלום", "[a](#nowhere)", "***", "    indented", "\ufeff", "```python", "```output"),
]
CONTAINERS = {"plain": ("", ""), "list": ("- a\n\n  ", "  "), "quote": ("> ", "> "), "deep": ("> - a\n>\n>   ", ">   ")}


@given(
    lines=st.lists(st.sampled_from(DELIMITERS), min_size=1, max_size=6),
    where=st.sampled_from(sorted(CONTAINERS)),
    info=st.sampled_from(["python norun", "python nocloze", "text", "markdown"]),
    fence=st.sampled_from(["`````", "~~~~~~"]),
)
def test_every_delimiter_of_the_format_inside_a_fence_is_left_alone(
    lines: list[str], where: str, info: str, fence: str
) -> None:
    first, rest = CONTAINERS[where]
    code = "\n".join(lines)
    block = first + f"{fence}{info}\n{code}\n{fence}".replace("\n", "\n" + rest)
    one, two = read(f"## A {{#a}}\n\nfront\n\n---\n\n{block}\n\nafter\n\n## B {{#b}}\n\nback\n")
    (found,) = fences(one.back)
    assert found.code.replace("\t", "    ") == code.replace("\t", "    ")
    assert found.marked == found.code
    assert plain(one.back).endswith("after")
    assert (plain(one.front), one.kind, plain(two.back)) == ("front", Kind.BASIC, "back")


# --- Anything at all ---------------------------------------------------------------------------

WORDS = """{#a} .multi .order {{c1:: {{c2:: }} :: ` ~~~ $ $$ ** * _ <!-- --> <div> <script> \\ [a](#b) ![i](x.png)
    😀 字 ： ] [ ( ) { } ~~ https://a.b [^1] tags: nocloze order"""
BITS = st.sampled_from(
    [
        *(
            "\n",
            "\n\n",
            "\n## ",
            "\n# ",
            "\n---\n",
            "\n```python\n",
            "\n```\n",
            "\n```output\n",
            "\n> ",
            "\n> [!rhyme]\n",
        ),
        *(
            "\n- [x] ",
            "\n- [ ] ",
            "\n1. ",
            "\n| a | b |\n|---|---|\n",
            "\n| x {#r} | y |",
            " {#b .table}",
            " {#r .rhyme}",
        ),
        *("\t", "    ", "\u200f", "\ufeff", "\x00", "\x0b", "\x85", "\u2028", "`{python} x`", " raises=X", ' match="'),
        *WORDS.split(),
    ]
)
ANYTHING = st.one_of(
    st.text(),
    st.lists(BITS, max_size=40).map("".join),
    st.lists(st.one_of(BITS, st.text(max_size=4)), max_size=40).map(lambda bits: "## x {#q}\n" + "".join(bits)),
    st.lists(st.one_of(BITS, st.text(max_size=4)), max_size=10).map(lambda bits: "---\n" + "".join(bits) + "\n---\n"),
)


@settings(max_examples=500, deadline=None)
@given(ANYTHING)
def test_no_text_makes_parsing_fail_and_every_problem_has_a_line_of_the_file(written: str) -> None:
    text = written.replace("\r\n", "\n").replace("\r", "\n")
    problems = Problems()
    notes = read(text, problems)
    parse.check(notes, problems)
    ids.stamp([SourceFile(Path("a.md"), "a.md", "", text)])
    for problem in problems:
        assert 1 <= problem.location.line <= text.count("\n") + 1
