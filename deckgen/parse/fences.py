"""Fences: the words behind their language, the code without its gaps, and the output that an author claims."""

from __future__ import annotations

import difflib
import re
from collections.abc import Sequence
from dataclasses import dataclass, replace

from deckgen.attributes import split_words
from deckgen.deck import Claim, Fence, Location, Raises
from deckgen.errors import Problems, nearest
from deckgen.markdown import Token, without_marks

# The languages that are run: as a fence may name them, and as `execute.engines` knows them.
RUN = {"python": "python", "py": "python", "python3": "python"}
WORDS = frozenset({"norun", "hidden", "silent", "proof", "order", "nocloze"})
_UNRUN_WORDS = frozenset({"norun", "order", "nocloze"})
PAIRS = frozenset({"raises", "match", "show", "graph", "as", "timeout"})
_SHOW_AS = ("quote", "html", "svg", "markdown")
_OPEN = re.compile(r"\{\{c[0-9]+(?:,[0-9]+)*::")
_TYPE = re.compile(r"[A-Za-z_][\w.]*")


def runs(fence: Fence) -> bool:
    return fence.language in RUN and "norun" not in fence.words


def is_shown(fence: Fence) -> bool:
    """Whether the learner sees the code."""
    return not fence.words & {"hidden", "silent", "proof"}


def has_gaps(fence: Fence) -> bool:
    return fence.marked != fence.code


def attach(tokens: Sequence[Token], name: str, problems: Problems) -> tuple[Token, ...]:
    """Put a Fence into the meta of each fenced or indented block; an `output` fence becomes the claim of the one above.

    Returns the tokens without the `output` fences.
    """
    kept: list[Token] = []
    for token in tokens:
        if token.type == "code_block":
            code = token.content.rstrip("\n")
            token.meta["fence"] = Fence("", code, code, Location(name, _line(token)))
            kept.append(token)
        elif token.type != "fence":
            kept.append(token)
        elif token.info.split()[:1] == ["output"]:
            _claim(token, kept[-1] if kept else None, name, problems)
        else:
            token.meta["fence"] = _Reader(token, name, problems).fence()
            kept.append(token)
    return tuple(kept)


def _line(token: Token) -> int:
    return token.map[0] + 1 if token.map else 1


def _claim(token: Token, above: Token | None, name: str, problems: Problems) -> None:
    """Make the `output` fence `token` the claim of the fence right above it."""
    place = Location(name, _line(token))
    fence = above.meta.get("fence") if above and above.type == "fence" else None
    if token.markup[0] != "`":
        problems.add(place, "an `output` fence begins with backticks", "write ```` ```output ````")
    if token.info.split() != ["output"]:
        problems.add(place, "an `output` fence takes no words", "write ```` ```output ````")
    if not (above and fence and runs(fence)):
        problems.add(
            place,
            "an `output` fence claims what the code right above it prints, and no code that is run stands there",
            "move it, or write another language such as `text`",
        )
    elif fence.claim:
        problems.add(place, "this fence has two `output` fences", "keep one of them")
    else:
        text = token.content
        lines = text.count("\n") + (bool(text) and not text.endswith("\n"))
        claim = Claim(text, Location(name, place.line + 1), lines)
        above.meta["fence"] = replace(fence, claim=claim)
        if is_unclosed(token):
            problems.add(place, "this fence is never closed", "write ``` on a line of its own below it")


def is_unclosed(token: Token) -> bool:
    """Whether a fence ended with its list, its quote or the file instead of a closing line."""
    content = token.content.count("\n") + (bool(token.content) and not token.content.endswith("\n"))
    return bool(token.map) and token.map[1] - token.map[0] - 2 < content  # type: ignore[index]


@dataclass(frozen=True, slots=True)
class _Reader:
    """Reads the info string of one fence."""

    token: Token
    name: str
    problems: Problems

    def wrong(self, what: str, instead: str = "") -> None:
        self.problems.add(Location(self.name, _line(self.token)), what, instead)

    def fence(self) -> Fence:
        language, words, pairs = self._split()
        if is_unclosed(self.token):
            self.wrong(
                "this fence is never closed and swallows all that follows",
                f"write {self.token.markup} on a line of its own below the code",
            )
        marked = code = self.token.content.removesuffix("\n")
        is_run = language in RUN and "norun" not in words
        if is_run and "nocloze" not in words:
            code = without_marks(marked)
            self._check_gaps(code, words, marked != code)
        self._check_words(language, words, pairs, is_run)
        return Fence(
            language,
            code,
            marked,
            Location(self.name, _line(self.token) + 1),
            frozenset(words),
            raises=self._raises(pairs),
            show_front=pairs.get("show") == "front",
            graph=pairs.get("graph", ""),
            show_as=self._choice("as", pairs.get("as", ""), _SHOW_AS),
            timeout=self._timeout(pairs.get("timeout", "")),
        )

    def _split(self) -> tuple[str, set[str], dict[str, str]]:
        """Language, single words and `key=value` words of the info string."""
        try:
            language, *rest = split_words(self.token.info) or [""]
        except ValueError:
            self.wrong("a quotation mark behind the language is not closed", 'write e.g. `match="second time"`')
            language, *rest = self.token.info.split()[:1] or [""]
        words, pairs = set(), {}
        for word in rest:
            key, equals, value = word.partition("=")
            if equals and key in PAIRS:
                pairs[key] = value
            elif not equals and word in WORDS:
                words.add(word)
            elif not equals and word in PAIRS:
                self.wrong(f"the fence word `{word}` needs a value", f"write `{word}=…`")
            else:
                self.wrong(f"unknown fence word `{word}`", nearest(key if equals else word, WORDS | PAIRS))
        return self._language(language), words, pairs

    def _language(self, written: str) -> str:
        language = written.lower()
        plain = language.strip("{}.")
        if language not in RUN and difflib.get_close_matches(plain, RUN, cutoff=0.75):
            self.wrong(f"`{written}` is not a language that is run", "write `python`, with `norun` if it is only shown")
        return language

    def _check_gaps(self, code: str, words: set[str], has_gaps: bool) -> None:
        if _OPEN.search(code):
            self.wrong("a gap in this fence is never closed", "write `}}` behind it, or `nocloze` behind the language")
        if has_gaps and words & {"hidden", "silent", "proof"}:
            self.wrong("this fence has a gap, but its code is not shown", "move the gap, or write `nocloze`")

    def _check_words(self, language: str, words: set[str], pairs: dict[str, str], is_run: bool) -> None:
        needless = (words - _UNRUN_WORDS) | pairs.keys()
        if needless and not is_run:
            why = "of a `norun` fence" if language in RUN else f"of a fence in `{language or 'no language'}`"
            first = min(needless, key=lambda word: (word == "match", word))
            self.wrong(f"`{first}` says how code is run, and the code {why} is not run", "remove one of them")
        if len(words & {"hidden", "silent", "proof"}) > 1:
            self.wrong("`hidden`, `silent` and `proof` exclude one another", "keep one of them")
        if "order" in words and words & {"hidden", "silent", "proof"}:
            self.wrong("the lines of an `order` fence must be shown", "keep `order` alone")
        if "match" in pairs and "raises" not in pairs:
            self.wrong("`match=` needs a `raises=`", 'write e.g. `raises=RuntimeError match="…"`')
        for key in ("raises", "graph"):
            if pairs.get(key) == "":
                self.wrong(f"`{key}=` needs a value", f"write `{key}={'RuntimeError' if key == 'raises' else 'z'}`")
        self._choice("show", pairs.get("show", ""), ("front",))

    def _raises(self, pairs: dict[str, str]) -> Raises | None:
        name = pairs.get("raises", "")
        if name and not _TYPE.fullmatch(name):
            self.wrong(f"`raises={name}` does not name an exception", "write e.g. `raises=RuntimeError`")
            return None
        return Raises(name, pairs.get("match", "")) if name else None

    def _choice(self, key: str, value: str, known: Sequence[str]) -> str:
        if value and value not in known:
            self.wrong(f"unknown value in `{key}={value}`", nearest(value, known))
            return ""
        return value

    def _timeout(self, text: str) -> float | None:
        if not text:
            return None
        try:
            seconds = float(text)
        except ValueError:
            seconds = 0
        if not 0 < seconds <= 3600:
            self.wrong(f"`timeout={text}` is not a number of seconds", "write e.g. `timeout=30`")
            return None
        return seconds
