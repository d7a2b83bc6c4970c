"""What a run of snippets is asked for, and what it reports."""

from __future__ import annotations

import os
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from concurrent.futures import Executor


@dataclass(frozen=True, slots=True)
class Settings:
    """How to run. `cache` is a file, None for no cache; `jobs` notes run at once, None for one a core.

    `timeout` is in seconds a fence, `memory` in bytes of address space a process. `sandbox` is "auto" (where it can be
    had), "required" or "off". `spawn` starts a fresh interpreter a note instead of forking:
    slow, but it works on every system. `executor` is what runs the snippets if it is not this machine: an executor of
    `concurrent.futures`, or dask://HOST:PORT.
    """

    cache: Path | None = None
    jobs: int | None = None
    timeout: float = 30.0
    memory: int = 4 << 30
    sandbox: str = "auto"
    spawn: bool = not hasattr(os, "fork")
    executor: Executor | str | None = None


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
