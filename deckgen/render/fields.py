"""The HTML of each field of a note, kind by kind."""

from __future__ import annotations

from collections.abc import Iterable, Iterator

from deckgen.deck import Fence, Kind, Markdown, Note
from deckgen.markdown import Items, Token, blocks, list_items, to_text
from deckgen.render import code, puzzles, verses
from deckgen.render.pages import Markup, page
from deckgen.render.puzzles import Option
from deckgen.render.side import Mode, Side

_QUIZZES = (Kind.CHOICE, Kind.MULTI, Kind.JUDGE)


def front(note: Note, side: Side) -> str:
    """The question with its title, as the side's mode wants it: asked, or solved in place."""
    title = Markup("<h2>") + side.html(note.title) + Markup("</h2>")
    typed = Markup('<div class="type-in"></div>') if note.typed else Markup("")
    return "\n".join(part for part in (title, _question(note, side), typed) if part)


def back(note: Note, side: Side) -> str:
    """What the code of the front did, then the answer."""
    results = [html for fence in _asked_fences(note) if not fence.show_front and (html := side.result(fence))]
    shown = page("results", results=[Markup(html) for html in results])
    return "\n".join(part for part in (shown, _answer(note, side)) if part)


def reverse(note: Note, side: Side) -> str:
    """The question asked the other way round: the first block of the answer that says anything."""
    if note.kind is not Kind.REVERSE:
        return ""
    tokens = note.back.tokens
    parts = (side.html(Markdown(tokens[first:last])) for first, last in blocks(tokens))
    return next((part for part in parts if part), "")


def speech(note: Note) -> str:
    if note.kind is not Kind.RHYME:
        return ""
    return "\n".join((to_text(note.title), *verses.spoken(note.back)))


def setup(note: Note) -> str:
    """The code that the section shows and that the note's own code stands on."""
    fences = [f for f in fences_of(note.setup.tokens) if not f.words & {"hidden", "silent", "proof"}]
    return "".join(code.block(fence.code, fence.language) for fence in fences)


def fences_of(tokens: Iterable[Token]) -> Iterator[Fence]:
    return (token.meta["fence"] for token in tokens if "fence" in token.meta)


def _question(note: Note, side: Side) -> Markup:
    if note.kind is Kind.RHYME:
        return side.html(note.front) + verses.blank(note.back, side)
    if note.kind is Kind.TABLE and note.columns:
        *_, (first, _) = blocks(note.front.tokens)
        before, cell = Markdown(note.front.tokens[:first]), Markdown(note.front.tokens[first:])
        row = page("row", column=side.html(note.columns[0]), body=side.html(cell))
        return Markup("\n").join(part for part in (side.html(before), row) if part)
    items = _items(note)
    if not items:
        return side.html(note.front)
    solved = side.mode is Mode.SOLVE
    options = [_option(side, items, place) for place in range(len(items.items))]
    asked = (
        puzzles.order(options, note.id, solved) if note.kind is Kind.ORDER else puzzles.quiz(options, note.kind, solved)
    )
    return Markup("\n").join(part for part in (side.html(items.before), asked, side.html(items.after)) if part)


def _items(note: Note) -> Items | None:
    if note.kind in _QUIZZES:
        return list_items(note.front)
    return list_items(note.front, ordered=True) if note.kind is Kind.ORDER else None


def _option(side: Side, items: Items, place: int) -> Option:
    item = items.items[place]
    told = side.but(Mode.TELL)
    if side.mode is Mode.ASK:
        return Option(side.html(item.option), Markup(""), place=place)
    return Option(told.html(item.option), told.html(item.explanation), bool(item.checked), place)


def _asked_fences(note: Note) -> Iterator[Fence]:
    """The fences of the front whose outputs belong to the answer; those of an option stand beside it."""
    items = _items(note)
    tokens = (*items.before.tokens, *items.after.tokens) if items else note.front.tokens
    return fences_of(tokens)


def _answer(note: Note, side: Side) -> Markup:
    if note.kind is Kind.RHYME:
        return verses.whole(note.back, side)
    if note.kind is Kind.TABLE and note.columns:
        first = next((last for _, last in blocks(note.back.tokens)), 0)
        cell, rest = Markdown(note.back.tokens[:first]), Markdown(note.back.tokens[first:])
        return page("row", column=side.html(note.columns[1]), body=side.html(cell)) + Markup("\n") + side.html(rest)
    return side.html(note.back)
