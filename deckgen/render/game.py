"""The game of the graph: the learner taps its nodes in the order in which a backward pass runs them."""

from __future__ import annotations

from dataclasses import dataclass

from deckgen.deck import Fence, Graph, Kind, Location, Note, Output, Outputs
from deckgen.errors import Problems
from deckgen.markdown import escape
from deckgen.render.drawing import LIMIT, drawing, names
from deckgen.render.graph import to_play
from deckgen.render.pages import Markup, page

_LEAST = 3  # nodes, below which there is nothing to think about


@dataclass(frozen=True, slots=True)
class Step:
    """A node in the order of the engine. `after` are the places of those that hand it a gradient."""

    name: Markup
    after: tuple[int, ...]


def is_game(fence: Fence, note: Note) -> bool:
    return note.kind is Kind.ORDER and "order" in fence.words and bool(fence.graph) and fence.step is not None


def graph_of(done: tuple[Output, ...]) -> Graph | None:
    return next((output for output in done if isinstance(output, Graph)), None)


def check(note: Note, outputs: Outputs, problems: Problems) -> None:
    """Add a problem for a game whose graph is too small to be one, or too large to be drawn whole."""
    for token in note.front.tokens:
        fence = token.meta.get("fence")
        if fence and is_game(fence, note):
            place = Location(fence.location.path, fence.location.line - 1)
            expression = fence.graph.partition(";")[0].strip()
            graph = graph_of(outputs.steps[fence.step])
            drawn, run = (len(graph.nodes), len(graph.order)) if graph else (0, 0)
            what = f"the graph of `{expression}` has {{}}, and a game of `order graph=` needs "
            if drawn > LIMIT:
                problems.add(place, what.format(f"{drawn} nodes") + f"at most {LIMIT}", "take fewer operations")
            elif run < _LEAST:
                told = f"{run} {'node' if run == 1 else 'nodes'} that `backward()` runs"
                problems.add(place, what.format(told) + f"at least {_LEAST}", "take more operations, or remove `order`")


def to_html(graph: Graph, solved: bool) -> Markup:
    """The drawing to tap; solved, the numbers in it and the same order as a list."""
    places = {key: place for place, key in enumerate(graph.order)}
    told = names(drawing(graph))
    before = [{places[start] for start, end, _ in graph.edges if end == key} for key in graph.order]
    steps = [
        Step(Markup(escape(told[key])), tuple(sorted(after))) for key, after in zip(graph.order, before, strict=True)
    ]
    return page("game", drawing=Markup(to_play(graph, places, solved)), steps=steps, solved=solved)
