"""A cell for each note, inside the sandbox: user, pid, mount, network and ipc namespaces of its own (Linux only).

A keeper, forked while this process is still small, furnishes cells ahead of their use: for each it leaves a process
that does nothing but live, with whose end all in the cell end. A note then costs one fork of the large process, as it
does without cells.
"""

from __future__ import annotations

import ctypes
import fcntl
import os
import re
import resource
import signal
import socket
import struct
from collections.abc import Callable
from contextlib import suppress
from typing import NoReturn

from deckgen.execute.worker import syscalls

HOME = "/tmp/note"  # the only folder that a note can write to, beside /dev/shm

_NEW_MOUNTS, _NEW_IPC, _NEW_USER, _NEW_PIDS, _NEW_NET = 0x20000, 0x8000000, 0x10000000, 0x20000000, 0x40000000
_NO_SUID, _NO_DEVICES, _NO_EXEC = 2, 4, 8
_READ_ONLY, _REMOUNT, _BIND, _RECURSIVE, _PRIVATE = 1, 1 << 5, 1 << 12, 1 << 14, 1 << 18
_DUMPABLE, _DROP_BOUND, _NO_NEW_PRIVILEGES = 4, 24, 38
PARENT_DEATH_SIGNAL, SUBREAPER = 1, 36
_CAPSET = {"x86_64": 126, "aarch64": 91}
_PROCESSES = 256
_LEAST_PID_MAX = 301 + _PROCESSES

_libc = ctypes.CDLL(None, use_errno=True)


def prctl(option: int, value: int) -> None:
    _libc.prctl(option, value, 0, 0, 0)


def _call(name: str, *arguments: object) -> None:
    if getattr(_libc, name)(*arguments) != 0:
        number = ctypes.get_errno()
        raise OSError(number, f"{name}: {os.strerror(number)}")


def _mount(kind: bytes, target: bytes, flags: int, options: bytes = b"") -> None:
    _call("mount", kind, target, kind, flags, options)


class Cell:
    """A furnished cell: descriptors of its namespaces, of a /proc that can be written, and of its first process."""

    def __init__(self, descriptors: list[int]) -> None:
        self._pids, self._mounts, self._net, self._ipc, self._proc, self._first = self._all = descriptors

    def fork(self, inside: Callable[[], NoReturn]) -> int:
        """Run `inside` in the cell, where it has no capability and can get none; returns its pid as we see it."""
        _call("setns", self._pids, _NEW_PIDS)
        pid = os.fork()
        if pid == 0:
            try:
                for descriptor, kind in ((self._mounts, _NEW_MOUNTS), (self._net, _NEW_NET), (self._ipc, _NEW_IPC)):
                    _call("setns", descriptor, kind)
                _drop_all(self._proc)
                inside()
            finally:
                os._exit(70)
        return pid

    def end(self) -> None:
        """Kill whatever is in the cell; the kernel lets nothing new begin in it."""
        with suppress(ProcessLookupError):
            signal.pidfd_send_signal(self._first, signal.SIGKILL)

    def close(self) -> None:
        for descriptor in self._all:
            os.close(descriptor)


class Keeper:
    """Furnishes cells one ahead; only for a process with all capabilities in its own namespaces."""

    def __init__(self) -> None:
        self._socket, theirs = socket.socketpair(socket.AF_UNIX, socket.SOCK_SEQPACKET)
        self.pid = os.fork()
        if self.pid == 0:
            try:
                self._socket.close()
                prctl(PARENT_DEATH_SIGNAL, signal.SIGKILL)
                _keep(theirs)
            finally:
                os._exit(0)
        theirs.close()
        self._socket.send(b".")

    def cell(self) -> Cell:
        """The next cell. Raises OSError where this system lets us make none."""
        descriptors = socket.recv_fds(self._socket, 1, 6)[1]
        if len(descriptors) != 6:
            raise OSError("no cell can be made")
        self._socket.send(b".")
        return Cell(descriptors)

    def works(self) -> bool:
        """Whether this system lets us make cells."""
        try:
            cell = self.cell()
            pid = cell.fork(lambda: os._exit(7))
            status = os.waitpid(pid, 0)[1]
            cell.end()
            cell.close()
        except OSError:
            return False
        return os.waitstatus_to_exitcode(status) == 7


def _keep(client: socket.socket) -> None:
    """Send the descriptors of a new cell for each byte that is received."""
    signal.signal(signal.SIGCHLD, signal.SIG_IGN)
    while client.recv(1):
        if os.fork() == 0:
            try:
                _make(client)
            except OSError:
                client.send(b".")  # without descriptors: there is no cell to be had
            finally:
                os._exit(0)


def _make(client: socket.socket) -> None:
    """One cell, by a process of its own: only once can a process say that its children get a pid namespace."""
    _call("unshare", _NEW_PIDS)
    ours, theirs = socket.socketpair()
    pid = os.fork()
    if pid == 0:
        ours.close()
        _first(theirs)
    theirs.close()
    descriptors = socket.recv_fds(ours, 1, 5)[1]
    socket.send_fds(client, [b"."], [*descriptors, os.pidfd_open(pid)])


def _first(maker: socket.socket) -> NoReturn:
    """Process 1 of a cell, out of the note's reach: furnishes it, hands it over, and lives until it is killed."""
    try:
        proc = _furnish()
        spaces = [os.open(f"/proc/self/ns/{name}", os.O_RDONLY) for name in ("pid", "mnt", "net", "ipc")]
        socket.send_fds(maker, [b"."], [*spaces, proc])
        os.closerange(0, 256)
        while True:
            signal.pause()
    finally:
        os._exit(1)


def _furnish() -> int:
    """What the note will see: its processes, empty folders of bounded size, a loopback, and a /proc to read.

    Returns a descriptor of a /proc that can be written, since the note gives its privileges up through it.
    Root may write much in /proc even without a capability, and it may be root who builds.
    """
    _call("unshare", _NEW_MOUNTS | _NEW_IPC | _NEW_NET)
    _call("mount", None, b"/", None, _PRIVATE | _RECURSIVE, None)
    quiet = _NO_SUID | _NO_DEVICES
    _mount(b"proc", b"/proc", quiet | _NO_EXEC)
    _cover_tmp(quiet, b"size=256m,nr_inodes=20k,mode=1777")
    _mount(b"tmpfs", b"/dev/shm", quiet, b"size=256m,nr_inodes=20k,mode=1777")
    _loopback_up()
    with suppress(OSError), open("/proc/sys/kernel/pid_max", "w") as file:  # a namespace's own since Linux 6.14
        file.write(str(_LEAST_PID_MAX))
    proc = os.open("/proc", os.O_RDONLY | os.O_DIRECTORY)
    _call("mount", b"/proc", b"/proc", None, _BIND, None)
    _call("mount", None, b"/proc", None, _BIND | _REMOUNT | _READ_ONLY | quiet | _NO_EXEC, None)
    return proc


def _cover_tmp(flags: int, bounds: bytes) -> None:
    """An empty /tmp, but for what the sandbox shows there: an interpreter may be installed below it."""
    with open("/proc/self/mountinfo") as file:
        points = [line.split()[4] for line in file]
    shown = {point: os.open(point, os.O_PATH) for point in points if point.startswith("/tmp/") and os.path.isdir(point)}
    _mount(b"tmpfs", b"/tmp", flags, bounds)
    for point, handle in shown.items():
        os.makedirs(point, exist_ok=True)
        _call("mount", f"/proc/self/fd/{handle}".encode(), point.encode(), None, _BIND | _RECURSIVE, None)
        os.close(handle)


def _loopback_up() -> None:
    get, set_, up = 0x8913, 0x8914, 1
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as handle:
        request = fcntl.ioctl(handle, get, struct.pack("16sh14x", b"lo", 0))
        flags = struct.unpack_from("16sh", request)[1]
        fcntl.ioctl(handle, set_, struct.pack("16sh14x", b"lo", flags | up))


def _drop_all(proc: int) -> None:
    """A user namespace of its own for the note, in which it can do nothing that a plain user can't."""
    user, group = os.getuid(), os.getgid()
    _call("unshare", _NEW_USER)
    for name, line in (("setgroups", "deny"), ("uid_map", f"{user} {user} 1"), ("gid_map", f"{group} {group} 1")):
        _write(proc, f"self/{name}", line)
    with suppress(OSError):
        _write(proc, "sys/user/max_user_namespaces", "0")
    give_up_privileges()
    _bound_processes()


def give_up_privileges() -> None:
    """Of the capabilities that the sandbox has in itself, none is left to a note, and none can be got."""
    for capability in range(64):
        prctl(_DROP_BOUND, capability)
    prctl(_NO_NEW_PRIVILEGES, 1)
    header = struct.pack("=Ii", 0x20080522, 0)
    _call("syscall", _CAPSET[os.uname().machine], header, bytes(24))
    prctl(_DUMPABLE, 1)
    syscalls.refuse()


def _bound_processes() -> None:
    """Against fork bombs and hoards of threads; a limit of pids in the cell does the same where the kernel has one.

    A user's processes are counted for each user namespace since Linux 5.14; before that all of them would be. Those of
    root are never counted.
    """
    release = re.match(r"(\d+)\.(\d+)", os.uname().release)
    if release and (int(release[1]), int(release[2])) >= (5, 14):
        resource.setrlimit(resource.RLIMIT_NPROC, (_PROCESSES, _PROCESSES))


def _write(folder: int, name: str, text: str) -> None:
    file = os.open(name, os.O_WRONLY, dir_fd=folder)
    try:
        os.write(file, text.encode())
    finally:
        os.close(file)
