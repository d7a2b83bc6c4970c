"""Stage 3 of 5.  Notes' Programs -> Outputs, one for each.

    outputs, report = execute.run(programs, settings, problems)

`outputs` is aligned with `programs`; it holds None where a program failed, and `problems` then says why at the
author's line. Each program runs in a process of its own, forked from one that has imported torch already; what was
run before comes from the cache, and if all of it was, no process is started.

`start_early` may be called before the files are parsed, so that torch is imported meanwhile; `twice` runs all again to
find outputs that are not stable; `cache_summary` and `prune_cache` look after the cache.

    stage       what is known, what is stale, what went wrong       settings   what is asked, what is reported
    task        a Program as plain data, and its key                cache      outputs of former runs
    runner      tasks -> results                                    engines    what runs the tasks of a language
    client      starts and feeds the zygote                         spawn      the same where there is no fork
    remote      the same on other machines                          sandbox    what the zygote is started in
    explain     failures -> problems                                text       what must not stand on a card
    worker/     the code of the processes that run snippets
"""

from __future__ import annotations

from collections.abc import Iterable
from pathlib import Path
from typing import TYPE_CHECKING

from deckgen.execute.settings import Report, Settings
from deckgen.execute.stage import run
from deckgen.execute.twice import twice

if TYPE_CHECKING:
    from deckgen.execute.cache import CacheSummary
    from deckgen.execute.early import Early

__all__ = ["Report", "Settings", "cache_summary", "prune_cache", "run", "start_early", "twice"]


def start_early(settings: Settings, texts: Iterable[str]) -> Early:
    """Start a zygote if `texts`, the card files as they stand, hold a fence that the last build had not run.

    Give the result to `run` as `early`, or close it.
    """
    from deckgen.execute import early

    return early.start_early(settings, texts)


def cache_summary(path: Path) -> CacheSummary:
    """Entries, size in bytes, hits and misses of the cache `path`; all 0 if there is none.

    Raises sqlite3.DatabaseError if the file is something else.
    """
    from deckgen.execute import cache

    return cache.summary(path)


def prune_cache(path: Path, days: int) -> int:
    """Forget the programs that no build has asked for in the last `days` (0: all of them); returns how many."""
    from deckgen.execute import cache

    return cache.prune(path, days)
