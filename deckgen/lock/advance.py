"""From what was published and what the sources say now: what this build stamps on each note, and the next lock."""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Collection, Iterable, Sequence
from dataclasses import dataclass, replace

from deckgen.deck import DeckConfig, Identity, NoteType, RenderedNote
from deckgen.errors import DeckgenError, Problems
from deckgen.lock import gaps
from deckgen.lock.entries import Entry, Lock, TypeEntry, guid, note_hash, type_hash
from deckgen.lock.places import place

APART = 100  # milliseconds between the ids of two notes, so that the ids of a note's cards fit between


@dataclass(frozen=True, slots=True)
class Changes:
    """What this build does to a learner's collection, by note id. `moved` holds (id, old deck, new deck)."""

    new: tuple[str, ...] = ()
    changed: tuple[str, ...] = ()
    unchanged: tuple[str, ...] = ()
    removed: tuple[str, ...] = ()
    returned: tuple[str, ...] = ()
    moved: tuple[tuple[str, str, str], ...] = ()

    def __str__(self) -> str:
        names = ("new", "changed", "unchanged", "removed", "returned", "moved")
        counts = [(len(getattr(self, name)), name) for name in names]
        return ", ".join(f"{count} {name}" for count, name in counts if count) or "no notes"

    def remarks(self) -> tuple[str, ...]:
        """What an author may not expect of a re-import, a line each."""
        routes = Counter((old, new) for _, old, new in self.moved)
        lines = [
            f"{count} moved from “{old}” to “{new}”: an import cannot move cards, so who has them keeps them there"
            for (old, new), count in routes.items()
        ]
        if self.removed:
            lines.append(f"{len(self.removed)} removed: an import cannot delete notes, so who has them keeps them")
        return tuple(lines)


@dataclass(frozen=True, slots=True)
class Advance:
    """A step of the lock. `identities` stand in the order of the notes, None for a note in `refused` (see problems).

    `notetypes` are the times (s) of the note types' last change, in the order of the note types.
    """

    lock: Lock
    identities: tuple[Identity | None, ...]
    notetypes: tuple[int, ...]
    changes: Changes
    refused: tuple[str, ...] = ()


def advance(
    lock: Lock,
    config: DeckConfig,
    notes: Sequence[RenderedNote],
    notetypes: Sequence[NoteType],
    now: int,
    problems: Problems,
    *,
    absent: Collection[str] = (),
) -> Advance:
    """What to stamp on `notes` (in study order) at the time `now` (s), and the lock that remembers it.

    `absent` names notes that are in the sources but not in `notes`, because of a problem: what is remembered of them
    stays. Every other note that is remembered and not in `notes` counts as removed.
    """
    _check_deck(lock, config)
    known = {entry.id: entry for entry in lock.notes}
    refused = {note.id for note in notes if not _may_update(known.get(note.id), config, note, problems)}
    accepted = [note for note in notes if note.id not in refused]
    created, dues = _created(known, accepted, now), _dues(known, accepted)
    fresh = {
        note.id: _entry(known.get(note.id), config.id, note, now, created[note.id], dues[note.id]) for note in accepted
    }
    kept = {*absent, *refused}
    gone = [entry if entry.id in kept else _removed(entry, now) for entry in lock.notes if entry.id not in fresh]
    types = tuple(_type(lock, notetype, now) for notetype in notetypes)
    entries = tuple(sorted([*fresh.values(), *gone], key=lambda entry: entry.id))
    return Advance(
        lock=Lock(config.id, tuple(sorted(types, key=lambda entry: entry.key)), entries),
        identities=tuple(_identity(fresh.get(note.id)) for note in notes),
        notetypes=tuple(entry.changed for entry in types),
        changes=_changes(known, accepted, fresh, gone),
        refused=tuple(sorted(refused)),
    )


def _check_deck(lock: Lock, config: DeckConfig) -> None:
    if lock.unreadable:
        raise DeckgenError(f"{lock.unreadable}; without it every note would lose its identity, so nothing was built")
    if lock.deck and lock.deck != config.id:
        raise DeckgenError(
            f'deck.toml says id = "{config.id}", but deck.lock was made for "{lock.deck}". With another id every note '
            "becomes a new one: learners would get all of them a second time, without their history. "
            f'Write id = "{lock.deck}" in deck.toml (the title may change freely); '
            "or delete deck.lock, if this really is to be another deck"
        )


def _may_update(entry: Entry | None, config: DeckConfig, note: RenderedNote, problems: Problems) -> bool:
    """Whether Anki can take `note` as a newer state of the note that learners have."""
    if any(ordinal >= APART - 1 for ordinal in note.ordinals):
        problems.add(note.location, f"`{note.id}` has a gap c{max(note.ordinals) + 1}", "number the gaps from 1 to 99")
        return False
    if entry is None:
        return True
    if entry.notetype != note.notetype:
        what = f"`{note.id}` was published {_with_gaps(entry.notetype)} and is now a note {_with_gaps(note.notetype)}"
        problems.add(note.location, what, "which Anki cannot update: give it a new id, or undo that")
        return False
    return gaps.check(entry, note, problems)


def _with_gaps(notetype: str) -> str:
    return "with gaps (cloze)" if notetype == "cloze" else "without gaps"


def _created(known: dict[str, Entry], notes: Iterable[RenderedNote], now: int) -> dict[str, int]:
    """An id for each note, its old one if it has one: a hundred apart, ending now, above all that were given before.

    An id of the future would be given anew by Anki. Two branches may have given one id each to their new notes
    before they were merged: the second of such a pair, which no learner can tell by its id, gets a new one.
    """
    given: dict[str, int] = {}
    last = 0
    for entry in sorted(known.values(), key=lambda entry: (entry.created, entry.id)):
        if entry.created >= last + APART:
            given[entry.id] = last = entry.created
    new = [note.id for note in notes if note.id not in given]
    first = max(now * 1000 - APART * (len(new) - 1), last + APART)
    return given | {note: first + APART * index for index, note in enumerate(new)}


def _dues(known: dict[str, Entry], notes: Iterable[RenderedNote]) -> dict[str, int]:
    decks: defaultdict[str, list[RenderedNote]] = defaultdict(list)
    for note in notes:
        decks[note.deck].append(note)
    dues: dict[str, int] = {}
    for deck, members in decks.items():
        entries = [known.get(note.id) for note in members]
        places = place([entry.due if entry and entry.deck == deck else None for entry in entries])
        dues.update(zip((note.id for note in members), places, strict=True))
    return dues


def _entry(entry: Entry | None, deck: str, note: RenderedNote, now: int, created: int, due: int) -> Entry:
    found = note_hash(note)
    current, retired = gaps.remember(entry, note)
    if entry is None:
        return Entry(note.id, guid(deck, note.id), note.notetype, created, now, found, note.deck, due, current)
    changed = entry.changed if entry.hash == found else max(now, entry.changed + 1)
    return Entry(
        note.id, entry.guid, note.notetype, created, changed, found, note.deck, due, gaps=current, retired=retired
    )


def _removed(entry: Entry, now: int) -> Entry:
    return entry if entry.removed else replace(entry, removed=now)


def _type(lock: Lock, notetype: NoteType, now: int) -> TypeEntry:
    found = type_hash(notetype)
    old = next((entry for entry in lock.notetypes if entry.key == notetype.key), None)
    if old is None:
        return TypeEntry(notetype.key, notetype.id, now, found)
    if old.id != notetype.id:
        raise DeckgenError(
            f"deck.lock knows the note type of {notetype.key} notes as {old.id}, this deckgen would publish it as "
            f"{notetype.id}, and Anki would update none of the learners' notes: use the deckgen that built the deck"
        )
    return old if old.hash == found else TypeEntry(old.key, old.id, max(now, old.changed + 1), found)


def _identity(entry: Entry | None) -> Identity | None:
    return Identity(entry.guid, entry.created, entry.changed, entry.due) if entry else None


def _changes(
    known: dict[str, Entry], notes: Sequence[RenderedNote], fresh: dict[str, Entry], gone: Iterable[Entry]
) -> Changes:
    sorts: defaultdict[str, list[str]] = defaultdict(list)
    for note in notes:
        sorts[_sort(known.get(note.id), fresh[note.id])].append(note.id)
    before = [(known[note.id], note) for note in notes if note.id in known]
    return Changes(
        new=tuple(sorts["new"]),
        changed=tuple(sorts["changed"]),
        unchanged=tuple(sorts["unchanged"]),
        removed=tuple(entry.id for entry in gone if entry.removed and not known[entry.id].removed),
        returned=tuple(sorts["returned"]),
        moved=tuple((note.id, old.deck, note.deck) for old, note in before if old.deck != note.deck),
    )


def _sort(old: Entry | None, new: Entry) -> str:
    if old is None:
        return "new"
    if old.removed:
        return "returned"
    return "unchanged" if old.hash == new.hash else "changed"
