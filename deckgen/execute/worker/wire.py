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
    """The step that a child is at and when it began, told without a system call to whoever keeps the deadline.

    Read while it is being written it must not be half one thing and half another. Each half is stored at once (which
    `struct.pack_into` does not do: it writes zeros first), and the time before the step that it belongs to.
    """

    def __init__(self, file: int = -1) -> None:
        self._memory = mmap.mmap(file, mmap.PAGESIZE)
        self._step, self._began = memoryview(self._memory).cast("q"), memoryview(self._memory).cast("d")
        if file < 0:
            self.begin(0)

    def begin(self, step: int) -> None:
        self.write(step, time.monotonic())

    def write(self, step: int, began: float) -> None:
        self._began[1] = began
        self._step[0] = step

    def read(self) -> tuple[int, float]:
        return self._step[0], self._began[1]

    def deadline(self, timeouts: list[float], started: float) -> float:
        """When the step that the child is at must be over; a lie about the place gains no more than the sum."""
        step, began = self.read()
        at = min(max(step, 0), len(timeouts) - 1)
        began = max(started, began)  # in this order not-a-number loses
        return min(started + sum(timeouts) + 1, began + timeouts[at])

    def close(self) -> None:
        self._step.release()
        self._began.release()
        self._memory.close()
