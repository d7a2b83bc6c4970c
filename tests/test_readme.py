"""The README tells the truth: its commands run, its example is a card, its links lead somewhere."""

import os
import re
import shlex
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

ROOT = Path(__file__).parent.parent
README = (ROOT / "README.md").read_text("utf-8")


def blocks(language: str) -> list[str]:
    return re.findall(rf"^(`{{3,}}){language}\n(.*?)^\1$", README, re.M | re.S)


def commands() -> list[str]:
    lines = [line.split("#")[0].strip() for _, block in blocks("sh") for line in block.splitlines()]
    return [line for line in lines if line]


@pytest.fixture(scope="module")
def desk(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The cards of the repository, with what was run of them before, and .venv/bin/deckgen as the README has it."""
    folder = tmp_path_factory.mktemp("desk")
    shutil.copytree(ROOT / "cards", folder / "cards")
    bin_folder = folder / ".venv" / "bin"
    bin_folder.mkdir(parents=True)
    (bin_folder / "deckgen").write_text(f'#!/bin/sh\nexec {shlex.quote(sys.executable)} -m deckgen "$@"\n')
    (bin_folder / "editor").write_text("#!/bin/sh\nprintf '## One\\n\\n1\\n' > \"$1\"\n")
    for script in bin_folder.iterdir():
        script.chmod(0o755)
    return folder


def run(line: str, desk: Path) -> None:
    path = f"{desk / '.venv' / 'bin'}:{Path(sys.executable).parent}:{os.environ['PATH']}"
    environment = {**os.environ, "PATH": path, "EDITOR": "editor", "PYTHONPATH": str(ROOT)}
    done = subprocess.run(
        ["sh", "-c", line], cwd=desk, env=environment, capture_output=True, text=True, timeout=1000, check=False
    )
    assert done.returncode == 0, done.stdout + done.stderr


@pytest.mark.torch
def test_the_commands_of_the_readme_run_in_their_order(desk: Path) -> None:
    ran = [line for line in commands() if not line.startswith(("make ", "pip "))]
    assert len(ran) >= 7
    for line in ran:
        run(line, desk)


def test_the_make_targets_of_the_readme_exist() -> None:
    targets = [line for line in commands() if line.startswith("make ")] + re.findall(r"`(make \w+)`", README)
    assert {"make deck", "make test"} <= set(targets)
    for line in targets:
        subprocess.run([*shlex.split(line), "--dry-run"], cwd=ROOT, check=True, capture_output=True)


def test_the_first_commands_of_the_readme_are_make_deck_and_make_test() -> None:
    assert commands()[:2] == ["make deck", "make test"]


@pytest.mark.torch
def test_the_example_of_the_readme_is_a_card_file_without_problems(desk: Path, tmp_path: Path) -> None:
    ((_, example),) = blocks("markdown")
    (tmp_path / "cards").mkdir()
    (tmp_path / "cards" / "a.md").write_text(example, "utf-8")
    run(f"cd {shlex.quote(str(tmp_path))} && {desk}/.venv/bin/deckgen check cards", desk)


def test_every_file_that_the_documents_link_to_is_there() -> None:
    for document in (ROOT / "README.md", *(ROOT / "docs").glob("*.md")):
        prose = re.sub(r"^(`{3,}).*?^\1$|`[^`\n]+`", "", document.read_text("utf-8"), flags=re.M | re.S)
        for target in re.findall(r"\]\(([^)#:]+)(?:#[^)]*)?\)", prose):
            assert (document.parent / target).exists(), f"{document.name}: {target}"


def test_the_changelog_tells_of_the_version_that_is_built() -> None:
    from deckgen import __version__

    assert f"## {__version__}" in (ROOT / "CHANGELOG.md").read_text("utf-8")
    assert f'version = "{__version__}"' in (ROOT / "pyproject.toml").read_text("utf-8")
