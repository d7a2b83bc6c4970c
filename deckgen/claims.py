"""What authors claim that their code prints, held against what it printed; and the claims rewritten to the truth."""

from __future__ import annotations

import difflib
import os
from collections.abc import Iterable, Iterator, Sequence
from pathlib import Path

from deckgen.deck import Claim, Output, Outputs, Printed, Program, Raised, Shown, Snippet, Warned
from deckgen.errors import Problems


def as_text(outputs: Iterable[Output]) -> str:
    """The outputs of one fence as the plain text that a claim is compared with."""
    return "".join(_line(output) for output in outputs).rstrip()


def _line(output: Output) -> str:
    match output:
        case Printed(text=text):
            return text
        case Shown(text=text):
            return f"{text}\n"
        case Warned(category=category, message=message):
            return f"{category}: {message}\n"
        case Raised(type=name, message=message):
            return f"{name}: {message}\n"
        case _:
            return ""


def _same(claimed: str, real: str) -> bool:
    """Whether the two differ in nothing but white space at the ends of lines and of the text."""
    return [line.rstrip() for line in claimed.rstrip().splitlines()] == [line.rstrip() for line in real.splitlines()]


def false_claims(runs: Iterable[tuple[Program, Outputs]]) -> Iterator[tuple[Claim, str]]:
    """Each claim that does not hold, with what was printed instead."""
    for program, outputs in runs:
        for step, results in zip(program.steps, outputs.steps, strict=True):
            if isinstance(step, Snippet) and step.claim:
                real = as_text(results)
                if not _same(step.claim.text, real):
                    yield step.claim, real


def report(false: Iterable[tuple[Claim, str]], problems: Problems) -> None:
    """Add a problem with a diff for every false claim."""
    for claim, real in false:
        diff = difflib.unified_diff(
            claim.text.rstrip().splitlines(), real.splitlines(), "claimed", "printed", lineterm="", n=2
        )
        problems.add(
            claim.location,
            "the code does not print what this fence claims",
            "mend the one or the other, or run `deckgen build --accept` to write the real output here",
            "\n".join(diff),
        )


def accept(false: Iterable[tuple[Claim, str]], paths: dict[str, Path]) -> list[Claim]:
    """Rewrite the claims in the files they stand in; `paths` maps a location's path to the file.

    Line ends, byte-order mark and the indentation or quote marks of the fence are kept. Returns the claims written.
    """
    by_file: dict[str, list[tuple[Claim, str]]] = {}
    for claim, real in false:
        by_file.setdefault(claim.location.path, []).append((claim, real))
    for name, claims in by_file.items():
        _rewrite(paths[name], claims)
    return [claim for claims in by_file.values() for claim, _ in claims]


def _rewrite(path: Path, claims: Sequence[tuple[Claim, str]]) -> None:
    lines = path.read_bytes().decode("utf-8").split("\n")  # not splitlines: only these ends count as lines
    # From the bottom up, so that the line numbers above stay true.
    for claim, real in sorted(claims, key=lambda pair: pair[0].location, reverse=True):
        first = claim.location.line - 1
        opening = lines[first - 1]
        prefix, end = opening[: opening.index("```")], "\r" if opening.endswith("\r") else ""
        lines[first : first + claim.lines] = [f"{prefix}{line}".rstrip() + end for line in real.splitlines()]
    beside = path.with_name(f".{path.name}.new")
    beside.write_bytes("\n".join(lines).encode("utf-8"))
    os.replace(beside, path)
