"""What deck.lock remembers: the identity and the last change of every note, for the life of a published deck.

    deck.lock ──read──▶ Lock ──advance (with the notes of this build)──▶ Advance ──write──▶ deck.lock

`advance` is pure: what learners have, and what the sources say now, decide what the package is stamped with.
"""

from deckgen.lock.advance import Advance, Changes, advance
from deckgen.lock.entries import Entry, Lock, TypeEntry, guid
from deckgen.lock.file import read, write

__all__ = ["Advance", "Changes", "Entry", "Lock", "TypeEntry", "advance", "guid", "read", "write"]
