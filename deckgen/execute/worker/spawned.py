"""A note in a fresh interpreter, where there is no fork: the same child, slower."""

from __future__ import annotations

import json
import os
from pathlib import Path

from deckgen.execute.worker import child
from deckgen.execute.worker.preload import preload
from deckgen.execute.worker.wire import Page


def main(folder: str) -> None:
    """Run the task that stands in `folder`; output and result go into files there."""
    room = Path(folder)
    files = [_open(room / name) for name in ("stdout", "stderr")]
    nothing = os.open(os.devnull, os.O_RDONLY)
    for target, file in enumerate([nothing, *files]):
        os.dup2(file, target)
    page = Page(_open(room / "page"))
    page.begin(0)
    task = json.loads((room / "task").read_bytes())
    (room / "task").unlink()
    preload(task["preload"])
    child.main(task, page, _open(room / "result"), task["token"].encode(), str(room / "note-0"))


def _open(path: Path) -> int:
    return os.open(path, os.O_RDWR | getattr(os, "O_BINARY", 0))
