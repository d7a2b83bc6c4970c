"""Every kind of card, front and back, by day and by night, on a phone and on a desktop: seen, and found in order."""

import re
from collections.abc import Callable
from pathlib import Path

import pytest
from axe_playwright_python.sync_playwright import Axe
from playwright.sync_api import Page
from reviewer import Reviewer, Seen, Shelf

from deckgen.deck import Kind

pytestmark = [pytest.mark.browser, pytest.mark.torch]
GALLERY = Path(__file__).parent.parent.parent / "build" / "gallery"
SMALL = """() => [...document.querySelectorAll("[data-key], summary, textarea, input, .deckgen button")]
  .map(e => [e.textContent.trim().slice(0, 20) || e.tagName, e.getBoundingClientRect()])
  .filter(([, box]) => box.width && (box.height < 44 || box.width < 44))
  .map(([name, box]) => `${name} ${box.height}`)"""
WINDOWS = [(night, width) for night in (False, True) for width in (320, 1100)]


def use(page: Page) -> None:
    """Do what a learner does with whatever stands there."""
    for option in page.locator(".quiz > [role=radio], .quiz > [role=checkbox]").all()[:2]:
        option.click()
    for n, truth in enumerate(page.locator(".truth").all()):
        truth.locator("button").nth(n % 2).click()
    for _ in range(max(0, page.locator(".piece").count() - 1)):
        page.locator(".puzzle:not(.placed) .piece").first.click()
    for node in page.locator(".game g[data-n]").all()[1:4]:
        node.click()
    if page.locator("textarea").count():
        page.locator("textarea").fill("[1,2] 'ok'\ntensor([1., 3.])")


def faults(page: Page) -> list[str]:
    found = Axe().run(page, context="#qa", options={"runOnly": ["wcag2a", "wcag2aa", "best-practice"]})
    return [
        f"{one['id']}: {node['html'][:90]}"
        for one in found.response["violations"]
        if one["impact"] in ("serious", "critical")
        for node in one["nodes"]
    ]


def look(window: Reviewer, name: str) -> None:
    page = window.page
    GALLERY.mkdir(parents=True, exist_ok=True)
    page.screenshot(path=GALLERY / f"{name}.png", full_page=True)
    assert page.evaluate("document.documentElement.scrollWidth - window.innerWidth") <= 0, "scrolls sideways"
    assert page.evaluate(SMALL) == []
    if window.page.viewport_size == {"width": 320, "height": 720}:  # what axe finds does not depend on the width
        assert faults(page) == []


@pytest.mark.parametrize("window", WINDOWS, ids=lambda w: f"{'night' if w[0] else 'day'}-{w[1]}")
@pytest.mark.parametrize("kind", [kind.value for kind in Kind])
def test_cards_of_each_kind_are_in_order(
    shelf: Shelf, reviewer: Callable[..., Reviewer], kind: str, window: tuple[bool, int]
) -> None:
    night, width = window
    opened = reviewer(night=night, width=width)
    cards = [card for card in shelf.cards if card.kind == kind]
    assert cards
    for card in cards:
        name = f"{card.name}-{'night' if night else 'day'}-{width}"
        opened.question(card)
        use(opened.page)
        look(opened, f"{name}-1-front")
        opened.answer(card)
        look(opened, f"{name}-2-back")
    assert opened.errors == []
    assert opened.requests == []


@pytest.mark.parametrize("width", [320, 360])
def test_a_usual_line_of_code_fits_a_phone(shelf: Shelf, reviewer: Callable[..., Reviewer], width: int) -> None:
    page = (window := reviewer(width=width)).page
    window.question(shelf.card("game"))
    code = page.locator("pre.code")
    assert "w = torch.tensor(2.0, requires_grad=True)" in code.inner_text()
    assert code.evaluate("pre => pre.scrollWidth <= pre.clientWidth")
    assert float(code.evaluate("pre => parseFloat(getComputedStyle(pre).fontSize)")) >= 12.5


def visible(html: str) -> str:
    return re.sub(r"<(style|script)>.*?</\1>|<[^>]+>", "", html, flags=re.DOTALL)


def test_a_front_tells_no_answer(shelf: Shelf) -> None:
    for note, secret in {
        "choice": "导数在这里算出",
        "predict": "36",
        "reverse": "一边执行",
        "rhyme": "前向把路修",
    }.items():
        card: Seen = shelf.card(note)
        assert secret not in visible(card.question)
        assert secret in visible(card.answer)


def test_without_scripts_every_card_can_be_read_and_graded(shelf: Shelf, reviewer: Callable[..., Reviewer]) -> None:
    page = reviewer(scripts=False).page
    for card in shelf.cards:
        shown = {}
        for side in ("question", "answer"):
            page.set_content(re.sub(r"<script>.*?</script>", "", getattr(card, side), flags=re.DOTALL))
            shown[side] = page.locator(".deckgen").inner_text()
        assert len(shown["question"]) > 10
        assert shown["answer"] != shown["question"]
    page.set_content(shelf.card("game").question)
    assert page.locator(".game g[data-n]").count() == 5
    assert set(page.locator(".game .mark").all_text_contents()) == {""}
    page.set_content(shelf.card("game").answer)
    assert page.locator(".game .mark:visible").count() == 5
    assert page.locator(".steps > li").count() == 5
    page.set_content(shelf.card("rhyme").answer)
    assert "岔路汇成流" in page.locator(".deckgen").inner_text()
    page.set_content(shelf.card("choice").answer)
    right = page.locator(".quiz > .right")
    assert right.count() == 1
    assert right.evaluate("e => getComputedStyle(e, '::before').content") == '"✓"'
