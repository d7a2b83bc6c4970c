"""One `##` section -> its notes: front and back, kind, rows, rhyme."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from deckgen.deck import Kind, Location, Markdown, Note, Program, Step
from deckgen.errors import Problems
from deckgen.markdown import Token, blocks, is_task_list
from deckgen.parse import kinds, rhymes, tables
from deckgen.parse.gaps import by_number, find_gaps, has_gap
from deckgen.parse.heading import Heading
from deckgen.parse.program import take_steps


@dataclass(frozen=True, slots=True)
class Context:
    """What a file gives to all its notes."""

    name: str
    part: str
    section: str
    tags: tuple[str, ...]
    source: str
    setup: Markdown
    steps: tuple[Step, ...]


def notes(
    head: Heading, body: Sequence[Token], lines: tuple[int, int], context: Context, problems: Problems
) -> tuple[Note, ...]:
    """The note of a section and those that are made of it: a table's rows, a rhyme. They share one program."""
    check_headings(body, context.name, problems)
    own = take_steps((*head.title.tokens, *body), context.name, len(context.steps))
    front, back = _sides(head, body, context.name, problems)
    found = tuple(find_gaps((*head.title.tokens, *front)))
    kind = kinds.choose(head, front, bool(found), problems)
    note = Note(
        id=head.id,
        kind=kind,
        location=head.location,
        lines=lines,
        part=context.part,
        section=context.section,
        title=head.title,
        front=Markdown(front),
        back=Markdown(back),
        setup=context.setup,
        program=Program(head.id, head.location, (*context.steps, *own), len(context.steps)),
        gaps=by_number(found) if kind is Kind.CLOZE else (),
        tags=tuple(dict.fromkeys((*context.tags, *head.tags))),
        source=head.source or context.source,
        typed=head.typed,
    )
    _check_gaps(note, context.name, problems)
    tables.check_ids(note, problems)
    kinds.check(note, problems)
    return _expand(note, problems)


def _expand(note: Note, problems: Problems) -> tuple[Note, ...]:
    if note.kind is Kind.RHYME:
        return (rhymes.arrange(note, problems),)
    made = tables.rows(note, problems) if note.kind is Kind.TABLE else (note,)
    rhyme = rhymes.collected(note, problems)
    return (*made, rhyme) if rhyme else made


def _sides(
    head: Heading, body: Sequence[Token], name: str, problems: Problems
) -> tuple[tuple[Token, ...], tuple[Token, ...]]:
    """Front and back: cut at the `---`, or else below the last block that asks something."""
    dividers = [n for n, token in enumerate(body) if token.type == "hr" and not token.level and token.markup[:1] == "-"]
    for n in dividers[1:]:
        problems.add(
            Location(name, _line(body[n])),
            "a note has one `---`, and this is another",
            "write `***` for a rule; notes need no line between them",
        )
    if dividers:
        back = tuple(token for n, token in enumerate(body) if n > dividers[0] and n not in dividers)
        return tuple(body[: dividers[0]]), back
    cut = 0
    for first, last in blocks(body):
        if _asks(body[first:last], head.kind):
            cut = last
    return tuple(body[:cut]), tuple(body[cut:])


def _asks(block: Sequence[Token], kind: Kind | None) -> bool:
    """Whether a block belongs to the front though no `---` says so."""
    match block[0].type:
        case "fence" if "order" in block[0].meta["fence"].words:
            return True
        case "ordered_list_open" if kind is Kind.ORDER:
            return True
        case "table_open" if kind is Kind.TABLE:
            return True
    return is_task_list(block) or has_gap(block)


def _line(token: Token) -> int:
    return token.map[0] + 1 if token.map else 1


def check_headings(body: Sequence[Token], name: str, problems: Problems) -> None:
    """Report each `#` heading: the file's own is not in `body`."""
    for token in body:
        if token.type == "heading_open" and token.tag == "h1" and not token.level:
            place = Location(name, token.map[1] if token.markup == "=" and token.map else _line(token))
            if token.markup == "=":
                problems.add(place, "a `===` straight under text makes a heading of it", "remove it")
            else:
                problems.add(
                    place,
                    "a file has one `#` heading, above its notes",
                    "write `##` for a note or `###` for a heading inside of one",
                )


def _check_gaps(note: Note, name: str, problems: Problems) -> None:
    for gap in find_gaps(note.back.tokens):
        problems.add(Location(name, gap.line), "a gap below the `---` is never asked", "move it above the `---`")
    for gap in find_gaps((*note.title.tokens, *note.front.tokens)):
        place = Location(name, gap.line)
        if any(not 1 <= number <= 99 for number in gap.ordinals):
            problems.add(place, "a gap's number goes from 1 to 99", "write `{{c1::…}}`")
        if not gap.text.strip():
            problems.add(place, "this gap is empty", "write the text that is asked for into it")
        if note.kind is not Kind.CLOZE:
            problems.add(
                place, f"a `.{note.kind}` note has no gaps", f"remove `.{note.kind}` from the heading, or the gap"
            )
