"""Images: found, renamed by content, missed with a remedy."""

import hashlib
from pathlib import Path

import pytest

from deckgen.deck import DeckConfig, Outputs, RenderedNote, SourceFile
from deckgen.errors import Problems
from deckgen.parse import parse
from deckgen.render import Renderer


def render(root: Path, body: str, name: str = "part1/a.md") -> tuple[RenderedNote, list[str]]:
    path = root / name
    problems = Problems()
    text = f"# S\n\n## A {{#a}}\n\n---\n\n{body}\n"
    note = parse(SourceFile(path, str(path), "part1", text), problems)[0]
    made = Renderer(DeckConfig("demo", "Demo"), root).render(note, Outputs(()), "Demo", problems)
    return made, [f"{p.location.line}: {p.what}, {p.instead}" for p in problems]


@pytest.fixture
def root(tmp_path: Path) -> Path:
    for name, content in {"media/graph.svg": "<svg/>", "part1/local.PNG": "png", "media/with space.png": "x"}.items():
        path = tmp_path / name
        path.parent.mkdir(exist_ok=True)
        path.write_text(content, "utf-8")
    return tmp_path


@pytest.mark.parametrize("source", ["media/graph.svg", "../media/graph.svg"])
def test_an_image_is_found_beside_the_note_or_in_the_card_folder(root: Path, source: str) -> None:
    made, problems = render(root, f"![The graph]({source})")
    assert not problems
    assert [media.name for media in made.media] == [f"graph-{hashlib.sha256(b'<svg/>').hexdigest()[:10]}.svg"]
    assert f'<img src="{made.media[0].name}" alt="The graph">' in made.fields[1]
    assert made.media[0].path.samefile(root / "media/graph.svg")


def test_a_new_content_is_a_new_name(root: Path) -> None:
    before = render(root, "![](media/graph.svg)")[0].media[0].name
    (root / "media/other.svg").write_text("<svg></svg>", "utf-8")
    assert render(root, "![](media/other.svg)")[0].media[0].name.split("-")[1] != before.split("-")[1]


def test_names_are_safe_in_every_collection(root: Path) -> None:
    made, problems = render(root, "![](<media/with space.png>) ![](local.PNG)")
    assert not problems
    assert [media.name.split("-")[0] for media in made.media] == ["with", "local"]
    assert [media.path.suffix for media in made.media] == [".png", ".PNG"]
    assert all(" " not in media.name and media.name.endswith(".png") for media in made.media)


def test_an_image_in_raw_html_is_packed_too(root: Path) -> None:
    made, problems = render(root, '<img width="40" src="media/graph.svg">')
    assert not problems
    assert f'<img width="40" src="{made.media[0].name}">' in made.fields[1]


def test_a_missing_image_is_a_problem_at_its_line_with_the_nearest_name(root: Path) -> None:
    _, problems = render(root, "Text\n\n![](media/grpah.svg)")
    assert problems == ["9: there is no image `media/grpah.svg`, did you mean `media/graph.svg`?"]


def test_an_image_from_the_network_is_a_problem(root: Path) -> None:
    _, problems = render(root, "![](https://example.org/x.png)")
    assert problems == [
        "7: the image `https://example.org/x.png` would be fetched from the network, put the file in `media/`"
    ]


def test_an_image_used_twice_is_packed_once(root: Path) -> None:
    assert len(render(root, "![](media/graph.svg) ![](../media/graph.svg)")[0].media) == 1
