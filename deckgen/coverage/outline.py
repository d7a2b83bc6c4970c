"""outline.toml -> the items of a syllabus with the notes that teach them, and the names that are to be taught."""

from __future__ import annotations

import re
import tomllib
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path, PurePath
from typing import Any

from deckgen.deck import Location, Note
from deckgen.errors import DeckgenError, Problems, nearest

FILE = "outline.toml"
_EXAMPLE = '["Part 1"]\n"A. What it is" = ["part1/1a-what.md", "#an-id"]'


@dataclass(frozen=True, slots=True)
class Item:
    """One thing that the deck promises to teach, and the notes that do, in study order."""

    part: str
    title: str
    notes: tuple[Note, ...]


@dataclass(frozen=True, slots=True)
class Outline:
    """What outline.toml asks for. `modules` stand for all names in their `__all__`; `place` is where [api] stands."""

    items: tuple[Item, ...]
    modules: tuple[str, ...]
    names: tuple[str, ...]
    place: Location


def read(path: Path, name: str, notes: Sequence[Note], problems: Problems) -> Outline:
    """The outline at `path`, which errors call `name`. An item that no note teaches is a problem.

    Raises DeckgenError if there is no such file.
    """
    try:
        text = path.read_text("utf-8-sig").replace("\r\n", "\n")
        values = tomllib.loads(text)
    except FileNotFoundError:
        raise DeckgenError(
            f"there is no {name}: write into it what the deck is to teach, such as\n\n{_EXAMPLE}"
        ) from None
    except tomllib.TOMLDecodeError as error:
        found = re.search(r"at line (\d+)", str(error))
        problems.add(Location(name, int(found[1]) if found else text.count("\n") + 1), f"this is not TOML: {error}")
        values, text = {}, ""
    reader = _Reader(name, text, path.parent, notes, problems)
    api = values.pop("api", {})
    items = tuple(reader.items(values))
    modules, names = (reader.texts(api, key) for key in ("modules", "names"))
    return Outline(items, modules, names, reader.place("[api]"))


class _Reader:
    def __init__(self, name: str, text: str, root: Path, notes: Sequence[Note], problems: Problems) -> None:
        self.name, self.lines, self.problems = name, text.split("\n"), problems
        self.notes = {note.id: note for note in notes}
        self.files: dict[str, list[Note]] = {}
        for note in notes:
            file = PurePath(note.part, PurePath(note.location.path).name).as_posix()
            self.files.setdefault(file, []).append(note)

    def place(self, *words: str) -> Location:
        """The line that holds the last of `words`, each looked for from the line of the one before."""
        number = 0
        for word in words:
            number = next((n for n, line in enumerate(self.lines[number:], number) if word in line), number)
        return Location(self.name, number + 1)

    def items(self, values: dict[str, Any]) -> Iterator[Item]:
        for part, titles in values.items():
            if not isinstance(titles, dict):
                self.problems.add(self.place(part), f"`{part}` is not a table of items", "write", _EXAMPLE)
                continue
            for title in titles:
                place = self.place(part, title)
                choices = self.texts(titles, title)
                if not choices:
                    self.problems.add(place, f"no note teaches “{title}”", "name a file of cards, or `#id` of a note")
                yield Item(part, title, tuple(self._chosen(place, choices)))

    def texts(self, table: Any, key: str) -> tuple[str, ...]:
        value = table.get(key, []) if isinstance(table, dict) else None
        if isinstance(value, list) and all(isinstance(one, str) for one in value):
            return tuple(value)
        self.problems.add(self.place(key), f"`{key}` must be a list of texts", f'write `{key} = ["…"]`')
        return ()

    def _chosen(self, place: Location, choices: Sequence[str]) -> Iterator[Note]:
        seen = set()
        for choice in choices:
            known = self.notes if choice[:1] == "#" else self.files
            word = choice.removeprefix("#")
            if word not in known:
                self.problems.add(place, f"there is no `{choice}` in this deck", nearest(word, known))
                continue
            for note in [self.notes[word]] if choice[:1] == "#" else self.files[word]:
                if note.id not in seen:
                    seen.add(note.id)
                    yield note
