"""Stage 5 of 5.  A Deck -> an .apkg file."""

from __future__ import annotations

import contextlib
import os
import tempfile
from pathlib import Path

from deckgen.deck import Deck
from deckgen.errors import DeckgenError
from deckgen.package.archive import archive
from deckgen.package.collection import write_collection


def write(deck: Deck, path: Path) -> None:
    """Write `deck` to an .apkg file at `path`, whole or not at all; equal decks make equal files.

    Each note carries its own modification time (seconds since 1970, UTC): Anki takes a note from the file only if it
    is newer than the learner's copy.
    """
    beside = path.with_name(f".{path.name}.{os.getpid()}.new")
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
        with tempfile.TemporaryDirectory(prefix="deckgen-") as folder, open(beside, "wb") as file:
            database = Path(folder, "collection.anki2")
            write_collection(deck, database)
            archive(database, deck.media, file)
            file.flush()
            os.fsync(file.fileno())
        os.replace(beside, path)
    except OSError as error:
        raise DeckgenError(f"cannot write {path}: {error.strerror} ({error.filename})") from error
    finally:
        with contextlib.suppress(OSError):  # where its folder is no folder there is nothing to discard
            beside.unlink(missing_ok=True)
