"""What a run of snippets is asked for, and what it reports."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path


@dataclass(frozen=True, slots=True)
class Settings:
    """How to run. `cache` is a file, None for no cache; `jobs` notes run at once, None for one a core.

    `timeout` is in seconds a fence, `memory` in bytes of address space a process. `sandbox` is "auto" (where it can be
    had), "required" or "off". `spawn` starts a fresh interpreter a note instead of forking:
    slow, but it works on every system.
    """

    cache: Path | None = None
    jobs: int | None = None
    timeout: float = 30.0
    memory: int = 4 << 30
    sandbox: str = "auto"
    spawn: bool = False


@dataclass(frozen=True, slots=True)
class Report:
    """What a run did: `cached` programs were known, `run` were executed, `empty` had nothing to run.

    `sandbox` says in words what was in force, "" if nothing ran. `remarks` are for the author to read.
    """

    cached: int = 0
    run: int = 0
    empty: int = 0
    sandbox: str = ""
    remarks: tuple[str, ...] = ()
