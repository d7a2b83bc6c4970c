"""The missing ids of notes and of table rows, proposed and written behind what the author wrote."""

from __future__ import annotations

import os
import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path

from deckgen import attributes, markdown
from deckgen.deck import Location, Markdown, SourceFile
from deckgen.errors import DeckgenError
from deckgen.markdown import Token

_CELL_END = re.compile(r"(?<!\\)\|")
_CLOSING_HASHES = re.compile(r"[ \t]+#+[ \t]*$")


@dataclass(frozen=True, slots=True)
class Stamp:
    """An id for a note or a row that has none: `before` is the line as it stands, `after` with the id."""

    location: Location
    path: Path
    id: str
    before: str
    after: str


@dataclass(frozen=True, slots=True)
class _Place:
    """A heading or a table's left cell. `row_of` is the heading of a row's table, None for a heading."""

    line: int
    ids: tuple[str, ...]
    attributes: str | None
    text: str
    row_of: int | None = None


def stamp(files: Sequence[SourceFile]) -> tuple[Stamp, ...]:
    """Ids for all that lacks one, unique among all ids that are there. Writes nothing: see `write`."""
    places = [(file, place) for file in files for place in _places(file)]
    used: dict[tuple[Path, int] | None, set[str]] = {}  # a row's id need only differ from those of its own table
    for file, place in places:
        used.setdefault(_scope(file, place), set()).update(place.ids)
    stamps = []
    for file, place in places:
        if not place.ids:
            taken = used[_scope(file, place)]
            name = _free(attributes.propose_id(place.text), taken)
            taken.add(name)
            before = file.text.split("\n")[place.line - 1]
            stamps.append(
                Stamp(Location(file.name, place.line), file.path, name, before, _with_id(before, name, place))
            )
    return tuple(stamps)


def _scope(file: SourceFile, place: _Place) -> tuple[Path, int] | None:
    return None if place.row_of is None else (file.path, place.row_of)


def _places(file: SourceFile) -> tuple[_Place, ...]:
    _, text = markdown.cut_front_matter(file.text)
    return tuple(_find(markdown.parse(text)))


def _find(tokens: Sequence[Token]) -> Iterator[_Place]:
    """The headings of notes, and the rows of those whose kind is `.table`."""
    table: int | None = None  # the line of the heading whose first table is still to come
    for n, token in enumerate(tokens):
        if token.type == "heading_open" and token.tag == "h2" and not token.level and token.markup == "##":
            place = _place(token, tokens[n + 1], None)
            is_table = "table" in attributes.read(place.attributes or "").classes
            table = place.line if is_table else None
            yield place
        elif token.type == "table_open" and not token.level and table is not None:
            yield from _rows(tokens[n:], table)
            table = None


def _rows(tokens: Sequence[Token], table: int) -> Iterator[_Place]:
    for n, token in enumerate(tokens):
        if token.type == "table_close":
            return
        if token.type == "td_open" and tokens[n - 1].type == "tr_open":
            yield _place(token, tokens[n + 1], table)


def _place(opening: Token, inline: Token, row_of: int | None) -> _Place:
    written = opening.meta.get("attributes")
    line = inline.map[0] + 1 if inline.map else 1
    text = markdown.to_text(Markdown((inline,)))
    return _Place(line, attributes.read(written or "").ids, written, text, row_of)


def _free(name: str, used: set[str]) -> str:
    if name not in used:
        return name
    return next(other for n in range(2, len(used) + 3) if (other := f"{name}-{n}") not in used)


def _with_id(line: str, name: str, place: _Place) -> str:
    if place.row_of is not None:
        return _cell_with_id(line, name)
    if place.attributes is not None:  # `{.kind}`: the id goes first into the block
        start = line.rindex("{", 0, line.rindex("}"))
        return f"{line[: start + 1]}#{name} {line[start + 1 :].lstrip()}"
    closing = _CLOSING_HASHES.search(line)
    end = closing.start() if closing and line[: closing.start()].strip(" #") else len(line.rstrip())
    return f"{line[:end]} {{#{name}}}{line[end:]}"


def _cell_with_id(line: str, name: str) -> str:
    start = len(line) - len(line.lstrip())
    if line[start : start + 1] == "|":
        start += 1
    end = _CELL_END.search(line, start)
    stop = end.start() if end else len(line)
    text = line[:stop].rstrip()
    return f"{text} {{#{name}}}{line[len(text) : stop]}{line[stop:]}"


def write(stamps: Sequence[Stamp]) -> None:
    """Write `stamps` into their files. All other bytes stay as they are, line ends and byte-order mark too."""
    for path in dict.fromkeys(stamp.path for stamp in stamps):
        _write(path, [stamp for stamp in stamps if stamp.path == path])


def _write(path: Path, stamps: Sequence[Stamp]) -> None:
    pieces = re.split(r"(\r\n|\r|\n)", path.read_bytes().decode("utf-8"))
    for stamp in stamps:
        n = (stamp.location.line - 1) * 2
        mark = "\ufeff" if n == 0 and pieces[0].startswith("\ufeff") else ""
        if n >= len(pieces) or pieces[n] != mark + stamp.before:
            raise DeckgenError(f"{stamp.location} has changed meanwhile: run `deckgen ids` again")
        pieces[n] = mark + stamp.after
    beside = path.with_name(f".{path.name}.new")
    beside.write_bytes("".join(pieces).encode("utf-8"))
    os.replace(beside, path)
