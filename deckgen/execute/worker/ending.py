"""How the process of a note has ended, in the words that the client knows."""

from __future__ import annotations

import os
import time
from typing import Protocol

from deckgen.execute.worker import child
from deckgen.execute.worker.wire import Message, Page, read_at

_TAIL = 2000  # bytes of output that are kept of a note that died
_RESULT_BYTES = 1 << 26


class Ended(Protocol):
    """A note whose process is gone. `files` are descriptors of "result", "stdout" and "stderr"."""

    page: Page
    token: bytes
    files: dict[str, int]
    late: bool
    started: float


def told(note: Ended, code: int) -> Message:
    """What the client needs to know; `code` is an exit code or, below 0, a signal."""
    written = {name: os.fstat(file).st_size for name, file in note.files.items()}
    result = read_at(note.files["result"], written["result"], 0) if written["result"] < _RESULT_BYTES else b""
    message: Message = {"step": note.page.read()[0], "took": time.monotonic() - note.started}
    message["written"] = max(written["stdout"], written["stderr"])
    if not note.late and code == child.DONE and result.startswith(note.token):
        return message | {"ended": "done", "result": result[len(note.token) :].decode()}
    tail = "".join(_tail(note.files[name], written[name]) for name in ("stdout", "stderr"))
    return message | {"tail": tail, **_end(note, code, result)}


def _end(note: Ended, code: int, result: bytes) -> Message:
    if note.late:
        return {"ended": "late"}
    if code < 0:
        return {"ended": "signal", "code": -code}
    if code == child.BROKEN and not result.startswith(note.token):
        return {"ended": "broken"}
    return {"ended": "exit", "code": code}


def _tail(file: int, size: int) -> str:
    start = max(0, size - _TAIL)
    return read_at(file, size - start, start).decode("utf-8", "replace")
