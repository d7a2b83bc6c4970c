"""An author in small: notes written by hand go through the lock and the package, build after build."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

from deckgen import lock, package
from deckgen.deck import Deck, DeckConfig, Location, Media, RenderedNote, Study
from deckgen.errors import Problems
from deckgen.notetypes import FIELDS, for_deck

START = 1_780_000_000  # May 2026: what a learner edits at the clock's time is later
LATER = 4_000_000_000  # and this is later still


def note(
    name: str, front: str, back: str = "answer", *, deck: str = "Lab::1", reverse: str = "", **others: str
) -> RenderedNote:
    """A note with a front and a back, and two cards if `reverse`. `others` fill fields by name, `_` for a space."""
    values = {"Front": front, "Back": back, "Kind": "basic", "Reverse": reverse}
    values |= {field.replace("_", " "): value for field, value in others.items()}
    fields = tuple(values.get(field, "") for field in FIELDS)
    ordinals = tuple(n for n, used in enumerate((True, reverse, values.get("Spare 8"))) if used)
    return RenderedNote(name, Location("cards/a.md", 1), "normal", fields, (), deck, ordinals)


def cloze(name: str, gaps: dict[int, str], *, deck: str = "Lab::1", text: str = "") -> RenderedNote:
    """A note with gaps: number -> text."""
    front = text + " ".join(f"{{{{c{number}::{gap}}}}}" for number, gap in gaps.items())
    fields = tuple({"Front": front, "Back": "answer", "Kind": "cloze"}.get(field, "") for field in FIELDS)
    ordinals = tuple(sorted(number - 1 for number in gaps))
    made = RenderedNote(name, Location("cards/a.md", 1), "cloze", fields, (), deck, ordinals)
    return replace(made, gaps=tuple(sorted(gaps.items())))


class Author:
    """Keeps the lock of one deck from build to build."""

    def __init__(self, folder: Path, deck: str = "lab", title: str = "Lab", study: Study | None = None) -> None:
        self.folder, self.lock = folder, lock.Lock()
        self.config = DeckConfig(deck, title, study=study or Study())
        self.types = for_deck(self.config, {"python": "3.11"})

    def build(self, *notes: RenderedNote, now: int = START, media: tuple[Media, ...] = ()) -> Path:
        """The package of `notes`. There must be no problem."""
        problems = Problems()
        step = lock.advance(self.lock, self.config, notes, self.types, now, problems)
        assert not list(problems)
        self.lock, self.step = step.lock, step
        subdecks = tuple(dict.fromkeys(note.deck for note in notes))
        types = tuple(zip(self.types, step.notetypes, strict=True))
        stamped = tuple((note, identity) for note, identity in zip(notes, step.identities, strict=True) if identity)
        path = self.folder / f"{self.config.id}-{now}.apkg"
        package.write(Deck(self.config, subdecks, types, stamped, media), path)
        return path

    def guid(self, name: str) -> str:
        return lock.guid(self.config.id, name)
