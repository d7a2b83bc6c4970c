"""What an author wrote in a text that Markdown, GitHub or Anki would take for something else."""

from __future__ import annotations

import re
from collections.abc import Sequence

from deckgen.deck import Location
from deckgen.errors import Problems, nearest
from deckgen.markdown import CALLOUTS, Token, walk

_TAG = re.compile(r"<[A-Za-z](?:\"[^\"]*\"|'[^']*'|[^'\">])*>?")
_HANDLER = re.compile(r"\s(on[a-z]+)\s*=", re.IGNORECASE)
_QUOTED = re.compile(r"=\s*(\"[^\"]*\"|'[^']*')")
_BOX = re.compile(
    r"(?:\[[ xX]?\]|［[ xX　]?］|【[ xX　]?】|\[[ xX]*[×✓✔√ｘＸ][ xX]*\]|\[ +[xX]? *\]|\[[xX] +\])(?![(\[:])"
)
_DASHED_BOX = re.compile(r"^[-*+－–—•](?:\[[ xX]\]|\s*［[ xX　]?］)", re.MULTILINE)
_FENCE = re.compile(r"^ *(?P<ticks>`{3,})(?!`)(?P<info>(?:(?!(?<!`)(?P=ticks)(?!`)).)+)$", re.MULTILINE)
_HEADING = re.compile(r"^ {0,3}##? ", re.MULTILINE)


def report(tokens: Sequence[Token], name: str, problems: Problems) -> None:
    """Add a problem for each fault in `tokens`, at its line."""
    checker = _Checker(name, problems)
    item = False
    for token, line in walk(tokens):
        match token.type:
            case "fault":
                checker.mark(token, line)
            case "html_block" | "html_inline":
                checker.html(token, line)
            case "callout_open":
                checker.callout(token, line)
            case "inline":
                checker.box(token, line, item)
                checker.footnote(token, line)
                checker.fence(token, line)
        if token.type == "list_item_open":
            item = "checked" not in token.meta
        elif token.type not in ("paragraph_open", "inline"):
            item = False


def looks_like_box(text: str) -> bool:
    """Whether the text of a list item begins with what was meant as the box of a task."""
    return bool(_BOX.match(text))


class _Checker:
    def __init__(self, name: str, problems: Problems) -> None:
        self.name, self.problems = name, problems

    def wrong(self, line: int, what: str, instead: str) -> None:
        self.problems.add(Location(self.name, line), what, instead)

    def mark(self, token: Token, line: int) -> None:
        found = token.content
        if found == "**":
            self.wrong(
                line,
                "`**` is left standing in the text: Markdown does not begin or end bold type between a punctuation "
                "mark and a letter",
                "put a space beside it or the punctuation outside, as in `**重点**：`; two asterisks are `\\*\\*`",
            )
        elif found.startswith("[^"):
            self.wrong(line, f"a card has no footnotes, and `{found}` is one", "write it into the text")
        else:
            self.wrong(
                line,
                f"`{found}` is not a gap that closes in its own paragraph, outside of other markup",
                "write `{{c1::text}}` or `{{c1::text::hint}}`",
            )

    def footnote(self, token: Token, line: int) -> None:
        for child, after in zip(token.children or (), (token.children or ())[1:], strict=False):
            if child.type == "link_open" and after.type == "text" and after.content.startswith("^"):
                self.mark(Token("fault", "", 0, content=f"[{after.content}]"), line)

    def fence(self, token: Token, line: int) -> None:
        for found in _FENCE.finditer(token.content):
            at = line + token.content.count("\n", 0, found.start())
            if "`" in found["info"]:
                what, instead = "there is a backtick in it", "write the fence with `~~~`, or the word without backticks"
            else:
                what, instead = "it is part of the text above", "leave an empty line above and indent it less"
            self.wrong(at, f"this line begins no fence, since {what}", instead)

    def html(self, token: Token, line: int) -> None:
        text = token.content
        for tag in _TAG.finditer(text):
            at = line + text.count("\n", 0, tag.start())
            if re.match(r"<script\b", tag[0], re.IGNORECASE):
                self.wrong(at, "a card runs no `<script>` of its own", "remove it")
            elif handler := _HANDLER.search(_QUOTED.sub("=", tag[0])):
                self.wrong(at, f"a card runs no script, and `{handler[1]}=` is one", "remove the attribute")
        opening = text.lstrip()
        if opening.startswith("<!--") and "-->" not in text:
            self.wrong(line, "this comment is never closed and swallows all that follows", "write `-->` at its end")
        elif token.type == "html_block" and not re.match(r"<(!--|pre\b|style\b|textarea\b)", opening, re.IGNORECASE):
            for heading in _HEADING.finditer(text):
                at = line + text.count("\n", 0, heading.start())
                self.wrong(at, "the HTML above swallows this heading", "leave an empty line between them")

    def callout(self, token: Token, line: int) -> None:
        name, title = token.meta["callout"], token.meta["title"]
        if name not in CALLOUTS:
            self.wrong(line, f"unknown callout `[!{name}]`", nearest(name, CALLOUTS))
        elif not token.meta["exact"]:
            self.wrong(line, "the mark of this callout is not in plain brackets", f"write `> [!{name}]`")
        elif title:
            self.wrong(line, f"nothing may stand behind `[!{name}]` on its line", "begin the text on the next line")

    def box(self, token: Token, line: int, item: bool) -> None:
        if item and (found := _BOX.match(token.content)):
            self.wrong(
                line,
                f"`{found[0]}` is not the box of a task list",
                "write `- [x] text` or `- [ ] text`, with spaces and plain brackets",
            )
        elif found := _DASHED_BOX.search(token.content):
            at = line + token.content.count("\n", 0, found.start())
            self.wrong(at, f"`{found[0]}` does not begin an item of a task list", "write `- [x] text` or `- [ ] text`")
