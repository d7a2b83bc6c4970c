from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest
from author import Author
from learner import Learner


@pytest.fixture
def learner(tmp_path: Path) -> Iterator[Learner]:
    learner = Learner(tmp_path / "learner")
    yield learner
    learner.close()


@pytest.fixture
def author(tmp_path: Path) -> Author:
    return Author(tmp_path)
