"""How much memory a build takes: the process that one starts, and the one that imports torch and forks a child a note.

    python benchmarks/memory.py [--notes 10000] [--jobs 2]

Prints the peaks of both, in all (RSS) and as their share of what several processes use (PSS); a child's own memory is
the note's affair, and there are never more of them than jobs. Needs Linux and the extra torch.
"""

from __future__ import annotations

import argparse
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator
from contextlib import suppress
from pathlib import Path

from execution import snippets

PER_FILE = 100
NOTE = "## What does this print, number {n}? {{#n{n}}}\n\n```python\n{code}\n```\n\n---\n\nThe code says it.\n\n"


def write_cards(folder: Path, notes: int) -> None:
    folder.mkdir(exist_ok=True)
    (folder / "deck.toml").write_text('id = "memory"\ntitle = "Memory"\n')
    # The line that counts keeps any two notes from being the same program, which would be run once.
    texts = [NOTE.format(n=n, code=f"{code}\n_ = {n}") for n, code in enumerate(snippets(notes))]
    for start in range(0, notes, PER_FILE):
        head = f"# File {start}\n\n```python\nimport torch\n```\n\n"
        (folder / f"f{start:06}.md").write_text(head + "".join(texts[start : start + PER_FILE]))


def descendants(pid: int) -> Iterator[int]:
    with suppress(OSError):
        for task in Path(f"/proc/{pid}/task").iterdir():
            for child in map(int, (task / "children").read_text().split()):
                yield child
                yield from descendants(child)


def zygote_of(build: int) -> int | None:
    """The first process that runs the zygote's code: those that it forks come later."""
    for pid in descendants(build):
        with suppress(OSError):
            command = Path(f"/proc/{pid}/cmdline").read_bytes()
            if b"worker.zygote" in command and not Path(f"/proc/{pid}/exe").readlink().name.startswith("bwrap"):
                return pid
    return None


def megabytes(pid: int, file: str, name: str) -> float:
    with suppress(OSError):
        for line in Path(f"/proc/{pid}/{file}").read_text().splitlines():
            if line.startswith(f"{name}:"):
                return int(line.split()[1]) / 1024
    return 0.0


def watch(build: subprocess.Popen[bytes]) -> tuple[dict[str, float], dict[str, float], float]:
    """Peaks of RSS and PSS of the two, and of the sum of their PSS."""
    parent, zygote = {"rss": 0.0, "pss": 0.0}, {"rss": 0.0, "pss": 0.0}
    together, found = 0.0, None
    while build.poll() is None:
        found = found or zygote_of(build.pid)
        now = []
        for pid, peaks in ((build.pid, parent), (found, zygote)):
            if pid:
                peaks["rss"] = max(peaks["rss"], megabytes(pid, "status", "VmHWM"))
                now.append(megabytes(pid, "smaps_rollup", "Pss"))
                peaks["pss"] = max(peaks["pss"], now[-1])
        together = max(together, sum(now))
        time.sleep(0.25)
    return parent, zygote, together


def main() -> None:
    parser = argparse.ArgumentParser(description="How much memory a build takes.")
    parser.add_argument("--notes", type=int, default=10_000)
    parser.add_argument("--jobs", type=int, default=2)
    asked = parser.parse_args()
    with tempfile.TemporaryDirectory() as folder:
        cards = Path(folder, "cards")
        write_cards(cards, asked.notes)
        start = time.perf_counter()
        command = [
            sys.executable,
            "-m",
            "deckgen",
            "build",
            str(cards),
            "-o",
            f"{folder}/memory.apkg",
            f"-j{asked.jobs}",
        ]
        build = subprocess.Popen(command, stdout=subprocess.PIPE)
        parent, zygote, together = watch(build)
        told = build.stdout.read().decode() if build.stdout else ""
    print(told.splitlines()[0] if told else "the build failed")
    print(f"{asked.notes} notes, {time.perf_counter() - start:.0f} s")
    for name, peaks in (("build", parent), ("zygote", zygote)):
        print(f"{name:<10}{peaks['rss']:7.0f} MB RSS {peaks['pss']:7.0f} MB PSS")
    print(f"{'together':<10}{parent['rss'] + zygote['rss']:7.0f} MB RSS {together:7.0f} MB PSS at one moment")


if __name__ == "__main__":
    main()
