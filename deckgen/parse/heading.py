"""The heading of a note: its id, kind and attributes."""

from __future__ import annotations

from dataclasses import dataclass

from deckgen import attributes
from deckgen.deck import Kind, Location, Markdown
from deckgen.errors import Problems, nearest
from deckgen.markdown import Token, to_text
from deckgen.parse.front_matter import is_address

_TYPED = "type-in"
_PAIRS = ("tag", "source")


@dataclass(frozen=True, slots=True)
class Heading:
    """A `##` heading as written. `id` is "" where it has none that is good; `kind` None where none is named."""

    id: str
    kind: Kind | None
    typed: bool
    tags: tuple[str, ...]
    source: str
    title: Markdown
    location: Location


def read(opening: Token, inline: Token, name: str, problems: Problems) -> Heading:
    location = Location(name, opening.map[0] + 1 if opening.map else 1)
    title = Markdown((inline,))
    text = to_text(title)
    if not text and not inline.children:
        problems.add(location, "this heading is empty", "write the question, as in `## Question {#id}`")
    words = attributes.read(opening.meta.get("attributes", ""))
    reader = _Reader(location, problems)
    kind, typed = reader.kind(words.classes)
    tags, source = reader.pairs(words.pairs)
    if words.odd:
        reader.wrong(f"`{words.odd[0]}` is no attribute", 'write `{#id .kind tag="x" source="https://…"}`')
    return Heading(reader.id(words.ids, text), kind, typed, tags, source, title, location)


@dataclass(frozen=True, slots=True)
class _Reader:
    location: Location
    problems: Problems

    def wrong(self, what: str, instead: str) -> None:
        self.problems.add(self.location, what, instead)

    def id(self, ids: tuple[str, ...], text: str) -> str:
        if not ids:
            proposal = attributes.propose_id(text)
            if any(bracket in text for bracket in ("{#", "｛", "{＃")):
                self.wrong("the attributes of this heading cannot be read", f"end it with `{{#{proposal}}}`")
            else:
                self.wrong("this note has no id", f"end the heading with `{{#{proposal}}}`, or run `deckgen ids`")
            return ""
        if len(ids) > 1:
            self.wrong("this heading has two ids", f"keep one, such as `{{#{ids[0]}}}`")
        elif not attributes.is_id(ids[0]):
            self.wrong(
                f"the id `{ids[0]}` may hold only lower-case letters, digits and `-`",
                f"write `{{#{attributes.propose_id(ids[0])}}}`",
            )
            return ""
        return ids[0]

    def kind(self, classes: tuple[str, ...]) -> tuple[Kind | None, bool]:
        known = {kind.value: kind for kind in Kind}
        kinds = []
        for word in classes:
            if word in known:
                kinds.append(known[word])
            elif word != _TYPED:
                self.wrong(f"unknown kind `.{word}`", nearest(word, [*known, _TYPED]))
        if len(kinds) > 1:
            self.wrong(f"a note has one kind, not both `.{kinds[0]}` and `.{kinds[1]}`", "keep one of them")
        return (kinds[0] if kinds else None), _TYPED in classes

    def pairs(self, pairs: tuple[tuple[str, str], ...]) -> tuple[tuple[str, ...], str]:
        tags: list[str] = []
        source = ""
        for key, value in pairs:
            if key not in _PAIRS:
                self.wrong(f"unknown attribute `{key}`", nearest(key, _PAIRS))
            elif value[:1] in ("“", "”", "‘", "「", "＂"):
                self.wrong(f"the value of `{key}` stands in typographic quotes", f'write `{key}="…"`')
            elif key == "tag":
                tags += value.split()
            elif is_address(value):
                source = value
            else:
                self.wrong(f"`source` must be an address, not `{value}`", 'write `source="https://…"`')
        return tuple(tags), source
