"""What runs the tasks of a language: the place where another one would join.

A second language needs its names in `parse.fences.RUN`, and here a function that starts its engine, which is sent tasks
and tells results as `runner.Engine` and `worker.ending` say. Everything else is the same for all: deadlines, cache,
problems at the author's line, what must not stand on a card. A note speaks one language, in one namespace.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from contextlib import AbstractContextManager

from deckgen.execute.early import Early
from deckgen.execute.runner import Engine
from deckgen.execute.settings import Settings
from deckgen.execute.task import Task, preloads

Environment = dict[str, str] | None  # added to that of the snippets
Starts = Callable[[Sequence[Task], Settings, Environment, Early | None], AbstractContextManager[Engine]]


def python(
    tasks: Sequence[Task], settings: Settings, environment: Environment, early: Early | None
) -> AbstractContextManager[Engine]:
    """A zygote, the one that was started early if there is one; a fresh interpreter a note where there is no fork."""
    if settings.spawn:
        from deckgen.execute.spawn import Spawner

        return Spawner(settings, environment)
    wanted = preloads(tasks)
    if early and (zygote := early.take()):
        return zygote.preload(wanted)
    from deckgen.execute.client import Zygote

    return Zygote(settings, wanted, environment)


ENGINES: dict[str, Starts] = {"python": python}
