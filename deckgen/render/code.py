"""Code -> HTML: Pygments' tokens as short classes, and cloze marks set between them."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from functools import cache, lru_cache
from itertools import groupby
from operator import itemgetter

from pygments.lexer import Lexer
from pygments.lexers import get_lexer_by_name
from pygments.token import Comment, Error, Generic, Keyword, Name, Number, Operator, String
from pygments.util import ClassNotFound

from deckgen.markdown import escape, gapped, without_marks

# One letter a class; the style sheet of the note types gives each a colour that is readable by day and by night.
_CLASSES = (
    (Comment, "c"), (String.Doc, "c"), (String, "s"), (Number, "m"), (Keyword.Constant, "m"), (Keyword, "k"),
    (Operator.Word, "k"), (Name.Decorator, "d"), (Name.Function, "f"), (Name.Class, "f"), (Name.Exception, "e"),
    (Name.Builtin, "b"), (Name.Tag, "k"), (Name.Attribute, "f"), (Generic.Error, "e"), (Generic.Deleted, "e"),
    (Generic.Inserted, "s"), (Generic.Heading, "k"), (Error, ""),
)  # fmt: skip
_Run = tuple[str, str]  # (class or "", text)
_NAMES = {"py": "python", "python3": "python"}


def block(text: str, language: str, marked: str = "") -> str:
    """A `<pre>` of highlighted code. `marked` is the code with its cloze marks, where it has gaps."""
    return f'<pre class="code" tabindex="0"><code>{inside(text, language, marked)}</code></pre>'


def inside(text: str, language: str, marked: str = "") -> str:
    """Highlighted code without its `<pre>`; the marks of its gaps stand outside every span."""
    if marked in ("", text):
        return "".join(_span(name, escape(part)) for name, part in highlight(text.rstrip("\n"), language))
    return _with_gaps(highlight(text, language), marked).rstrip("\n")


def lines(text: str, language: str) -> tuple[str, ...]:
    """The lines of `text`, highlighted as they stand in the whole."""
    rows: list[list[str]] = [[]]
    for name, part in highlight(text.rstrip("\n"), language):
        for number, piece in enumerate(part.split("\n")):
            if number:
                rows.append([])
            rows[-1].append(_span(name, escape(piece)))
    return tuple("".join(row) for row in rows)


def span(text: str) -> str:
    """An inline code span, with its gaps."""
    inner = _with_gaps([("", without_marks(text))], text) if "{{c" in text else escape(text)
    return f"<code>{inner}</code>"


@lru_cache(maxsize=4096)
def highlight(text: str, language: str) -> tuple[_Run, ...]:
    """`text` cut into runs of one class; joined, they are `text` again."""
    lexer = _lexer(_NAMES.get(language, language))
    if lexer is None:
        return (("", text),)
    runs: list[_Run] = []
    named = -2  # the place of the last plain name: one that a bracket follows is called
    for kind, part in lexer.get_tokens(text):
        name = _class(kind)
        if kind[:1] == Name and not name:
            named = len(runs)
        elif part.startswith("(") and named == len(runs) - 1:
            runs[named] = ("f", runs[named][1])
        runs.append((name if part.strip() else "", part))
    # A lexer may change line ends or add one; a card shows what was written.
    return tuple(_trimmed(_merged(runs), text)) if _joined(runs).startswith(text) else (("", text),)


def _joined(runs: Sequence[_Run]) -> str:
    return "".join(part for _, part in runs)


def _merged(runs: Sequence[_Run]) -> Iterator[_Run]:
    for name, group in groupby(runs, key=itemgetter(0)):
        yield name, _joined(list(group))


def _trimmed(runs: Iterable[_Run], text: str) -> Iterator[_Run]:
    left = len(text)
    for name, part in runs:
        if left > 0:
            yield name, part[:left]
        left -= len(part)


@cache
def _class(kind: tuple[str, ...]) -> str:
    return next((short for base, short in _CLASSES if kind[: len(base)] == base), "")


@cache
def _lexer(language: str) -> Lexer | None:
    try:
        return get_lexer_by_name(language, stripnl=False, ensurenl=False) if language else None
    except ClassNotFound:
        return None


def _span(name: str, html: str) -> str:
    return f'<span class="h{name}">{html}</span>' if name and html.strip() else html


def _with_gaps(runs: Iterable[_Run], marked: str) -> str:
    """The runs with the gaps of `marked` among them: without its marks, `marked` is the text of the runs."""
    source = _Source(runs)
    return gapped(marked, lambda piece: "".join(_span(name, escape(part)) for name, part in source.take(len(piece))))


class _Source:
    """Runs that are taken from by number of characters."""

    def __init__(self, runs: Iterable[_Run]) -> None:
        self.runs = iter(runs)
        self.name, self.rest = "", ""

    def take(self, wanted: int) -> Iterator[_Run]:
        while wanted:
            if not self.rest:
                self.name, self.rest = next(self.runs)
            part = self.rest[:wanted]
            yield self.name, part
            self.rest, wanted = self.rest[len(part) :], wanted - len(part)
