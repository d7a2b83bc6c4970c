"""What the render stage lends to the writer of HTML."""

from __future__ import annotations

from typing import Protocol

from deckgen.deck import Fence


class Hooks(Protocol):
    """What only the render stage knows how to show. Each returns HTML that is inserted as it stands."""

    def fence(self, fence: Fence) -> str: ...
    def inline_value(self, step: int) -> str: ...
    def code(self, text: str) -> str: ...  # an inline code span, cloze marks and all
    def math(self, tex: str, display: bool) -> str: ...
    def image(self, src: str, alt: str, title: str) -> str: ...
