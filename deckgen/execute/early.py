"""A zygote that begins to import torch while the files are still being parsed, if there is something new to run."""

from __future__ import annotations

import hashlib
import re
from collections.abc import Iterable, Iterator

from deckgen.execute.client import Zygote
from deckgen.execute.settings import Settings
from deckgen.execute.task import preloads_of_texts

_FENCE = re.compile(r"^[ \t>]*(`{3,}|~{3,})[ \t]*python\b.*?^[ \t>]*\1|`\{python\}.*?`", re.MULTILINE | re.DOTALL)


class Early:
    """A guess. Give it to `run`, which takes the zygote or ends it, and remembers the fences; else close it."""

    def __init__(self, zygote: Zygote | None, fences: set[str], remark: str = "") -> None:
        self.fences = fences
        self.remark = remark  # what was wrong with the cache
        self._zygote = zygote

    def take(self) -> Zygote | None:
        """The zygote, once."""
        zygote, self._zygote = self._zygote, None
        return zygote

    def close(self) -> None:
        if zygote := self.take():
            zygote.close()


def start_early(settings: Settings, texts: Iterable[str]) -> Early:
    """Start a zygote if `texts`, the card files as they stand on disk, hold a fence that the last build had not run.

    It is a guess at a cost of milliseconds: fences are compared as text, before anything is parsed.
    """
    found = {text: {_hash(fence): fence for fence in _fences(text)} for text in texts}
    fences = set().union(*found.values())
    known, remark = _known(settings)
    stale = {text: [some[one] for one in some.keys() - known] for text, some in found.items() if some.keys() - known}
    if not stale or settings.executor is not None or settings.spawn:  # a zygote here would run nothing
        return Early(None, fences, remark)
    wanted = preloads_of_texts(stale, [fence for some in stale.values() for fence in some])
    return Early(Zygote(settings, wanted), fences, remark)


def _fences(text: str) -> Iterator[str]:
    return (match[0] for match in _FENCE.finditer(text))


def _hash(fence: str) -> str:
    return hashlib.sha256(fence.encode("utf-8", "surrogatepass")).hexdigest()[:32]


def _known(settings: Settings) -> tuple[set[str], str]:
    if settings.cache is None:
        return set(), ""
    from deckgen.execute.cache import Cache

    cache = Cache(settings.cache)
    try:
        return cache.seen(), cache.remark
    finally:
        cache.close()
