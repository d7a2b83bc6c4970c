"""A filter of system calls for a note in the sandbox: what no card needs and faults of kernels are reached through.

The namespaces are the wall; this makes the surface behind it smaller (Linux only). All that is not named is allowed, so
that a new library works. A refused call fails as where the kernel lacks it or the user may not, so programs fall back.
"""

from __future__ import annotations

import ctypes
import errno
import os
import socket
import struct
from collections.abc import Iterable

# name: (number on x86_64, on aarch64); None: it does not exist there. From 424 on they are the same everywhere.
_REFUSED: dict[str, tuple[int | None, int | None]] = {
    # other processes' memory and state; descriptors by handle
    "ptrace": (101, 117),
    "process_vm_readv": (310, 270),
    "process_vm_writev": (311, 271),
    "process_madvise": (440, 440),
    "pidfd_getfd": (438, 438),
    "kcmp": (312, 272),
    "name_to_handle_at": (303, 264),
    "open_by_handle_at": (304, 265),
    # machinery of the kernel's own, where most of its faults were
    "bpf": (321, 280),
    "perf_event_open": (298, 241),
    "userfaultfd": (323, 282),
    "add_key": (248, 217),
    "request_key": (249, 218),
    "keyctl": (250, 219),
    "fanotify_init": (300, 262),
    "vmsplice": (278, 75),
    "personality": (135, 92),
    "modify_ldt": (154, None),
    "memfd_secret": (447, 447),
    # mounts and namespaces
    "mount": (165, 40),
    "umount2": (166, 39),
    "pivot_root": (155, 41),
    "chroot": (161, 51),
    "unshare": (272, 97),
    "setns": (308, 268),
    "open_tree": (428, 428),
    "move_mount": (429, 429),
    "fsopen": (430, 430),
    "fsconfig": (431, 431),
    "fsmount": (432, 432),
    "fspick": (433, 433),
    "mount_setattr": (442, 442),
    # the machine: modules, another kernel, swap, clock, log, ports
    "init_module": (175, 105),
    "finit_module": (313, 273),
    "delete_module": (176, 106),
    "kexec_load": (246, 104),
    "kexec_file_load": (320, 294),
    "reboot": (169, 142),
    "swapon": (167, 224),
    "swapoff": (168, 225),
    "acct": (163, 89),
    "quotactl": (179, 60),
    "quotactl_fd": (443, 443),
    "syslog": (103, 116),
    "settimeofday": (164, 170),
    "clock_settime": (227, 112),
    "adjtimex": (159, 171),
    "clock_adjtime": (305, 266),
    "iopl": (172, None),
    "ioperm": (173, None),
}
# Programs ask for these and do without where they are missing. What clone3 is asked for lies out of a filter's sight.
_MISSING = {"io_uring_setup": 425, "io_uring_enter": 426, "io_uring_register": 427, "clone3": 435}

_ARCHITECTURE = {"x86_64": 0xC000003E, "aarch64": 0xC00000B7}
_SOCKET, _CLONE, _IOCTL = (41, 198), (56, 220), (16, 29)
# Loopback, pipes between processes, and the list of network interfaces. AF_VSOCK has no namespace: it leads outside.
_FAMILIES = (socket.AF_UNIX, socket.AF_INET, socket.AF_INET6, 16)
_NEW_NAMESPACES = 0x7E020000
_TYPED_FOR_THE_USER = (0x5412, 0x541C)  # TIOCSTI, TIOCLINUX
_X32 = 0x40000000  # a second numbering of x86_64's calls

_NUMBER, _MACHINE, _FIRST, _SECOND = 0, 4, 16, 24  # where the filter finds them (the arguments' lower halves)
_LOAD, _EQUAL, _AT_LEAST, _ANY_BIT, _RETURN = 0x20, 0x15, 0x35, 0x45, 0x06
_ALLOW, _FAIL = 0x7FFF0000, 0x00050000
_SET_FILTER, _MODE_FILTER = 22, 2

Instruction = tuple[int, int, int, int]  # operation, jump if true, jump if false, operand; jumps count what is left out
_PASS: Instruction = (_RETURN, 0, 0, _ALLOW)


def _fail(number: int) -> Instruction:
    return (_RETURN, 0, 0, _FAIL | number)


def _where(values: Iterable[int], then: Instruction) -> list[Instruction]:
    """`then` if what was loaded last is one of `values`."""
    return [line for value in values for line in ((_EQUAL, 0, 1, value), then)]


def _of(call: int, argument: int, *rules: Instruction) -> list[Instruction]:
    """`rules` on one `argument` of one `call`; the last of them decides."""
    return [(_EQUAL, 0, len(rules) + 1, call), (_LOAD, 0, 0, argument), *rules]


def program(machine: str) -> list[Instruction]:
    """The filter for a machine that is one of `_ARCHITECTURE`."""
    column = list(_ARCHITECTURE).index(machine)
    refused = [number for numbers in _REFUSED.values() if (number := numbers[column]) is not None]
    return [
        (_LOAD, 0, 0, _MACHINE),
        (_EQUAL, 1, 0, _ARCHITECTURE[machine]),  # 32-bit programs number their calls in another way
        _fail(errno.EPERM),
        (_LOAD, 0, 0, _NUMBER),
        (_AT_LEAST, 0, 1, _X32),
        _fail(errno.ENOSYS),
        *_where(refused, _fail(errno.EPERM)),
        *_where(_MISSING.values(), _fail(errno.ENOSYS)),
        *_of(_SOCKET[column], _FIRST, *_where(_FAMILIES, _PASS), _fail(errno.EAFNOSUPPORT)),
        *_of(_CLONE[column], _FIRST, (_ANY_BIT, 0, 1, _NEW_NAMESPACES), _fail(errno.EPERM), _PASS),
        *_of(_IOCTL[column], _SECOND, *_where(_TYPED_FOR_THE_USER, _fail(errno.EPERM)), _PASS),
        _PASS,
    ]


class _Filter(ctypes.Structure):
    """The kernel's `struct sock_fprog`."""

    _fields_ = (("length", ctypes.c_ushort), ("code", ctypes.c_char_p))


def _compiled() -> _Filter | None:
    if (machine := os.uname().machine) not in _ARCHITECTURE:
        return None
    lines = program(machine)
    return _Filter(len(lines), b"".join(struct.pack("=HBBI", *line) for line in lines))


_FILTER = _compiled()


def refuse() -> None:
    """Put the filter on this process, which can't gain privileges any more, and all that it starts; it never comes off.

    A kernel that knows no filters does without.
    """
    if _FILTER is not None:
        ctypes.CDLL(None).prctl(_SET_FILTER, _MODE_FILTER, ctypes.byref(_FILTER), 0, 0)
