"""deck.lock as text: one JSON object, a note a line in the order of their ids, so that git merges it line by line."""

from __future__ import annotations

import contextlib
import json
import os
from collections.abc import Callable, Iterable
from pathlib import Path
from typing import Any

from deckgen.deck import Location
from deckgen.errors import DeckgenError, Problems
from deckgen.lock.entries import Entry, Lock, TypeEntry

_FORMAT = 1
_MARKS = ("<<<<<<<", "|||||||", "=======", ">>>>>>>")
_MEND = "take it back from your version control, for instance `git checkout deck.lock`"

# Of a note's entry: what must be there, and what is left out when there is none of it.
_NOTE = {"guid": str, "notetype": str, "created": int, "changed": int, "hash": str, "deck": str, "due": int}
_GAPS = ("gaps", "retired")
_TYPE = {"id": int, "changed": int, "hash": str}


class _FaultError(Exception):
    """What is wrong with the lock, at a line of it."""

    def __init__(self, line: int, what: str, instead: str = _MEND) -> None:
        super().__init__(what)
        self.line, self.what, self.instead = line, what, instead


def read(path: Path, problems: Problems) -> Lock:
    """The lock at `path`, an empty one if there is no file. One that cannot be read is a problem, and stays so."""
    try:
        text = path.read_bytes().decode("utf-8")
        return _parse(text)
    except FileNotFoundError:
        return Lock()
    except UnicodeDecodeError as error:
        fault = _FaultError(error.object[: error.start].count(b"\n") + 1, "this is not UTF-8 text")
    except OSError as error:
        fault = _FaultError(1, f"the lock cannot be read ({error.strerror})", "make it readable")
    except _FaultError as found:
        fault = found
    location = Location(str(path), fault.line)
    problems.add(location, fault.what, fault.instead)
    return Lock(unreadable=f"{location}: {fault.what}")


def _parse(text: str) -> Lock:
    lines = text.split("\n")
    for number, line in enumerate(lines, 1):
        if line.startswith(_MARKS):
            raise _FaultError(
                number, "two versions of the lock were merged and left in conflict", "keep either and build again"
            )
    try:
        content = json.loads(text, object_pairs_hook=_unique)
    except json.JSONDecodeError as error:
        raise _FaultError(error.lineno, f"the lock is damaged ({error.msg})") from None
    except RecursionError:
        raise _FaultError(1, "the lock is damaged") from None
    except _RepeatedError as error:
        raise _FaultError(
            _line_of(lines, error.key, last=True), f"`{error.key}` is here twice", "keep one of them"
        ) from None
    if not isinstance(content, dict) or content.get("format") != _FORMAT:
        raise _FaultError(1, "this is not a lock that this version of deckgen can read", f"update deckgen, or {_MEND}")
    return _lock(content, lines)


class _RepeatedError(Exception):
    def __init__(self, key: str) -> None:
        super().__init__(key)
        self.key = key


def _unique(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    found: dict[str, Any] = {}
    for key, value in pairs:
        if key in found:
            raise _RepeatedError(key)
        found[key] = value
    return found


def _line_of(lines: list[str], key: str, *, last: bool = False) -> int:
    start = f"{json.dumps(key, ensure_ascii=False)}:"
    found = [number for number, line in enumerate(lines, 1) if line.lstrip().startswith(start)]
    return found[-1 if last else 0] if found else 1


def _lock(content: dict[str, Any], lines: list[str]) -> Lock:
    deck = content.get("deck")
    if not isinstance(deck, str) or not deck:
        raise _FaultError(_line_of(lines, "deck"), "the lock does not say which deck it belongs to")
    types = _section(content, "notetypes", lines, lambda key, value: TypeEntry(key, **_checked(value, _TYPE)))
    notes = _section(content, "notes", lines, _read_note)
    _check_guids(notes, lines)
    return Lock(deck, types, notes)


def _section(content: dict[str, Any], name: str, lines: list[str], make: Callable[[str, Any], Any]) -> tuple[Any, ...]:
    section = content.get(name)
    if not isinstance(section, dict):
        raise _FaultError(_line_of(lines, name), f"the lock has no `{name}`")
    made = []
    for key, value in sorted(section.items()):
        try:
            made.append(make(key, value))
        except ValueError as error:
            raise _FaultError(_line_of(lines, key), f"the entry `{key}` is damaged ({error})") from None
    return tuple(made)


def _checked(value: Any, shape: dict[str, type]) -> dict[str, Any]:
    if not isinstance(value, dict):
        raise ValueError("not an object")
    for key, kind in shape.items():
        if type(value.get(key)) is not kind:
            raise ValueError(f"`{key}` is missing or not a {'number' if kind is int else 'text'}")
    return {key: value[key] for key in shape}


def _read_note(key: str, value: Any) -> Entry:
    checked = _checked(value, _NOTE)
    gaps, retired = (_read_gaps(name, value.get(name, {})) for name in _GAPS)
    removed = value.get("removed", 0)
    if type(removed) is not int:
        raise ValueError("`removed` is not a number")
    return Entry(key, **checked, gaps=gaps, retired=retired, removed=removed)


def _read_gaps(name: str, value: Any) -> tuple[tuple[int, str], ...]:
    if not isinstance(value, dict) or not all(key.isdecimal() and isinstance(value[key], str) for key in value):
        raise ValueError(f"`{name}` is not a list of gaps")
    return tuple(sorted((int(key), text) for key, text in value.items()))


def _check_guids(notes: Iterable[Entry], lines: list[str]) -> None:
    seen: dict[str, str] = {}
    for entry in notes:
        if entry.guid in seen:
            what = f"`{entry.id}` and `{seen[entry.guid]}` have one guid, so Anki would take them for one note"
            raise _FaultError(_line_of(lines, entry.id), what)
        seen[entry.guid] = entry.id


def write(lock: Lock, path: Path) -> None:
    """Write `lock` to `path`, whole or not at all, and not if the file says the same already."""
    data = _text(lock).encode()
    beside = path.with_name(f".{path.name}.{os.getpid()}.new")
    try:
        if path.exists() and path.read_bytes() == data:
            return
        with beside.open("wb") as file:
            file.write(data)
            file.flush()
            os.fsync(file.fileno())  # a power cut leaves the old lock or the new one, never an empty one
        os.replace(beside, path)
    except OSError as error:
        raise DeckgenError(f"cannot write {path}: {error.strerror}") from error
    finally:
        with contextlib.suppress(OSError):
            beside.unlink(missing_ok=True)


def _text(lock: Lock) -> str:
    types = {entry.key: {name: getattr(entry, name) for name in _TYPE} for entry in lock.notetypes}
    notes = {entry.id: _note(entry) for entry in lock.notes}
    head = f'{{\n"format": {_FORMAT},\n"deck": {_json(lock.deck)},\n'
    return f'{head}"notetypes": {_object(types)},\n"notes": {_object(notes)}\n}}\n'


def _object(entries: dict[str, Any]) -> str:
    """An entry a line, an empty line between: git takes edits of two lines that touch for a conflict."""
    lines = ",\n\n".join(f"{_json(key)}: {_json(value)}" for key, value in entries.items())
    return f"{{\n{lines}\n}}" if lines else "{}"


def _note(entry: Entry) -> dict[str, Any]:
    value: dict[str, Any] = {name: getattr(entry, name) for name in _NOTE}
    for name in _GAPS:
        if gaps := getattr(entry, name):
            value[name] = {str(number): text for number, text in gaps}
    return value | ({"removed": entry.removed} if entry.removed else {})


def _json(value: Any) -> str:
    return json.dumps(value, ensure_ascii=False)
