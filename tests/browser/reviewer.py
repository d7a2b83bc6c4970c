"""Cards as a learner sees them: imported into the real Anki, shown in Chromium on a page like that of its reviewer.

Where the desktop program's own files are installed (the distribution aqt, which needs no Qt for this) its page, style,
script and MathJax are used; else a page that does what they do with a card.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from importlib.util import find_spec
from pathlib import Path

from anki.collection import Collection, ImportAnkiPackageOptions, ImportAnkiPackageRequest
from playwright.sync_api import Browser, Page, Route

SITE = "http://anki.test"
_STAND_IN = """
async function put(html, kind) {
  const qa = document.getElementById("qa");
  qa.innerHTML = html;
  for (const old of Array.from(qa.querySelectorAll("script"))) {
    const fresh = document.createElement("script");
    fresh.textContent = old.textContent;
    old.replaceWith(fresh);
  }
  if (kind) document.body.className = kind;
}
const _showQuestion = (question, answer, kind) => put(question, kind), _showAnswer = (answer) => put(answer, "");
"""
_STAND_IN_STYLE = """
body { margin: 20px; overflow-wrap: break-word }
hr { background-color: #737373; margin: 1em 0; border: none; height: 1px }
body.nightMode { background-color: #2c2c2c; color: #fcfcfc }
img { max-width: 100%; max-height: 95vh } li { text-align: start }
pre { text-align: left } button { margin: 1em .5em }
"""
_PLAY = '<a class="replay-button soundLink" href="#" aria-label="play"><svg viewBox="0 0 64 64" width="40"></svg></a>'


@dataclass(frozen=True)
class Seen:
    """A card with both its sides as Anki renders them."""

    note: str
    kind: str
    ordinal: int
    question: str
    answer: str

    @property
    def name(self) -> str:
        return f"{self.kind}-{self.note.replace('/', '-')}-{self.ordinal + 1}"


@dataclass
class Shelf:
    """The cards of a package, and the folder of its media."""

    media: Path
    cards: list[Seen]

    def card(self, note: str, ordinal: int = 0) -> Seen:
        return next(card for card in self.cards if (card.note, card.ordinal) == (note, ordinal))


def import_cards(package: Path, folder: Path) -> Shelf:
    collection = Collection(str(folder / "collection.anki2"))
    request = ImportAnkiPackageRequest(package_path=str(package), options=ImportAnkiPackageOptions())
    collection.import_anki_package(request)
    cards = []
    for key in collection.find_cards(""):
        card = collection.get_card(key)
        sides = (re.sub(r"\[anki:play:[qa]:\d+\]", _PLAY, side) for side in (card.question(), card.answer()))
        cards.append(Seen(card.note()["ID"], card.note()["Kind"], card.ord, *sides))
    media = Path(collection.media.dir())
    collection.close()
    return Shelf(media, cards)


@dataclass
class Reviewer:
    """One window. `requests` are what the page asked for beyond Anki, `errors` what went wrong in it."""

    page: Page
    night: bool
    requests: list[str] = field(default_factory=list)
    errors: list[str] = field(default_factory=list)

    def question(self, card: Seen) -> None:
        self._card = card
        classes = f"card card{card.ordinal + 1}" + (" nightMode night_mode" if self.night else "")
        self._run(
            "([question, answer, kind]) => _showQuestion(question, answer, kind)", [card.question, card.answer, classes]
        )

    def answer(self, card: Seen) -> None:
        self._run("(answer) => _showAnswer(answer)", card.answer)

    def reload(self, card: Seen) -> None:
        """The answer on a page that was loaded anew, as the old viewer of AnkiDroid shows it."""
        self.page.goto(f"{SITE}/review")
        classes = "card card1" + (" nightMode night_mode" if self.night else "")
        self._run("([answer, kind]) => _showQuestion(answer, answer, kind)", [card.answer, classes])

    def _run(self, script: str, argument: object) -> None:
        self.page.evaluate(script, argument)
        # Anki fades a card in.
        self.page.wait_for_function(
            "getComputedStyle(document.getElementById('qa')).opacity === '1' && document.querySelector('.deckgen')"
        )


@contextmanager
def open_reviewer(
    browser: Browser, media: Path, night: bool = False, width: int = 375, scripts: bool = True
) -> Iterator[Reviewer]:
    context = browser.new_context(viewport={"width": width, "height": 720}, java_script_enabled=scripts)
    page = context.new_page()
    reviewer = Reviewer(page, night)
    page.on("pageerror", lambda error: reviewer.errors.append(str(error)))
    page.on("console", lambda message: reviewer.errors.append(message.text) if message.type == "error" else None)
    page.route("**/*", lambda route: _serve(route, reviewer, media))
    page.goto(f"{SITE}/review")
    yield reviewer
    context.close()


def _web() -> Path | None:
    found = find_spec("_aqt")
    places = list(found.submodule_search_locations or ()) if found else []
    return Path(places[0]) / "data" / "web" if places else None


def has_mathjax() -> bool:
    return _web() is not None


def _page(night: bool) -> str:
    night_html, night_body = ("night-mode", "nightMode night_mode") if night else ("", "")
    style = "".join(f'<link rel="stylesheet" href="/css/{name}.css">' for name in ("webview", "reviewer"))
    script = "".join(
        f'<script src="/js/{name}.js"></script>' for name in ("mathjax", "vendor/mathjax/tex-chtml-full", "reviewer")
    )
    head = style + "<script>var pycmd = () => {}, bridgeCommand = pycmd;</script>" + script
    if not _web():
        head = f"<style>{_STAND_IN_STYLE}</style><script>{_STAND_IN}</script>"
    body = '<div id="_mark" hidden></div><div id="_flag" hidden></div><div id="qa"></div>'
    return (
        f'<!doctype html><html lang="zh-CN" class="{night_html}"><head><meta charset="utf-8"><title>Anki</title>{head}'
        f'</head><body class="{night_body}">{body}</body></html>'
    )


def _serve(route: Route, reviewer: Reviewer, media: Path) -> None:
    path = route.request.url.removeprefix(f"{SITE}/").removeprefix("_anki/")
    if path == "review":
        return route.fulfill(body=_page(reviewer.night), content_type="text/html")
    web = _web()
    found = next((file for folder in (web, media) if folder and (file := folder / path).is_file()), None)
    if found:
        return route.fulfill(path=found)
    reviewer.requests.append(route.request.url)
    return route.abort()
