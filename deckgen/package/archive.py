"""The zip that an .apkg is, the same bytes for the same content."""

from __future__ import annotations

import json
import zipfile
from collections.abc import Sequence
from typing import IO

from deckgen.deck import Media

_EPOCH = (1980, 1, 1, 0, 0, 0)  # the earliest time that a zip can hold


def archive(database: bytes, media: Sequence[Media], file: IO[bytes]) -> None:
    """Write the collection and its media, which Anki knows by number, to `file`."""
    with zipfile.ZipFile(file, "w") as zipped:
        zipped.writestr(_member("collection.anki2"), database)
        names = {str(number): item.name for number, item in enumerate(media)}
        zipped.writestr(_member("media"), json.dumps(names, ensure_ascii=False))
        for number, item in enumerate(media):
            zipped.writestr(_member(str(number)), item.path.read_bytes())


def _member(name: str) -> zipfile.ZipInfo:
    info = zipfile.ZipInfo(name, _EPOCH)
    info.compress_type = zipfile.ZIP_DEFLATED
    info.create_system = 3  # Unix, wherever it is built
    info.external_attr = 0o644 << 16
    return info
