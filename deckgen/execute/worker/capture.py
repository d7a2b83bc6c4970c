"""What a snippet writes, from Python or below it, as events in the order in which they happened."""

from __future__ import annotations

import ctypes
import io
import os
import re
import sys
import warnings
from typing import Any, TextIO

from deckgen.execute.worker.snippet import without_others_frames
from deckgen.execute.worker.wire import read_at

Event = list[str | Any]  # [kind, ...]: a value of `deckgen.deck`, ready for JSON

_TRIGGERED = re.compile(r"\s*\(Triggered internally at [^()]*\)\s*$")


class _Stream(io.TextIOWrapper):
    """A standard stream that tells the capture before it is written to, so that turns between streams are kept."""

    def __init__(self, capture: Capture, file: int) -> None:
        raw = io.FileIO(file, "w", closefd=False)
        super().__init__(io.BufferedWriter(raw), "utf-8", newline="", write_through=True)
        self._capture = capture

    def write(self, text: str, /) -> int:
        self._capture.turn_to(self)
        return super().write(text)


class Capture:
    """Owns descriptors 1 and 2 of a child, which are files that it reads again at each cut."""

    def __init__(self) -> None:
        self.events: list[Event] = []
        self._read = {1: 0, 2: 0}
        self._last: TextIO | None = None
        self._flush_c = ctypes.CDLL(None).fflush if os.name == "posix" else ctypes.cdll.msvcrt.fflush
        sys.stdout = sys.__stdout__ = _Stream(self, 1)  # type: ignore[misc]
        sys.stderr = sys.__stderr__ = _Stream(self, 2)  # type: ignore[misc]
        self._ours = (sys.stdout, sys.stderr)
        warnings.showwarning = self._warned

    def turn_to(self, stream: TextIO) -> None:
        if self._last is not stream:
            self._last = stream
            self.cut()

    def cut(self) -> None:
        """Turn what was written since the last cut into events."""
        for stream in self._ours:
            if not stream.closed:
                stream.flush()
        self._flush_c(None)
        for file, name in ((1, "stdout"), (2, "stderr")):
            if written := self._written(file):
                self.events.append(["printed", name, written.decode("utf-8", "surrogateescape")])

    def _written(self, file: int) -> bytes:
        start, end = self._read[file], os.fstat(file).st_size
        self._read[file] = end
        return read_at(file, end - start, start) if end > start else b""

    def take(self) -> list[Event]:
        """The events since the last call."""
        self.cut()
        taken, self.events = _merged(self.events), []
        return taken

    def _warned(self, message: Warning | str, category: type[Warning], *place: Any, **more: Any) -> None:
        self.cut()
        text = without_others_frames(_TRIGGERED.sub("", str(message)))
        self.events.append(["warned", category.__name__, text])


def _merged(events: list[Event]) -> list[Event]:
    """Neighbouring pieces of one stream joined."""
    merged: list[Event] = []
    for event in events:
        if merged and event[0] == "printed" and merged[-1][:2] == event[:2]:
            merged[-1] = [*event[:2], merged[-1][2] + event[2]]
        else:
            merged.append(event)
    return merged
