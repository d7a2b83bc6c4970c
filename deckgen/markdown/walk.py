"""Tokens with the lines they stand on, their plain text, and pieces cut out of them."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass

from markdown_it.token import Token

from deckgen.deck import Markdown
from deckgen.markdown.cloze import without_marks


def walk(tokens: Iterable[Token]) -> Iterator[tuple[Token, int]]:
    """Every block token, and after each inline token its children, with the line it begins on, counted from 1."""
    line = 1
    for token in tokens:
        if token.map:
            line = token.map[0] + 1
        yield token, line
        here = line
        for child in token.children or ():
            yield child, here
            here += _breaks(child)


def _breaks(child: Token) -> int:
    if child.type in ("softbreak", "hardbreak"):
        return 1
    return child.content.count("\n") if child.type in ("html_inline", "math_inline") else 0


def to_text(markdown: Markdown) -> str:
    """Plain text of a piece: marks, links and markup gone, white space folded."""
    return " ".join(_text(markdown.tokens).split())


def _text(tokens: Iterable[Token]) -> str:
    parts = []
    for token in tokens:
        match token.type:
            case "text" | "math_inline" | "math_block":
                parts.append(token.content)
            case "code_inline":
                parts.append(without_marks(token.content))
            case "inline_value":
                parts.append(f"{{python}} {token.content}")
            case "fence" | "code_block":
                fence = token.meta.get("fence")
                parts.append(f"{fence.code if fence else token.content}\n")
            case "softbreak" | "hardbreak":
                parts.append(" ")
            case "inline" | "image":
                parts.append(_text(token.children or ()))
                parts.append("" if token.type == "image" else "\n")
    return "".join(parts)


@dataclass(frozen=True, slots=True)
class Item:
    """One item of a list: what stands in its first block, unwrapped if that is a paragraph, and what follows it.

    `checked` is None for an item that has no box. `line` counts from 1 in the file.
    """

    checked: bool | None
    option: Markdown
    explanation: Markdown
    line: int


@dataclass(frozen=True, slots=True)
class Items:
    """A piece cut at a list of its own level: what stands before the list, its items, what follows."""

    before: Markdown
    items: tuple[Item, ...]
    after: Markdown


def list_items(markdown: Markdown, ordered: bool = False) -> Items | None:
    """`markdown` cut at its first task list or, with `ordered`, at its first numbered list; None if it has none."""
    for first, last in blocks(markdown.tokens):
        block = markdown.tokens[first:last]
        if (block[0].type == "ordered_list_open") if ordered else is_task_list(block):
            items = tuple(_item(block[1:-1][start:end]) for start, end in blocks(block[1:-1]))
            return Items(Markdown(markdown.tokens[:first]), items, Markdown(markdown.tokens[last:]))
    return None


def _item(tokens: Sequence[Token]) -> Item:
    inside = tuple(tokens[1:-1])
    end = next((last for _, last in blocks(inside)), 0)
    option = inside[1 : end - 1] if inside and inside[0].type == "paragraph_open" else inside[:end]
    line = tokens[0].map[0] + 1 if tokens[0].map else 1
    return Item(tokens[0].meta.get("checked"), Markdown(option), Markdown(inside[end:]), line)


def is_task_list(block: Sequence[Token]) -> bool:
    """Whether a block is a list with a box at one of its own items."""
    level = block[0].level + 1
    return block[0].type in ("bullet_list_open", "ordered_list_open") and any(
        token.type == "list_item_open" and token.level == level and "checked" in token.meta for token in block
    )


def blocks(tokens: Sequence[Token]) -> Iterator[tuple[int, int]]:
    """The outermost blocks of `tokens` as (first index, index after the last)."""
    depth = start = 0
    for index, token in enumerate(tokens):
        depth += token.nesting
        if depth == 0:
            yield start, index + 1
            start = index + 1
