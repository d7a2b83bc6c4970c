"""The zip that an .apkg is, the same bytes for the same content."""

from __future__ import annotations

import json
import shutil
import zipfile
from collections.abc import Sequence
from pathlib import Path
from typing import IO

from deckgen.deck import Media

_EPOCH = (1980, 1, 1, 0, 0, 0)  # the earliest time that a zip can hold
_CHUNK = 1 << 18  # bytes


def archive(database: Path, media: Sequence[Media], file: IO[bytes]) -> None:
    """Write the collection and its media, which Anki knows by number, to `file`."""
    names = {str(number): item.name for number, item in enumerate(media)}
    with zipfile.ZipFile(file, "w") as zipped:
        _add(zipped, "collection.anki2", database)
        zipped.writestr(_member("media"), json.dumps(names, ensure_ascii=False))
        for number, item in enumerate(media):
            _add(zipped, str(number), item.path)


def _add(zipped: zipfile.ZipFile, name: str, path: Path) -> None:
    with path.open("rb") as source, zipped.open(_member(name), "w") as member:
        shutil.copyfileobj(source, member, _CHUNK)


def _member(name: str) -> zipfile.ZipInfo:
    info = zipfile.ZipInfo(name, _EPOCH)
    info.compress_type = zipfile.ZIP_DEFLATED
    info.create_system = 3  # Unix, wherever it is built
    info.external_attr = 0o644 << 16
    return info
