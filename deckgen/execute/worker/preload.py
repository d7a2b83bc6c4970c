"""What several notes need is imported before they begin, each in a process of its own."""

from __future__ import annotations

import gc
import importlib
import sys
from contextlib import suppress
from typing import Any

from deckgen.execute.worker import figures, limits


def preload(names: list[str]) -> None:
    """Import what several notes need. Nothing may be *run* here: a thread of OpenMP's before a fork hangs the child."""
    for name in names:
        before = set(sys.modules)
        with suppress(ImportError):
            importlib.import_module(name)
        limits.note_preloaded(name, before)
    if torch := sys.modules.get("torch"):
        _one_thread(torch)
    figures.configure()
    gc.collect()
    gc.freeze()


def _one_thread(torch: Any) -> None:
    torch.set_num_threads(1)
    assert torch.get_num_threads() == 1
