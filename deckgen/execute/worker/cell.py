"""A cell for one note, inside the sandbox: user, pid, mount, network and ipc namespaces of its own (Linux only)."""

from __future__ import annotations

import ctypes
import fcntl
import os
import socket
import struct
from collections.abc import Callable
from contextlib import suppress
from typing import NoReturn

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


class Cells:
    """Makes one cell after the other; only for a process with all capabilities in its own namespaces."""

    def __init__(self) -> None:
        self._own = os.open("/proc/self/ns/pid", os.O_RDONLY | os.O_CLOEXEC)

    def fork(self, inside: Callable[[], NoReturn], report: int) -> int:
        """Run `inside` as process 2 of a new cell; returns the pid of process 1, with whose end all in the cell end.

        Process 1 is out of the note's reach. It writes the wait status of process 2 to the descriptor `report`.
        """
        _call("setns", self._own, _NEW_PIDS)
        _call("unshare", _NEW_PIDS)
        pid = os.fork()
        if pid == 0:
            try:
                _first(inside, report)
            finally:
                os._exit(1)
        return pid

    def work(self) -> bool:
        """Whether this system lets us make cells."""
        try:
            reader, writer = os.pipe()
            pid = self.fork(lambda: os._exit(7), writer)
            os.close(writer)
            os.waitpid(pid, 0)
            told = os.read(reader, 4)
            os.close(reader)
        except OSError:
            return False
        return len(told) == 4 and os.waitstatus_to_exitcode(struct.unpack("=i", told)[0]) == 7


def _first(inside: Callable[[], NoReturn], report: int) -> None:
    _furnish()
    ours, theirs = socket.socketpair()
    pid = os.fork()
    if pid == 0:
        try:
            os.close(report)
            ours.close()
            _drop_all()
            theirs.send(b".")
            if theirs.recv(1):
                inside()
        finally:
            os._exit(70)
    theirs.close()
    if ours.recv(1):
        _close_proc()
        ours.send(b".")
    while True:
        ended, status = os.waitpid(-1, 0)
        if ended == pid:
            os.write(report, struct.pack("=i", status))
            os._exit(0)


def _close_proc() -> None:
    """Root may write much in /proc even without a capability, and it may be root who builds."""
    _call("mount", None, b"/proc", None, _BIND | _REMOUNT | _READ_ONLY | _NO_SUID | _NO_DEVICES | _NO_EXEC, None)


def _furnish() -> None:
    """What the note will see: its own processes, an empty folder of bounded size, a loopback."""
    _call("unshare", _NEW_MOUNTS | _NEW_IPC | _NEW_NET)
    _call("mount", None, b"/", None, _PRIVATE | _RECURSIVE, None)
    quiet = _NO_SUID | _NO_DEVICES
    _mount(b"proc", b"/proc", quiet | _NO_EXEC)
    _cover_tmp(quiet, b"size=256m,nr_inodes=20k,mode=1777")
    _mount(b"tmpfs", b"/dev/shm", quiet, b"size=256m,nr_inodes=20k,mode=1777")
    _loopback_up()
    with suppress(OSError), open("/proc/sys/kernel/pid_max", "w") as file:  # a namespace's own since Linux 6.14
        file.write(str(_LEAST_PID_MAX))


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


def _drop_all() -> None:
    """A user namespace of its own for the note, in which it can do nothing that a plain user can't."""
    user, group = os.getuid(), os.getgid()
    _call("unshare", _NEW_USER)
    for name, line in (("setgroups", "deny"), ("uid_map", f"{user} {user} 1"), ("gid_map", f"{group} {group} 1")):
        with open(f"/proc/self/{name}", "w") as file:
            file.write(line)
    with suppress(OSError), open("/proc/sys/user/max_user_namespaces", "w") as file:
        file.write("0")
    for capability in range(64):
        prctl(_DROP_BOUND, capability)
    prctl(_NO_NEW_PRIVILEGES, 1)
    header = struct.pack("=Ii", 0x20080522, 0)
    _call("syscall", _CAPSET[os.uname().machine], header, bytes(24))
    prctl(_DUMPABLE, 1)
