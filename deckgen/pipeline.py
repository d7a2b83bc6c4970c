"""The one module that knows the order of the stages."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import TYPE_CHECKING

from deckgen import stamp
from deckgen.errors import DeckgenError, Problem, Problems

if TYPE_CHECKING:  # the stages are imported where they are called: an unchanged build needs none of them
    from deckgen import execute, ids, render
    from deckgen.deck import CardFolder, Location, Note, Outputs, Program, RenderedNote
    from deckgen.execute.cache import CacheSummary
    from deckgen.lock import Lock

Progress = Callable[[str, int, int], None]  # what is being done, how much of it is done, how much there is


@dataclass(frozen=True, slots=True)
class Options:
    """What a run is asked for. `now` is the time in seconds that changed notes are stamped with."""

    root: Path
    now: int
    output: Path | None = None  # default: build/<deck id>.apkg
    jobs: int | None = None  # default: one a core
    timeout: float = 30.0  # seconds a fence
    sandbox: str = "auto"
    executor: str | None = None  # dask://HOST:PORT, where the snippets run if not here
    cache: bool = True
    keep_going: bool = False
    accept: bool = False
    locked: bool = False
    twice: bool = False  # of `check`: run all again in another way


@dataclass(frozen=True, slots=True)
class Proofs:
    """How many notes are proved by code, by a quotation, by a link, by nothing; and where the last stand."""

    code: int = 0
    quote: int = 0
    link: int = 0
    nothing: int = 0
    unproved: tuple[tuple[str, Location], ...] = ()


@dataclass(frozen=True, slots=True)
class Report:
    """What a run found and did. Everything but `problems` is plain data that a stamp can keep."""

    problems: tuple[Problem, ...] = ()
    output: str = ""  # the .apkg, "" if none was written
    notes: int = 0
    cards: int = 0
    decks: int = 0
    run: int = 0  # programs executed
    cached: int = 0  # programs whose outputs were known
    sandbox: str = ""  # what was in force, "" if nothing ran
    remarks: tuple[str, ...] = ()
    proofs: Proofs = Proofs()
    unchanged: bool = False  # nothing was to be done


@dataclass(frozen=True, slots=True)
class _Checked:
    """A card folder after all stages but the package."""

    folder: CardFolder
    known: tuple[Note, ...]  # every note that was read, faulty ones too
    rendered: tuple[RenderedNote, ...]
    proofs: Proofs
    runtime: tuple[tuple[str, str], ...]
    execution: execute.Report
    remarks: tuple[str, ...]


def build(options: Options, progress: Progress = lambda *_: None) -> Report:
    """Build the deck of `options.root`, whole or, with `keep_going`, without the notes that have problems.

    On any other problem nothing is written: the package and the lock stay as they were.
    """
    stamped = options.root / ".deckgen" / "built.json"
    found = stamp.fingerprint(options.root, (replace(options, now=0, jobs=None, executor=None), Path.cwd()))
    if not options.accept and (last := stamp.recall(stamped, found)):
        return Report(**last, unchanged=True)
    report = _build(options, progress)
    if report.output and not report.problems:
        kept = {name: getattr(report, name) for name in ("output", "notes", "cards", "decks")}
        stamp.remember(stamped, found, (Path(report.output), options.root / "deck.lock"), kept)
    return report


def _build(options: Options, progress: Progress) -> Report:
    import secrets
    from functools import cache

    problems = Problems()
    lock_path = options.root / "deck.lock"

    @cache
    def last() -> Lock:
        from deckgen import lock

        return lock.read(lock_path, problems)

    checked = _check(options, problems, progress, deck_id=lambda: last().deck or secrets.token_hex(8))
    from deckgen import lock, notetypes, package, source  # only now: these are not needed to begin running snippets
    from deckgen.deck import Deck

    old = last()
    if old.unreadable or (problems and not options.keep_going):
        return _report(checked, problems)

    config = checked.folder.config
    types = notetypes.for_deck(config, dict(checked.runtime), _theme(options.root))
    absent = {note.id for note in checked.known} - {note.id for note in checked.rendered}
    step = lock.advance(old, config, checked.rendered, types, options.now, problems, absent=absent)
    if step.refused and not options.keep_going:
        return _report(checked, problems)
    if options.locked and step.lock != old:
        raise DeckgenError(f"{lock_path} would change ({step.changes}): run `deckgen build` and commit it")

    kept = [(note, identity) for note, identity in zip(checked.rendered, step.identities, strict=True) if identity]
    deck = Deck(
        config=config,
        subdecks=tuple(dict.fromkeys(source.subdeck(config, file.part) for file in checked.folder.files)),
        notetypes=tuple(zip(types, step.notetypes, strict=True)),
        notes=tuple(kept),
        media=tuple({media.name: media for note, _ in kept for media in note.media}.values()),
    )
    output = options.output or Path("build") / f"{config.id}.apkg"
    package.write(deck, output)
    lock.write(step.lock, lock_path)
    remarks = (*checked.remarks, *step.changes.remarks())
    if step.lock != old:
        remarks += (f"{lock_path}: {step.changes}; commit it with the cards",)
    return replace(_report(checked, problems), output=str(output), remarks=remarks)


def check(options: Options, progress: Progress = lambda *_: None) -> Report:
    """Everything but the package: format, ids, links, claims and proofs."""
    problems = Problems()
    return _report(_check(options, problems, progress, deck_id=lambda: "deck"), problems)


def stamp_ids(root: Path, *, write: bool) -> tuple[ids.Stamp, ...]:
    """The ids that headings and table rows of `root` lack, written into the files if `write`."""
    from deckgen import ids, source

    stamps = ids.stamp(source.read(root, Problems()).files)
    if write:
        ids.write(stamps)
    return stamps


@dataclass(frozen=True, slots=True)
class Coverage:
    """The page that says what the deck covers, at `path`; `stale` if another one stands there."""

    problems: tuple[Problem, ...]
    path: Path
    text: str
    stale: bool


def coverage(options: Options, *, write: bool) -> Coverage:
    """Hold the notes of `options.root` against its outline, and write the page if `write` and it says something new."""
    from deckgen import coverage as stage
    from deckgen import execute, parse, source

    problems = Problems()
    folder = source.read(options.root, problems)
    notes = _in_study_order(folder, [parse.parse(file, problems) for file in folder.files])
    file, path = options.root / stage.FILE, options.root / stage.PAGE
    outline = stage.read(file, source.typed(file), notes, problems)
    outputs, _ = execute.run((stage.question(outline, notes),), _settings(options), problems)
    text = stage.report(outline, notes, outputs[0], problems) if outputs[0] else ""
    stale = not path.exists() or path.read_text("utf-8") != text
    if write and text and stale:
        path.write_text(text, "utf-8")
    return Coverage(tuple(problems), path, text, stale)


def cache_summary(root: Path) -> CacheSummary:
    """What the cache of the card folder `root` holds."""
    from deckgen import execute

    return execute.cache_summary(_cache(root))


def prune_cache(root: Path, days: int) -> int:
    """Forget what no build of `root` has asked for in the last `days` (0: all); returns how many programs that were."""
    from deckgen import execute

    return execute.prune_cache(_cache(root), days)


def _check(options: Options, problems: Problems, progress: Progress, deck_id: Callable[[], str]) -> _Checked:
    """Read, parse, execute and render; what has problems is left out of `rendered`."""
    from contextlib import closing

    from deckgen import execute, source

    folder = source.read(options.root, problems)
    settings = _settings(options)
    with closing(execute.start_early(settings, (file.text for file in folder.files))) as early:
        from deckgen import parse, render  # only now: torch is being imported meanwhile

        if not folder.config.id:
            folder = replace(folder, config=replace(folder.config, id=deck_id()))
        notes = _in_study_order(folder, [parse.parse(file, problems) for file in folder.files])
        parse.check(notes, problems)
        programs = _runnable(notes, problems)
        drawing = _Drawing(render.Renderer(folder.config, options.root), folder, notes)
        outputs, execution = execute.run(
            programs,
            settings,
            problems,
            _counted(progress, "running snippets"),
            early,
            lambda known: drawing.ahead(known, problems),
        )
    if options.twice:
        execute.twice(programs, outputs, settings, problems, _counted(progress, "running snippets again"))
    runs = {id(program): (program, out) for program, out in zip(programs, outputs, strict=True) if out is not None}
    remarks = _check_claims(options, folder, runs.values(), problems)
    drawn = [
        (note, drawing.draw(note, runs[id(note.program)][1], problems))
        for note in _sound(notes, problems)
        if id(note.program) in runs
    ]
    for note in notes:
        drawing.renderer.check(note, problems)
    sound = {id(note) for note in _sound(notes, problems)}
    kept = [(note, rendered) for note, rendered in drawn if id(note) in sound]
    return _Checked(
        folder=folder,
        known=notes,
        rendered=tuple(rendered for _, rendered in kept),
        proofs=_proofs((note, drawing.renderer.proof(note, runs[id(note.program)][1])) for note, _ in kept),
        runtime=_runtime(out for _, out in runs.values()),
        execution=execution,
        remarks=(*execution.remarks, *remarks),
    )


class _Drawing:
    """Renders notes; those whose outputs are known already while the snippets of the others run."""

    def __init__(self, renderer: render.Renderer, folder: CardFolder, notes: Sequence[Note]) -> None:
        from deckgen import source

        self.renderer = renderer
        self._notes = notes
        self._decks = {file.part: source.subdeck(folder.config, file.part) for file in folder.files}
        self._drawn: dict[int, RenderedNote] = {}

    def ahead(self, known: Callable[[Program], Outputs | None], problems: Problems) -> None:
        from deckgen import lock, notetypes, package  # noqa: F401  they come next, and to import them takes its time

        for note in _sound(self._notes, problems):
            if (outputs := known(note.program)) is not None:
                self._drawn[id(note)] = self.renderer.render(note, outputs, self._decks[note.part], problems)

    def draw(self, note: Note, outputs: Outputs, problems: Problems) -> RenderedNote:
        return self._drawn.get(id(note)) or self.renderer.render(note, outputs, self._decks[note.part], problems)


def _counted(progress: Progress, what: str) -> Callable[[int, int], None]:
    return lambda done, total: progress(what, done, total)


def _in_study_order(folder: CardFolder, files: Iterable[Sequence[Note]]) -> tuple[Note, ...]:
    """The notes of all files, the rhymes of each part after everything else in it."""
    parts: dict[str, list[Note]] = {file.part: [] for file in folder.files}
    for notes in files:
        for note in notes:
            parts[note.part].append(note)
    return tuple(
        note for notes in parts.values() for note in sorted(notes, key=lambda note: note.id.endswith("/rhyme"))
    )


def _runnable(notes: Sequence[Note], problems: Problems) -> tuple[Program, ...]:
    """The programs of all notes, faulty ones too, so that one run tells all; but none with a fault in its fences."""
    from deckgen.deck import Snippet

    wrong = {(problem.location.path, problem.location.line) for problem in problems}

    def is_readable(program: Program) -> bool:
        return not any(
            (step.location.path, line) in wrong
            for step in program.steps
            if isinstance(step, Snippet)
            for line in range(step.location.line - 1, step.location.line + step.code.count("\n") + 1)
        )

    programs = {id(note.program): note.program for note in notes}.values()
    return tuple(program for program in programs if is_readable(program))


def _sound(notes: Sequence[Note], problems: Problems) -> tuple[Note, ...]:
    """The notes with no problem among their lines, nor in what their file says before its first note."""
    firsts: dict[str, int] = {}
    for note in notes:
        path = note.location.path
        firsts[path] = min(firsts.get(path, note.lines[0]), note.lines[0])
    wrong: dict[str, set[int]] = {}
    for problem in problems:
        wrong.setdefault(problem.location.path, set()).add(problem.location.line)

    def is_sound(note: Note) -> bool:
        path, (first, last) = note.location.path, note.lines
        return not any(first <= line <= last or line < firsts[path] for line in wrong.get(path, ()))

    return tuple(note for note in notes if is_sound(note))


def _check_claims(
    options: Options, folder: CardFolder, runs: Iterable[tuple[Program, Outputs]], problems: Problems
) -> tuple[str, ...]:
    """Report false claims, or rewrite them if the author accepts what was printed; returns remarks on what was done."""
    from deckgen import claims

    false = list(claims.false_claims(runs))
    if not options.accept:
        claims.report(false, problems)
        return ()
    written = claims.accept(false, {file.name: file.path for file in folder.files})
    return tuple(f"{claim.location}: the claim now says what the code printed" for claim in written)


def _proofs(proved: Iterable[tuple[Note, str]]) -> Proofs:
    """Count what notes are proved by; `proved` pairs each with "torch", "python", "quote", "link" or ""."""
    from collections import Counter

    pairs = list(proved)
    count = Counter(proof for _, proof in pairs)
    return Proofs(
        code=count["torch"] + count["python"],
        quote=count["quote"],
        link=count["link"],
        nothing=count[""],
        unproved=tuple((note.id, note.location) for note, proof in pairs if not proof),
    )


def _runtime(outputs: Iterable[Outputs]) -> tuple[tuple[str, str], ...]:
    """The versions that ran the notes, of all that any of them imported."""
    return tuple(sorted({pair for out in outputs for pair in out.runtime}))


def _settings(options: Options) -> execute.Settings:
    from deckgen import execute

    cache = _cache(options.root) if options.cache else None
    return execute.Settings(
        cache=cache,
        jobs=options.jobs,
        timeout=options.timeout,
        sandbox=options.sandbox,
        executor=options.executor,
    )


def _cache(root: Path) -> Path:
    return root / ".deckgen" / "cache.db"


def _theme(root: Path) -> str:
    """The author's own style, added behind the note types'."""
    try:
        return (root / "theme.css").read_text("utf-8")
    except FileNotFoundError:
        return ""


def _report(checked: _Checked, problems: Problems) -> Report:
    return Report(
        problems=tuple(problems),
        notes=len(checked.rendered),
        cards=sum(len(note.ordinals) for note in checked.rendered),
        decks=len({note.deck for note in checked.rendered}),
        run=checked.execution.run,
        cached=checked.execution.cached,
        sandbox=checked.execution.sandbox,
        remarks=checked.remarks,
        proofs=checked.proofs,
    )
