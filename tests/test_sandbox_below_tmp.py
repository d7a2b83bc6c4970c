"""An interpreter below /tmp, where continuous integration often clones to, works inside the sandbox."""

import os
import shutil
import subprocess
import venv
from pathlib import Path

import pytest

PROGRAM = """
from deckgen import execute
from deckgen.deck import Location, Program, Snippet
from deckgen.errors import Problems
here, problems = Location("a.md", 1), Problems()
program = Program("late", here, (Snippet("import late\\nprint(late.word)", here),))
outputs, report = execute.run([program], execute.Settings(sandbox="required"), problems)
print(*problems, outputs[0].steps[0][0].text if outputs[0] else "nothing")
"""


@pytest.mark.skipif(not shutil.which("bwrap"), reason="bubblewrap is not installed")
def test_a_note_can_import_what_is_installed_below_tmp(tmp_path: Path) -> None:
    if not str(tmp_path.resolve()).startswith("/tmp/"):
        pytest.skip("temporary files are not below /tmp here")
    home = tmp_path / "venv"
    venv.create(home, symlinks=True)
    (next(home.glob("lib/python*/site-packages")) / "late.py").write_text("word = 'found'\n")
    environment = {**os.environ, "PYTHONPATH": str(Path(__file__).parent.parent)}
    done = subprocess.run(
        [home / "bin" / "python", "-c", PROGRAM],
        env=environment,
        capture_output=True,
        text=True,
        timeout=60,
        check=False,
    )
    assert done.stdout.strip() == "found", done.stdout + done.stderr
