"""Notes as Anki stores them: each kind's fields, on real parsed Markdown, with outputs set by hand."""

import re
from pathlib import Path

import pytest

from deckgen.deck import (
    DeckConfig,
    Figure,
    Graph,
    GraphNode,
    Note,
    Output,
    Outputs,
    Printed,
    Raised,
    RenderedNote,
    Shown,
    Snippet,
    SourceFile,
    Warned,
)
from deckgen.errors import Problems
from deckgen.notetypes import FIELDS
from deckgen.parse import parse
from deckgen.render import Renderer

CONFIG = DeckConfig("demo", "Demo", parts=(("part1", "Part 1 · Start"),))
TORCH = (("python", "3.11"), ("torch", "2.13.0"))


def notes(text: str, folder: Path = Path()) -> tuple[Note, ...]:
    path = folder / "cards.md"
    problems = Problems()
    found = parse(SourceFile(path, str(path), "part1", "# Section\n\n" + text), problems)
    assert not list(problems)
    return found


def outputs(note: Note, *known: tuple[Output, ...]) -> Outputs:
    """`known` for the note's own steps in turn; what is left over printed or showed `7`."""
    own = [(Printed("stdout", "7\n"),) if isinstance(step, Snippet) else (Shown("7"),) for step in note.program.steps]
    own[note.program.setup : note.program.setup + len(known)] = known  # type: ignore[assignment]
    return Outputs(tuple(own), TORCH)


def render(note: Note, *known: tuple[Output, ...], problems: Problems | None = None) -> RenderedNote:
    found = Problems() if problems is None else problems
    made = Renderer(CONFIG, Path()).render(note, outputs(note, *known), "Demo::Part 1", found)
    assert problems is not None or not list(found)
    return made


def fields(text: str, *known: tuple[Output, ...]) -> dict[str, str]:
    return dict(zip(FIELDS, render(notes(text)[0], *known).fields, strict=True))


def visible(html: str) -> str:
    return " ".join(re.sub(r"<[^>]+>", " ", html).split())


def test_what_the_front_printed_stands_on_the_back() -> None:
    made = fields("## What? {#a}\n\n```python\nprint(3 + 4)\n```\n\n---\n\nBecause.")
    assert "7" not in visible(made["Front"])
    assert visible(made["Back"]) == "7 Because."
    assert (made["Kind"], made["Solution"]) == ("predict", "")


def test_an_output_on_the_back_follows_its_code() -> None:
    made = fields("## What? {#a}\n\n---\n\n```python\nx = 1\nx\n```\n\nBecause.", (Shown("1"),))
    assert visible(made["Back"]) == "x = 1 x 1 Because."


def test_show_front_puts_the_output_with_the_question() -> None:
    made = fields("## Why? {#a}\n\n```python show=front\nprint(7)\n```\n\n---\n\nBecause.")
    assert visible(made["Front"]).endswith("7")
    assert visible(made["Back"]) == "Because."


@pytest.mark.parametrize(
    ("word", "shown"), [("hidden", "7 Done."), ("silent", "Done."), ("proof", "Done."), ("norun", "secret Done.")]
)
def test_the_words_of_a_fence_decide_what_is_shown(word: str, shown: str) -> None:
    assert visible(fields(f"## A {{#a}}\n\n---\n\n```python {word}\nsecret\n```\n\nDone.")["Back"]) == shown


def test_an_expected_exception_shows_its_last_line_first_and_folds_the_frames() -> None:
    raised = Raised("ValueError", "bad <value>", 'Traceback\n  File "a", line 1\n    f()\nValueError: bad <value>')
    back = fields("## A {#a}\n\n---\n\n```python raises=ValueError\nf()\n```", (raised,))["Back"]
    assert back.index("<b>ValueError</b>: bad &lt;value&gt;") < back.index("<details")
    assert "line 1" in visible(back.split("<details")[1])


def test_an_exception_of_one_line_has_nothing_to_fold() -> None:
    raised = Raised("KeyError", "'a'", "KeyError: 'a'")
    back = fields("## A {#a}\n\n---\n\n```python raises=KeyError\n{}['a']\n```", (raised,))["Back"]
    assert "<details" not in back


def test_streams_values_and_warnings_each_have_their_own_look() -> None:
    known = (Printed("stdout", "out\n"), Shown("4"), Printed("stderr", "err\n"), Warned("UserWarning", "careful"))
    back = fields("## A {#a}\n\n---\n\n```python\nf()\n```", known)["Back"]
    assert re.findall(r'class="output (\w+)"', back) == ["out", "stderr", "warned"]
    assert "out\n4" in back
    assert "<b>UserWarning</b>: careful" in back


def test_output_is_escaped_and_keeps_its_white_space() -> None:
    text = "<b>&amp;</b>\n  {{c1::x}}  \\(a\\)\n\n\tend"
    back = fields("## A {#a}\n\n---\n\n```python\nf()\n```", (Printed("stdout", text + "\n"),))["Back"]
    assert "<b>" not in back.split("<pre")[2]
    assert "{{" not in back
    assert "\n  &#123;" in back
    assert "\n\n\tend</pre>" in back


@pytest.mark.parametrize(
    ("how", "shown"),
    [
        ("quote", '<blockquote class="doc"><p>*one* &lt;b&gt;</p><p>two</p></blockquote>'),
        ("html", "*one* <b>\n\ntwo"),
        ("markdown", "<p><em>one</em> <b></p>\n<p>two</p>"),
    ],
)
def test_what_was_printed_can_be_shown_as_something_else(how: str, shown: str) -> None:
    text = f"## A {{#a}}\n\n---\n\n```python hidden as={how}\nf()\n```"
    assert shown in fields(text, (Printed("stdout", "*one* <b>\n\ntwo\n"),))["Back"]


def test_printed_svg_is_drawn_and_can_run_nothing() -> None:
    svg = '<?xml version="1.0"?><svg><script>alert(1)</script><text>{{Front}}</text></svg>'
    back = fields("## A {#a}\n\n---\n\n```python hidden as=svg\nf()\n```", (Printed("stdout", svg),))["Back"]
    assert "<svg><text>&#123;&#123;Front}}</text></svg>" in back


def test_a_figure_has_its_words_as_text_alternative() -> None:
    figure = Figure('<svg role="img"><text x="1">loss</text><text>step</text></svg>')
    back = fields("## A {#a}\n\n---\n\n```python\nf()\n```", (figure,))["Back"]
    assert '<svg aria-label="loss step" role="img">' in back


def test_lines_of_a_figure_take_the_colours_of_the_card() -> None:
    figure = Figure(
        '<svg><path style="fill: none; stroke: #1f77b4"/><path style="stroke: #000000"/><path fill="#abc"/></svg>'
    )
    back = fields("## A {#a}\n\n---\n\n```python\nf()\n```", (figure,))["Back"]
    assert "stroke: var(--leaf)" in back
    assert "stroke: currentColor" in back
    assert 'fill="#abc"' in back


def test_an_inline_value_is_text() -> None:
    made = fields("## A {#a}\n\n---\n\nIt is `{python} x`.", (Shown("**<b>**{{c1::x}}"),))
    assert '<code class="value">**&lt;b&gt;**&#123;{c1::x}}</code>' in made["Back"]


QUIZ = """## Which? {#q}

- [ ] wrong one

  Because no.
- [x] right one

  ```python
  f()
  ```

---

After.
"""


def test_a_quiz_tells_right_answers_and_reasons_only_in_its_solution() -> None:
    made = fields(QUIZ)
    assert made["Kind"] == "choice"
    assert visible(made["Front"]) == "Which? wrong one right one"
    assert "right" not in re.sub("right one", "", made["Front"])
    assert re.findall(r'<li class="(\w+)">', made["Solution"]) == ["wrong", "right"]
    assert visible(made["Solution"]) == "Which? wrong one Because no. right one f () 7"
    assert visible(made["Back"]) == "After."


@pytest.mark.parametrize(("kind", "boxes"), [("multi", "xx"), ("judge", "x ")])
def test_multi_and_judge_are_quizzes_too(kind: str, boxes: str) -> None:
    made = fields(f"## Which? {{#q .{kind}}}\n\n- [{boxes[0]}] one\n- [{boxes[1]}] two\n")
    assert f'class="quiz {kind}"' in made["Front"]
    assert f'class="quiz {kind} solved"' in made["Solution"]


def test_an_order_of_code_is_mixed_on_the_front_and_right_in_the_solution() -> None:
    lines = [f"step_{n}()" for n in range(6)]
    made = fields("## Order {#o}\n\n```python order\n" + "\n\n".join(lines) + "\n```\n")
    front, solution = (re.findall(r'data-n="(\d)"', made[name]) for name in ("Front", "Solution"))
    assert solution == list("012345")
    assert sorted(front) == solution != front
    assert visible(made["Solution"]).endswith(" ".join(line.replace("()", " ()") for line in lines))
    assert visible(made["Back"]) == "7"


def test_an_order_of_a_list_keeps_its_reasons_for_the_solution() -> None:
    made = fields("## Order {#o .order}\n\n1. one\n\n   Why.\n2. two\n3. three\n")
    assert "Why." not in made["Front"]
    assert visible(made["Solution"]) == "Order one Why. two three"
    assert made["Front"] == fields("## Order {#o .order}\n\n1. one\n\n   Why.\n2. two\n3. three\n")["Front"]


def test_two_pieces_are_never_shown_in_the_right_order() -> None:
    for name in "abcdefgh":
        front = fields(f"## Order {{#{name} .order}}\n\n1. one\n2. two\n")["Front"]
        assert re.findall(r'data-n="(\d)"', front) == ["1", "0"]


def chain(length: int) -> Graph:
    nodes = (
        *(GraphNode(n, "op", "MulBackward0", "()") for n in range(length - 1)),
        GraphNode(length - 1, "leaf", "x", "()"),
    )
    edges = tuple((n, n + 1, 0) for n in range(length - 1))
    return Graph(nodes, edges, "y", (0,), tuple(range(length)))


GAME = "## Which first? {#a}\n\n```python order graph=y\ny = x * 2\nprint(y)\n```\n\n---\n\nThe last."


def test_a_game_shows_its_code_and_its_graph_and_only_the_solution_has_the_order() -> None:
    made = fields(GAME, (Printed("stdout", "7\n"), chain(4)))
    assert made["Kind"] == "order"
    assert "y = x * 2" in visible(made["Front"])
    assert visible(made["Front"]).count("MulBackward0 #2") == 3  # in its node, in what it says, in what leads to it
    assert "steps" not in made["Front"]
    assert re.findall(r'class="mark"[^>]*>(\d*)<', made["Front"]) == [""] * 4
    assert re.findall(r'class="mark"[^>]*>(\d*)<', made["Solution"]) == ["1", "2", "3", "4"]
    steps = re.findall(r'data-after="([\d ]*)"><div class="option"><code>(.*?)<', made["Solution"])
    assert steps == [("", "MulBackward0 #1"), ("0", "MulBackward0 #2"), ("1", "MulBackward0 #3"), ("2", "x")]
    assert visible(made["Back"]) == "7 The last."


@pytest.mark.parametrize(
    ("length", "told"),
    [
        (1, "has 1 node that `backward()` runs, and a game of `order graph=` needs at least 3"),
        (2, "has 2 nodes that `backward()` runs"),
        (25, "has 25 nodes, and a game of `order graph=` needs at most 24"),
    ],
)
def test_a_game_needs_a_graph_that_is_neither_too_small_nor_too_large(length: int, told: str) -> None:
    problems = Problems()
    render(notes(GAME)[0], (chain(length),), problems=problems)
    (problem,) = problems
    assert problem.location.line == 5
    assert told in problem.what
    assert problem.instead


def test_a_reverse_note_asks_both_ways() -> None:
    note = render(notes("## Leaf {#a .reverse}\n\n---\n\nMade by *you*.\n\nMore.")[0])
    assert note.ordinals == (0, 1)
    assert dict(zip(FIELDS, note.fields, strict=True))["Reverse"] == "<p>Made by <em>you</em>.</p>"


def test_the_rows_of_a_table_ask_their_left_cells_under_the_heading() -> None:
    text = (
        "## Words {#t .table}\n\n| term | means |\n| --- | --- |\n| leaf {#leaf} | `made` |\n| op {#op} | x |\n\nRest."
    )
    made = [dict(zip(FIELDS, render(note).fields, strict=True)) for note in notes(text)]
    assert [row["ID"] for row in made] == ["t/leaf", "t/op"]
    assert visible(made[0]["Front"]) == "Words term leaf"
    assert visible(made[0]["Back"]) == "means made Rest."


def test_what_stands_above_a_table_stands_above_the_cue_of_each_row() -> None:
    (row,) = notes("## Words {#t .table}\n\nSay it.\n\n| term | means |\n| --- | --- |\n| leaf {#leaf} | x |\n")
    assert visible(dict(zip(FIELDS, render(row).fields, strict=True))["Front"]) == "Words Say it. term leaf"


def test_a_rhyme_is_asked_by_its_heading_and_answered_line_by_line() -> None:
    made = [
        dict(zip(FIELDS, render(note).fields, strict=True))
        for note in notes("## Song {#a}\n\n---\n\nText.\n\n> [!rhyme]\n> one *x*,\n> two `y`.\n")
    ]
    parent, rhyme = made
    assert (rhyme["Kind"], rhyme["ID"]) == ("rhyme", "a/rhyme")
    assert visible(rhyme["Front"]) == "Song"
    assert re.findall("<li>(.*)</li>", rhyme["Back"]) == ["one <em>x</em>,", "two <code>y</code>."]
    assert rhyme["Speech"] == "Song\none x,\ntwo y."
    assert not parent["Speech"]
    assert "callout rhyme" in parent["Back"]


def test_a_typed_prediction_has_a_place_to_type_on_the_front() -> None:
    made = fields("## What? {#a .predict .type-in}\n\n```python\nprint(7)\n```\n\n---\n\nB.")
    assert 'class="type-in"' in made["Front"]
    assert 'class="results"' in made["Back"]


def test_gaps_make_a_cloze_note_with_a_card_a_number() -> None:
    note = render(notes("## Gaps {#a}\n\n{{c1::one}} {{c3::two {{c2::three}}}} {{c1::four::hint}}\n")[0])
    assert (note.notetype, note.ordinals) == ("cloze", (0, 1, 2))
    assert "{{c3::two {{c2::three}}}}" in note.fields[0]
    assert note.gaps == ((1, "one\nfour"), (2, "three"), (3, "two three"))


def test_the_setup_of_a_section_is_offered_on_the_back_without_what_is_not_shown() -> None:
    text = "```python\nimport math\n```\n\n```python silent\nsecret = 1\n```\n\n## A {#a}\n\n---\n\nB."
    made = fields(text)
    assert visible(made["Setup"]) == "import math"


def test_the_section_names_part_and_heading() -> None:
    assert fields("## A {#a}\n\n---\n\nB.")["Section"] == "Section · Part 1 · Start"


@pytest.mark.parametrize(
    ("body", "proof"),
    [
        ("```python proof\nassert True\n```", "torch"),
        ("It is `{python} x`.", "torch"),
        ("```python hidden as=quote\nprint(1)\n```", "quote"),
        ("```python hidden as=quote\nprint(1)\n```\n\n```python proof\nassert 1\n```", "torch"),
        ("```python norun\nprint(1)\n```", ""),
        ("Words.", ""),
    ],
)
def test_a_note_is_proved_by_what_was_run_for_it_and_not_by_its_setup(body: str, proof: str) -> None:
    made = fields(f"```python\nimport torch\n```\n\n## A {{#a}}\n\n---\n\n{body}\n")
    assert made["Proof"] == proof


def test_a_link_is_the_weakest_proof_and_python_is_named_where_there_is_no_torch() -> None:
    linked = '## A {#a source="https://example.org/?a=1&b=2"}\n\n---\n\nB.\n'
    assert (fields(linked)["Proof"], fields(linked)["Source"]) == ("link", "https://example.org/?a=1&amp;b=2")
    note = notes("## A {#a}\n\n---\n\n```python\nprint(7)\n```")[0]
    assert Renderer(CONFIG, Path()).proof(note, Outputs(((),), (("python", "3.11"),))) == "python"


def test_math_reaches_ankis_mathjax_with_signs_escaped_and_braces_apart() -> None:
    made = fields("## A {#a}\n\n---\n\n$a<b$ and $x^{2^{2}}$\n\n$$\n\\frac{1}{{2}}\n$$\n\nnot \\(x\\)")
    assert r"\(a&lt;b\)" in made["Back"]
    assert r"\(x^{2^{2} }\)" in made["Back"]
    assert r"\[\frac{1}{ {2} }\]" in made["Back"]


def test_every_field_keeps_ankis_own_marks_out() -> None:
    text = "## {{Front}} `{{Back}}` {#a}\n\n```python nocloze\nx = '{{c1::y}}'\n```\n\n---\n\n{{Kind}} `{{#x}}`\n"
    for name, html in fields(text, (Printed("stdout", "{{Front}}"),)).items():
        assert "{{" not in html, name
