"""The collection inside an .apkg: genanki's, with identities, times, cards and options of our own."""

from __future__ import annotations

import json
import re
import sqlite3
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import genanki

from deckgen.deck import Deck, Identity, NoteType, RenderedNote
from deckgen.errors import DeckgenError
from deckgen.package.study import deck_json, deck_names, number, preset

_SEPARATOR = "\x1f"  # between the fields of a note


def write_collection(deck: Deck, path: Path) -> None:
    """Make an SQLite database at `path`, where there is none yet; the same bytes for equal decks.

    A file, since a database in memory would be there twice on its way out: a gigabyte for 100,000 notes.
    """
    connection = sqlite3.connect(path)
    try:
        connection.executescript("PRAGMA journal_mode = OFF; PRAGMA synchronous = OFF;")
        _Package(deck).write_to_db(connection.cursor(), 0, None)
        connection.commit()
    finally:
        connection.close()
    with path.open("r+b") as file:
        file.seek(96)
        file.write(bytes(4))  # the version of SQLite that wrote it, which nothing reads


class _Package(genanki.Package):  # type: ignore[misc]  # genanki has no types
    """genanki's schema, models and decks; notes and cards are written in bulk."""

    def __init__(self, deck: Deck) -> None:
        self.deck = deck
        self.ids = {name: number("deck", deck.config.id, name) for name in deck_names(deck)}
        super().__init__([genanki.Deck(self.ids[name], name) for name in self.ids])

    def write_to_db(self, cursor: sqlite3.Cursor, timestamp: float, id_gen: None) -> None:
        genanki.Package([]).write_to_db(cursor, timestamp, id_gen)
        self._write_settings(cursor)
        cursor.executemany("INSERT INTO notes VALUES(?,?,?,?,-1,?,?,?,0,0,'')", self._notes())
        cursor.executemany("INSERT INTO cards VALUES(?,?,?,?,?,-1,0,0,?,0,0,0,0,0,0,0,0,'')", self._cards())

    def _write_settings(self, cursor: sqlite3.Cursor) -> None:
        old_decks, old_options = cursor.execute("SELECT decks, dconf FROM col").fetchone()
        options = preset(self.deck)
        models = {str(kind.id): _model(kind).to_json(changed, None) for kind, changed in self.deck.notetypes}
        decks = {str(made.deck_id): deck_json(made.to_json(), self.deck, made.name, options) for made in self.decks}
        presets = {str(options["id"]): options} if options else {}
        settings = (models, json.loads(old_decks) | decks, json.loads(old_options) | presets)
        written = [json.dumps(value, ensure_ascii=False) for value in settings]
        cursor.execute("UPDATE col SET models = ?, decks = ?, dconf = ?", written)

    def _notes(self) -> Iterator[tuple[Any, ...]]:
        kinds = {kind.key: kind for kind, _ in self.deck.notetypes}
        for note, identity in self.deck.notes:
            kind = kinds[note.notetype]
            _check(note, kind)
            tags = f" {' '.join(note.tags)} " if note.tags else ""
            fields = _SEPARATOR.join(note.fields)
            yield identity.created, identity.guid, kind.id, identity.changed, tags, fields, note.fields[0]

    def _cards(self) -> Iterator[tuple[int, ...]]:
        for note, identity in self.deck.notes:
            deck = self.ids[note.deck]
            for ordinal in note.ordinals:
                yield _card_id(identity, ordinal), identity.created, deck, ordinal, identity.changed, identity.due


def _card_id(identity: Identity, ordinal: int) -> int:
    """The ids of a note's cards follow its own, and stay when another card is added."""
    return identity.created + ordinal


def _check(note: RenderedNote, kind: NoteType) -> None:
    """Refuse what Anki chokes on: a wrong number of fields fails its import, a note without cards is never seen."""
    if len(note.fields) != len(kind.fields) or any(_SEPARATOR in field for field in note.fields):
        raise DeckgenError(f"{note.location}: `{note.id}` does not have the {len(kind.fields)} fields of {kind.name}")
    if not note.ordinals:
        raise DeckgenError(f"{note.location}: `{note.id}` makes no card")
    if any(not tag or set(tag) & set(" \t\n\u3000") for tag in note.tags):
        raise DeckgenError(f"{note.location}: a tag of `{note.id}` is empty or holds a space")


def _model(kind: NoteType) -> genanki.Model:
    fields = [{"id": key, "name": name} for key, name in kind.fields]
    templates = [{"id": t.id, "name": t.name, "qfmt": t.front, "afmt": t.back} for t in kind.templates]
    model = _Model(kind.id, kind.name, fields, templates, kind.css)
    model.model_type = genanki.Model.CLOZE if kind.key == "cloze" else genanki.Model.FRONT_BACK
    return model


class _Model(genanki.Model):  # type: ignore[misc]
    """A note type whose cards are computed elsewhere."""

    @property
    def _req(self) -> list[list[Any]]:
        """For each template, the fields that its front names. Anki computes its own; genanki's fails on filters."""
        ordinals = {field["name"]: ordinal for ordinal, field in enumerate(self.fields)}
        named = [_named(template["qfmt"]) for template in self.templates]
        return [
            [ordinal, "any", sorted(ordinals[n] for n in ordinals.keys() & names)]
            for ordinal, names in enumerate(named)
        ]


def _named(front: str) -> set[str]:
    """The names in `{{Name}}`, `{{#Name}}` and `{{filter:Name}}`."""
    return {mark.lstrip("#^/").split(":")[-1].strip() for mark in re.findall(r"\{\{([^{}]*)\}\}", front)}
