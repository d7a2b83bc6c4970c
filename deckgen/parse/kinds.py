"""What the learner does with a note: found from its structure, and held against it."""

from __future__ import annotations

from collections.abc import Callable, Sequence

from deckgen.deck import Kind, Location, Markdown, Note
from deckgen.errors import Problems
from deckgen.markdown import Items, Token, blocks, is_task_list, list_items
from deckgen.parse.faults import looks_like_box
from deckgen.parse.fences import is_shown, runs
from deckgen.parse.heading import Heading


def choose(head: Heading, front: Sequence[Token], has_gaps: bool, problems: Problems) -> Kind:
    """The kind that the heading names, or the first that fits the structure."""
    kind = head.kind or _by_structure(front, has_gaps)
    if head.typed and kind is not Kind.PREDICT:
        problems.add(
            head.location,
            "`.type-in` asks to type what code prints, and no fence above `---` is run",
            "put the code above a `---`, or remove `.type-in`",
        )
    return kind


def _by_structure(front: Sequence[Token], has_gaps: bool) -> Kind:
    if has_gaps:
        return Kind.CLOZE
    if _order_fences(front):
        return Kind.ORDER
    if tasks := list_items(Markdown(tuple(front))):
        return Kind.MULTI if sum(item.checked is True for item in tasks.items) > 1 else Kind.CHOICE
    return Kind.PREDICT if _is_predictable(front) else Kind.BASIC


def _order_fences(front: Sequence[Token]) -> list[Token]:
    return [token for token in front if token.type == "fence" and "order" in token.meta["fence"].words]


def _is_predictable(front: Sequence[Token]) -> bool:
    """Whether the front shows code whose output is not shown beside it."""
    fences = [token.meta["fence"] for token in front if token.type == "fence"]
    return any(runs(fence) and is_shown(fence) and not fence.show_front for fence in fences)


def check(note: Note, problems: Problems) -> None:
    """Report what a note's kind needs and it does not have."""
    check = _CHECKS.get(note.kind)
    found = check(note) if check else None
    if found:
        problems.add(note.location, *found)
    if note.kind in (Kind.CHOICE, Kind.MULTI, Kind.JUDGE) and (tasks := list_items(note.front)):
        _check_options(tasks, note, problems)


_Problem = tuple[str, str]


def _check_answer(note: Note) -> _Problem | None:
    if note.back:
        return None
    return "this note has no answer", "write it below a `---`, or straight under the heading"


def _check_predict(note: Note) -> _Problem | None:
    if _is_predictable(note.front.tokens):
        return None
    return "a `.predict` note shows code whose output is asked for", "put a Python fence that runs above a `---`"


def _check_cloze(note: Note) -> _Problem | None:
    return None if note.gaps else ("a `.cloze` note needs a gap", "write `{{c1::…}}` around what is asked for")


def _check_order(note: Note) -> _Problem | None:
    fences = _order_fences(note.front.tokens)
    items = list_items(note.front, ordered=True)
    lines = [line for token in fences[:1] for line in token.meta["fence"].code.split("\n") if line.strip()]
    count = len(lines) if fences else len(items.items) if items else 0
    if len(fences) > 1:
        return "a note has one `order` fence", "make a note of each"
    if fences and fences[0].meta["fence"].graph:
        return None  # the nodes of its graph are put in order, not its lines
    if count < 2:
        return "an order needs at least two lines", "write an `order` fence, or `.order` and a numbered list"
    return None


def _check_tasks(note: Note) -> _Problem | None:
    lists = [first for first, last in blocks(note.front.tokens) if is_task_list(note.front.tokens[first:last])]
    if not lists:
        return f"a `.{note.kind}` note needs a task list on its front", "write `- [x] right` and `- [ ] wrong`"
    return ("a note has one task list on its front", "join them, or make a note of each") if len(lists) > 1 else None


def _check_options(tasks: Items, note: Note, problems: Problems) -> None:
    place = Location(note.location.path, tasks.items[0].line)
    right = sum(item.checked is True for item in tasks.items)
    for item in tasks.items:
        line = Location(note.location.path, item.line)
        if item.checked is None and item.option.tokens and looks_like_box(item.option.tokens[0].content):
            continue  # has its problem already
        if item.checked is None:
            problems.add(line, "this item has no box", "write `- [x] right` or `- [ ] wrong`")
        elif not item.option:
            problems.add(line, "this option is empty", "write what can be chosen behind the box")
    if note.kind is Kind.JUDGE:
        return
    if not right and all(item.checked is not None for item in tasks.items):
        problems.add(place, "no option of this list is right", "mark the right one with `[x]`, or write `.judge`")
    elif note.kind is Kind.CHOICE and right > 1:
        problems.add(place, "a `.choice` note has one right option, and this has several", "write `.multi`")
    if len(tasks.items) < 2:
        problems.add(place, "a choice needs at least two options", "write another, or `.judge`")


_CHECKS: dict[Kind, Callable[[Note], _Problem | None]] = {
    Kind.BASIC: _check_answer,
    Kind.REVERSE: _check_answer,
    Kind.PREDICT: _check_predict,
    Kind.CLOZE: _check_cloze,
    Kind.ORDER: _check_order,
    Kind.CHOICE: _check_tasks,
    Kind.MULTI: _check_tasks,
    Kind.JUDGE: _check_tasks,
}
