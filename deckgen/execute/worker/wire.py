"""How the processes of a run talk: frames of JSON on a socket, and a page of memory that says how far a note is."""

from __future__ import annotations

import json
import mmap
import os
import struct
import time
from collections.abc import Iterator
from typing import Any

Message = dict[str, Any]
_LENGTH = struct.Struct("!I")
_PLACE = struct.Struct("=qd")


def frame(message: Message) -> bytes:
    body = json.dumps(message).encode()
    return _LENGTH.pack(len(body)) + body


class Frames:
    """Cuts a stream of bytes back into the messages that `frame` made of it."""

    def __init__(self) -> None:
        self._bytes = bytearray()

    def feed(self, data: bytes) -> Iterator[Message]:
        self._bytes += data
        while len(self._bytes) >= _LENGTH.size:
            end = _LENGTH.size + _LENGTH.unpack_from(self._bytes)[0]
            if len(self._bytes) < end:
                return
            body = bytes(self._bytes[_LENGTH.size : end])
            del self._bytes[:end]
            yield json.loads(body)


def read_at(file: int, size: int, start: int) -> bytes:
    if hasattr(os, "pread"):
        return os.pread(file, size, start)
    here = os.lseek(file, 0, os.SEEK_CUR)  # Windows: the writer is us, between two writes
    os.lseek(file, start, os.SEEK_SET)
    data = os.read(file, size)
    os.lseek(file, here, os.SEEK_SET)
    return data


class Page:
    """The step that a child is at and when it began, told without a system call to whoever keeps the deadline."""

    def __init__(self, file: int = -1) -> None:
        self._memory = mmap.mmap(file, mmap.PAGESIZE)
        if file < 0:
            self.begin(0)

    def begin(self, step: int) -> None:
        _PLACE.pack_into(self._memory, 0, step, time.monotonic())

    def read(self) -> tuple[int, float]:
        step, began = _PLACE.unpack_from(self._memory)
        return step, began

    def deadline(self, timeouts: list[float], started: float) -> float:
        """When the step that the child is at must be over; a lie about the place gains no more than the sum."""
        step, began = self.read()
        at = min(max(step, 0), len(timeouts) - 1)
        return float(min(began + timeouts[at], started + sum(timeouts) + 1))

    def close(self) -> None:
        self._memory.close()
