"""Our dialect of Markdown: text -> tokens with their lines, and tokens -> HTML.  Owns markdown-it.

What the parser adds to CommonMark with GitHub's tables and strike-through, as tokens and their `meta`:

- `list_item_open`: meta["checked"] is True or False for an item of a task list, absent otherwise;
- `callout_open` / `callout_close`: meta["callout"] is rhyme, joke, tip, warning, quote or why (`> [!rhyme]`);
- `cloze_open` / `cloze_close` (inline): meta["ordinals"] is (1,) or (1, 2), meta["hint"] the hint or "";
- `code_inline` whose text has gaps keeps the marks in `content` (see `cloze_pieces`);
- `inline_value`: `` `{python} expression` ``, the expression in `content`; the parse stage sets meta["step"];
- `math_inline`, `math_block`: TeX in `content`, still with cloze marks where it has gaps;
- `fence`: the parse stage puts a `deck.Fence` into meta["fence"];
- `html_block`, `html_inline`, `image`, `link_open`: as markdown-it makes them.

`token.map` counts lines of the whole file from 0, end exclusive, also inside lists and quotes.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Protocol

from markdown_it.token import Token

from deckgen.deck import Fence, Markdown


class Hooks(Protocol):
    """What only the render stage knows how to show. Each returns HTML that is inserted as it stands."""

    def fence(self, fence: Fence) -> str: ...
    def inline_value(self, step: int) -> str: ...
    def code(self, text: str) -> str: ...  # an inline code span, cloze marks and all
    def math(self, tex: str, display: bool) -> str: ...
    def image(self, src: str, alt: str, title: str) -> str: ...


def parse(text: str) -> tuple[Token, ...]:
    """The block tokens of a whole file, inline tokens as their children. Never raises, whatever the text."""
    raise NotImplementedError


def to_html(markdown: Markdown, hooks: Hooks) -> str:
    """HTML of a piece. All text is escaped; `{{` and gaps come out as Anki needs them inside a field."""
    raise NotImplementedError


def to_text(markdown: Markdown) -> str:
    """Plain text of a piece: marks, links and markup gone, white space folded."""
    raise NotImplementedError


@dataclass(frozen=True, slots=True)
class Open:
    """The start of a gap: `{{c1::`, or `{{c1,2::`."""

    ordinals: tuple[int, ...]


@dataclass(frozen=True, slots=True)
class Close:
    """The end of the innermost gap, with its hint."""

    hint: str


def cloze_pieces(text: str) -> Iterator[str | Open | Close]:
    """`text` cut at its cloze marks: plain pieces, and where gaps open and close, nested as written.

    A mark that does not pair is plain text. The same rule decides in prose, code and math.
    """
    raise NotImplementedError
