"""The published note types: permanent ids, Anki's templates, style and script, one pair a deck.

What stands here is published with a deck's first build. Ids, the order of fields and the numbers of templates can
never change afterwards; words, style and script may, and arrive with the next import.
"""

from __future__ import annotations

import hashlib
from collections.abc import Mapping

from deckgen.deck import DeckConfig, NoteType, Template
from deckgen.notetypes.sheets import Sheet, style
from deckgen.notetypes.words import words_for

__all__ = ["FIELDS", "for_deck"]

FIELDS = (
    "Front", "Back", "Kind", "Solution", "Reverse", "Speech", "Setup", "Section", "ID", "Proof", "Source",
    *(f"Spare {number}" for number in range(1, 9)),
)  # fmt: skip
_NUMBERED = tuple(enumerate(FIELDS, start=1))


def for_deck(config: DeckConfig, runtime: Mapping[str, str], theme: str = "") -> tuple[NoteType, NoteType]:
    """The note types of a deck, the normal one and the one for cloze.

    `runtime` names what ran the snippets, {"python": "3.11", "torch": "2.13.0"}: the version on the cards stands in
    the templates, so that a new one does not touch any note. `theme` is a style sheet that comes after deckgen's own.
    """
    words = words_for(config.language)
    sheet = Sheet(config.language, words, runtime, f"deckgen:{config.id}:")
    css = style(words, theme)
    normal = NoteType(
        id=_type_id(config.id, "normal"),
        name=f"{config.id} (deckgen)",
        key="normal",
        fields=_NUMBERED,
        templates=(
            Template(1, "Card", sheet.front("Front"), sheet.back("card-back")),
            Template(2, "Reverse", sheet.front("Reverse"), sheet.back("reverse-back")),
            # Anki refuses a learner's own edits of the style while any template is empty.
            Template(3, "Spare", "{{#Spare 8}}{{Spare 8}}{{/Spare 8}}", "{{Spare 8}}"),
        ),
        css=css,
    )
    cloze = NoteType(
        id=_type_id(config.id, "cloze"),
        name=f"{config.id} cloze (deckgen)",
        key="cloze",
        fields=_NUMBERED,
        templates=(Template(1, "Cloze", sheet.front("cloze:Front"), sheet.back("cloze-back")),),
        css=css,
    )
    return normal, cloze


def _type_id(deck: str, key: str) -> int:
    """Two decks that share an id would overwrite each other's templates; JavaScript counts exactly up to 2**53."""
    digest = hashlib.sha256(f"{deck}/{key}".encode()).digest()
    return int.from_bytes(digest[:8], "big") % (2**53 - 2**32) + 2**32
