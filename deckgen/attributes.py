"""The `{#id .kind key="value"}` behind a heading or in a cell, and the id that is proposed where there is none."""

from __future__ import annotations

import hashlib
import re
import shlex
import unicodedata
from dataclasses import dataclass

ID = re.compile(r"[a-z0-9][a-z0-9-]*")
_LONGEST = 40


@dataclass(frozen=True, slots=True)
class Attributes:
    """An attribute block cut into its words; `odd` are the words that are none of the three."""

    ids: tuple[str, ...] = ()
    classes: tuple[str, ...] = ()
    pairs: tuple[tuple[str, str], ...] = ()
    odd: tuple[str, ...] = ()


def read(inside: str) -> Attributes:
    """The words of what stands between `{` and `}`."""
    try:
        words = split_words(inside)
    except ValueError:  # a quotation mark that is not closed
        return Attributes(odd=(inside.strip(),))
    ids, classes, pairs, odd = [], [], [], []
    for word in words:
        name, equals, value = word.partition("=")
        if word.startswith("#"):
            ids.append(word[1:])
        elif word.startswith("."):
            classes.append(word[1:])
        elif equals and name:
            pairs.append((name, value))
        else:
            odd.append(word)
    return Attributes(tuple(ids), tuple(classes), tuple(pairs), tuple(odd))


def split_words(text: str) -> list[str]:
    """Words between spaces, where quotation marks hold a word together. ValueError if one is not closed."""
    return shlex.split(text) if any(mark in text for mark in "\"'\\") else text.split()


def is_id(text: str) -> bool:
    return bool(ID.fullmatch(text))


def propose_id(text: str) -> str:
    """An id made of the ASCII words of `text`, or of a hash of it where it has none."""
    plain = unicodedata.normalize("NFKD", text).encode("ascii", "ignore").decode().lower()
    slug = ""
    for word in re.findall(r"[a-z0-9]+", plain):
        longer = f"{slug}-{word}".lstrip("-")
        if len(longer) > _LONGEST:
            break
        slug = longer
    return slug or "n-" + hashlib.sha256(text.encode("utf-8", "surrogatepass")).hexdigest()[:6]
