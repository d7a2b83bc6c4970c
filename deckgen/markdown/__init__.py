"""Our dialect of Markdown: text -> tokens with their lines, and tokens -> HTML.  Owns markdown-it.

What the parser adds to CommonMark with GitHub's tables and strike-through, as tokens and their `meta`:

- `list_item_open`: meta["checked"] is True or False for an item of a task list, absent otherwise;
- `callout_open` / `callout_close`: meta["callout"] is rhyme, joke, tip, warning, quote or why (`> [!rhyme]`);
- `cloze_open` / `cloze_close` (inline): meta["ordinals"] is (1,) or (1, 2), meta["hint"] the hint or "";
- `code_inline` whose text has gaps keeps the marks in `content` (see `cloze_pieces`);
- `inline_value`: `` `{python} expression` ``, the expression in `content`; the parse stage sets meta["step"];
- `math_inline`, `math_block`: TeX in `content`, still with cloze marks where it has gaps; `math_inline` with the
  markup `$$` is displayed;
- `fence`, `code_block`: the parse stage puts a `deck.Fence` into meta["fence"];
- `html_block`, `html_inline`, `image`, `link_open`: as markdown-it makes them, addresses as they were written;
  comments are dropped.

For the parse stage alone: `heading_open` (a top-level `##`) and `td_open` have meta["attributes"], the inside of a
`{#id …}` at the end of their text; `tr_open` has meta["cells"]; `callout_open` has meta["title"], what stands behind
its mark, and meta["exact"]; a `fault` among the inline tokens holds in `content` a mark that Markdown left as text,
and is nothing in HTML.

`token.map` counts lines of the whole file from 0, end exclusive, also inside lists and quotes.
"""

from __future__ import annotations

from markdown_it.token import Token

from deckgen.markdown.cloze import Close, Open, cloze_pieces, without_marks
from deckgen.markdown.dialect import parser
from deckgen.markdown.hooks import Hooks
from deckgen.markdown.html import escape, gapped, is_relative, to_html
from deckgen.markdown.walk import Item, Items, blocks, is_task_list, list_items, to_text, walk

__all__ = [
    "CALLOUTS", "Close", "Hooks", "Item", "Items", "Open", "Token", "blocks", "cloze_pieces", "cut_front_matter",
    "escape", "gapped", "is_relative", "is_task_list", "list_items", "parse", "to_html", "to_text", "walk",
    "without_marks",
]  # fmt: skip

CALLOUTS = ("rhyme", "joke", "tip", "warning", "quote", "why")


def cut_front_matter(text: str) -> tuple[str | None, str]:
    """What stands between two lines of `---` at the top of a file, and the file with all of it made blank lines.

    None if the file begins otherwise. Front matter that has no end is "", and only its first line goes.
    """
    first, *lines = text.split("\n")
    if first.rstrip() != "---":
        return None, text
    end = next((n for n, line in enumerate(lines) if line.rstrip() in ("---", "...")), None)
    if end is None:
        return "", "\n" + "\n".join(lines)
    return "\n".join(lines[:end]) + "\n", "\n" * (end + 2) + "\n".join(lines[end + 1 :])


def parse(text: str) -> tuple[Token, ...]:
    """The block tokens of a whole file, inline tokens as their children. Never raises, whatever the text."""
    return tuple(parser().parse(text))
