"""A `.table` -> a note of each of its rows."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace

from deckgen import attributes
from deckgen.deck import Kind, Location, Markdown, Note
from deckgen.errors import Problems
from deckgen.markdown import Token, blocks, to_text


def rows(note: Note, problems: Problems) -> tuple[Note, ...]:
    """The rows of the note's first table: left asks, right answers, what follows the table is on every back."""
    tokens = (*note.front.tokens, *note.back.tokens)
    found = next(((a, b) for a, b in blocks(tokens) if tokens[a].type == "table_open"), None)
    if not found:
        problems.add(note.location, "a `.table` note needs a table", "write `| question | answer |` rows")
        return ()
    first, last = found
    in_front = last <= len(note.front.tokens)
    before = tokens[:first] if in_front else note.front.tokens + tokens[len(note.front.tokens) : first]
    after = tokens[last:]
    head, *body = _rows(tokens[first:last])
    if len(_cells(head)) != 2:
        place = Location(note.location.path, _line(head[0]))
        problems.add(place, "a `.table` has two columns, question and answer", "remove the others")
        return ()
    if not body:
        problems.add(note.location, "this `.table` has no rows", "write `| question {#id} | answer |`")
    columns = (Markdown(_cells(head)[0][1:-1]), Markdown(_cells(head)[1][1:-1]))
    made = []
    for row in body:
        left, right = _cells(row)
        location = Location(note.location.path, _line(row[0]))
        name = _id(row[0], left, right, location, problems)
        made.append(
            replace(
                note,
                id=f"{note.id}/{name}" if note.id and name else "",
                location=location,
                front=Markdown((*before, *_paragraph(left))),
                back=Markdown((*_paragraph(right), *after)),
                columns=columns,
            )
        )
    return tuple(made)


def check_ids(note: Note, problems: Problems) -> None:
    """Report ids in the cells of tables whose rows are no notes."""
    row = None
    tables = 0
    for token in (*note.front.tokens, *note.back.tokens):
        if token.type == "table_open":
            tables += 1
        elif token.type == "tr_open":
            row = token
        elif row and "attributes" in token.meta and (note.kind is not Kind.TABLE or tables > 1):
            problems.add(
                Location(note.location.path, _line(row)),
                f"`{{{token.meta['attributes']}}}` names a row, but only the rows of a `.table` are notes",
                "write `.table` into the heading, or remove the id",
            )


def _rows(table: Sequence[Token]) -> list[Sequence[Token]]:
    starts = [n for n, token in enumerate(table) if token.type == "tr_open"]
    ends = [n for n, token in enumerate(table) if token.type == "tr_close"]
    return [table[start : end + 1] for start, end in zip(starts, ends, strict=True)]


def _cells(row: Sequence[Token]) -> list[tuple[Token, ...]]:
    """Each cell of a row, with the tokens that open and close it."""
    inside = row[1:-1]
    return [tuple(inside[first:last]) for first, last in blocks(inside)]


def _paragraph(cell: Sequence[Token]) -> tuple[Token, ...]:
    content = cell[1:-1]
    opening = Token("paragraph_open", "p", 1, map=content[0].map if content else None, block=True)
    return (opening, *content, Token("paragraph_close", "p", -1, block=True))


def _id(row: Token, left: Sequence[Token], right: Sequence[Token], location: Location, problems: Problems) -> str:
    if row.meta.get("cells", 2) != 2:
        problems.add(
            location, f"this row has {row.meta['cells']} cells instead of 2", "write `|` inside a cell as `\\|`"
        )
    if "attributes" in right[0].meta:
        problems.add(location, "the id of a row stands in its left cell", "move it there from the right one")
    ids = attributes.read(left[0].meta.get("attributes", "")).ids
    text = to_text(Markdown(tuple(left)))
    if not ids:
        proposal = attributes.propose_id(text)
        problems.add(location, "this row has no id", f"end its left cell with `{{#{proposal}}}`, or run `deckgen ids`")
        return ""
    if not attributes.is_id(ids[0]):
        problems.add(
            location,
            f"the id `{ids[0]}` may hold only lower-case letters, digits and `-`",
            f"write `{{#{attributes.propose_id(ids[0])}}}`",
        )
        return ""
    if not text or not to_text(Markdown(tuple(left[1:-1]))):
        problems.add(location, "the left cell of this row is empty", "write the question into it")
    return ids[0]


def _line(token: Token) -> int:
    return token.map[0] + 1 if token.map else 1
