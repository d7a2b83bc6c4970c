"""The other end of the zygote: starts it, sends it tasks, notices when it dies.  Never imports what snippets import."""

from __future__ import annotations

import json
import os
import shutil
import socket
import subprocess
import sys
import tempfile
from collections.abc import Iterator
from pathlib import Path

from deckgen.errors import DeckgenError
from deckgen.execute.settings import Settings
from deckgen.execute.worker.wire import Frames, Message, frame

_BOOT = "import sys; sys.path[:] = {paths}; from deckgen.execute.worker.zygote import main; main({file})"

# All that decides what a snippet sees and can be decided from outside; nothing of the builder's own environment passes.
ENVIRONMENT = {
    "PATH": "/usr/bin:/bin",
    "LANG": "C.UTF-8",
    "LC_ALL": "C.UTF-8",
    "TZ": "UTC",
    "COLUMNS": "80",
    "LINES": "24",
    "NO_COLOR": "1",
    "TERM": "dumb",
    "PYTHONHASHSEED": "0",
    "PYTHONDONTWRITEBYTECODE": "1",
    "PYTHONMALLOC": "malloc",  # with huge pages a fork copies a third of the page tables
    "GLIBC_TUNABLES": "glibc.malloc.hugetlb=1",
    "MPLBACKEND": "svg",
    **{f"{name}_NUM_THREADS": "1" for name in ("OMP", "MKL", "OPENBLAS", "NUMEXPR")},
}


class ZygoteDiedError(Exception):
    """The process that runs snippets is gone."""


class Zygote:
    """A running zygote. Close it, or use it as a context manager: nothing of it may outlive the build."""

    def __init__(self, settings: Settings, preload: list[str], environment: dict[str, str] | None = None) -> None:
        self.sandbox = "off" if settings.sandbox == "off" else "none"
        self._scratch = tempfile.mkdtemp(prefix="deckgen-")
        ours, theirs = socket.socketpair()
        self._socket, self._frames = ours, Frames()
        command = [sys.executable, "-c", _BOOT.format(paths=search_path(), file=theirs.fileno())]
        self._process = subprocess.Popen(
            command,
            stdin=subprocess.DEVNULL,
            stdout=subprocess.DEVNULL,
            stderr=subprocess.PIPE,
            cwd=self._scratch,
            env={**ENVIRONMENT, **(environment or {}), "MPLCONFIGDIR": self._scratch},
            pass_fds=[theirs.fileno()],
            start_new_session=True,  # Ctrl-C is for the client alone, which then closes the socket
        )
        theirs.close()
        self.send({"preload": preload, "scratch": self._scratch})

    def send(self, message: Message) -> None:
        try:
            self._socket.sendall(frame(message))
        except OSError:
            raise ZygoteDiedError(self._last_words()) from None

    def receive(self) -> Iterator[Message]:
        """What has arrived, at least one message."""
        while True:
            data = self._receive_some()
            if messages := list(self._frames.feed(data)):
                yield from messages
                return

    def _receive_some(self) -> bytes:
        try:
            data = self._socket.recv(1 << 16)
        except OSError:
            data = b""
        if not data:
            raise ZygoteDiedError(self._last_words())
        return data

    def _last_words(self) -> str:
        self._process.kill()
        told = self._process.communicate()[1].decode("utf-8", "replace").strip()
        return told.splitlines()[-1] if told else ""

    def close(self) -> None:
        self._socket.close()
        try:
            self._process.wait(timeout=5)
        except subprocess.TimeoutExpired:
            self._process.kill()
            self._process.wait()
        if self._process.stderr:
            self._process.stderr.close()
        shutil.rmtree(self._scratch, ignore_errors=True)

    def __enter__(self) -> Zygote:
        return self

    def __exit__(self, *_: object) -> None:
        self.close()


def search_path() -> str:
    """Where this interpreter finds modules, as a Python list; not the folder that happens to be the current one."""
    own = str(Path(__file__).parents[2])
    paths = [path for path in sys.path if path and os.path.exists(path)]
    return json.dumps(list(dict.fromkeys([*paths, own])))


def check_platform() -> None:
    if not hasattr(os, "fork"):
        raise DeckgenError("snippets can't be run by forking on this system")
