"""Decks and study options as Anki's collection holds them."""

from __future__ import annotations

import hashlib
import html
import json
import re
from typing import Any

from deckgen.deck import Deck, Study

_DEFAULT_OPTIONS = 1


def number(*name: object) -> int:
    """A number for `name`, of the size that Anki's own ids have. An import keeps none of them: decks go by name."""
    digest = hashlib.sha256(json.dumps(name, ensure_ascii=False).encode()).digest()
    return (1 << 40) + int.from_bytes(digest[:5])


def deck_names(deck: Deck) -> tuple[str, ...]:
    """The parent first, then every deck in study order."""
    used = (note.deck for note, _ in deck.notes)
    return tuple(dict.fromkeys((deck.config.title, *deck.subdecks, *used)))


def description(text: str) -> str:
    """HTML as it is; plain text escaped, its line ends kept.

    An empty one stays empty: at each import the package's description would replace what the learner wrote.
    """
    text = text.strip()
    if re.search(r"</?[a-zA-Z][^>]*>", text):
        return text
    return html.escape(text, quote=False).replace("\n", "<br>\n")


def preset(deck: Deck) -> dict[str, Any] | None:
    """The options that `[study]` asks for, None where Anki's own will do.

    An import never updates options that the learner has, so the id comes from the content: a change is a new preset.
    """
    study = deck.config.study
    if study == Study():
        return None
    options = _options(deck.config.title, study)
    return options | {"id": number("options", deck.config.id, options)}


def _options(name: str, study: Study) -> dict[str, Any]:
    """Complete, since Anki refuses a package whose options lack a key; its defaults where `study` asks for nothing."""
    new_per_day = 20 if study.new_per_day is None else study.new_per_day
    reviews_per_day = 200 if study.reviews_per_day is None else study.reviews_per_day
    retention = {} if study.desired_retention is None else {"desiredRetention": study.desired_retention}
    return {
        "name": name,
        "mod": 0,
        "usn": 0,
        "autoplay": True,
        "dyn": False,
        "maxTaken": 60,
        "replayq": True,
        "timer": 0,
        "new": _new(new_per_day),
        "rev": _reviews(reviews_per_day),
        "lapse": {"delays": [10], "leechAction": 1, "leechFails": 8, "minInt": 1, "mult": 0},
    } | retention


def _new(per_day: int) -> dict[str, Any]:
    """Order 1: in the order of `due`, so that the author's order is the learner's."""
    return {
        "bury": True,
        "delays": [1, 10],
        "initialFactor": 2500,
        "ints": [1, 4, 0],
        "order": 1,
        "perDay": per_day,
        "separate": True,
    }


def _reviews(per_day: int) -> dict[str, Any]:
    return {
        "bury": True,
        "ease4": 1.3,
        "fuzz": 0.05,
        "hardFactor": 1.2,
        "ivlFct": 1,
        "maxIvl": 36500,
        "minSpace": 1,
        "perDay": per_day,
    }


def deck_json(base: dict[str, Any], deck: Deck, name: str, options: dict[str, Any] | None) -> dict[str, Any]:
    """`base` is genanki's. Only the parent has a description; each deck has the desired retention, in whole percent."""
    retention = deck.config.study.desired_retention
    added: dict[str, Any] = {"conf": options["id"] if options else _DEFAULT_OPTIONS}
    if name == deck.config.title:
        added["desc"] = description(deck.config.description)
    if retention is not None:
        added["desiredRetention"] = round(retention * 100)
    return base | added
