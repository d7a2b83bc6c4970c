"""What a child may use, the seeds it starts with, and what it has imported."""

from __future__ import annotations

import random
import sys
from typing import Any

try:
    import resource
except ImportError:  # not POSIX
    resource = None  # type: ignore[assignment]


def apply(limits: dict[str, Any]) -> None:
    """Bound the process: `memory`, `file` (bytes), `cpu` (seconds) and, where it binds, `processes`."""
    if resource is None:
        return
    _bound(resource.RLIMIT_CORE, 0)
    _bound(resource.RLIMIT_AS, limits["memory"])
    _bound(resource.RLIMIT_FSIZE, limits["file"])
    _bound(resource.RLIMIT_CPU, int(limits["cpu"]) + 1)
    _bound(resource.RLIMIT_NOFILE, 512)
    if limits.get("processes"):
        _bound(resource.RLIMIT_NPROC, limits["processes"])


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


def modules_since(before: set[str]) -> list[str]:
    """Top-level modules outside the standard library that were loaded after `before` or are named by what was."""
    new = set(sys.modules) - before
    named = {
        getattr(value, "__name__", "")
        for name in new
        for value in list(getattr(sys.modules[name], "__dict__", {}).values())
        if type(value) is type(sys)
    }
    main = getattr(sys.modules.get("__main__"), "__dict__", {})
    named |= {
        getattr(value, "__module__", None) or getattr(value, "__name__", "")
        for value in list(main.values())
        if isinstance(value, type(sys) | type)
    }
    tops = {str(name).partition(".")[0] for name in new | named}
    return sorted(
        top for top in tops if top and top not in sys.stdlib_module_names and top not in ("deckgen", "__main__")
    )
