"""The outputs of programs that were run before, in one SQLite file: whole at any moment, one writer at a time."""

from __future__ import annotations

import json
import os
import sqlite3
import time
from collections.abc import Callable, Iterable
from contextlib import closing, suppress
from dataclasses import dataclass
from pathlib import Path
from typing import Any, TypeVar

_VERSION = 1
_DAY = 24 * 60 * 60
_SCHEMA = f"""
CREATE TABLE IF NOT EXISTS results (
    key TEXT PRIMARY KEY, value TEXT NOT NULL, imports TEXT NOT NULL, day INTEGER NOT NULL
);
CREATE TABLE IF NOT EXISTS seen (fence TEXT PRIMARY KEY) WITHOUT ROWID;
CREATE TABLE IF NOT EXISTS counts (name TEXT PRIMARY KEY, number INTEGER NOT NULL) WITHOUT ROWID;
PRAGMA user_version = {_VERSION};
"""
_T = TypeVar("_T")


@dataclass(frozen=True, slots=True)
class Entry:
    """What is known of a program: `value` as a worker told it, `imports` the distributions it ran on."""

    value: dict[str, Any]
    imports: dict[str, str]


@dataclass(frozen=True, slots=True)
class CacheSummary:
    """`size` is in bytes; `hits` and `misses` count the programs that all builds so far have looked up."""

    entries: int = 0
    size: int = 0
    hits: int = 0
    misses: int = 0


class Cache:
    """Never in the way of a build: a file that is no cache is replaced, one that can't be opened is done without.

    `remark` says, in words for the author, what was wrong.
    """

    def __init__(self, path: Path) -> None:
        self.remark = ""
        self._path = path
        self._database: sqlite3.Connection | None = None
        self._try(lambda database: None, None)

    def _try(self, act: Callable[[sqlite3.Connection], _T], otherwise: _T) -> _T:
        """What `act` returns; `otherwise` if there is no cache that it could be asked of."""
        try:
            return act(self._open())
        except sqlite3.OperationalError as error:  # no permission, no room, locked for a minute
            self.remark = f"the cache {self._path} can't be used ({error}): done without"
        except sqlite3.DatabaseError as error:
            self.remark = f"the cache {self._path} was not readable ({error}): it has been replaced by an empty one"
            self.close()
            self._remove()
        except OSError as error:
            self.remark = f"the cache {self._path} can't be made ({error.strerror}): done without"
        return otherwise

    def _open(self) -> sqlite3.Connection:
        if self._database is None:
            self._path.parent.mkdir(parents=True, exist_ok=True)
            self._database = sqlite3.connect(self._path, timeout=60)
            if self._database.execute("PRAGMA user_version").fetchone()[0] not in (0, _VERSION):
                raise sqlite3.DatabaseError("it is of another version")
            self._database.executescript(_SCHEMA)
        return self._database

    def _remove(self) -> None:
        for suffix in ("", "-journal", "-wal", "-shm"):
            with suppress(OSError):
                os.unlink(f"{self._path}{suffix}")

    def find(self, keys: Iterable[str]) -> dict[str, Entry]:
        """Those of `keys` that are known; asking counts."""
        return self._try(lambda database: _find(database, list(keys)), {})

    def store(self, entries: dict[str, Entry]) -> None:
        day = int(time.time()) // _DAY
        rows = [(key, json.dumps(entry.value), json.dumps(entry.imports), day) for key, entry in entries.items()]

        def insert(database: sqlite3.Connection) -> None:
            with database:
                database.executemany("INSERT OR REPLACE INTO results VALUES (?, ?, ?, ?)", rows)

        self._try(insert, None)

    def seen(self) -> set[str]:
        """The fences, as they stood in the files, that the last build that remembered them had run."""
        return self._try(lambda database: {row[0] for row in database.execute("SELECT fence FROM seen")}, set())

    def remember_seen(self, fences: set[str]) -> None:
        def replace(database: sqlite3.Connection) -> None:
            with database:
                database.execute("DELETE FROM seen")
                database.executemany("INSERT INTO seen VALUES (?)", [(fence,) for fence in fences])

        self._try(replace, None)

    def close(self) -> None:
        if self._database:
            self._database.close()
            self._database = None


def _find(database: sqlite3.Connection, keys: list[str]) -> dict[str, Entry]:
    found: dict[str, Entry] = {}
    for key in keys:
        row = database.execute("SELECT value, imports FROM results WHERE key = ?", (key,)).fetchone()
        if row:
            with suppress(ValueError):
                found[key] = Entry(json.loads(row[0]), json.loads(row[1]))
    _count(database, found, len(keys) - len(found))
    return found


def _count(database: sqlite3.Connection, hits: Iterable[str], misses: int) -> None:
    day = int(time.time()) // _DAY
    used = [(day, key) for key in hits]
    with database:
        database.executemany("UPDATE results SET day = ? WHERE key = ? AND day < ?", [(*row, day) for row in used])
        for name, number in (("hits", len(used)), ("misses", misses)):
            database.execute(
                "INSERT INTO counts VALUES (?, ?) ON CONFLICT (name) DO UPDATE SET number = number + excluded.number",
                (name, number),
            )


def summary(path: Path) -> CacheSummary:
    """What is in the cache `path`; nothing if there is none. A file that is no cache raises sqlite3.DatabaseError."""
    if not path.exists():
        return CacheSummary()
    with closing(sqlite3.connect(f"{path.absolute().as_uri()}?mode=ro", uri=True, timeout=60)) as database:
        counts = dict(database.execute("SELECT name, number FROM counts"))
        entries = database.execute("SELECT count(*) FROM results").fetchone()[0]
    return CacheSummary(entries, path.stat().st_size, counts.get("hits", 0), counts.get("misses", 0))


def prune(path: Path, days: int) -> int:
    """Forget what no build has asked for in the last `days` (0: everything); returns how many programs that were."""
    if not path.exists():
        return 0
    last = int(time.time()) // _DAY - days
    with closing(sqlite3.connect(path, timeout=60)) as database:
        with database:
            gone = database.execute("DELETE FROM results WHERE day <= ?", (last,)).rowcount
            if days == 0:
                database.execute("DELETE FROM counts")
        database.execute("VACUUM")
    return gone
