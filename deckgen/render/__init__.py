"""Stage 4 of 5.  A Note + its Outputs -> a RenderedNote."""

from __future__ import annotations

from pathlib import Path

from deckgen.deck import DeckConfig, Kind, Note, Outputs, RenderedNote
from deckgen.errors import Problems
from deckgen.markdown import escape
from deckgen.notetypes import FIELDS
from deckgen.render import fields, game
from deckgen.render.media import Images
from deckgen.render.proof import proof
from deckgen.render.side import Mode, Side

__all__ = ["Renderer", "proof"]


class Renderer:
    """Renders the notes of one card folder, at `root`."""

    def __init__(self, config: DeckConfig, root: Path) -> None:
        self._parts = dict(config.parts)
        self._root = root

    def check(self, note: Note, problems: Problems) -> None:
        """Add the problems that rendering `note` would find, without its outputs: images that are missing."""
        Images(self._root).collect(
            (*note.title.tokens, *note.front.tokens, *note.back.tokens), note.location.path, problems
        )

    def render(self, note: Note, outputs: Outputs, deck: str, problems: Problems) -> RenderedNote:
        """`note` as Anki stores it, in the deck of that full name. An image that is not found is a problem."""
        images = Images(self._root)
        images.collect((*note.title.tokens, *note.front.tokens, *note.back.tokens), note.location.path, problems)
        game.check(note, outputs, problems)
        values = self._values(note, outputs, images)
        cloze = note.kind is Kind.CLOZE
        both_ways = (0, 1) if values["Reverse"] else (0,)
        return RenderedNote(
            id=note.id,
            location=note.location,
            notetype="cloze" if cloze else "normal",
            fields=tuple(values.get(name, "") for name in FIELDS),
            tags=note.tags,
            deck=deck,
            ordinals=tuple(sorted({number - 1 for number, _ in note.gaps})) if cloze else both_ways,
            gaps=note.gaps,
            media=images.packed(),
        )

    def proof(self, note: Note, outputs: Outputs) -> str:
        """What the note is proved by: "torch", "python", "quote", "link" or ""."""
        return proof(note, outputs)

    def _values(self, note: Note, outputs: Outputs, images: Images) -> dict[str, str]:
        ask, solve, tell = (Side(note, outputs, images, mode) for mode in (Mode.ASK, Mode.SOLVE, Mode.TELL))
        front, solution = fields.front(note, ask), fields.front(note, solve)
        return {
            "Front": front,
            "Back": fields.back(note, tell),
            "Kind": note.kind.value,
            "Solution": solution if solution != front else "",
            "Reverse": fields.reverse(note, ask),
            "Speech": escape(fields.speech(note)),
            "Setup": fields.setup(note),
            "Section": escape(self._section(note)),
            "ID": note.id,
            "Proof": proof(note, outputs),
            "Source": escape(note.source),
        }

    def _section(self, note: Note) -> str:
        """Section and part, the nearer one first; a folder inside of a part belongs to the part."""
        folders = note.part.split("/")
        paths = ["/".join(folders[: len(folders) - n]) for n in range(len(folders))]
        part = next((self._parts[path] for path in paths if path in self._parts), note.part)
        return " · ".join(name for name in (note.section, part) if name)
