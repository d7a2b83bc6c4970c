"""Missing ids are written behind what the author wrote, and nothing else is touched."""

from __future__ import annotations

from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from deckgen import attributes, ids, parse, source
from deckgen.deck import SourceFile
from deckgen.errors import DeckgenError, Problems


def stamped(text: str) -> str:
    """`text` with its missing ids."""
    lines = text.split("\n")
    for stamp in ids.stamp([SourceFile(Path("a.md"), "a.md", "", text)]):
        assert lines[stamp.location.line - 1] == stamp.before
        lines[stamp.location.line - 1] = stamp.after
    return "\n".join(lines)


@pytest.mark.parametrize(
    ("text", "slug"),
    [
        ("谁拿得到 .grad？", "grad"),
        ("What is `requires_grad`?", "what-is-requires-grad"),
        ("naïve Café", "naive-cafe"),
        ("a" * 30 + " " + "b" * 30, "a" * 30),
    ],
)
def test_an_id_is_made_of_the_ascii_words_of_the_text(text: str, slug: str) -> None:
    assert attributes.propose_id(text) == slug


@given(st.text())
def test_every_proposed_id_is_an_id_and_always_the_same(text: str) -> None:
    assert attributes.is_id(attributes.propose_id(text))
    assert attributes.propose_id(text) == attributes.propose_id(text)


def test_texts_without_ascii_words_get_different_hashes() -> None:
    one, two = attributes.propose_id("叶子"), attributes.propose_id("枝干")
    assert one != two
    assert one.startswith("n-")


@pytest.mark.parametrize(
    ("before", "after"),
    [
        ("## Leaf grad", "## Leaf grad {#leaf-grad}"),
        ("## Leaf  ", "## Leaf {#leaf}  "),
        ("## Leaf ##", "## Leaf {#leaf} ##"),
        ("## C#", "## C# {#c}"),
        ('## Leaf {.multi tag="x"}', '## Leaf {#leaf .multi tag="x"}'),
        ("## Leaf { .multi }", "## Leaf {#leaf .multi }"),
        ("## Leaf {#here}", "## Leaf {#here}"),
        ("## dict {}", "## dict {} {#dict}"),
        ("### Leaf", "### Leaf"),
        ("> ## Leaf", "> ## Leaf"),
        ("```\n## Leaf\n```", "```\n## Leaf\n```"),
        ("---\ntags: a\n---\n## Leaf", "---\ntags: a\n---\n## Leaf {#leaf}"),
        ("## A\n\n## A\n\n## B {#a-2}", "## A {#a}\n\n## A {#a-3}\n\n## B {#a-2}"),
        (
            "## T {#t .table}\n\n| a | b |\n|---|---|\n| x \\| y | z |\n|x|z|\nx | z\n| k {#x-y-2} | z |",
            "## T {#t .table}\n\n| a | b |\n|---|---|\n"
            "| x \\| y {#x-y} | z |\n|x {#x}|z|\nx {#x-2} | z\n| k {#x-y-2} | z |",
        ),
        ("## T {#t}\n\n| a | b |\n|---|---|\n| x | z |", "## T {#t}\n\n| a | b |\n|---|---|\n| x | z |"),
    ],
)
def test_an_id_goes_behind_the_heading_or_into_the_left_cell(before: str, after: str) -> None:
    assert stamped(before) == after
    assert stamped(after) == after


def test_a_row_may_have_the_id_of_a_row_of_another_table_or_of_a_note() -> None:
    table = "## T {#%s .table}\n\n| a | b |\n|---|---|\n| x | z |\n\n"
    assert stamped("## X {#x}\n\nb\n\n" + table % "t" + table % "u").count("| x {#x} | z |") == 2


def test_stamped_files_have_no_missing_or_repeated_ids(tmp_path: Path) -> None:
    for name in ("a", "b"):
        (tmp_path / f"{name}.md").write_text(
            "## 甲\n\nb\n\n## A b\n\nc\n\n## {.table} \n\n## T {.table}\n\n| a | b |\n|-|-|\n| 甲 | c |\n| 甲 | d |\n"
        )
    ids.write(ids.stamp(source.read(tmp_path, Problems()).files))
    problems = Problems()
    files = source.read(tmp_path, problems).files
    notes = [note for file in files for note in parse.parse(file, problems)]
    parse.check(notes, problems)
    assert not [str(problem) for problem in problems if " id" in str(problem)]
    assert not ids.stamp(files)


def test_all_other_bytes_stay_line_ends_and_byte_order_mark_too(tmp_path: Path) -> None:
    path = tmp_path / "a.md"
    path.write_bytes(b"\xef\xbb\xbf## A\r\n\r\nb \x0c\xe2\x80\xa8\t\r\n## B \nc\r## C\n\nno end")
    stamps = ids.stamp(source.read(tmp_path, Problems()).files)
    assert path.read_bytes().count(b"{#") == 0, "stamp writes nothing"
    ids.write(stamps)
    assert path.read_bytes() == (
        b"\xef\xbb\xbf## A {#a}\r\n\r\nb \x0c\xe2\x80\xa8\t\r\n## B {#b} \nc\r## C {#c}\n\nno end"
    )


def test_a_file_that_changed_meanwhile_is_not_written(tmp_path: Path) -> None:
    path = tmp_path / "a.md"
    path.write_text("## A\n\nb\n")
    stamps = ids.stamp(source.read(tmp_path, Problems()).files)
    path.write_text("new\n## A\n\nb\n")
    with pytest.raises(DeckgenError, match="changed meanwhile"):
        ids.write(stamps)
    assert path.read_text() == "new\n## A\n\nb\n"
