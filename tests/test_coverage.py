"""What the deck promises in outline.toml is held against what its notes run and show."""

from pathlib import Path

import pytest
from click.testing import CliRunner, Result

from deckgen.cli import cli

ROOT = Path(__file__).parent.parent
CARDS = """# Fractions

```python
import statistics as st
from fractions import Fraction as F
```

## What is half of a half? {#half}

```python
print(F(1, 2) / 2)
```

---

`Fraction` stays exact; its `numerator` is `{python} F(1, 4).numerator`.

## And the average? {#mean}

About three, no `median` was taken.

```python proof
assert st.mean([2, 4]) == 3
st.median([1])
```

## Which function? {#shown}

`fmean` gives `{python} st.fmean([2, 4])`.
"""
OUTLINE = """
["Part 1"]
"A. Halves" = ["part1/a.md"]
"B. Means" = ["#mean", "#half"]

[api]
names = ["fractions.Fraction", "fractions.Fraction.numerator", "statistics.fmean"]
"""


@pytest.fixture
def cards(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    (tmp_path / "cards" / "part1").mkdir(parents=True)
    (tmp_path / "cards" / "part1" / "a.md").write_text(CARDS, "utf-8")
    monkeypatch.chdir(tmp_path)
    return tmp_path / "cards"


def coverage(cards: Path, outline: str, *flags: str) -> Result:
    (cards / "outline.toml").write_text(outline, "utf-8")
    return CliRunner().invoke(cli, ["coverage", "cards", *flags])


def test_the_page_links_each_item_and_each_name_to_the_notes_that_teach_it(cards: Path) -> None:
    result = coverage(cards, OUTLINE)
    assert result.exit_code == 0, result.output
    page = (cards / "COVERAGE.md").read_text("utf-8")
    assert "- **A. Halves**: [half](part1/a.md), [mean](part1/a.md), [shown](part1/a.md)" in page
    assert "- **B. Means**: [mean](part1/a.md), [half](part1/a.md)" in page
    assert "| `fractions.Fraction` | 1 | [half](part1/a.md) |" in page
    assert "| `fractions.Fraction.numerator` | 1 | [half](part1/a.md) |" in page
    assert "| `statistics.fmean` | 1 | [shown](part1/a.md) |" in page


def test_what_nothing_teaches_is_a_problem_at_its_line(cards: Path) -> None:
    result = coverage(cards, '["Part 1"]\n"A. Air" = []\n"B. Bees" = ["#halv"]\n"C. Seas" = ["part1/b.md"]\n')
    assert result.exit_code == 1
    assert "outline.toml:2: no note teaches “A. Air”" in result.output
    assert "outline.toml:3: there is no `#halv` in this deck, did you mean `half`?" in result.output
    assert "outline.toml:4: there is no `part1/b.md` in this deck, did you mean `part1/a.md`?" in result.output


@pytest.mark.parametrize(
    ("name", "why"),
    [
        ("statistics.mean", "it is used in a hidden proof only, and `mean` is shown nowhere"),
        ("statistics.median", "the learner reads the word, but sees no use of it; the proof runs it"),
        ("statistics.variance", "nothing uses it"),
    ],
)
def test_a_name_is_taught_only_by_a_note_that_runs_it_and_shows_it(cards: Path, name: str, why: str) -> None:
    taught = name == "statistics.median"  # run in the proof, named in the text
    result = coverage(cards, f'[api]\nnames = ["{name}"]\n')
    assert (result.exit_code == 0) is taught, why
    assert (f"no note teaches `{name}`" in result.output) is not taught


def test_a_module_stands_for_each_of_its_public_names(cards: Path) -> None:
    result = coverage(cards, '[api]\nmodules = ["fractions"]\nnames = ["fractions.Fractoin"]\n')
    assert "| `fractions.Fraction` | 1 |" in (cards / "COVERAGE.md").read_text("utf-8")
    assert "there is no `fractions.Fractoin` in the library" in result.output


def test_an_outline_that_is_missing_or_broken_is_told_with_what_to_write(cards: Path) -> None:
    missing = CliRunner().invoke(cli, ["coverage", "cards"])
    assert missing.exit_code == 1
    assert (
        'there is no cards/outline.toml: write into it what the deck is to teach, such as\n\n["Part 1"]'
        in missing.output
    )
    broken = coverage(cards, '["Part 1"]\n"A. Halves" = [\n')
    assert broken.exit_code == 1
    assert "outline.toml:3: this is not TOML" in broken.output
    assert "`names` must be a list of texts" in coverage(cards, '[api]\nnames = "x"\n').output


def test_locked_fails_if_the_page_is_old_and_writes_nothing(cards: Path) -> None:
    old = coverage(cards, OUTLINE, "--locked")
    assert old.exit_code == 1
    assert "run `deckgen coverage` and commit it" in old.output
    assert not (cards / "COVERAGE.md").exists()
    coverage(cards, OUTLINE)
    assert coverage(cards, OUTLINE, "--locked").exit_code == 0
