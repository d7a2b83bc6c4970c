"""The lock's own words: an entry a note, an entry a note type, and the two hashes that they hold."""

from __future__ import annotations

import base64
import hashlib
import json
from dataclasses import dataclass

from deckgen.deck import NoteType, RenderedNote


@dataclass(frozen=True, slots=True)
class Entry:
    """What is remembered of the note `id`. `created` is in milliseconds, the other times in seconds since 1970.

    `gaps` are the cloze numbers of the last build with their text, `retired` those that an earlier build published.
    `removed` is the time of the first build without the note, 0 while its sources are there.
    """

    id: str
    guid: str
    notetype: str
    created: int
    changed: int
    hash: str
    deck: str
    due: int
    gaps: tuple[tuple[int, str], ...] = ()
    retired: tuple[tuple[int, str], ...] = ()
    removed: int = 0


@dataclass(frozen=True, slots=True)
class TypeEntry:
    """What is remembered of the note type `key` ("normal" or "cloze"): its id in Anki and its last change (s)."""

    key: str
    id: int
    changed: int
    hash: str


@dataclass(frozen=True, slots=True)
class Lock:
    """All of deck.lock, both lists sorted. `unreadable` says why the file could not be read: nothing may replace it."""

    deck: str = ""  # the deck's id, "" before the first build
    notetypes: tuple[TypeEntry, ...] = ()
    notes: tuple[Entry, ...] = ()
    unreadable: str = ""


def guid(deck: str, note: str) -> str:
    """The identity that Anki knows the note by: the first 64 bits of the SHA-256 of `deck/note`, and nothing else."""
    digest = hashlib.sha256(f"{deck}/{note}".encode()).digest()
    return base64.urlsafe_b64encode(digest[:8]).rstrip(b"=").decode()


def note_hash(note: RenderedNote) -> str:
    """A hash of what Anki stores of a note, whatever deck it is in and wherever it stands there."""
    return _hash([note.notetype, note.fields, note.tags])


def type_hash(notetype: NoteType) -> str:
    templates = [[t.id, t.name, t.front, t.back] for t in notetype.templates]
    return _hash([notetype.id, notetype.name, notetype.fields, templates, notetype.css])


def _hash(stored: list[object]) -> str:
    return hashlib.sha256(json.dumps(stored, ensure_ascii=False).encode("utf-8", "surrogatepass")).hexdigest()[:24]
