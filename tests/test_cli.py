"""The command line: exit codes, every problem in one run, and a last good deck that nothing harms."""

import hashlib
import json
import os
import subprocess
import sys
from pathlib import Path

import pytest

GOOD = "# S\n\n## One {#one}\n\n```python\nprint(6 * 7)\n```\n\n---\n\nforty-two\n\n## Two {#two}\n\ntwo\n"


def deckgen(*words: str, cwd: Path, **env: str) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        [sys.executable, "-m", "deckgen", *words],
        cwd=cwd,
        env={**os.environ, "SOURCE_DATE_EPOCH": "1700000000", **env},
        capture_output=True,
        text=True,
        timeout=120,
        check=False,
    )


@pytest.fixture
def home(tmp_path: Path) -> Path:
    """A folder with a good card folder `cards` of two notes in it."""
    (tmp_path / "cards" / "part1").mkdir(parents=True)
    (tmp_path / "cards" / "deck.toml").write_text('id = "try"\ntitle = "Try"\n\n[parts]\npart1 = "Part 1"\n')
    (tmp_path / "cards" / "part1" / "a.md").write_text(GOOD)
    return tmp_path


def card(home: Path) -> Path:
    return home / "cards" / "part1" / "a.md"


BAD = """# Bad

## No id

text

## One {#one}

```python pythonic
1
```

## One again {#one}

```python raises=ValueError
print(1)
```

## Loop {#loop}

```python timeout=1
while True: pass
```

## Hog {#hog}

```python
x = bytearray(1 << 40)
```

## Exit {#exit}

```python
import os
os._exit(3)
```

## Crash {#crash}

```python
import ctypes
ctypes.string_at(0)
```

## Flood {#flood}

```python
s = "x" * (1 << 20)
for _ in range(1024): print(s)
```

## Syntax {#syntax}

```python
x = 1
y = = 2
```

## Choice {#choice}

- [ ] a
- [ ] b

## Kind {#kind .chioce}

a

## Links {#links}

![](media/none.png)

[gone](#onne)

## Claim {#claim}

```python
print(1)
```
```output
2
```

## Wrong exception {#wrong}

```python raises=ValueError match="no"
[][1]
```

## Library {#library}

```python
import nosuchlibrary
```

## Unclosed {#unclosed}

```python
print(1)
"""
EXPECTED = {
    3: "{#no-id}",
    9: "pythonic",
    13: "cards/part1/a.md:7",
    16: "ValueError",
    22: "timeout=",
    28: "MemoryError",
    34: "os._exit(3)",
    41: "SIGSEGV",
    48: "print less",
    56: "SyntaxError",
    61: "[x]",
    64: "choice",
    70: "media/none.png",
    72: "`one`",
    80: "--accept",
    86: "IndexError",
    92: "nosuchlibrary",
    97: "never closed",
}


def test_every_problem_is_told_in_one_run_at_its_line_and_the_last_deck_stays(home: Path) -> None:
    assert deckgen("build", cwd=home).returncode == 0
    before = (home / "build" / "try.apkg").read_bytes(), (home / "cards" / "deck.lock").read_bytes()
    card(home).write_text(BAD)
    run = deckgen("build", cwd=home)
    assert run.returncode == 1
    told = {int(line.split(":")[1]): line for line in run.stderr.splitlines() if line.startswith("cards/part1/a.md:")}
    assert not {line: word for line, word in EXPECTED.items() if word not in told.get(line, "")}, run.stderr
    assert set(told) == set(EXPECTED), run.stderr
    assert ((home / "build" / "try.apkg").read_bytes(), (home / "cards" / "deck.lock").read_bytes()) == before


def test_keep_going_builds_the_sound_notes_and_still_exits_with_1(home: Path) -> None:
    card(home).write_text(GOOD + "\n## Three\n\nno id\n")
    run = deckgen("build", "--keep-going", cwd=home)
    assert run.returncode == 1
    assert "try.apkg: 2 notes, 2 cards" in run.stdout
    assert (home / "build" / "try.apkg").exists()


def test_a_second_build_says_that_nothing_has_changed_and_writes_nothing(home: Path) -> None:
    deckgen("build", cwd=home)
    before = (home / "build" / "try.apkg").stat().st_mtime_ns
    run = deckgen("build", cwd=home)
    assert run.returncode == 0
    assert "Nothing has changed" in run.stdout
    assert (home / "build" / "try.apkg").stat().st_mtime_ns == before


def test_an_unchanged_build_imports_no_heavy_library_and_starts_no_worker(home: Path) -> None:
    code = """
import subprocess, sys
from pathlib import Path
from deckgen import pipeline
options = pipeline.Options(root=Path("cards"), now=1)
assert pipeline.build(options).output
def forbidden(*_, **__): raise AssertionError("a process was started")
for name in [name for name in sys.modules if name.partition(".")[0] in HEAVY]: del sys.modules[name]
subprocess.Popen.__init__ = forbidden
assert pipeline.build(options).unchanged
assert not {name.partition(".")[0] for name in sys.modules} & HEAVY
""".replace("HEAVY", "{'torch', 'genanki', 'markdown_it', 'jinja2', 'pygments', 'yaml'}")
    subprocess.run([sys.executable, "-c", code], cwd=home, check=True, timeout=120)


def test_an_edit_made_between_two_builds_is_built(home: Path) -> None:
    deckgen("build", cwd=home)
    before = (home / "build" / "try.apkg").read_bytes()
    card(home).write_text(GOOD.replace("forty-two", "42"))
    run = deckgen("build", cwd=home)
    assert "No snippet had to run" in run.stdout
    assert (home / "build" / "try.apkg").read_bytes() != before


def test_accept_rewrites_the_claim_and_the_next_check_is_clean(home: Path) -> None:
    card(home).write_text(
        GOOD.replace("\n---\n", "\n```output\n43\n```\n\n---\n", 1).replace("```\n\n```output", "```\n```output")
    )
    assert deckgen("check", cwd=home).returncode == 1
    assert deckgen("build", "--accept", cwd=home).returncode == 0
    assert "```output\n42\n```" in card(home).read_text()
    assert deckgen("check", cwd=home).returncode == 0


def test_ids_writes_what_is_missing_once(home: Path) -> None:
    card(home).write_text("## What is `.grad`?\n\na\n")
    dry = deckgen("ids", "--dry-run", cwd=home)
    assert "1 id" in dry.stdout
    assert "{#" not in card(home).read_text()
    deckgen("ids", cwd=home)
    written = card(home).read_text()
    assert "{#what-is-grad}" in written
    assert "Every note has an id." in deckgen("ids", cwd=home).stdout
    assert card(home).read_text() == written


def test_check_as_json_is_one_object_with_places(home: Path) -> None:
    card(home).write_text(GOOD + "\n## Three\n\nno id\n")
    run = deckgen("check", "--json", cwd=home)
    assert run.returncode == 1
    found = json.loads(run.stdout)
    assert found["problems"][0]["path"] == "cards/part1/a.md"
    assert found["problems"][0]["line"] == 17
    assert found["proved"] == {"code": 1, "quote": 0, "link": 0, "nothing": 1}
    assert found["unproved"][0]["id"] == "two"


def test_check_counts_the_proofs_and_names_the_notes_without_one(home: Path) -> None:
    run = deckgen("check", cwd=home)
    assert run.returncode == 0
    assert "2 notes: 1 proved by code, 0 by a quotation, 0 by a link, 1 by nothing." in run.stdout
    assert "cards/part1/a.md:13: two is proved by nothing" in run.stdout


@pytest.mark.parametrize(
    ("name", "content", "place", "word"),
    [
        ("deck.toml", b'id = "try"\ntitle = \n', "cards/deck.toml:2", "TOML"),
        ("deck.toml", b'id = "try"\ntittle = "x"\n', "cards/deck.toml:2", "title"),
        ("part1/a.md", b"## One {#one}\n\n\xff\n", "cards/part1/a.md:3", "UTF-8"),
        ("part1/a.md", b"---\ntags: [a\n---\n## One {#one}\n\nx\n", "cards/part1/a.md:", "YAML"),
        ("part1/a.md", b"---\n- a\n---\n## One {#one}\n\nx\n", "cards/part1/a.md:1", "front matter"),
        ("deck.lock", b"<<<<<<< ours\n", "cards/deck.lock:1", "merge"),
    ],
)
def test_a_broken_file_is_named_with_its_line(home: Path, name: str, content: bytes, place: str, word: str) -> None:
    (home / "cards" / name).write_bytes(content)
    run = deckgen("build", cwd=home)
    assert run.returncode == 1
    assert any(line.startswith(place) and word in line for line in run.stderr.splitlines()), run.stderr
    assert not (home / "build").exists()
    assert (home / "cards" / name).read_bytes() == content


def test_a_lock_that_cannot_be_read_is_never_replaced_even_with_keep_going(home: Path) -> None:
    (home / "cards" / "deck.lock").write_text("{")
    assert deckgen("build", "--keep-going", cwd=home).returncode == 1
    assert (home / "cards" / "deck.lock").read_text() == "{"


def test_an_empty_folder_and_a_missing_one(tmp_path: Path) -> None:
    (tmp_path / "empty").mkdir()
    run = deckgen("build", "empty", cwd=tmp_path)
    assert run.returncode == 1
    assert "no card" in run.stderr
    assert deckgen("build", "nowhere", cwd=tmp_path).returncode == 2
    assert deckgen("biuld", cwd=tmp_path).returncode == 2


def test_an_output_that_cannot_be_written_is_an_error_and_leaves_the_lock_alone(home: Path) -> None:
    (home / "file").write_text("")
    run = deckgen("build", "-o", "file/deck.apkg", cwd=home)
    assert run.returncode == 1
    assert "error: cannot write file/deck.apkg" in run.stderr
    assert not (home / "cards" / "deck.lock").exists()


def test_a_folder_without_deck_toml_builds_and_keeps_the_id_it_drew(home: Path) -> None:
    (home / "cards" / "deck.toml").unlink()
    assert deckgen("build", "cards", cwd=home).returncode == 0
    (drawn,) = (home / "build").glob("*.apkg")
    card(home).write_text(GOOD.replace("forty-two", "42"))
    assert deckgen("build", "cards", cwd=home).returncode == 0
    assert list((home / "build").glob("*.apkg")) == [drawn]
    assert json.loads((home / "cards" / "deck.lock").read_text())["deck"] == drawn.stem


def test_another_deck_id_than_the_locks_stops_the_build(home: Path) -> None:
    deckgen("build", cwd=home)
    toml = home / "cards" / "deck.toml"
    toml.write_text(toml.read_text().replace('"try"', '"other"'))
    run = deckgen("build", cwd=home)
    assert run.returncode == 1
    assert "try" in run.stderr
    assert not (home / "build" / "other.apkg").exists()


def test_locked_fails_where_the_lock_would_change_and_passes_where_not(home: Path) -> None:
    assert deckgen("build", "--locked", cwd=home).returncode == 1
    assert not (home / "cards" / "deck.lock").exists()
    deckgen("build", cwd=home)
    assert deckgen("build", "--locked", cwd=home).returncode == 0


def test_two_builds_of_the_same_sources_and_lock_are_byte_identical(home: Path) -> None:
    deckgen("build", "-o", "first.apkg", cwd=home)
    deckgen(
        "build",
        "-o",
        "second.apkg",
        "--no-cache",
        cwd=home,
        TZ="Asia/Tokyo",
        PYTHONHASHSEED="7",
        SOURCE_DATE_EPOCH="1800000000",
    )
    digests = {hashlib.sha256((home / name).read_bytes()).hexdigest() for name in ("first.apkg", "second.apkg")}
    assert len(digests) == 1


def test_several_builds_of_one_folder_at_once_end_in_one_good_deck(home: Path) -> None:
    deckgen("build", cwd=home)
    card(home).write_text(GOOD.replace("6 * 7", "6 * 8"))
    command = [sys.executable, "-m", "deckgen", "build"]
    environment = {**os.environ, "SOURCE_DATE_EPOCH": "1700000000"}
    builds = [subprocess.Popen(command, cwd=home, env=environment, stdout=subprocess.DEVNULL) for _ in range(3)]
    assert [build.wait() for build in builds] == [0, 0, 0]
    package = (home / "build" / "try.apkg").read_bytes()
    assert "Nothing has changed" in deckgen("build", cwd=home).stdout
    deckgen("build", "--no-cache", "--locked", "-o", "again.apkg", cwd=home)
    assert (home / "again.apkg").read_bytes() == package


def test_no_colour_and_no_bar_where_there_is_no_terminal(home: Path) -> None:
    card(home).write_text(GOOD + "\n## Three\n\nno id\n")
    run = deckgen("build", cwd=home)
    assert "\x1b" not in run.stdout + run.stderr


def test_a_bad_source_date_is_a_usage_error(home: Path) -> None:
    run = deckgen("build", cwd=home, SOURCE_DATE_EPOCH="yesterday")
    assert run.returncode == 2
    assert "SOURCE_DATE_EPOCH" in run.stderr


@pytest.mark.parametrize("command", ["build", "check", "ids", "cache"])
def test_help_of_every_command_names_the_exit_codes(command: str, tmp_path: Path) -> None:
    run = deckgen(command, "--help", cwd=tmp_path)
    assert run.returncode == 0
    assert "Exit codes" in run.stdout


def test_twice_names_the_note_whose_output_is_not_stable(home: Path) -> None:
    card(home).write_text(GOOD + "\n## Chance {#chance}\n\n```python\nimport time\nprint(time.time_ns())\n```\n")
    assert deckgen("check", cwd=home).returncode == 0
    run = deckgen("check", "--twice", cwd=home)
    assert run.returncode == 1
    assert "cards/part1/a.md:20: the output differs" in run.stderr
    assert run.stderr.count("the output differs") == 1


def test_cache_tells_what_is_kept_and_prunes_it(home: Path) -> None:
    deckgen("check", cwd=home)
    deckgen("check", cwd=home)
    found = json.loads(deckgen("cache", "--json", cwd=home).stdout)
    assert (found["entries"], found["hits"], found["misses"]) == (1, 1, 1)
    assert "Forgot 1 note." in deckgen("cache", "--prune", "0", cwd=home).stdout
    assert json.loads(deckgen("cache", "--json", cwd=home).stdout)["entries"] == 0


def test_a_cache_that_is_garbage_is_replaced_and_this_is_said(home: Path) -> None:
    (home / "cards" / ".deckgen").mkdir()
    (home / "cards" / ".deckgen" / "cache.db").write_bytes(b"garbage" * 100)
    assert deckgen("cache", cwd=home).returncode == 1
    run = deckgen("build", cwd=home)
    assert run.returncode == 0
    assert "replaced" in run.stderr
    assert deckgen("cache", cwd=home).returncode == 0


def test_an_empty_fence_does_not_stop_a_build(home: Path) -> None:
    card(home).write_text("## One {#one}\n\n```python\n```\n\n---\n\none\n")
    assert "1 note" in deckgen("check", cwd=home).stdout


@pytest.mark.parametrize("code", ["", "\n \n", "# what this would do\n"])
def test_a_fence_without_code_proves_nothing(home: Path, code: str) -> None:
    card(home).write_text(f"## One {{#one}}\n\n```python\n{code}```\n\n---\n\none\n")
    told = deckgen("check", cwd=home).stdout
    assert "1 note: 0 proved by code" in told
    assert "one is proved by nothing" in told


@pytest.mark.parametrize(
    ("address", "code", "word"),
    [
        ("mesos://localhost:1", 2, "dask://HOST:PORT"),
        ("dask://localhost", 2, "dask://HOST:PORT"),
        ("dask://localhost:1", 1, "no Dask scheduler answers at localhost:1"),
    ],
)
def test_a_bad_address_of_an_executor_is_told_in_one_line(home: Path, address: str, code: int, word: str) -> None:
    if code == 1:
        pytest.importorskip("distributed", reason="dask is not installed")
    run = deckgen("build", "--executor", address, cwd=home)
    assert (run.returncode, run.stdout) == (code, "")
    *_, line = run.stderr.splitlines()
    assert word in line
    assert "Traceback" not in run.stderr
    assert not (home / "build").exists()


def test_an_executor_without_its_library_is_told_in_one_line(home: Path) -> None:
    (home / "distributed.py").write_text("raise ImportError('not here')")
    run = deckgen("check", "--executor", "dask://localhost:1", cwd=home, PYTHONPATH=str(home))
    assert run.returncode == 1
    assert 'error: dask is not installed: pip install "deckgen[dask]"' in run.stderr.splitlines()


@pytest.mark.torch
def test_a_fault_that_outputs_show_is_told_again_while_another_note_runs(home: Path) -> None:
    game = "import torch\nx = torch.tensor(2.0, requires_grad=True)\ny = x.sin()"
    card(home).write_text(f"# S\n\n## G {{#g}}\n\n```python order graph=y\n{game}\n```\n\n---\n\nb\n\n")
    told = "a.md:5: the graph of `y` has 2 nodes"
    assert told in deckgen("check", cwd=home).stderr
    with card(home).open("a") as file:
        file.write("## New {#new}\n\n```python\nprint(1)\n```\n\n---\n\nb\n")
    again = deckgen("check", cwd=home)
    assert told in again.stderr
    assert again.returncode == 1
