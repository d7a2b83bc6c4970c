"""The layout shows the pipeline."""

import re
import subprocess
import sys
from pathlib import Path

PACKAGE = Path(__file__).parent.parent / "deckgen"


def first_lines() -> dict[str, str]:
    rooms = [*PACKAGE.glob("*.py"), *PACKAGE.glob("*/__init__.py")]
    return {str(path.relative_to(PACKAGE)): path.read_text("utf-8").split("\n", 1)[0] for path in rooms}


def test_the_first_lines_of_the_stages_print_the_pipeline() -> None:
    stages = {name: line for name, line in first_lines().items() if "Stage" in line}
    numbers = sorted(re.match(r'"""Stage (\d) of 5\.  .+ -> .+', line)[1] for line in stages.values())  # type: ignore[index]
    assert numbers == ["1", "2", "3", "4", "5"], stages


def test_every_room_says_in_one_line_what_it_is_for() -> None:
    for path in PACKAGE.rglob("*.py"):
        line = path.read_text("utf-8").split("\n", 1)[0]
        assert line.startswith('"""'), path
        assert len(line) > 25, path


def test_help_imports_none_of_the_heavy_libraries() -> None:
    code = """
import sys
from deckgen.cli import cli
try:
    cli(["--help"])
except SystemExit:
    pass
heavy = {"torch", "numpy", "jinja2", "pygments", "markdown_it", "genanki", "yaml", "rich", "sqlite3"}
assert not heavy & set(sys.modules), heavy & set(sys.modules)
"""
    subprocess.run([sys.executable, "-c", code], check=True, capture_output=True, cwd=PACKAGE.parent)
