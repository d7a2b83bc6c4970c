"""Stage 1 of 5.  A folder -> SourceFiles in study order, and deck.toml."""

from __future__ import annotations

import os
import re
import tomllib
from collections.abc import Iterable, Iterator, Mapping, Sequence
from pathlib import Path
from typing import Any

from deckgen.deck import CardFolder, DeckConfig, Location, SourceFile, Study
from deckgen.errors import DeckgenError, Problems, nearest

CONFIG = "deck.toml"
_TEXTS = ("id", "title", "language", "description")
_STUDY: dict[str, tuple[type, ...]] = {
    "new_per_day": (int,),
    "reviews_per_day": (int,),
    "desired_retention": (float, int),
}
_NOT_CARDS = re.compile(r"[A-Z][A-Z0-9_-]+")  # README, ERRATA, CONTRIBUTING
_DECK_ID = re.compile(r"[a-z0-9][a-z0-9._-]*")


def read(root: Path, problems: Problems) -> CardFolder:
    """The card folder at `root`. Files that cannot be read are reported and left out."""
    if not root.is_dir():
        raise DeckgenError(f"{root} is not a folder: give the folder that holds your cards")
    toml = root / CONFIG
    config, lines = _config(toml, problems) if toml.is_file() else (DeckConfig("", _title(root)), {})
    paths = sorted(_cards(root), key=lambda path: _order(path, root, config))
    _check_parts(root, config, paths, lines, problems)
    files = tuple(file for path in paths if (file := _file(path, root, problems)))
    if not paths:
        problems.add(
            Location(typed(root), 1),
            "no card files in this folder",
            "write a Markdown file with a `## Question {#id}` in it",
        )
    return CardFolder(root, config, files)


def subdeck(config: DeckConfig, part: str) -> str:
    """The full name of the deck that the notes of the folder `part` belong to."""
    titles = dict(config.parts)
    if part in titles:
        return f"{config.title}::{titles[part]}"
    names = [titles.get(first, first) for first in part.split("/")[:1]] + part.split("/")[1:]
    return "::".join([config.title, *filter(None, names)])


def typed(path: Path) -> str:
    """`path` as a person in the current folder would type it."""
    below = os.path.relpath(path)
    return str(path) if below.startswith("..") else below


def _title(root: Path) -> str:
    return root.resolve().name or "cards"


# --- The files ---------------------------------------------------------------------------------


def _cards(root: Path) -> Iterator[Path]:
    """Every card file below `root`; names in capitals or beginning with `_` or `.` are none."""
    for folder, subfolders, names in os.walk(root):
        subfolders[:] = [name for name in subfolders if name[0] not in "._"]
        for name in names:
            stem, suffix = os.path.splitext(name)
            if suffix == ".md" and name[0] not in "._" and not _NOT_CARDS.fullmatch(stem):
                yield Path(folder, name)


def _part(path: Path, root: Path) -> str:
    part = path.parent.relative_to(root).as_posix()
    return "" if part == "." else part


def _order(path: Path, root: Path, config: DeckConfig) -> tuple[int, str, str]:
    part = _part(path, root)
    folders = [folder for folder, _ in config.parts]
    first = part.split("/")[0]
    place = next((folders.index(name) for name in (part, first) if name in folders), len(folders))
    return (place if part else -1, part, path.name)


def _file(path: Path, root: Path, problems: Problems) -> SourceFile | None:
    name = typed(path)
    try:
        data = path.read_bytes()
        text = data.decode("utf-8-sig")
    except OSError as error:
        problems.add(Location(name, 1), f"cannot be read ({error.strerror})")
        return None
    except UnicodeDecodeError as error:
        line = data[: error.start].count(b"\n") + 1
        problems.add(Location(name, line), "this file is not UTF-8", "save it as UTF-8")
        return None
    return SourceFile(path, name, _part(path, root), re.sub(r"\r\n?", "\n", text))


# --- deck.toml ---------------------------------------------------------------------------------


def _config(path: Path, problems: Problems) -> tuple[DeckConfig, dict[str, int]]:
    """What deck.toml says, and the line on which each of its keys stands (`study.new_per_day`)."""
    title = _title(path.parent)
    name = typed(path)
    try:
        data = path.read_bytes()
        text = data.decode("utf-8-sig")
        values = tomllib.loads(text.replace("\r\n", "\n"))
    except UnicodeDecodeError as error:
        problems.add(Location(name, data[: error.start].count(b"\n") + 1), "deck.toml is not UTF-8", "save it as UTF-8")
        return DeckConfig("", title), {}
    except tomllib.TOMLDecodeError as error:
        found = re.search(r"at line (\d+)", str(error))
        line = int(found[1]) if found else text.count("\n") + 1
        problems.add(Location(name, line), f"deck.toml is not TOML: {error}")
        return DeckConfig("", title), {}
    lines = _lines(text)
    return _Reader(name, lines, problems).config(values, title), lines


def _lines(text: str) -> dict[str, int]:
    """Where each key of a TOML text stands, as far as a line-by-line look can tell."""
    found: dict[str, int] = {}
    table = ""
    for number, line in enumerate(text.split("\n"), 1):
        if header := re.match(r"\s*\[\s*([^\]]+?)\s*\]", line):
            table = header[1]
            found.setdefault(table, number)
        elif pair := re.match(r"""\s*(?:"([^"]*)"|'([^']*)'|([\w-]+))\s*=""", line):
            key = next(group for group in pair.groups() if group is not None)
            found.setdefault(f"{table}.{key}" if table else key, number)
    return found


class _Reader:
    """Takes the values of deck.toml one by one and reports what is wrong with them."""

    def __init__(self, name: str, lines: Mapping[str, int], problems: Problems) -> None:
        self.name, self.lines, self.problems = name, lines, problems

    def wrong(self, key: str, what: str, instead: str = "") -> None:
        self.problems.add(Location(self.name, self.lines.get(key, 1)), what, instead)

    def config(self, values: dict[str, Any], title: str) -> DeckConfig:
        self.known("", values, (*_TEXTS, "parts", "study"))
        texts = {key: self.text(key, values[key]) for key in _TEXTS if key in values}
        if not _DECK_ID.fullmatch(texts.get("id", "")):
            self.wrong("id", "`id` must be lower-case letters, digits and `-`", 'write e.g. `id = "my-deck"`')
        for key in ("id", "title"):
            if key not in values:
                self.wrong(key, f"deck.toml has no `{key}`", f'write `{key} = "…"`')
        return DeckConfig(
            id=texts.get("id", ""),
            title=self.deck_name("title", texts.get("title", "").strip()) or title,
            language=texts.get("language", "en"),
            description=texts.get("description", ""),
            parts=self.parts(values.get("parts", {})),
            study=self.study(values.get("study", {})),
        )

    def known(self, table: str, values: Mapping[str, Any], keys: Iterable[str]) -> None:
        for key in values:
            if key not in keys:
                self.wrong(f"{table}.{key}" if table else key, f"unknown key `{key}`", nearest(key, keys))

    def text(self, key: str, value: object) -> str:
        if isinstance(value, str):
            return value
        self.wrong(key, f"`{key}` must be a text", f'write `{key} = "…"`')
        return ""

    def deck_name(self, key: str, name: str) -> str:
        if "::" in name:
            self.wrong(key, "`::` in a title makes a deck inside a deck in Anki", "write `:` or `·`")
        return name

    def parts(self, values: object) -> tuple[tuple[str, str], ...]:
        if not isinstance(values, dict):
            self.wrong("parts", "`parts` must be a table", 'write `[parts]` and below it `folder = "Title"`')
            return ()
        parts = []
        for folder, title in values.items():
            key = f"parts.{folder}"
            parts.append((folder, self.deck_name(key, self.text(key, title).strip()) or folder))
        return tuple(parts)

    def study(self, values: object) -> Study:
        if not isinstance(values, dict):
            self.wrong("study", "`study` must be a table", "write `[study]` and below it `new_per_day = 10`")
            return Study()
        self.known("study", values, _STUDY)
        return Study(**{key: value for key, value in values.items() if key in _STUDY and self.number(key, value)})

    def number(self, key: str, value: object) -> bool:
        whole = _STUDY[key] == (int,)
        right = isinstance(value, _STUDY[key]) and not isinstance(value, bool)
        if right and isinstance(value, int | float):
            right = 0 <= value <= 9999 if whole else 0.7 <= value <= 0.99
        if not right:
            self.wrong(
                f"study.{key}",
                f"`{key}` must be a {'whole number from 0 to 9999' if whole else 'number from 0.7 to 0.99'}",
                f"write e.g. `{key} = {10 if whole else 0.9}`",
            )
        return right


# --- Parts -------------------------------------------------------------------------------------


def _check_parts(
    root: Path, config: DeckConfig, paths: Sequence[Path], lines: Mapping[str, int], problems: Problems
) -> None:
    toml = typed(root / CONFIG)
    named = dict(config.parts)
    for folder, title in config.parts:
        place = Location(toml, lines.get(f"parts.{folder}", lines.get("parts", 1)))
        if not (root / folder).is_dir():
            problems.add(place, f"there is no folder `{folder}` for the part “{title}”", _near_folder(folder, root))
        elif not any(_part(path, root).split("/")[0] == folder.split("/")[0] for path in paths):
            problems.add(place, f"the folder `{folder}` holds no card files", "write one or remove the part")
    for path in paths if named else ():
        part = _part(path, root)
        if part and part not in named and part.split("/")[0] not in named:
            problems.add(
                Location(typed(path), 1),
                f"the folder `{part}` is not among the [parts] of deck.toml",
                f'write `{part.split("/")[0]} = "Title"` there, or move the file',
            )
    _check_order(config, toml, lines, problems)


def _near_folder(folder: str, root: Path) -> str:
    folders = [entry.name for entry in root.iterdir() if entry.is_dir() and entry.name[0] not in "._"]
    return nearest(folder, folders) if folders else "make it or remove the part"


def _check_order(config: DeckConfig, toml: str, lines: Mapping[str, int], problems: Problems) -> None:
    """Anki studies subdecks in the order of their names: part titles must sort as they stand."""
    titles = [title for _, title in config.parts]
    keys = [title.casefold() for title in titles]
    if keys == sorted(set(keys)):
        return
    width = len(str(len(titles)))
    first = next(n for n in range(1, len(keys)) if keys[n] <= keys[n - 1])
    proposal = "\n".join(f'{folder} = "{n:0{width}} · {title}"' for n, (folder, title) in enumerate(config.parts, 1))
    problems.add(
        Location(toml, lines.get(f"parts.{config.parts[first][0]}", 1)),
        f"Anki sorts decks by name, and “{titles[first]}” does not come after “{titles[first - 1]}”",
        "write titles that sort in the order of study, such as",
        proposal,
    )
