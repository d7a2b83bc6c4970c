"""Rhymes: the note that a `[!rhyme]` becomes, and the `.rhyme` note."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace

from deckgen.deck import Kind, Location, Markdown, Note
from deckgen.errors import Problems
from deckgen.markdown import Token, blocks
from deckgen.parse.gaps import without_gaps


def collected(note: Note, problems: Problems) -> Note | None:
    """The note `<id>/rhyme` of a note's `[!rhyme]`: the heading asks, the rhyme answers."""
    found = _callouts((*note.front.tokens, *note.back.tokens))
    for callout in found[1:]:
        line = callout[0].map[0] + 1 if callout[0].map else 1
        problems.add(
            Location(note.location.path, line), "a note holds one `[!rhyme]`, and this is another", "make a note of it"
        )
    if not found:
        return None
    line = found[0][0].map[0] + 1 if found[0][0].map else note.location.line
    return replace(
        note,
        id=f"{note.id}/rhyme" if note.id else "",
        kind=Kind.RHYME,
        location=Location(note.location.path, line),
        title=Markdown(without_gaps(note.title.tokens)),
        front=Markdown(),
        back=Markdown(without_gaps(found[0])),
        gaps=(),
        typed=False,
        columns=None,
    )


def arrange(note: Note, problems: Problems) -> Note:
    """A `.rhyme` note with its rhyme, as a callout, at the head of the back.

    The rhyme is the note's `[!rhyme]`; without one, the first paragraphs of the note (of its front, if it has any).
    """
    for front, back in ((note.front.tokens, note.back.tokens), ((), (*note.front.tokens, *note.back.tokens))):
        side = front or back
        span = _rhyme(side)
        if span:
            first, last = span
            rhyme = _as_callout(side[first:last])
            rest = (*side[:first], *side[last:])
            if front:
                return replace(note, front=Markdown(rest), back=Markdown((*rhyme, *back)))
            return replace(note, front=Markdown(), back=Markdown((*rhyme, *rest)))
    problems.add(note.location, "a `.rhyme` note needs a rhyme", "write its lines under the heading")
    return note


def _rhyme(tokens: Sequence[Token]) -> tuple[int, int] | None:
    """Where the rhyme stands among the outermost blocks."""
    spans = list(blocks(tokens))
    for first, last in spans:
        if _is_rhyme(tokens[first]):
            return first, last
    paragraphs = [span for span in spans if tokens[span[0]].type == "paragraph_open"]
    if not paragraphs:
        return None
    run = spans[spans.index(paragraphs[0]) :]
    last = next((n for n, (first, _) in enumerate(run) if tokens[first].type != "paragraph_open"), len(run))
    return run[0][0], run[last - 1][1]


def _as_callout(tokens: Sequence[Token]) -> tuple[Token, ...]:
    if _is_rhyme(tokens[0]):
        return tuple(tokens)
    meta = {"callout": "rhyme", "title": "", "exact": True}
    opening = Token("callout_open", "div", 1, map=tokens[0].map, meta=meta, block=True)
    return (opening, *tokens, Token("callout_close", "div", -1, meta=meta, block=True))


def _is_rhyme(token: Token) -> bool:
    return token.type == "callout_open" and bool(token.meta["callout"] == "rhyme")


def _callouts(tokens: Sequence[Token]) -> list[tuple[Token, ...]]:
    """Every rhyme callout of a piece, also inside of other blocks."""
    found = []
    for n, token in enumerate(tokens):
        if _is_rhyme(token):
            depth = 0
            for end in range(n, len(tokens)):
                depth += tokens[end].nesting
                if depth == 0:
                    found.append(tuple(tokens[n : end + 1]))
                    break
    return found
