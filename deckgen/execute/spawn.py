"""The zygote's stand-in where there is no fork: a fresh interpreter for each task, by the same protocol."""

from __future__ import annotations

import json
import mmap
import os
import queue
import shutil
import signal
import subprocess
import sys
import tempfile
import threading
import time
from collections.abc import Iterator
from contextlib import suppress
from pathlib import Path

from deckgen.errors import DeckgenError
from deckgen.execute.client import ENVIRONMENT, search_path
from deckgen.execute.settings import Settings
from deckgen.execute.task import preloads
from deckgen.execute.worker.ending import told
from deckgen.execute.worker.wire import Message, Page

_BOOT = "import sys; sys.path[:] = {paths}; from deckgen.execute.worker.spawned import main; main({folder!r})"


class Spawner:
    """Used like a `client.Zygote`. There is no sandbox; of what a note leaves running only its group is ended."""

    sandbox = "off"
    remark = ""

    def __init__(self, settings: Settings, environment: dict[str, str] | None = None) -> None:
        if settings.sandbox == "required":
            raise DeckgenError("the sandbox is required, but there is none where snippets run without fork")
        self._environment = {**ENVIRONMENT, **_of_the_system(), **(environment or {})}
        self._scratch = Path(tempfile.mkdtemp(prefix="deckgen-"))
        self._done: queue.Queue[Message] = queue.Queue()
        self._running: list[_Note] = []

    def ready(self) -> Spawner:
        return self

    def send(self, task: Message) -> None:
        note = _Note(task, self._scratch / str(task["id"]), self._environment)
        self._running.append(note)
        threading.Thread(target=lambda: self._done.put(note.wait()), daemon=True).start()

    def receive(self) -> Iterator[Message]:
        yield self._done.get()

    def close(self) -> None:
        for note in self._running:
            note.kill()
        shutil.rmtree(self._scratch, ignore_errors=True)

    def __enter__(self) -> Spawner:
        return self

    def __exit__(self, *_: object) -> None:
        self.close()


def _of_the_system() -> dict[str, str]:
    """What Windows' own libraries need."""
    return {name: os.environ[name] for name in ("SYSTEMROOT", "PATH") if sys.platform == "win32" and name in os.environ}


class _Note:
    """A running interpreter and the files it writes to."""

    def __init__(self, task: Message, room: Path, environment: dict[str, str]) -> None:
        room.mkdir()
        self.task, self._room = task, room
        self.token = os.urandom(16).hex().encode()
        (room / "page").write_bytes(bytes(mmap.PAGESIZE))
        flags = os.O_RDWR | os.O_CREAT | getattr(os, "O_BINARY", 0)
        self.files = {name: os.open(room / name, flags) for name in ("result", "stdout", "stderr")}
        self._page_file = os.open(room / "page", flags)
        self.page = Page(self._page_file)
        self.page.begin(0)
        told_ = {**task, "preload": preloads([task]), "token": self.token.decode()}
        (room / "task").write_text(json.dumps(told_))
        self.late = False
        self.started = time.monotonic()
        boot = _BOOT.format(paths=json.dumps(search_path()), folder=str(room))
        environment = {**environment, "HOME": str(room), "MPLCONFIGDIR": str(room)}
        self._process = subprocess.Popen(
            [sys.executable, "-c", boot], cwd=room, env=environment, start_new_session=True, stderr=subprocess.DEVNULL
        )

    def wait(self) -> Message:
        """Until it has ended, or its time is up; returns what the zygote would tell."""
        while not self.late:
            left = self.page.deadline(self.task["timeouts"], self.started) - time.monotonic()
            try:
                self._process.wait(max(0.0, left))
                break
            except subprocess.TimeoutExpired:
                self.late = self.page.deadline(self.task["timeouts"], self.started) < time.monotonic()
        self.kill()
        code = self._process.wait()
        message = {"id": self.task["id"], **told(self, code)}
        for file in (*self.files.values(), self._page_file):
            os.close(file)
        shutil.rmtree(self._room, ignore_errors=True)
        return message

    def kill(self) -> None:
        if hasattr(os, "killpg"):
            with suppress(ProcessLookupError, PermissionError):
                os.killpg(self._process.pid, signal.SIGKILL)
        self._process.kill()
