"""The words that the stages exchange: frozen values only, no work."""

from __future__ import annotations

from dataclasses import dataclass, field
from enum import StrEnum
from pathlib import Path
from typing import Any, ClassVar


@dataclass(frozen=True, slots=True, order=True)
class Location:
    """A line that an author wrote: `path` as a person would type it, `line` counted from 1."""

    path: str
    line: int

    def __str__(self) -> str:
        return f"{self.path}:{self.line}"


# --- A card folder -----------------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class Study:
    """What `[study]` in deck.toml asks of the learner's options; None leaves Anki's own default."""

    new_per_day: int | None = None
    reviews_per_day: int | None = None
    desired_retention: float | None = None


@dataclass(frozen=True, slots=True)
class DeckConfig:
    """What deck.toml says. `id` is the namespace of every GUID; "" until the lock has drawn one."""

    id: str
    title: str
    language: str = "en"
    description: str = ""
    parts: tuple[tuple[str, str], ...] = ()  # (folder, part title), in study order
    study: Study = Study()


@dataclass(frozen=True, slots=True)
class SourceFile:
    """One file of cards. `text` has `\\n` line ends and no byte-order mark; line n of it is line n of the file."""

    path: Path
    name: str  # `path` as errors print it
    part: str  # the folder below the card folder, "" for the card folder itself
    text: str


@dataclass(frozen=True, slots=True)
class CardFolder:
    """A card folder as read from disk, its files in study order."""

    root: Path
    config: DeckConfig
    files: tuple[SourceFile, ...]


# --- Notes -------------------------------------------------------------------------------------


class Kind(StrEnum):
    """What the learner does with a note; stored in the field `Kind`, so its values are published."""

    BASIC = "basic"
    REVERSE = "reverse"
    PREDICT = "predict"
    CHOICE = "choice"
    MULTI = "multi"
    JUDGE = "judge"
    CLOZE = "cloze"
    ORDER = "order"
    TABLE = "table"
    RHYME = "rhyme"


@dataclass(frozen=True, slots=True)
class Markdown:
    """A piece of a parsed file: markdown-it tokens, opaque to all but `markdown`."""

    tokens: tuple[Any, ...] = ()

    def __bool__(self) -> bool:
        return bool(self.tokens)


@dataclass(frozen=True, slots=True)
class Raises:
    """The exception that a fence must end in: its type's name and, if not "", a part of its message."""

    type: str
    match: str = ""


@dataclass(frozen=True, slots=True)
class Claim:
    """An ```` ```output ```` fence: what the author says the fence above it prints.

    `location` is the claim's first line of text; `lines` how many lines of text it has.
    """

    text: str
    location: Location
    lines: int


@dataclass(frozen=True, slots=True)
class Fence:
    """A fenced block as its author wrote it; the render stage finds it in its token's meta under "fence".

    `code` is what runs and is copied: without cloze marks. `marked` still has the marks of its gaps, and equals `code`
    where there are none. `location` is the line of the first line of code. `step` is its place in
    `Program.steps`, None if it is not run.
    """

    language: str
    code: str
    marked: str
    location: Location
    words: frozenset[str] = frozenset()  # norun, hidden, silent, proof, order, nocloze
    raises: Raises | None = None
    show_front: bool = False
    graph: str = ""
    show_as: str = ""  # quote, html, svg, markdown
    timeout: float | None = None
    claim: Claim | None = None
    step: int | None = None


@dataclass(frozen=True, slots=True)
class Snippet:
    """One fence to run. `location` is the line of its first line of code."""

    code: str
    location: Location
    raises: Raises | None = None
    graph: str = ""  # an expression whose autograd graph is to be drawn, or ""
    timeout: float | None = None  # seconds
    claim: Claim | None = None
    shown: bool = True  # what it prints stands on a card
    language: str = "python"  # picks what runs it, see `execute.engines`


@dataclass(frozen=True, slots=True)
class InlineValue:
    """One `` `{python} expression` ``."""

    expression: str
    location: Location
    shown: ClassVar[bool] = True


Step = Snippet | InlineValue


@dataclass(frozen=True, slots=True)
class Program:
    """Everything that is run for one `##` section, top to bottom in one namespace: the file's setup first.

    `setup` counts the leading steps that the file's introduction contributes.
    """

    name: str  # the note's id, for messages
    location: Location
    steps: tuple[Step, ...] = ()
    setup: int = 0


@dataclass(frozen=True, slots=True)
class Note:
    """One note as its author wrote it. Rows of a table and a note's rhyme are notes that share its `program`.

    `lines` are the first and the last line in the file that the note depends on (its own `##` section), so that a
    problem can be traced to the notes it spoils. The `back` of a rhyme begins with a `rhyme` callout that holds its
    lines; the task list of a quiz and the numbered list of an order stand in `front` (see `markdown.list_items`).
    """

    id: str
    kind: Kind
    location: Location
    lines: tuple[int, int]
    part: str
    section: str  # the file's `#` heading, as plain text
    title: Markdown  # the heading, inline
    front: Markdown
    back: Markdown
    setup: Markdown  # the file's introduction: its shown fences are offered, folded, on the back
    program: Program
    gaps: tuple[tuple[int, str], ...] = ()  # cloze number -> text of its gaps, in order of number
    tags: tuple[str, ...] = ()
    source: str = ""  # an address that backs the note, or ""
    typed: bool = False  # `.type-in`
    columns: tuple[Markdown, Markdown] | None = None  # of a table row: the headers of question and answer


# --- Outputs -----------------------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class Printed:
    """Text written to `stream` ("stdout" or "stderr"), from Python or below it."""

    stream: str
    text: str


@dataclass(frozen=True, slots=True)
class Shown:
    """`repr()` of a fence's last expression, or `str()` of an inline value."""

    text: str


@dataclass(frozen=True, slots=True)
class Warned:
    """A Python warning, without its place."""

    category: str
    message: str


@dataclass(frozen=True, slots=True)
class Raised:
    """The expected exception: `traceback` holds the frames of the author's code only, ending in the last line."""

    type: str
    message: str
    traceback: str


@dataclass(frozen=True, slots=True)
class Figure:
    """A matplotlib figure left open, as SVG that follows the card's colours."""

    svg: str


@dataclass(frozen=True, slots=True)
class GraphNode:
    """A node of an autograd graph. `role`: "leaf" (AccumulateGrad), "op", "none", "saved" or "tensor"."""

    key: int  # from 0, in the order of the walk from the root
    role: str
    name: str  # `AddBackward0`, or the variable's name for a leaf
    shape: str  # "(2, 3)", "" where there is none


@dataclass(frozen=True, slots=True)
class Graph:
    """The autograd graph behind a value. An edge runs from a node to the input of it: (node, next node, slot).

    `roots` are the keys of the nodes that made the outputs, one an output: several where the expression is a tuple.
    `order` are the keys of the nodes that a backward pass would run, in the order of the engine.
    """

    nodes: tuple[GraphNode, ...]
    edges: tuple[tuple[int, int, int], ...]
    expression: str
    roots: tuple[int, ...] = (0,)
    order: tuple[int, ...] = ()


Output = Printed | Shown | Warned | Raised | Figure | Graph


@dataclass(frozen=True, slots=True)
class Outputs:
    """What a program did: one tuple of outputs for each step, in the order of `Program.steps`.

    `runtime` names what ran it: (("python", "3.11"), ("torch", "2.13.0")); torch only where it was imported.
    """

    steps: tuple[tuple[Output, ...], ...]
    runtime: tuple[tuple[str, str], ...] = ()


# --- What Anki stores --------------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class Media:
    """A file to pack, under a name that holds a hash of its content."""

    name: str
    path: Path


@dataclass(frozen=True, slots=True)
class RenderedNote:
    """A note as Anki will store it: HTML for each of the note type's fields, in their order."""

    id: str
    location: Location
    notetype: str  # "normal" or "cloze"
    fields: tuple[str, ...]
    tags: tuple[str, ...]
    deck: str  # full name, `title::part title`
    ordinals: tuple[int, ...]  # of its cards, counted from 0
    gaps: tuple[tuple[int, str], ...] = ()
    media: tuple[Media, ...] = ()


@dataclass(frozen=True, slots=True)
class Template:
    """A card template: `id` is fixed for ever, so that the name may change."""

    id: int
    name: str
    front: str
    back: str


@dataclass(frozen=True, slots=True)
class NoteType:
    """A published note type. `fields` are (fixed id, name) pairs; ids and their order never change."""

    id: int
    name: str
    key: str  # "normal" or "cloze"
    fields: tuple[tuple[int, str], ...]
    templates: tuple[Template, ...]
    css: str


@dataclass(frozen=True, slots=True)
class Identity:
    """What the lock remembers of a note, and the package stamps on it.

    `created` is the note's Anki id: milliseconds since 1970 of its first build, a hundred apart so that its cards'
    ids fit between. `changed` is the time of its own last change in seconds. `due` is its place in its deck.
    """

    guid: str
    created: int
    changed: int
    due: int


@dataclass(frozen=True, slots=True)
class Deck:
    """All that goes into one .apkg: note types with the time (s) of their last change, notes in study order."""

    config: DeckConfig
    subdecks: tuple[str, ...]  # full names, in study order
    notetypes: tuple[tuple[NoteType, int], ...]
    notes: tuple[tuple[RenderedNote, Identity], ...]
    media: tuple[Media, ...] = field(default=())
