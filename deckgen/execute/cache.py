"""The outputs of programs that were run before, in one SQLite file: whole at any moment, one writer at a time."""

from __future__ import annotations

import contextlib
import json
import os
import sqlite3
import time
from collections.abc import Iterable
from dataclasses import dataclass
from pathlib import Path
from typing import Any

_VERSION = 1
_SCHEMA = f"""
CREATE TABLE IF NOT EXISTS results (
    key TEXT PRIMARY KEY, value TEXT NOT NULL, imports TEXT NOT NULL, used INTEGER NOT NULL
);
CREATE TABLE IF NOT EXISTS seen (fence TEXT PRIMARY KEY) WITHOUT ROWID;
CREATE TABLE IF NOT EXISTS counts (name TEXT PRIMARY KEY, number INTEGER NOT NULL);
PRAGMA user_version = {_VERSION};
"""


@dataclass(frozen=True, slots=True)
class Entry:
    """What is known of a program: `value` as a worker told it, `imports` the distributions it ran on."""

    value: dict[str, Any]
    imports: dict[str, str]


class Cache:
    """`remark` says, in words for the author, what was wrong with the file that was found."""

    def __init__(self, path: Path) -> None:
        self.remark = ""
        self._path = path
        try:
            self._database = _opened(path)
        except sqlite3.DatabaseError as error:
            if isinstance(error, sqlite3.OperationalError) and "locked" in str(error):
                raise
            self.remark = f"the cache {path} was not readable ({error}): it has been replaced by an empty one"
            self._remove()
            self._database = _opened(path)

    def _remove(self) -> None:
        for name in (self._path.name, f"{self._path.name}-journal", f"{self._path.name}-wal", f"{self._path.name}-shm"):
            with contextlib.suppress(FileNotFoundError):
                os.unlink(self._path.with_name(name))

    def find(self, keys: Iterable[str]) -> dict[str, Entry]:
        found: dict[str, Entry] = {}
        for key in keys:
            row = self._database.execute("SELECT value, imports FROM results WHERE key = ?", (key,)).fetchone()
            if row:
                with contextlib.suppress(ValueError):
                    found[key] = Entry(json.loads(row[0]), json.loads(row[1]))
        return found

    def store(self, entries: dict[str, Entry]) -> None:
        now = int(time.time())
        rows = [(key, json.dumps(entry.value), json.dumps(entry.imports), now) for key, entry in entries.items()]
        with self._database:
            self._database.executemany("INSERT OR REPLACE INTO results VALUES (?, ?, ?, ?)", rows)

    def close(self) -> None:
        self._database.close()


def _opened(path: Path) -> sqlite3.Connection:
    path.parent.mkdir(parents=True, exist_ok=True)
    database = sqlite3.connect(path, timeout=60)
    try:
        if database.execute("PRAGMA user_version").fetchone()[0] not in (0, _VERSION):
            raise sqlite3.DatabaseError("it is of another version")
        database.executescript(_SCHEMA)
        database.execute("SELECT key, value, imports, used FROM results LIMIT 1").fetchone()
    except BaseException:
        database.close()
        raise
    return database
