"""Stage 3 of 5.  Notes' Programs -> Outputs, one for each.

    outputs, report = execute.run(programs, settings, problems)

`outputs` is aligned with `programs`; it holds None where a program failed, and `problems` then says why at the
author's line. Each program runs in a process of its own, forked from one that has imported torch already; what was
run before comes from the cache, and if all of it was, no process is started.

    __init__    what is known, what is stale, what went wrong       settings   what is asked, what is reported
    task        a Program as plain data, and its key                cache      outputs of former runs
    runner      tasks -> results                                    client     starts and feeds the zygote
    explain     failures -> problems                                text       what must not stand on a card
    worker/     the code of the processes that run snippets
"""

from __future__ import annotations

from deckgen.execute.settings import Report, Settings
from deckgen.execute.stage import run

__all__ = ["Report", "Settings", "run"]
