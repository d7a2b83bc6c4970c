"""An outline and the notes that teach it -> a page in Markdown that links to each of them."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from itertools import groupby
from pathlib import PurePath

from deckgen.coverage.names import answer, mentions, uses
from deckgen.coverage.outline import Outline
from deckgen.deck import Note, Outputs
from deckgen.errors import Problems

PAGE = "COVERAGE.md"
_SHOWN = 4  # notes that are listed for a name; it may have a hundred


def report(outline: Outline, notes: Sequence[Note], outputs: Outputs, problems: Problems) -> str:
    """The page. A name that the library does not have, or that no note teaches, is a problem."""
    aliases, wanted = answer(outputs)
    taught = _taught(notes, aliases, wanted)
    for name, kind in wanted.items():
        if kind == "unknown":
            problems.add(outline.place, f"there is no `{name}` in the library", "correct [api] of outline.toml")
        elif not taught[name]:
            word = name.rpartition(".")[2]
            problems.add(
                outline.place, f"no note teaches `{name}`", f"write one that runs it and shows the word `{word}`"
            )
    lines = [
        "# Coverage",
        "",
        "Made by `deckgen coverage`: what the deck promises in `outline.toml`, and who keeps it.",
    ]
    for part, items in groupby(outline.items, lambda item: item.part):
        lines += ["", f"## {part}", ""]
        lines += [f"- **{item.title}**: {_links(item.notes)}" for item in items]
    if wanted:
        lines += ["", "## API", "", "Each name is used in the code that these notes run, and shown there.", ""]
        lines += ["| name | notes | |", "| --- | ---: | --- |"]
        lines += [f"| `{name}` | {len(taught[name])} | {_links(taught[name][:_SHOWN])} |" for name in wanted]
    return "\n".join(lines) + "\n"


def _taught(
    notes: Sequence[Note], aliases: Mapping[str, Sequence[str]], wanted: Mapping[str, str]
) -> dict[str, list[Note]]:
    """The notes for each name: they run it, and the learner sees it."""
    taught: dict[str, list[Note]] = {name: [] for name in wanted}
    members = {name.rpartition(".")[2]: name for name, kind in wanted.items() if kind == "member"}
    for note in notes:
        used = uses(note.program)
        names = {name for path in used.paths for name in aliases.get(path, ())}
        names |= {members[word] for word in used.members & members.keys()}
        seen = set(re.findall(r"\w+", mentions(note))) if names else set()
        for name in names:
            if name.rpartition(".")[2] in seen:
                taught[name].append(note)
    return taught


def _links(notes: Sequence[Note]) -> str:
    return ", ".join(f"[{note.id}]({_file(note)})" for note in notes) or "**nothing**"


def _file(note: Note) -> str:
    return PurePath(note.part, PurePath(note.location.path).name).as_posix()
