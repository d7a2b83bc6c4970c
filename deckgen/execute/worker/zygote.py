"""The process that imports heavy libraries once and then only forks, watches, kills and reaps: one child a note."""

from __future__ import annotations

import gc
import os
import select
import shutil
import signal
import socket
import time
from contextlib import suppress
from typing import NoReturn

from deckgen.execute.worker import cell, child
from deckgen.execute.worker.cell import Cell, Keeper
from deckgen.execute.worker.ending import told
from deckgen.execute.worker.preload import preload
from deckgen.execute.worker.wire import Frames, Message, Page, frame


def main(file: int, boxed: bool) -> None:
    """Serve the client on the other end of the socket `file` until it closes it. `boxed`: we are in the sandbox."""
    gc.disable()  # a quarter less time for the imports
    signal.signal(signal.SIGINT, signal.SIG_IGN)
    _adopt_orphans()
    Zygote(socket.socket(fileno=file), boxed).serve()
    os._exit(0)  # nothing here needs to be taken down in order


def _adopt_orphans() -> None:
    cell.prctl(cell.SUBREAPER, 1)


def die_with_parent() -> None:
    """Whoever kills the zygote kills its notes, even those that are stopped."""
    cell.prctl(cell.PARENT_DEATH_SIGNAL, signal.SIGKILL)


class Running:
    """A child, what it was asked and what it writes to."""

    def __init__(self, task: Message, scratch: str, boxed: bool, box: Cell | None) -> None:
        self.task = task
        self._box = box
        self.shares_the_sandbox = boxed and not box
        self.folder = cell.HOME if box else os.path.join(scratch, f"note-{task['id']}")
        self.page = Page()
        self.token = os.urandom(16).hex().encode()
        self.files = {name: os.memfd_create(name) for name in ("result", "stdout", "stderr")}
        self.late = False
        self.parent = os.getpid()
        self.pid = self.pidfd = -1

    def deadline(self) -> float:
        return self.page.deadline(self.task["timeouts"], self.started)

    def start(self) -> None:
        self.started = time.monotonic()
        self.page.begin(0)
        if self._box:
            self.pid = self._box.fork(lambda: _become(self))
        else:
            self.pid = os.fork()
            if self.pid == 0:
                _become(self)
        self.pidfd = os.pidfd_open(self.pid)

    def kill(self) -> None:
        """End the note and what it has started, as far as that can be found from here."""
        if self._box:
            self._box.end()
        with suppress(ProcessLookupError):
            signal.pidfd_send_signal(self.pidfd, signal.SIGKILL)

    def close(self) -> None:
        self.page.close()
        for file in (self.pidfd, *self.files.values()):
            os.close(file)
        if self._box:
            self._box.close()
        else:
            _remove(self.folder)


def _remove(folder: str) -> None:
    with suppress(Exception):  # a snippet may have built something that can't be removed; the client tries again
        shutil.rmtree(folder, ignore_errors=True)


def _become(running: Running) -> NoReturn:
    """In the child: a session and descriptors of its own, then the note. Does not return."""
    try:
        if running.shares_the_sandbox:
            cell.give_up_privileges()
        os.setsid()
        die_with_parent()
        if os.getppid() not in (0, running.parent):  # it died before that was asked for; in a cell it is out of sight
            os._exit(child.BROKEN)
        files = running.files
        nothing = os.open(os.devnull, os.O_RDONLY)
        result = 3
        # Upwards first: none of the targets below may still be one of the sources.
        high = [
            os.dup2(file, 100 + n)
            for n, file in enumerate((nothing, files["stdout"], files["stderr"], files["result"]))
        ]
        for target, file in enumerate(high):
            os.dup2(file, target)
        os.closerange(4, 4096)
        signal.signal(signal.SIGINT, signal.default_int_handler)
        child.main(running.task, running.page, result, running.token, running.folder)
    finally:
        os._exit(child.BROKEN)


class Zygote:
    def __init__(self, client: socket.socket, boxed: bool) -> None:
        self._client = client
        self._boxed = boxed
        self._frames = Frames()
        keeper = Keeper() if boxed else None
        self._keeper = keeper if keeper and keeper.works() else None
        self._out = bytearray(frame({"cells": self._keeper is not None}))
        self._poll = select.poll()
        self._running: dict[int, Running] = {}  # by pidfd
        self._scratch = ""

    def serve(self) -> None:
        self._client.setblocking(False)
        while True:
            self._poll.register(self._client, select.POLLIN | (select.POLLOUT if self._out else 0))
            for file, event in self._poll.poll(self._patience()):
                if file in self._running:
                    self._reap(self._running.pop(file))
                elif not self._talk(event):
                    return self._end()
            self._kill_the_late()

    def _patience(self) -> float | None:
        """Milliseconds until the next deadline."""
        if not self._running:
            return None
        nearest = min(running.deadline() for running in self._running.values())
        return max(0.0, nearest - time.monotonic()) * 1000 + 1

    def _talk(self, event: int) -> bool:
        """Send what is to be sent, do what is asked; False once the client is gone."""
        try:
            if event & select.POLLOUT and self._out:
                del self._out[: self._client.send(self._out)]
            if event & (select.POLLIN | select.POLLHUP | select.POLLERR):
                data = self._client.recv(1 << 16)
                for message in self._frames.feed(data):
                    self._do(message)
                return bool(data)
        except BlockingIOError:
            pass
        except OSError:
            return False
        return True

    def _do(self, message: Message) -> None:
        if "preload" in message:
            preload(message["preload"])
            self._scratch = message.get("scratch", self._scratch)
            return
        running = Running(message, self._scratch, self._boxed, self._keeper.cell() if self._keeper else None)
        running.start()
        self._running[running.pidfd] = running
        self._poll.register(running.pidfd, select.POLLIN)

    def _kill_the_late(self) -> None:
        now = time.monotonic()
        for running in self._running.values():
            if running.deadline() < now and not running.late:
                running.late = True
                running.kill()

    def _reap(self, running: Running) -> None:
        self._poll.unregister(running.pidfd)
        with suppress(ProcessLookupError):
            os.killpg(running.pid, signal.SIGKILL)
        status = os.waitstatus_to_exitcode(os.waitpid(running.pid, 0)[1])
        running.kill()
        if not self._keeper:
            self._kill_orphans()
        self._out += frame({"id": running.task["id"], **told(running, status)})
        running.close()

    def _kill_orphans(self) -> None:
        """End every process that has become ours because its parent died: no child of a child may outlive its note."""
        known = {running.pid for running in self._running.values()}
        while orphans := _children() - known:
            for pid in orphans:
                _kill(pid)
            for pid in orphans:
                with suppress(ChildProcessError):
                    os.waitpid(pid, 0)

    def _end(self) -> None:
        for running in self._running.values():
            running.kill()
        for running in self._running.values():
            with suppress(ChildProcessError):
                os.waitpid(running.pid, 0)
        self._running.clear()
        self._kill_orphans()


def _kill(pid: int) -> None:
    with suppress(ProcessLookupError):
        os.kill(pid, signal.SIGKILL)


def _children() -> set[int]:
    path = f"/proc/self/task/{os.getpid()}/children"
    with open(path) as file:
        return {int(pid) for pid in file.read().split()}
