"""What differs from run to run is taken out of captured text; what can't stand on a card is named."""

from __future__ import annotations

import re
from typing import Any

_ADDRESS = re.compile(r"\bat 0x[0-9a-fA-F]{4,16}\b|\b0x(?:7[0-9a-f]|5[56])[0-9a-f]{10}\b")
_SCRATCH = re.compile(r"[^\s\"'=(\[]*/deckgen-[a-z0-9_]{8}/note-\d+")
_LIBRARY = re.compile(r"[^\s\"'=(\[]*/(?:site|dist)-packages/")

_BAD = (
    (re.compile(r"[\udc80-\udcff]"), "bytes that are not UTF-8", "print text, or `repr()` of the bytes"),
    (re.compile(r"[\ud800-\udfff]"), "half a surrogate pair, which is no character", "print its `repr()` instead"),
    (
        re.compile(r"\x1b"),
        "an escape sequence for terminals, such as a colour",
        "switch colours off where it is printed",
    ),
    (
        re.compile(r"\r"),
        "a carriage return, as progress bars print it",
        "print whole lines, and switch progress bars off",
    ),
    (re.compile(r"\x00"), "a NUL character", "print its `repr()` instead"),
    (re.compile(r"[\x01-\x08\x0b-\x1f\x7f\x80-\x9f]"), "a control character", "print its `repr()` instead"),
    (
        re.compile(r"[\u202a-\u202e\u2066-\u2069]"),
        "a mark that turns the direction of the text around it",
        "print its `repr()` instead",
    ),
)


def normalise(text: str) -> str:
    """Addresses become `0x…`, a note's own folder `/tmp/note`, the folder of installed libraries `…/`: nothing else."""
    if "0x" in text:
        text = _ADDRESS.sub(lambda match: "at 0x…" if match[0].startswith("at") else "0x…", text)
    if "/deckgen-" in text:
        text = _SCRATCH.sub("/tmp/note", text)
    return _LIBRARY.sub("…/", text) if "-packages/" in text else text


def unfit(text: str) -> tuple[str, str] | None:
    """(what stands in the text, what to write instead) if a card can't show it, else None."""
    for pattern, what, instead in _BAD:
        if pattern.search(text):
            return what, instead
    return None


def normalise_all(value: Any) -> Any:
    """`normalise` for every text in a JSON value."""
    match value:
        case str():
            return normalise(value)
        case list():
            return [normalise_all(item) for item in value]
        case dict():
            return {name: normalise_all(item) for name, item in value.items()}
    return value
