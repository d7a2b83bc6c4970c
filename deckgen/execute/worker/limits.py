"""What a child may use, the seeds it starts with, and what it has imported."""

from __future__ import annotations

import itertools
import random
import sys
from types import ModuleType as _Module
from typing import Any

try:
    import resource
except ImportError:  # not POSIX
    resource = None  # type: ignore[assignment]


def apply(limits: dict[str, Any]) -> None:
    """Bound the process: `memory`, `file` (bytes) and `cpu` (seconds)."""
    if resource is None:
        return
    _bound(resource.RLIMIT_CORE, 0)
    _bound(resource.RLIMIT_AS, limits["memory"])
    _bound(resource.RLIMIT_FSIZE, limits["file"])
    _bound(resource.RLIMIT_CPU, int(limits["cpu"]) + 1)
    _bound(resource.RLIMIT_NOFILE, 512)


def _bound(which: int, value: int) -> None:
    hard = resource.getrlimit(which)[1]
    wanted = value if hard == resource.RLIM_INFINITY else min(value, hard)
    resource.setrlimit(which, (wanted, wanted))


def seed() -> None:
    random.seed(0)
    if numpy := sys.modules.get("numpy.random"):
        numpy.seed(0)
    if torch := sys.modules.get("torch"):
        torch.default_generator.manual_seed(0)


_brought: dict[str, list[str]] = {}


def note_preloaded(name: str, before: set[str]) -> None:
    """Remember what the import of `name` has brought, where `before` were there; numpy serves all that follow."""
    tops = {module.partition(".")[0] for module in {*sys.modules} - before}
    tops |= {"numpy"} & sys.modules.keys()
    _brought.setdefault(name.partition(".")[0], []).extend(_outside(tops))


def brought_by(modules: list[str]) -> list[str]:
    """What was imported before the fork on behalf of `modules`."""
    return sorted({brought for module in modules for brought in _brought.get(module, ())})


def _outside(tops: set[str]) -> list[str]:
    return sorted(tops - sys.stdlib_module_names - {"", "deckgen", "__main__"})


def modules_of_the_note() -> list[str]:
    """Top-level modules outside the standard library that the note has imported, or names in what it has imported.

    Only what follows `__main__` in `sys.modules` is looked at: to touch all that was there at the fork would copy its
    memory, at ten times the cost of the fork.
    """
    new = list(itertools.takewhile(lambda name: name != "__main__", reversed(sys.modules)))
    rooms = [vars(module) for name in (*new, "__main__") if isinstance(module := sys.modules.get(name), _Module)]
    named = {_home(value) for room in rooms for value in list(room.values())}
    tops = {str(name).partition(".")[0] for name in (*new, *named)}
    return _outside(tops)


def _home(value: object) -> str:
    """The module that a value is, or that a class, function or object comes from."""
    if isinstance(value, _Module):
        return value.__name__
    return getattr(value, "__module__", None) or type(value).__module__
