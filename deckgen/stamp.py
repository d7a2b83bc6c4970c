"""Whether anything that a build depends on has changed since the last good one, found by hashing content."""

from __future__ import annotations

import hashlib
import json
import os
import sys
from collections.abc import Iterable, Iterator, Mapping
from pathlib import Path
from typing import Any

_PACKAGE = Path(__file__).parent


def fingerprint(root: Path, options: object) -> str:
    """A hash of every file below `root`, deckgen's own code, the installed distributions, and `repr(options)`.

    Take it before a build, lest an edit made meanwhile be taken for built. The lock, which builds write, is left out.
    """
    digest = hashlib.sha256(f"{sys.version}\0{options!r}\0".encode())
    for path in (*_files(root), *_files(_PACKAGE)):
        digest.update(f"{path}\0".encode("utf-8", "surrogateescape"))
        digest.update(hashlib.sha256(path.read_bytes()).digest())
    for name in _distributions():
        digest.update(f"{name}\0".encode())
    return digest.hexdigest()


def _files(folder: Path) -> Iterator[Path]:
    """The files below `folder` in a fixed order, without hidden ones and byte code."""
    for entry in sorted(os.scandir(folder), key=lambda entry: entry.name):
        if entry.name.startswith(".") or entry.name in ("__pycache__", "deck.lock"):
            continue
        if entry.is_dir():
            yield from _files(Path(entry.path))
        elif entry.is_file():
            yield Path(entry.path)


def _distributions() -> list[str]:
    """`name-version.dist-info` of what is installed: cheaper than asking importlib.metadata."""
    folders = [folder for folder in sys.path if folder and os.path.isdir(folder)]
    return sorted(name for folder in folders for name in os.listdir(folder) if name.endswith(".dist-info"))


def recall(stamp: Path, found: str) -> dict[str, Any] | None:
    """What the last build with this fingerprint reported, if the files that it wrote still stand as it wrote them."""
    try:
        last = json.loads(stamp.read_text("utf-8"))
        written = {path: _sha256(Path(path)) for path in last["written"]}
        if last["fingerprint"] == found and last["written"] == written:
            return dict(last["report"])
    except (OSError, ValueError, KeyError, TypeError):
        pass  # no stamp, or not one of ours: build
    return None


def remember(stamp: Path, found: str, written: Iterable[Path], report: Mapping[str, Any]) -> None:
    """Keep the fingerprint and the report of a good build, and hashes of the files that it wrote."""
    hashes = {str(path): _sha256(path) for path in written}
    stamp.parent.mkdir(parents=True, exist_ok=True)
    beside = stamp.with_suffix(".new")
    beside.write_text(json.dumps({"fingerprint": found, "written": hashes, "report": dict(report)}), "utf-8")
    os.replace(beside, stamp)


def _sha256(path: Path) -> str:
    return hashlib.sha256(path.read_bytes()).hexdigest()
