"""Everything wrong with a text is reported at its line, with what to write instead."""

from __future__ import annotations

from pathlib import Path

import pytest

from deckgen import parse
from deckgen.deck import SourceFile
from deckgen.errors import Problems


def problems(*texts: str) -> list[str]:
    found = Problems()
    notes = []
    for number, text in enumerate(texts):
        name = f"{'abc'[number]}.md"
        notes += parse.parse(SourceFile(Path(name), name, "", text), found)
    parse.check(notes, found)
    return [str(problem) for problem in found]


FENCE = "```python\nprint(1)\n```"

CASES = {
    "no id": ("\n## 谁拿得到 `.grad`？\n\nb", 2, "no id", "`{#grad}`"),
    "id with bad characters": ("## A {#Leaf_Grad}\n\nb", 1, "`Leaf_Grad`", "{#leaf-grad}"),
    "two ids": ("## A {#a #b}\n\nb", 1, "two ids", "{#a}"),
    "full-width braces": ("## A ｛#a｝\n\nb", 1, "cannot be read", "`{#a-a}`"),
    "unknown kind": ("## A {#a .revers}\n\nb", 1, "`.revers`", "`reverse`"),
    "two kinds": ("## A {#a .basic .reverse}\n\nb", 1, "one kind", "keep one"),
    "unknown attribute": ('## A {#a tags="x"}\n\nb', 1, "`tags`", "`tag`"),
    "typographic quotes": ("## A {#a tag=“x”}\n\nb", 1, "typographic", 'tag="…"'),
    "a word that is no attribute": ("## A {#a reverse}\n\nb", 1, "`reverse` is no attribute", ".kind"),
    "a source that is no address": ('## A {#a source="docs"}\n\nb', 1, "`docs`", "https://"),
    "empty heading": ("## {#a}\n\nb", 1, "heading is empty", "## Question {#id}"),
    "no answer": ("## A {#a}\n", 1, "no answer", "---"),
    "no notes": ("# T\n\ntext\n", 1, "no notes", "## Question"),
    "second divider": ("## A {#a}\n\nf\n\n---\n\nb\n\n---\n", 9, "one `---`", "`***`"),
    "divider under text": ("## A {#a}\n\none\ntwo\n---\n\nb", 5, "straight under text", "empty line"),
    "divider under text in the introduction": ("# T\n\none\n---\n\n## A {#a}\n\nb", 4, "straight under", "empty line"),
    "title underlined in a note": ("## A {#a}\n\nb\n\nc\n===\n", 6, "`===`", "remove"),
    "second title in the introduction": ("# T\n\n# U\n\n## A {#a}\n\nb", 3, "one `#` heading", "`##`"),
    "value in the title": ("# T `{python} 1`\n\n## A {#a}\n\nb", 1, "holds no value", "into a note"),
    "rhyme in the introduction": ("# T\n\n> [!rhyme]\n> b\n\n## A {#a}\n\nb", 3, "belongs to no note", "move"),
    "id in a table that is none": ("## A {#a}\n\n|a|b|\n|-|-|\n|c {#c}|d|", 5, "`{#c}`", "`.table`"),
    "id in the right cell": ("## A {#a .table}\n\n|a|b|\n|-|-|\n|c {#c}|d {#e}|", 5, "left cell", "move it"),
    "claim between tildes": (f"## A {{#a}}\n\n{FENCE}\n~~~output\n1\n~~~", 6, "backticks", "```output"),
    "second title": ("# T\n\n## A {#a}\n\nb\n\n# U\n", 7, "one `#` heading", "`##`"),
    "unknown fence word": ("## A {#a}\n\n```python hiden\n1\n```", 3, "`hiden`", "`hidden`"),
    "unknown fence key": ("## A {#a}\n\n```python raise=X\n1\n```", 3, "`raise=X`", "`raises`"),
    "fence word without value": ("## A {#a}\n\n```python raises\n1\n```", 3, "needs a value", "`raises=…`"),
    "match without raises": ('## A {#a}\n\n```python match="x"\n1\n```', 3, "needs a `raises=`", "raises="),
    "raises without a name": ('## A {#a}\n\n```python raises="a b"\n1\n```', 3, "`raises=a b`", "RuntimeError"),
    "unclosed quotes": ('## A {#a}\n\n```python match="x\n1\n```', 3, "quotation mark", "match="),
    "unknown show": ("## A {#a}\n\n```python show=back\n1\n```", 3, "`show=back`", "`front`"),
    "unknown as": ("## A {#a}\n\n```python as=htm\n1\n```", 3, "`as=htm`", "`html`"),
    "bad timeout": ("## A {#a}\n\n```python timeout=1min\n1\n```", 3, "`timeout=1min`", "timeout=30"),
    "words that exclude each other": ("## A {#a}\n\n```python hidden proof\n1\n```", 3, "exclude", "keep one"),
    "words for code that is not run": ("## A {#a}\n\n```python norun raises=X\n1\n```", 3, "`raises`", "remove one"),
    "words of another language": ("## A {#a}\n\n```text hidden\n1\n```", 3, "`text`", "remove"),
    "misspelled python": ("## A {#a}\n\n```pyhton\n1\n```", 3, "`pyhton`", "`python`"),
    "braces around the language": ("## A {#a}\n\n```{python}\n1\n```", 3, "`{python}`", "`python`"),
    "unclosed fence": ("## A {#a}\n\n```python\n1\n\n## B {#b}\n\nc\n", 3, "never closed", "```"),
    "unclosed fence in a list": ("## A {#a}\n\n- ```python\n  1\n\nb\n", 3, "never closed", "```"),
    "claim below no code": ("## A {#a}\n\nb\n\n```output\n1\n```", 5, "claims", "`text`"),
    "claim with words": (f"## A {{#a}}\n\n{FENCE}\n\n```output x\n1\n```", 7, "no words", "output"),
    "second claim": (f"## A {{#a}}\n\n{FENCE}\n```output\n1\n```\n```output\n1\n```", 9, "two `output`", "keep one"),
    "no right option": ("## A {#a}\n\n- [ ] a\n- [ ] b", 3, "no option", "[x]"),
    "one option": ("## A {#a}\n\n- [x] a", 3, "two options", ".judge"),
    "choice with two right": ("## A {#a .choice}\n\n- [x] a\n- [x] b", 3, "several", ".multi"),
    "kind without its list": ("## A {#a .multi}\n\nb", 1, "needs a task list", "- [x]"),
    "two task lists": ("## A {#a}\n\n- [x] a\n- [ ] b\n\ntext\n\n- [x] c\n- [ ] d", 1, "one task list", "join"),
    "item without a box": ("## A {#a}\n\n- [x] a\n- [ ] b\n- c", 5, "no box", "- [x]"),
    "box without a space": ("## A {#a}\n\n- [x]a\n- [ ] b", 3, "`[x]`", "- [x] text"),
    "full-width box": ("## A {#a}\n\n- [ ] a\n- ［x］ b", 4, "`［x］`", "plain brackets"),
    "dash without a space": ("## A {#a}\n\n-[x] a\n-[ ] b", 3, "`-[x]`", "- [x] text"),
    "predict without code": ("## A {#a .predict}\n\nb", 1, "`.predict`", "`---`"),
    "type-in without code": ("## A {#a .type-in}\n\nb", 1, "`.type-in`", "`---`"),
    "cloze without a gap": ("## A {#a .cloze}\n\nb", 1, "needs a gap", "{{c1::"),
    "gap under another kind": ("## A {#a .basic}\n\n{{c1::b}}\n\n---\n\nc", 3, "no gaps", "`.basic`"),
    "gap below the divider": ("## A {#a}\n\n{{c1::b}}\n\n---\n\nc\n{{c2::d}}", 8, "below the `---`", "above"),
    "gap in the introduction": ("# T\n\n{{c1::b}}\n\n## A {#a}\n\nb", 3, "introduction", "move"),
    "gap 0": ("## A {#a}\n\n{{c0::b}}", 3, "1 to 99", "{{c1::"),
    "gap 100": ("## A {#a}\n\n{{c100::b}}", 3, "1 to 99", "{{c1::"),
    "empty gap": ("## A {#a}\n\nx {{c1:: }}", 3, "empty", "write the text"),
    "unclosed gap": ("## A {#a}\n\nx\n{{c1::b}\n\nc", 4, "`{{c1::b`", "{{c1::text}}"),
    "gap without a number": ("## A {#a}\n\n{{c::b}}", 3, "`{{c::b`", "{{c1::text}}"),
    "gap with one colon": ("## A {#a}\n\n{{c1:b}}", 3, "`{{c1:b`", "{{c1::text}}"),
    "gap across bold type": ("## A {#a}\n\n{{c1::a **b}} c**", 3, "`{{c1::a `", "{{c1::text}}"),
    "unclosed gap in code": ("## A {#a}\n\n```python\nx = {{c1::1\n```", 3, "never closed", "nocloze"),
    "gap in hidden code": ("## A {#a}\n\n```python hidden\nx = {{c1::1}}\n```", 3, "not shown", "nocloze"),
    "order of one line": ("## A {#a}\n\n```python order\nx = 1\n```", 1, "two lines", "order"),
    "order without a list": ("## A {#a .order}\n\n- a\n- b", 1, "two lines", "numbered"),
    "table without a table": ("## A {#a .table}\n\nb", 1, "needs a table", "|"),
    "table of three columns": ("## A {#a .table}\n\n|a|b|c|\n|-|-|-|\n|d {#d}|e|f|", 3, "two columns", "remove"),
    "table without rows": ("## A {#a .table}\n\n|a|b|\n|-|-|\n", 1, "no rows", "{#id}"),
    "row without id": ("## A {#a .table}\n\n|a|b|\n|-|-|\n|叶 leaf|d|", 5, "no id", "`{#leaf}`"),
    "row with bad id": ("## A {#a .table}\n\n|a|b|\n|-|-|\n|c {#C_d}|d|", 5, "`C_d`", "`{#c-d}`"),
    "row with too many cells": ("## A {#a .table}\n\n|a|b|\n|-|-|\n|c {#c}|d|e|", 5, "3 cells", "\\|"),
    "row with too few cells": ("## A {#a .table}\n\n|a|b|\n|-|-|\n|c {#c}|", 5, "1 cells", "\\|"),
    "second rhyme": ("## A {#a}\n\nb\n\n> [!rhyme]\n> a\n\n> [!rhyme]\n> b", 8, "one `[!rhyme]`", "note"),
    "rhyme without lines": ("## A {#a .rhyme}\n", 1, "needs a rhyme", "lines"),
    "unknown callout": ("## A {#a}\n\nb\n\n> [!rhime]\n> b", 5, "`[!rhime]`", "`rhyme`"),
    "callout with a title": ("## A {#a}\n\n> [!tip] b\n> c", 3, "behind `[!tip]`", "next line"),
    "full-width callout": ("## A {#a}\n\n> ［!tip］\n> c", 3, "plain brackets", "> [!tip]"),
    "bold that does not close": ("## A {#a}\n\nx\n\n**重点：**后面", 5, "`**`", "**重点**："),
    "footnote": ("## A {#a}\n\nb[^1]", 3, "`[^1]`", "into the text"),
    "footnote taken for a link": ("## A {#a}\n\nb[^1]\n\n[^1]: https://a.b", 3, "`[^1]`", "into the text"),
    "script": ("## A {#a}\n\nb\n\n<div>\n<script>alert(1)</script>\n</div>", 6, "`<script>`", "remove"),
    "inline script": ("## A {#a}\n\nb <SCRIPT>x</SCRIPT>", 3, "`<script>`", "remove"),
    "handler": ('## A {#a}\n\nb\n<b title="x>" onClick=x>c</b>', 4, "`onClick=`", "remove"),
    "handler in a block": ("## A {#a}\n\n<div\n  onload='x'>\n</div>", 3, "`onload=`", "remove"),
    "unclosed comment": ("## A {#a}\n\nb\n\n<!-- c\n\n## B {#b}\n\nd", 5, "never closed", "`-->`"),
    "heading in HTML": ("## A {#a}\n\n<div>\n## B {#b}\n</div>", 4, "swallows", "empty line"),
    "backtick behind it": ('## A {#a}\n\n```python match="`"\nx\n```\n\n```py\ny\n```', 3, "begins no fence", "~~~"),
    "fence in a text": ("## A {#a}\n\nb\n      ```python\n      x\n      ```", 4, "begins no fence", "empty line"),
    "dead link": ("## A {#a}\n\nb\n[c](#aa) [d](x.md#a)", 4, "`#aa`", "`a`"),
    "link to a file": ("## A {#a}\n\n[c](b.md)", 3, "`b.md`", "[text](#id)"),
    "front matter without end": ("---\ntags: a\n\n## A {#a}\n\nb", 1, "no end", "`---`"),
    "front matter that is a text": ("---\nhello\n---\n\n## A {#a}\n\nb", 1, "front matter", "`key: value`"),
    "front matter that is a list": ("---\n- a\n---\n\n## A {#a}\n\nb", 1, "front matter", "`key: value`"),
    "front matter that is not YAML": ("---\ntags: a\nsource: [b\n---\n\n## A {#a}\n\nb", 4, "not YAML", ""),
    "tab in the front matter": ("---\ntags: a\n\ttitle: b\n---\n\n## A {#a}\n\nb", 3, "not YAML", ""),
    "unknown key": ("---\ntitle: a\ntag: a\n---\n\n## A {#a}\n\nb", 3, "`tag`", "`tags`"),
    "repeated key": ("---\ntags: a\ntags: b\n---\n\n## A {#a}\n\nb", 3, "twice", "keep one"),
    "tag with a space": ("---\ntags:\n  - a\n  - b c\n---\n\n## A {#a}\n\nb", 4, "`b c`", "`-`"),
    "front matter source": ("---\nsource: docs\n---\n\n## A {#a}\n\nb", 2, "`docs`", "https://"),
    "title that is a list": ("---\ntitle: [a]\n---\n\n## A {#a}\n\nb", 2, "`title`", "title: …"),
}  # fmt: skip


@pytest.mark.parametrize("case", CASES)
def test_a_fault_in_a_text_is_reported_once_at_its_line_with_a_remedy(case: str) -> None:
    text, line, what, instead = CASES[case]
    found = [problem for problem in problems(text) if problem.startswith(f"a.md:{line}: ")]
    assert [problem for problem in found if what in problem and instead in problem], problems(text)


ALONE = sorted(
    CASES.keys()
    - {"unclosed gap", "gap across bold type", "unclosed quotes", "full-width callout", "misspelled python"}
)


@pytest.mark.parametrize("case", ALONE)
def test_one_fault_gives_one_problem(case: str) -> None:
    assert len(problems(CASES[case][0])) == 1, problems(CASES[case][0])


def test_a_repeated_id_names_both_places() -> None:
    assert problems("## A {#a}\n\nb", "## B {#b}\n\nc\n\n## C {#a}\n\nd") == [
        "b.md:5: the id `a` is already taken by a.md:1, choose another for the newer of the two"
    ]


def test_a_repeated_row_and_a_row_that_takes_the_rhymes_place_are_repeated_ids() -> None:
    table = "## T {#t .table}\n\n|a|b|\n|-|-|\n|c {#c}|d|\n|e {#c}|f|\n|g {#rhyme}|h|\n\n> [!rhyme]\n> x\n"
    assert [problem.split(",")[0] for problem in problems(table)] == [
        "a.md:6: the id `t/c` is already taken by a.md:5",
        "a.md:9: the id `t/rhyme` is already taken by a.md:7",
    ]


def test_links_to_notes_rows_tables_and_rhymes_of_other_files_are_alive() -> None:
    links = "[a](#t) [b](#t/c) [c](a.md#t) [d](#b/rhyme)"
    table = "## T {#t .table}\n\n|a|b|\n|-|-|\n|c {#c}|d|\n"
    assert problems(table, f"## B {{#b}}\n\n{links}\n\n> [!rhyme]\n> x\n") == []


def test_all_problems_of_a_file_are_reported_in_one_run() -> None:
    found = problems("---\ntag: x\n---\n\n## A\n\n```python hiden\n1\n```\n\n## B {#b .basik}\n\n[c](#d)\n")
    assert [problem.split(" ")[0] for problem in found] == ["a.md:2:", "a.md:5:", "a.md:7:", "a.md:11:", "a.md:13:"]


def test_what_only_looks_like_a_fault_is_none() -> None:
    assert (
        problems(
            "## A `on=1` {} {#a}\n\n"
            "`**` \\*\\* `[^1]` `{{c1::`x `<script>` {{x}} {{ c }} [x](https://a.b) $a^{**}$ &lt;script>\n\n"
            '- [x](https://a.b)\n- x[^\n\n<img src="https://a.b/?a onerror=1">\n\n<pre>\n## not a note\n</pre>\n\n'
            "<!-- ## commented {{c1::out}} -->\n\n```{mermaid}\nx\n```\n\n```{.text}\ny\n```\n"
        )
        == []
    )
