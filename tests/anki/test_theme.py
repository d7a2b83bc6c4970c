"""A theme.css in the card folder: it reaches the learner with the next import, and touches nothing else."""

from __future__ import annotations

from pathlib import Path

import pytest
from author import LATER, START
from learner import Learner, Log

from deckgen import pipeline

CARDS = "# Cards\n\n## A? {#a}\n\n---\n\nYes.\n\n## A gap {#b}\n\n{{c1::b}}\n"
VIOLET = ":root { --accent: #6b3fa0; }"
TEAL = ":root { --accent: #00695c; }\n.nightMode { --accent: #80cbc4; }"


@pytest.fixture
def root(tmp_path: Path) -> Path:
    root = tmp_path / "cards"
    root.mkdir()
    (root / "deck.toml").write_text('id = "lab"\ntitle = "Lab"\n', "utf-8")
    (root / "a.md").write_text(CARDS, "utf-8")
    return root


def build(root: Path, now: int, theme: str | None = None) -> Path:
    file = root / "theme.css"
    file.unlink(missing_ok=True)
    if theme is not None:
        file.write_text(theme, "utf-8")
    report = pipeline.build(pipeline.Options(root, now=now, output=root.parent / f"lab-{now}.apkg"))
    assert not report.problems
    assert not report.unchanged
    return Path(report.output)


def styles(learner: Learner) -> list[str]:
    """The styles of the deck's note types; a third one would be a conflict that Anki solved by a copy."""
    found = [
        learner.col.models.get(kind.id) for kind in learner.col.models.all_names_and_ids() if "deckgen" in kind.name
    ]
    assert len(found) == 2
    return [model["css"] for model in found if model]


@pytest.mark.parametrize(("before", "after"), [(None, VIOLET), (VIOLET, TEAL), (VIOLET, None)])
def test_a_changed_theme_arrives_without_conflict_and_leaves_notes_and_schedules(
    root: Path, learner: Learner, before: str | None, after: str | None
) -> None:
    assert learner.take(build(root, START, before)) == Log(new=2)
    assert all(css.rstrip().endswith((before or "}").rstrip()) for css in styles(learner))
    learner.study("Lab")
    studied = learner.studied()
    assert learner.take(build(root, LATER, after)) == Log(duplicate=2)
    for css in styles(learner):
        assert css.rstrip().endswith((after or "}").rstrip())
        assert before is None or before not in css
    assert learner.studied() == studied
    assert learner.faults() == []


def test_a_theme_is_in_force_on_the_card(root: Path, learner: Learner) -> None:
    learner.take(build(root, START, TEAL))
    for card in learner.cards():
        css = card.render_output().css
        assert css.index("--accent:#b23c0b") < css.index("--accent: #00695c")
