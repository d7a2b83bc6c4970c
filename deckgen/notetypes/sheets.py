"""Anki's templates, the style and the script, put together from the files beside this module.

Their own marks are `[[name]]`: Jinja2 would swallow Anki's `{{Front}}` without a word.
"""

from __future__ import annotations

import json
import re
from collections.abc import Mapping
from dataclasses import dataclass
from functools import cache
from html import escape
from pathlib import Path

from deckgen.notetypes.words import Words, voice_for

_MARK = re.compile(r"\[\[([a-z_]+)\]\]")
_LITERAL = re.compile(r"""("(?:\\.|[^"\\])*"|(?<=[(.])/(?:\\.|\[[^\]]*\]|[^/\\])+/[gu]*(?=[.,)]))""")
_SIGN = re.compile(r" *([-=+*%?:&|,;{}<>!()]+) *")  # in a script
_ONE = re.compile(r"\(([a-z]+)\)(?==>)")  # the only argument of a function, in a script without spaces
_MARKS = re.compile(r" *([{};,>]) *|(?<=:) +")  # in a style sheet, where ` *` and ` :` are selectors
_SCRIPT_WORDS = ("true", "false", "undo", "type", "yours", "next", "all", "right", "wrong", "chosen",
                 "placed", "pool", "ordered", "tap")  # fmt: skip


@dataclass(frozen=True, slots=True)
class Sheet:
    """What the templates of one deck have in common. `memory` begins the name under which a choice is remembered."""

    language: str
    words: Words
    runtime: Mapping[str, str]
    memory: str

    def front(self, field: str) -> str:
        """The question, made of one field and shown only where that field is filled."""
        plain = field.removeprefix("cloze:")
        html = _fill("front.html", {"question": f"{{{{{field}}}}}", **self._common("front", field == "Front")})
        # The cloze filter makes a card by its gaps; a condition around it would only slow Anki down.
        return html if plain != field else f"{{{{#{plain}}}}}{html}{{{{/{plain}}}}}"

    def back(self, name: str) -> str:
        answer = _fill(f"{name}.html", {})
        return _fill("back.html", {"answer": answer, **self._common("back", name == "card-back")})

    def _common(self, side: str, scripted: bool) -> dict[str, str]:
        versions = {name: f"{name} {version}" for name, version in self.runtime.items()}
        python = versions.get("python", "Python")
        return {
            "language": escape(self.language),
            "voice": voice_for(self.language),
            "setup": escape(self.words["setup"]),
            "torch": escape(self.words["ran"].format(version=versions.get("torch", python))),
            "python": escape(self.words["ran"].format(version=python)),
            "quote": escape(self.words["quoted"]),
            "link": escape(self.words["linked"]),
            "script": f"<script>{self._script(side)}</script>" if scripted else "",
        }

    def _script(self, side: str) -> str:
        words = {name: self.words[name] for name in _SCRIPT_WORDS}
        marks = {
            "words": re.sub(r'"(\w+)":', r"\1:", _in_script(words)),
            "memory": _in_script(self.memory),
            "side": _smaller(_read(f"{side}.js")),
        }
        return _substitute(_smaller(_read("card.js")), marks)


def style(words: Words, theme: str) -> str:
    """The style sheet of both note types: deckgen's, then the deck's own theme."""
    labels = {name: _in_css(word) for name, word in words.items()}
    kinds = "".join(
        f"[data-kind={kind}]{{--kind:{labels[kind]}}}"
        for kind in ("basic", "reverse", "predict", "choice", "multi", "judge", "cloze", "order", "table", "rhyme")
    )
    css = _smaller(_substitute(_read("card.css"), labels), _MARKS).replace(";}", "}").replace("}\n", "}") + "\n" + kinds
    return f"{css}\n/* theme.css */\n{theme.strip()}\n" if theme.strip() else css


def _fill(name: str, marks: Mapping[str, str]) -> str:
    return _substitute(_read(name), marks).strip()


def _substitute(text: str, marks: Mapping[str, str]) -> str:
    return _MARK.sub(lambda mark: marks[mark[1]], text)


@cache
def _read(name: str) -> str:
    return (Path(__file__).parent / "card" / name).read_text("utf-8")


def _smaller(text: str, signs: re.Pattern[str] = _SIGN) -> str:
    """Comments, indents and needless spaces taken out: every phone loads this with every card."""
    text = re.sub(r"^\s*(?:/\*.*?\*/|//[^\n]*)\s*$", "", text, flags=re.DOTALL | re.MULTILINE)
    lines = (line.strip() for line in text.splitlines())
    joined = "\n".join(_tight(line, signs) for line in lines if line)
    return re.sub(r"(?<=[;{,])\n", "", joined)


def _tight(line: str, signs: re.Pattern[str]) -> str:
    """A line of script or style without spaces beside signs, but for those in its strings and patterns."""
    parts = _LITERAL.split(line)
    return "".join(part if n % 2 else _ONE.sub(r"\1", signs.sub(r"\1", part)) for n, part in enumerate(parts))


def _in_script(value: object) -> str:
    """JSON that may stand inside a script element and inside an Anki template."""
    return json.dumps(value, ensure_ascii=False, separators=(",", ":")).replace("</", "<\\/").replace("{{", "{ {")


def _in_css(word: str) -> str:
    return '"' + word.replace("\\", "\\\\").replace('"', '\\"') + '"'
