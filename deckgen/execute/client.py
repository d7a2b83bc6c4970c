"""The other end of the zygote: starts it, sends it tasks, notices when it dies.  Never imports what snippets import."""

from __future__ import annotations

import json
import os
import select
import shutil
import socket
import subprocess
import sys
import tempfile
from collections.abc import Iterator
from contextlib import suppress
from pathlib import Path

from deckgen.errors import DeckgenError
from deckgen.execute import sandbox
from deckgen.execute.settings import Settings
from deckgen.execute.worker.wire import Frames, Message, frame

_BOOT = "import sys; sys.path[:] = {paths}; from deckgen.execute.worker.zygote import main; main({file}, {boxed})"

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
    "USER": "deckgen",
    "LOGNAME": "deckgen",
    "PYTHONHASHSEED": "0",
    "PYTHONDONTWRITEBYTECODE": "1",
    "PYTHONMALLOC": "malloc",  # with huge pages a fork copies a third of the page tables
    "GLIBC_TUNABLES": "glibc.malloc.hugetlb=1",
    "MPLBACKEND": "svg",
    **{f"{name}_NUM_THREADS": "1" for name in ("OMP", "MKL", "OPENBLAS", "NUMEXPR")},
}


_GRACE = 60  # seconds for what comes before and after a task's own time, such as importing torch on a busy machine
_WORDS = {
    (True, True): "bubblewrap, a cell for each note",
    (True, False): "bubblewrap, one for all notes",
    (False, False): "off",
}


class ZygoteDiedError(Exception):
    """The process that runs snippets is gone."""


class Zygote:
    """A running zygote. Close it, or use it as a context manager: nothing of it may outlive the build.

    It starts at once and in the background; that a sandbox can't be had shows at `ready`, which must come first.
    """

    def __init__(self, settings: Settings, preload: list[str], environment: dict[str, str] | None = None) -> None:
        self.sandbox = self.remark = ""
        self._longest = 0.0  # seconds that the tasks so far may take
        self._settings, self._preload = settings, preload
        self._environment = {**ENVIRONMENT, **(environment or {})}
        self._program = sandbox.bubblewrap() if settings.sandbox != "off" else None
        if settings.sandbox == "required" and not self._program:
            raise DeckgenError("the sandbox is required, but bubblewrap (the command bwrap) is not installed")
        self._start()

    def _start(self) -> None:
        self._scratch = Path(tempfile.mkdtemp(prefix="deckgen-"))
        inside = "/tmp" if self._program else str(self._scratch)
        ours, theirs = socket.socketpair()
        self._socket, self._frames, self._early, self._words = ours, Frames(), list[Message](), ""
        paths = search_path()
        boot = _BOOT.format(paths=json.dumps(paths), file=theirs.fileno(), boxed=self._program is not None)
        box = sandbox.command(self._program, self._scratch, paths) if self._program else []
        self._process = subprocess.Popen(
            [*box, sys.executable, "-c", boot],
            stdin=subprocess.DEVNULL,
            stdout=subprocess.DEVNULL,
            stderr=subprocess.PIPE,
            cwd=self._scratch,
            env={**self._environment, "HOME": inside, "MPLCONFIGDIR": inside},
            pass_fds=[theirs.fileno()],
            start_new_session=True,  # Ctrl-C is for the client alone, which then closes the socket
        )
        theirs.close()
        with suppress(ZygoteDiedError):  # `ready` will see it
            self.send({"preload": self._preload, "scratch": inside})

    def ready(self) -> Zygote:
        """Wait until it is known which sandbox is in force; start again without where none can be had and none must."""
        if self.sandbox:
            return self
        try:
            hello, *self._early = self.receive()
        except ZygoteDiedError as death:
            if not self._program:
                raise
            self._without(f"bubblewrap can't start here ({death})")
            return self.ready()
        if self._program and not hello["cells"]:
            if self._settings.sandbox == "required":
                self.close()
                raise DeckgenError("the sandbox is required, but this system does not allow a namespace for each note")
            self.remark = "this system does not allow a namespace for each note: they share one sandbox"
        self.sandbox = _WORDS[self._program is not None, hello["cells"]]
        return self

    def _without(self, why: str) -> None:
        self.close()
        if self._settings.sandbox == "required":
            raise DeckgenError(f"the sandbox is required, but {why}")
        self.remark = f"{why}: snippets run without a sandbox"
        self._program = None
        self._start()

    def preload(self, names: list[str]) -> Zygote:
        """Import more before the next task is run."""
        if more := [name for name in names if name not in self._preload]:
            self._preload = [*self._preload, *more]
            with suppress(ZygoteDiedError):  # `ready` will see it
                self.send({"preload": more})
        return self

    def send(self, message: Message) -> None:
        self._longest = max(self._longest, sum(message.get("timeouts", ())))
        try:
            self._socket.sendall(frame(message))
        except OSError:
            raise ZygoteDiedError(self._last_words()) from None

    def receive(self) -> Iterator[Message]:
        """What has arrived, at least one message."""
        if self._early:
            yield from self._early
            self._early = []
            return
        while True:
            data = self._receive_some()
            if messages := list(self._frames.feed(data)):
                yield from messages
                return

    def _receive_some(self) -> bytes:
        try:
            # It keeps the tasks' deadlines; if a task has stopped it, this ends the wait.
            self._socket.settimeout(self._longest + _GRACE)
            data = self._socket.recv(1 << 16)
        except OSError:
            data = b""
        if not data:
            raise ZygoteDiedError(self._last_words())
        return data

    def _last_words(self) -> str:
        """The last line that a zygote which is gone has left on its standard error."""
        if self._process.stderr and not self._process.stderr.closed:
            _wait_for(self._process, 1)
            self._process.kill()
            told = self._process.communicate()[1].decode("utf-8", "replace").strip()
            self._words = told.splitlines()[-1] if told else ""
        return self._words

    def close(self) -> None:
        self._socket.close()
        _wait_for(self._process, 5)
        self._process.kill()
        self._process.wait()
        if self._process.stderr:
            self._process.stderr.close()
        shutil.rmtree(self._scratch, ignore_errors=True)

    def __enter__(self) -> Zygote:
        return self

    def __exit__(self, *_: object) -> None:
        self.close()


def _wait_for(process: subprocess.Popen[bytes], seconds: float) -> None:
    """`Popen.wait` with a timeout looks again and again; this is woken."""
    if process.poll() is None and hasattr(os, "pidfd_open"):
        handle = os.pidfd_open(process.pid)
        select.select([handle], [], [], seconds)
        os.close(handle)


def search_path() -> list[str]:
    """Where this interpreter finds modules; not the folder that happens to be the current one."""
    own = str(Path(__file__).parents[2])
    paths = [path for path in sys.path if path and os.path.exists(path)]
    return list(dict.fromkeys([*paths, own]))
