"""The parser: CommonMark with GitHub's tables, task lists and links, and the rules that cards add."""

from __future__ import annotations

import re
from functools import cache

from markdown_it import MarkdownIt
from markdown_it.rules_block.table import escapedSplit
from markdown_it.rules_core import StateCore
from markdown_it.rules_inline import StateInline
from markdown_it.token import Token
from mdit_py_plugins.dollarmath.index import math_block_dollar
from mdit_py_plugins.gfm_autolink import gfm_autolink_plugin

from deckgen.markdown.cloze import Close, Mark, Open, find_marks

_CALLOUT = re.compile(r"[\[［]\s*[!！]\s*([^\]］\s]*)\s*[\]］](?:[ \t]+|$|\n)")
_COMMENT = re.compile(r"\s*(?:<!--(?:(?!-->).)*-->\s*)+\Z", re.DOTALL)
_FAULTS = re.compile(r"\*\*|\[\^[^\]\s]+\]|\{\{\s*[cC]\s*[0-9][^}\n]{0,20}|\{\{\s*[cC]\s*[:：]{2}[^}\n]{0,20}")
_HOLE = "\ufffc"  # stands for a token that is not text where cloze marks are sought


@cache
def parser() -> MarkdownIt:
    md = MarkdownIt("commonmark", {"tasklists": True, "xhtmlOut": False})
    md.enable(["table", "strikethrough"])
    md.use(gfm_autolink_plugin)
    md.block.ruler.before(
        "fence", "math_block", math_block_dollar(allow_labels=False, allow_blank_lines=False), {"alt": []}
    )
    md.inline.ruler.before("escape", "math_inline", _math_inline)
    md.inline.ruler2.push("cards", _cards)
    md.core.ruler.after("block", "card_blocks", _card_blocks)
    # Addresses stay as they were written: images are files, and browsers encode the rest.
    md.normalizeLink = _as_written  # type: ignore[method-assign]
    md.normalizeLinkText = _as_written  # type: ignore[method-assign,assignment]
    return md


def _as_written(url: str) -> str:
    return url


# --- Inline ------------------------------------------------------------------------------------


def _math_inline(state: StateInline, silent: bool) -> bool:
    """`$x$`, `$$x$$`: no space inside the signs and no digit after them, so that `$5 and $6` is money."""
    source, start = state.src, state.pos
    if source[start] != "$":
        return False
    sign = "$$" if source.startswith("$$", start) else "$"
    end = source.find(sign, start + len(sign))
    while end > 0 and source[end - 1] == "\\":
        end = source.find(sign, end + 1)
    tex = source[start + len(sign) : end] if 0 < end < state.posMax else ""
    after = end + len(sign)
    if not tex.strip() or "`" in tex or tex != tex.strip() or source[after : after + 1].isdigit():
        return False
    if not silent:
        token = state.push("math_inline", "math", 0)
        token.content, token.markup = tex, sign
    state.pos = after
    return True


def _cards(state: StateInline) -> None:
    """Inline values, gaps, and what an author surely meant otherwise."""
    if "{python}" in state.src:
        for token in state.tokens:
            if token.type == "code_inline" and token.content.startswith("{python} "):
                token.type = "inline_value"
                token.content = token.content.removeprefix("{python}").strip()
    if "<!--" in state.src:
        state.tokens[:] = [t for t in state.tokens if not (t.type == "html_inline" and t.content.startswith("<!--"))]
    if "{{c" in state.src:
        state.tokens[:] = _with_gaps(state.tokens)
    if _FAULTS.search(state.src):
        state.tokens[:] = _with_faults(state.tokens)


def _with_faults(tokens: list[Token]) -> list[Token]:
    """`tokens` with a token behind each text for every mark that Markdown left standing in it."""
    result: list[Token] = []
    for token in tokens:
        result.append(token)
        if token.type == "text":
            result += [Token("fault", "", 0, content=found) for found in _FAULTS.findall(token.content)]
    return result


def _with_gaps(tokens: list[Token]) -> list[Token]:
    """`tokens` with the cloze marks in their text made tokens of their own, where a gap does not cross other markup."""
    spans: list[tuple[int, Token]] = []
    skeleton = ""
    for token in tokens:
        spans.append((len(skeleton), token))
        skeleton += token.content if token.type == "text" else _HOLE
    marks = [_with_hint(mark, spans) for mark in _uncrossed(find_marks(skeleton), spans)]
    result: list[Token] = []
    for start, token in spans:
        result += _cut(start, token, marks)
    return result


def _uncrossed(marks: list[Mark], spans: list[tuple[int, Token]]) -> list[Mark]:
    """The marks of those gaps that open and close at one level of the markup around them."""
    kept: list[Mark] = []
    opened: list[Mark] = []
    for mark in marks:
        if isinstance(mark.piece, Open):
            opened.append(mark)
            continue
        start = opened.pop()
        inside = [t.level for at, t in spans if start.start < at + max(1, len(t.content)) and at < mark.end]
        ends = [_level(at, spans) for at in (start.start, mark.start, mark.end - 1)]
        if len(set(ends)) == 1 and min(inside) >= ends[0]:
            kept += [start, mark]
    return sorted(kept, key=lambda mark: mark.start)


def _with_hint(mark: Mark, spans: list[tuple[int, Token]]) -> Mark:
    """`mark` with the text of the code spans and formulas in its hint."""
    if not isinstance(mark.piece, Close) or _HOLE not in mark.piece.hint:
        return mark
    first = mark.end - 2 - len(mark.piece.hint)
    holes = [token.content for at, token in spans if first <= at < mark.end and token.type != "text"]
    pieces = mark.piece.hint.split(_HOLE)
    hint = "".join(piece + hole for piece, hole in zip(pieces, [*holes, ""], strict=False))
    return Mark(mark.start, mark.end, Close(hint))


def _level(position: int, spans: list[tuple[int, Token]]) -> int:
    return next(token.level for at, token in reversed(spans) if at <= position)


def _cut(start: int, token: Token, marks: list[Mark]) -> list[Token]:
    """The tokens that stand for `token`, whose text begins at `start`: text, gap ends, nothing for a part of a hint."""
    end = start + (len(token.content) if token.type == "text" else 1)
    pieces: list[Token] = []
    position = start
    for mark in marks:
        if mark.end <= start or mark.start >= end:
            continue
        pieces += _text(token, start, position, mark.start)
        if start <= mark.start:
            pieces.append(_gap_end(mark, token.level))
        position = max(position, mark.end)
    if token.type == "text":
        return pieces + _text(token, start, position, end)
    return pieces if pieces or position > start else [token]


def _text(token: Token, start: int, first: int, last: int) -> list[Token]:
    if first >= last or token.type != "text":
        return []
    return [Token("text", "", 0, content=token.content[first - start : last - start], level=token.level)]


def _gap_end(mark: Mark, level: int) -> Token:
    if isinstance(mark.piece, Open):
        return Token("cloze_open", "", 1, meta={"ordinals": mark.piece.ordinals}, level=level)
    assert isinstance(mark.piece, Close)
    return Token("cloze_close", "", -1, meta={"hint": mark.piece.hint}, level=level)


# --- Blocks ------------------------------------------------------------------------------------


def _card_blocks(state: StateCore) -> None:
    """Attributes of headings and cells, callouts, the number of cells in a row; comments are dropped."""
    lines = state.src.split("\n")
    tokens = state.tokens
    for index, token in enumerate(tokens):
        match token.type:
            case "heading_open" if token.tag == "h2" and token.level == 0:
                _take_attributes(token, tokens[index + 1], "#.=")
            case "td_open":
                _take_attributes(token, tokens[index + 1], "#")
            case "tr_open" if token.map and token.level <= 2:
                token.meta["cells"] = _cells(lines[token.map[0]])
            case "blockquote_open":
                _make_callout(tokens, index)
            case "html_block" if _COMMENT.match(token.content):
                token.type = "comment"
    state.tokens = [token for token in tokens if token.type != "comment"]


def _take_attributes(token: Token, inline: Token, signs: str) -> None:
    """Move a `{#id …}` at the end of the text into the opening token's meta["attributes"]."""
    text = inline.content.rstrip()
    start = text.rfind("{")
    if not text.endswith("}") or start < 0 or "}" in text[start:-1] or text[:start].endswith(("\\", "{")):
        return
    inside = text[start + 1 : -1]
    if any(inside.strip().startswith(sign) for sign in signs if sign != "=") or ("=" in signs and "=" in inside):
        token.meta["attributes"] = inside
        inline.content = text[:start].rstrip()


def _cells(line: str) -> int:
    """How many cells a row of a table has, whatever the header says."""
    cells = escapedSplit(line.strip())
    return len(cells) - (cells[0].strip() == "") - (len(cells) > 1 and cells[-1].strip() == "")


def _make_callout(tokens: list[Token], index: int) -> None:
    """Make a callout of the block quote at `index` if it begins with `[!name]`."""
    if index + 2 >= len(tokens) or tokens[index + 2].type != "inline":
        return
    opening, paragraph, inline = tokens[index : index + 3]
    found = _CALLOUT.match(inline.content)
    if not found:
        return
    level = opening.level
    closing = next(t for t in tokens[index:] if t.type == "blockquote_close" and t.level == level)
    first, _, rest = inline.content.partition("\n")
    title = first[found.end() :].strip()
    written = found[0].strip()
    for token, kind in ((opening, "callout_open"), (closing, "callout_close")):
        token.type, token.tag = kind, "div"
    exact = written.startswith(f"[!{found[1]}]")
    opening.meta |= {"callout": found[1].lower(), "title": title, "exact": exact}
    closing.meta["callout"] = found[1].lower()
    if rest.strip():
        inline.content = rest
        for token in (paragraph, inline):
            token.map = [token.map[0] + 1, token.map[1]] if token.map else None
    else:
        for token in (paragraph, inline, tokens[index + 3]):
            token.type = "comment"
