"""The keys of a card in Anki's own desktop program, run without a screen where it is installed."""

import json
import os
import subprocess
import sys
from pathlib import Path

import pytest

# Its Qt weighs 600 MB, so that it may live in an environment of its own.
PYTHON = os.environ.get("DECKGEN_ANKI_PYTHON", sys.executable)


def has_the_program() -> bool:
    return subprocess.run([PYTHON, "-c", "import aqt, PyQt6.QtTest"], capture_output=True).returncode == 0


@pytest.mark.torch
def test_anki_leaves_the_keys_of_a_card_to_it_and_space_still_turns_it(package: Path) -> None:
    if not has_the_program():
        pytest.skip("needs Anki's desktop program: set DECKGEN_ANKI_PYTHON to a Python that has aqt and PyQt6")
    script = Path(__file__).parent / "desktop.py"
    run = subprocess.run(
        [PYTHON, str(script), str(package), "choice", "jkjx"], capture_output=True, text=True, check=True, timeout=200
    )
    found = json.loads(run.stdout.splitlines()[-1])
    assert found["seen"] == "jkjx"
    assert found["chosen"] == 1
    assert found["side"] == "answer"
    assert found["verdict"][:1] in ("✓", "✗")
