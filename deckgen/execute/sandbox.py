"""The command that starts the zygote inside bubblewrap: what it may see of the machine, and nothing else."""

from __future__ import annotations

import os
import shutil
import sys
from collections.abc import Iterator
from pathlib import Path

_ETC = {
    "passwd": "deckgen:x:{user}:{group}:deckgen:/tmp:/bin/sh\n",
    "group": "deckgen:x:{group}:\n",
    "hosts": "127.0.0.1 localhost deckgen\n",
    "nsswitch.conf": "passwd: files\ngroup: files\nhosts: files\n",
}
_SHOWN = ("/usr", "/etc/ld.so.cache", "/etc/ld.so.conf", "/etc/ld.so.conf.d", "/etc/fonts", "/etc/alternatives")
_SHOWN_TOO = ("/nix/store", "/sys/devices/system/cpu")
_LINKS = ("/bin", "/sbin", "/lib", "/lib32", "/lib64", "/libx32")


def bubblewrap() -> str | None:
    """Where it is; found here, if it works is known when it was tried."""
    return shutil.which("bwrap") if sys.platform == "linux" else None


def command(program: str, scratch: Path, search_path: list[str]) -> list[str]:
    """What to put before a command so that it runs inside. `scratch` is a folder for files that are shown inside.

    All capabilities hold in the sandbox's own namespaces only: the zygote needs them to make a cell a note, and the
    note has none. With process 1 of the sandbox everything in it ends, and it ends with us.
    """
    line = [
        program,
        "--unshare-all",
        "--unshare-user",
        "--cap-add",
        "ALL",
        "--die-with-parent",
        "--hostname",
        "deckgen",
    ]
    for flag, *paths in _furniture(scratch, search_path):
        line += [flag, *paths]
    return [*line, "--chdir", "/tmp", "--"]


def _furniture(scratch: Path, search_path: list[str]) -> Iterator[tuple[str, ...]]:
    yield "--tmpfs", "/tmp"
    for path in (*_SHOWN, *_SHOWN_TOO):
        yield "--ro-bind-try", path, path
    for path in _LINKS:
        if os.path.islink(path):
            yield "--symlink", os.readlink(path), path
        elif os.path.isdir(path):
            yield "--ro-bind", path, path
    for name, text in _ETC.items():
        file = scratch / name
        file.write_text(text.format(user=os.getuid(), group=os.getgid()))
        yield "--ro-bind", str(file), f"/etc/{name}"
    for path in _libraries(search_path):
        yield "--ro-bind", path, path
    yield "--proc", "/proc"
    yield "--dev", "/dev"
    yield "--remount-ro", "/dev"
    yield "--remount-ro", "/"


def _libraries(search_path: list[str]) -> list[str]:
    """The interpreter and what is installed for it, as few folders as say it; no other folder that is on its path."""
    interpreter = {sys.prefix, sys.base_prefix, sys.exec_prefix, str(Path(sys.executable).resolve().parent.parent)}
    shared = {path for path in search_path if f"{os.sep}site-packages" in path or f"{os.sep}dist-packages" in path}
    own = str(Path(__file__).parents[1])
    wanted = sorted({os.path.abspath(path) for path in interpreter | shared | {own} if os.path.exists(path)})
    kept: list[str] = []
    for path in wanted:
        if (
            path not in ("/", "/usr")
            and not path.startswith("/usr/")
            and not any(path.startswith(f"{one}/") for one in kept)
        ):
            kept.append(path)
    return kept
