"""Stage 2 of 5.  A SourceFile -> Notes."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass

from deckgen import attributes, markdown
from deckgen.deck import Location, Markdown, Note, SourceFile, Step
from deckgen.errors import Problems, nearest
from deckgen.markdown import Token
from deckgen.parse import faults, fences, front_matter, heading, section
from deckgen.parse.gaps import find_gaps
from deckgen.parse.program import take_steps


def parse(file: SourceFile, problems: Problems) -> tuple[Note, ...]:
    """The notes of one file, in order. Never raises: what is wrong with the text becomes a problem at its line."""
    front = front_matter.read(file.text, file.name, problems)
    tokens = fences.attach(markdown.parse(front.text), file.name, problems)
    tokens = _without_underlines(tokens, file.name, problems)
    faults.report(tokens, file.name, problems)
    introduction, *sections = _sections(tokens, front.text.rstrip("\n").count("\n") + 1)
    context = _context(introduction.tokens, front, file, problems)
    if not sections:
        problems.add(Location(file.name, 1), "this file holds no notes", "write `## Question {#id}` above each")
    return tuple(note for part in sections for note in _notes(part, context, problems))


def _notes(part: _Section, context: section.Context, problems: Problems) -> tuple[Note, ...]:
    head = heading.read(part.tokens[0], part.tokens[1], context.name, problems)
    return section.notes(head, part.tokens[3:], part.lines, context, problems)


# --- A file cut at its headings ----------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class _Section:
    """The tokens from a top-level `##` to the next, and the first and last line they stand on."""

    tokens: tuple[Token, ...]
    lines: tuple[int, int]


def _sections(tokens: Sequence[Token], last: int) -> Iterator[_Section]:
    """The introduction, then each `##` section; `last` is the last line of the file."""
    starts = [
        n for n, token in enumerate(tokens) if token.type == "heading_open" and token.tag == "h2" and not token.level
    ]
    cuts = [0, *starts, len(tokens)]
    lines = [1, *(tokens[n].map[0] + 1 for n in starts if tokens[n].map), last + 1]  # type: ignore[index]
    for n in range(len(cuts) - 1):
        yield _Section(tuple(tokens[cuts[n] : cuts[n + 1]]), (lines[n], max(lines[n], lines[n + 1] - 1)))


def _without_underlines(tokens: Sequence[Token], name: str, problems: Problems) -> tuple[Token, ...]:
    """`text` above `---` is a heading to Markdown; report it and read what was meant, a paragraph and a divider."""
    kept: list[Token] = []
    underlined = False
    rule = Token("hr", "hr", 0)
    for token in tokens:
        if token.type == "heading_open" and token.tag == "h2" and token.markup == "-" and not token.level:
            underlined = True
            line = token.map[1] if token.map else 1
            problems.add(
                Location(name, line),
                "a `---` straight under text makes a heading of it",
                "leave an empty line above the `---`",
            )
            kept.append(token.copy(type="paragraph_open", tag="p"))
            rule = Token("hr", "hr", 0, markup="---", map=[line - 1, line])
        elif token.type == "heading_close" and underlined:
            underlined = False
            kept += [token.copy(type="paragraph_close", tag="p"), rule]
        else:
            kept.append(token)
    return tuple(kept)


def _context(
    tokens: Sequence[Token], front: front_matter.FrontMatter, file: SourceFile, problems: Problems
) -> section.Context:
    """What the file's introduction gives to all its notes."""
    title = ""
    body: list[Token] = []
    for first, last in markdown.blocks(tokens):
        block = tokens[first:last]
        if block[0].type == "heading_open" and block[0].tag == "h1" and not title:
            title = markdown.to_text(Markdown(tuple(block)))
        else:
            body += block
    section.check_headings(body, file.name, problems)
    _check_introduction(tokens, file.name, problems)
    setup = Markdown(tuple(body))
    steps: tuple[Step, ...] = take_steps(setup.tokens, file.name, 0)
    return section.Context(
        name=file.name,
        part=file.part,
        section=front.title or title or file.path.stem,
        tags=front.tags,
        source=front.source,
        setup=setup,
        steps=steps,
    )


def _check_introduction(tokens: Sequence[Token], name: str, problems: Problems) -> None:
    """What only a note can hold."""
    for gap in find_gaps(tokens):
        problems.add(
            Location(name, gap.line), "a gap in the introduction of a file asks nothing", "move it into a note"
        )
    title = False
    for token, line in markdown.walk(tokens):
        if token.type == "callout_open" and token.meta["callout"] == "rhyme":
            problems.add(Location(name, line), "a rhyme in the introduction belongs to no note", "move it into a note")
        elif token.type in ("heading_open", "heading_close") and token.tag == "h1":
            title = token.type == "heading_open"
        elif token.type == "inline_value" and title:
            problems.add(Location(name, line), "the title of a file holds no value", "write it into a note")


# --- All files together ------------------------------------------------------------------------


def check(notes: Sequence[Note], problems: Problems) -> None:
    """What only all notes together show: ids that are used twice, links to cards that do not exist."""
    places: dict[str, Location] = {}
    for note in notes:
        if note.id in places and note.id:
            problems.add(
                note.location,
                f"the id `{note.id}` is already taken by {places[note.id]}",
                "choose another for the newer of the two",
            )
        places.setdefault(note.id, note.location)
    targets = {*places, *(name.partition("/")[0] for name in places)}
    for note in notes:
        for address, line in _card_links(note):
            _check_link(address, Location(note.location.path, line), targets, problems)


def _card_links(note: Note) -> Iterator[tuple[str, int]]:
    pieces: Iterable[Markdown] = (note.title, note.front, note.back, note.setup)
    for piece in pieces:
        for token, line in markdown.walk(piece.tokens):
            address = str(token.attrs.get("href", "")) if token.type == "link_open" else ""
            if address and markdown.is_relative(address):
                yield address, line


def _check_link(address: str, location: Location, targets: set[str], problems: Problems) -> None:
    _, mark, target = address.partition("#")
    if not mark:
        problems.add(
            location, f"`{address}` leads nowhere in Anki", "link to a card, as in `[text](#id)`, or to an address"
        )
    elif target not in targets:
        near = nearest(target, targets) if len(targets) < 2000 or attributes.is_id(target) else ""
        advice = near if near.startswith("did") else "write the id of a note of this deck"
        problems.add(location, f"there is no card `#{target}` to link to", advice)
