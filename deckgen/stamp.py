"""Whether anything that a build depends on has changed since the last good one, found by hashing content."""

from __future__ import annotations

import hashlib
import json
import os
import sys
from collections.abc import Iterator
from pathlib import Path

_PACKAGE = Path(__file__).parent


def fingerprint(root: Path, options: object) -> str:
    """A hash of every file below `root`, deckgen's own code, the installed distributions, and `repr(options)`."""
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
        if entry.name.startswith(".") or entry.name == "__pycache__":
            continue
        if entry.is_dir():
            yield from _files(Path(entry.path))
        elif entry.is_file():
            yield Path(entry.path)


def _distributions() -> list[str]:
    """`name-version.dist-info` of what is installed: cheaper than asking importlib.metadata."""
    folders = [folder for folder in sys.path if folder and os.path.isdir(folder)]
    return sorted(name for folder in folders for name in os.listdir(folder) if name.endswith(".dist-info"))


def recall(stamp: Path, found: str, output: Path) -> dict[str, object] | None:
    """What the last build with the fingerprint `found` reported, if its file still stands at `output` as it wrote it."""
    try:
        last: dict[str, object] = json.loads(stamp.read_text("utf-8"))
        if last["fingerprint"] == found and last["sha256"] == _sha256(output):
            report = last["report"]
            return report if isinstance(report, dict) else None
    except (OSError, ValueError, KeyError, TypeError):
        pass  # no stamp, or not one of ours: build
    return None


def remember(stamp: Path, found: str, output: Path, report: dict[str, object]) -> None:
    """Keep the fingerprint and the report of a good build."""
    stamp.parent.mkdir(parents=True, exist_ok=True)
    beside = stamp.with_suffix(".new")
    beside.write_text(json.dumps({"fingerprint": found, "sha256": _sha256(output), "report": report}), "utf-8")
    os.replace(beside, stamp)


def _sha256(path: Path) -> str:
    return hashlib.sha256(path.read_bytes()).hexdigest()
