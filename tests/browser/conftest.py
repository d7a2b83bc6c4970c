from __future__ import annotations

import shutil
from collections.abc import Callable, Iterator
from contextlib import ExitStack
from pathlib import Path
from typing import Any

import pytest
from playwright.sync_api import Browser, sync_playwright
from reviewer import Reviewer, Shelf, import_cards, open_reviewer

from deckgen import pipeline

CHROMIUM = shutil.which("chromium") or shutil.which("chromium-browser") or shutil.which("google-chrome")


@pytest.fixture(scope="session")
def browser() -> Iterator[Browser]:
    if not CHROMIUM:
        pytest.skip("needs chromium")
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=CHROMIUM, args=["--no-sandbox"])
        yield browser
        browser.close()


@pytest.fixture(scope="session")
def package(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A card of every kind, built as any deck is."""
    folder = tmp_path_factory.mktemp("gallery")
    root = Path(shutil.copytree(Path(__file__).parent / "kinds", folder / "cards"))
    package = folder / "gallery.apkg"
    report = pipeline.build(pipeline.Options(root, now=1_780_000_000, output=package, jobs=2))
    assert not report.problems, "\n".join(map(str, report.problems))
    return package


@pytest.fixture(scope="session")
def shelf(package: Path) -> Shelf:
    """Its cards, imported into the real Anki."""
    return import_cards(package, package.parent)


@pytest.fixture
def reviewer(browser: Browser, shelf: Shelf) -> Iterator[Callable[..., Reviewer]]:
    """Opens a window: `reviewer(night=True, width=320)`."""
    with ExitStack() as stack:

        def window(**options: Any) -> Reviewer:
            return stack.enter_context(open_reviewer(browser, shelf.media, **options))

        yield window
