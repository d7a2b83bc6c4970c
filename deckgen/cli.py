"""Words on a command line -> calls of the pipeline; reports -> lines and exit codes.  Owns click and rich."""

from __future__ import annotations

import os
import re
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from deckgen import __version__

if TYPE_CHECKING:  # --help imports click and nothing else
    from deckgen.errors import Problem
    from deckgen.pipeline import Options, Progress, Report

IMPORT = """Import it into Anki: File > Import, choose the file, leave the settings as they are.
Import each new build the same way: no review is lost."""
EXITS = "Exit codes: 0 done, 1 the cards have problems, 2 the command line is wrong."


def _folder(_context: click.Context, _parameter: click.Parameter, value: Path | None) -> Path:
    """The folder asked for, else this one if it holds a deck.toml, else ./cards."""
    if value is not None:
        return value
    return Path("cards") if not Path("deck.toml").exists() and Path("cards").is_dir() else Path()


folder = click.argument(
    "folder", required=False, callback=_folder, type=click.Path(path_type=Path, exists=True, file_okay=False)
)


def _executor(_context: click.Context, _parameter: click.Parameter, value: str | None) -> str | None:
    """An address that can't be one is a slip on the command line; whether something answers there shows later."""
    if value is not None and not re.fullmatch(r"dask://[^\s/]+:\d{1,5}", value):
        raise click.BadParameter(f"{value!r} is no address of a scheduler: write dask://HOST:PORT")
    return value


run_options = [
    click.option("--jobs", "-j", type=click.IntRange(1), help="Notes run at once.  [default: one a core]"),
    click.option(
        "--timeout", type=click.FloatRange(min=0, min_open=True), default=30, show_default=True, help="Seconds a fence."
    ),
    click.option(
        "--sandbox",
        type=click.Choice(["auto", "required", "off"]),
        default="auto",
        show_default=True,
        help="Keep snippets from the network and your files with bubblewrap: where it is found; or else refuse to run.",
    ),
    click.option("--no-cache", is_flag=True, help="Run every snippet, also those whose output is known."),
    click.option(
        "--executor",
        metavar="dask://HOST:PORT",
        callback=_executor,
        help="Run the snippets on the workers of this Dask scheduler instead of here. They need deckgen and torch in "
        "the versions of this machine; --sandbox holds there too, and --jobs is a worker's (default: one). Needs the "
        "extra deckgen[dask].",
    ),
]


def _with_run_options(command: Any) -> Any:
    for option in reversed(run_options):
        command = option(command)
    return command


class _Commands(click.Group):
    """Ctrl-C ends any of them, at any moment, in a word and with exit code 130; click's own would be 1."""

    def invoke(self, ctx: click.Context) -> Any:
        try:
            return super().invoke(ctx)
        except KeyboardInterrupt:
            click.echo("Interrupted; the last deck is untouched.", err=True)
            sys.exit(130)


@click.group(
    cls=_Commands,
    context_settings={"help_option_names": ["-h", "--help"], "max_content_width": 100},
    epilog=f"{EXITS} Every command takes --help.",
)
@click.version_option(__version__, prog_name="deckgen")
def cli() -> None:
    """Turn a folder of Markdown cards into an Anki deck, running every Python snippet in it.

    \b
        deckgen ids cards        give each new card its permanent id
        deckgen check cards      say everything that is wrong with the cards
        deckgen build cards      write build/NAME.apkg, to be imported into Anki
        deckgen coverage cards   hold the cards against a syllabus and a library
        deckgen cache cards      what is kept of former runs

    FOLDER is the one with deck.toml: by default this one, or else ./cards.
    """


@cli.command(epilog=EXITS)
@folder
@click.option("-o", "--output", type=click.Path(path_type=Path, dir_okay=False), help="Default: build/DECK-ID.apkg.")
@click.option(
    "--keep-going", is_flag=True, help="Build the notes that are sound, leave out the others, and still exit 1."
)
@click.option(
    "--accept", is_flag=True, help="Rewrite every `output` fence that claims something else than the code printed."
)
@click.option(
    "--locked", is_flag=True, help="For CI: fail if deck.lock would change, that is if someone forgot to commit it."
)
@_with_run_options
def build(folder: Path, output: Path | None, **flags: Any) -> None:
    """Build the deck of FOLDER and say where it is.

    Nothing is written if any card has a problem. `deck.lock` in FOLDER remembers the identity of each note: commit
    it, since it is what lets learners keep their history when they import the next build.
    """
    from deckgen import pipeline

    started = time.monotonic()
    options = _options(folder, output=output, **flags)
    with _failures(), _progress() as progress:
        report = pipeline.build(options, progress)
    _print_problems(report.problems)
    _print_build(report, time.monotonic() - started)
    sys.exit(1 if report.problems else 0)


@cli.command(epilog=EXITS)
@folder
@click.option("--json", "as_json", is_flag=True, help="Print one JSON object on standard output instead of lines.")
@click.option(
    "--twice",
    is_flag=True,
    help="Run all again, in another order and as another processor would: what differs is told.",
)
@_with_run_options
def check(folder: Path, as_json: bool, **flags: Any) -> None:
    """Check the cards of FOLDER without building: format, ids, links, claims, proofs.

    Says how many notes are proved by code, by a quotation, by a link, by nothing, and lists the last.
    """
    import json

    from deckgen import pipeline

    options = _options(folder, **flags)
    with _failures(), _progress(quiet=as_json) as progress:
        report = pipeline.check(options, progress)
    if as_json:
        click.echo(json.dumps(_as_json(report), ensure_ascii=False, indent=2))
    else:
        _print_problems(report.problems)
        _print_proofs(report)
    sys.exit(1 if report.problems else 0)


@cli.command(epilog=EXITS)
@folder
@click.option("--dry-run", is_flag=True, help="Say what would be written, write nothing.")
def ids(folder: Path, dry_run: bool) -> None:
    """Write an id behind each heading and table row of FOLDER that has none.

    An id is permanent: a learner's history hangs on it. Only the missing ones are written, nothing else is touched,
    and a second run does nothing. Rename a proposed id before the deck is first published, never after.
    """
    from deckgen import pipeline

    with _failures():
        stamps = pipeline.stamp_ids(folder, write=not dry_run)
    for stamp in stamps:
        click.echo(f"{stamp.location}: {{#{stamp.id}}}")
    done = "would be written" if dry_run else "written"
    click.echo(f"{_count(len(stamps), 'id')} {done}." if stamps else "Every note has an id.")


@cli.command(epilog=EXITS)
@folder
@click.option("--locked", is_flag=True, help="For CI: write nothing, fail if COVERAGE.md is not what it should be.")
@_with_run_options
def coverage(folder: Path, locked: bool, **flags: Any) -> None:
    """Say which notes teach each item of FOLDER/outline.toml, and which none teaches.

    \b
        ["Part 1 · Numbers"]
        "A. Division" = ["part1/1a-division.md"]       every note of a file
        "B. The traps" = ["#nan", "#nan-order"]        these notes
        [api]
        modules = ["fractions"]                        each name in a module's __all__
        names = ["fractions.Fraction.numerator"]       these names

    A name of [api] is taught by the notes whose own code uses it and which show it to the learner. The whole is
    written to FOLDER/COVERAGE.md. What nothing teaches is a problem, with exit code 1.
    """
    from deckgen import pipeline

    with _failures():
        report = pipeline.coverage(_options(folder, **flags), write=not locked)
    _print_problems(report.problems)
    if locked and report.stale:
        _say("error", "red", f"{report.path} is not what the cards say now: run `deckgen coverage` and commit it")
    elif report.text:
        click.echo(f"{report.path}: {'up to date' if locked or not report.stale else 'written'}.")
    sys.exit(1 if report.problems or (locked and report.stale) else 0)


@cli.command(epilog=EXITS)
@folder
@click.option("--prune", metavar="DAYS", type=click.IntRange(0), help="Forget what no build asked for in DAYS; 0: all.")
@click.option("--json", "as_json", is_flag=True, help="Print one JSON object instead of a line.")
def cache(folder: Path, prune: int | None, as_json: bool) -> None:
    """Show, or prune, the outputs that builds of FOLDER keep so that an unchanged snippet is not run again.

    They lie in FOLDER/.deckgen/cache.db, which may be deleted at any time: the next build then runs everything.
    """
    import json
    import sqlite3
    from dataclasses import asdict

    from deckgen import pipeline

    try:
        gone = None if prune is None else pipeline.prune_cache(folder, prune)
        summary = pipeline.cache_summary(folder)
    except sqlite3.DatabaseError as error:
        _say(
            "error", "red", f"the cache of {folder} is not readable ({error}): delete {folder}/.deckgen and build again"
        )
        sys.exit(1)
    if as_json:
        click.echo(json.dumps({**asdict(summary), "pruned": gone or 0}))
        return
    if gone is not None:
        click.echo(f"Forgot {_count(gone, 'note')}.")
    asked = summary.hits + summary.misses
    rate = f"{summary.hits / asked:.0%} of {asked} look-ups found" if asked else "nothing looked up yet"
    click.echo(f"{_count(summary.entries, 'note')} in {summary.size / 1024:.0f} KB, {rate}.")


def _options(folder: Path, *, no_cache: bool, **flags: Any) -> Options:
    from deckgen.pipeline import Options

    # The reproducible-builds convention: the time that changed notes are stamped with.
    now = os.environ.get("SOURCE_DATE_EPOCH", "")
    if now and not now.isdigit():
        raise click.UsageError(f"SOURCE_DATE_EPOCH is {now!r}: write seconds since 1970, such as {int(time.time())}")
    return Options(root=folder, now=int(now or time.time()), cache=not no_cache, **flags)


@contextmanager
def _failures() -> Iterator[None]:
    """A run that cannot go on ends in one line and exit code 1."""
    from deckgen.errors import DeckgenError

    try:
        yield
    except DeckgenError as error:
        _say("error", "red", str(error))
        sys.exit(1)


@contextmanager
def _progress(quiet: bool = False) -> Iterator[Progress]:
    """A bar on a terminal; elsewhere a plain line for each thing that is begun."""
    if quiet:
        yield lambda *_: None
    elif sys.stderr.isatty():
        with _bar() as progress:
            yield progress
    else:
        begun: set[str] = set()

        def plain(what: str, done: int, total: int) -> None:
            if total and what not in begun:
                begun.add(what)
                click.echo(f"{what}: {total}", err=True)

        yield plain


@contextmanager
def _bar() -> Iterator[Progress]:
    from rich.console import Console
    from rich.progress import BarColumn, MofNCompleteColumn, TaskID, TextColumn
    from rich.progress import Progress as Bar

    columns = (TextColumn("{task.description}"), BarColumn(), MofNCompleteColumn())
    with Bar(*columns, console=Console(stderr=True), transient=True) as bar:
        tasks: dict[str, TaskID] = {}

        def update(what: str, done: int, total: int) -> None:
            if what not in tasks:
                tasks[what] = bar.add_task(what, total=total)
            bar.update(tasks[what], completed=done, total=total)

        yield update


def _colour(stream: Any) -> bool:
    return stream.isatty() and "NO_COLOR" not in os.environ


def _say(word: str, colour: str, text: str) -> None:
    """A line on standard error that begins with a coloured word."""
    click.echo(f"{click.style(f'{word}:', fg=colour, bold=True)} {text}", err=True, color=_colour(sys.stderr))


def _print_problems(problems: tuple[Problem, ...]) -> None:
    for problem in problems:
        place, rest = str(problem.location), str(problem).removeprefix(str(problem.location))
        click.echo(click.style(place, bold=True) + rest, err=True, color=_colour(sys.stderr))
    if problems:
        files = len({problem.location.path for problem in problems})
        _say("problems", "red", f"{_count(len(problems), 'problem')} in {_count(files, 'file')}.")


def _print_build(report: Report, seconds: float) -> None:
    for remark in report.remarks:
        _say("note", "yellow", remark)
    if not report.output:
        click.echo("No deck was written; the last one, if any, is as it was.", err=True)
        return
    if report.unchanged:
        click.echo(f"Nothing has changed since {report.output} was built.")
    else:
        click.echo(
            f"{report.output}: {_count(report.notes, 'note')}, {_count(report.cards, 'card')}, "
            f"{_count(report.decks, 'deck')}. {_ran(report)} {seconds:.1f} s."
        )
    click.echo(IMPORT)


def _ran(report: Report) -> str:
    if not report.run:
        return f"No snippet had to run ({report.cached} known)."
    sandbox = f", sandbox: {report.sandbox}" if report.sandbox else ""
    return f"Ran the snippets of {_count(report.run, 'note')} ({report.cached} known{sandbox})."


def _print_proofs(report: Report) -> None:
    proofs = report.proofs
    click.echo(
        f"{_count(report.notes, 'note')}: {proofs.code} proved by code, {proofs.quote} by a quotation, "
        f"{proofs.link} by a link, {proofs.nothing} by nothing."
    )
    for name, location in proofs.unproved:
        click.echo(f"  {location}: {name} is proved by nothing")


def _as_json(report: Report) -> dict[str, Any]:
    from dataclasses import asdict

    return {
        "problems": [{**asdict(problem.location), **_without_place(problem)} for problem in report.problems],
        "notes": report.notes,
        "cards": report.cards,
        "proved": {name: getattr(report.proofs, name) for name in ("code", "quote", "link", "nothing")},
        "unproved": [{"id": name, **asdict(location)} for name, location in report.proofs.unproved],
    }


def _without_place(problem: Problem) -> dict[str, str]:
    return {"what": problem.what, "instead": problem.instead, "detail": problem.detail}


def _count(number: int, word: str) -> str:
    return f"{number} {word}" if number == 1 else f"{number} {word}s"
