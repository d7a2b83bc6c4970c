"""What cards do when they are tapped, typed on and turned over, in one page and in a page that is loaded anew."""

from collections.abc import Callable

import pytest
from playwright.sync_api import Page
from reviewer import Reviewer, Seen, Shelf, has_mathjax

pytestmark = [pytest.mark.browser, pytest.mark.torch]
Windows = Callable[..., Reviewer]


def texts(page: Page, what: str) -> list[str]:
    return [text.strip() for text in page.locator(what).all_inner_texts()]


def options(page: Page) -> list[str]:
    return texts(page, ".quiz > li > .option")


def tap(page: Page, *names: str) -> None:
    for name in names:
        page.locator(".quiz > li", has_text=name).click()


def verdict(page: Page) -> str:
    return "".join(page.locator(".verdict").all_inner_texts())


TURNS = ["answer", "reload"]


def turn(window: Reviewer, card: Seen, how: str) -> None:
    window.answer(card) if how == "answer" else window.reload(card)


@pytest.mark.parametrize("how", TURNS)
def test_the_back_shows_the_choice_in_the_order_of_the_front(shelf: Shelf, reviewer: Windows, how: str) -> None:
    window, card = reviewer(), shelf.card("choice")
    window.question(card)
    tap(window.page, "pred = w * 3")
    tap(window.page, "w -= 0.1")
    before = options(window.page)
    turn(window, card, how)
    assert [text.split("\n")[0] for text in options(window.page)] == [text.split("\n")[0] for text in before]
    assert texts(window.page, ".quiz > .mine > .option") == ["w -= 0.1 * w.grad"]
    assert texts(window.page, ".quiz > .right > .option")[0].startswith("loss.backward()")
    assert "✗" in verdict(window.page)
    assert "这里只是用" in window.page.locator(".mine .reason").inner_text()
    assert not window.errors


def test_a_right_choice_is_told_so(shelf: Shelf, reviewer: Windows) -> None:
    window, card = reviewer(), shelf.card("choice")
    window.question(card)
    tap(window.page, "loss.backward()")
    window.answer(card)
    assert "✓" in verdict(window.page)


@pytest.mark.parametrize(
    ("chosen", "mark"),
    [(("不再被追踪", "不受影响"), "✓"), (("不再被追踪",), "✗"), (("复制", "不再被追踪", "不受影响"), "✗")],
)
def test_all_that_hold_and_no_other_must_be_chosen(
    shelf: Shelf, reviewer: Windows, chosen: tuple[str, ...], mark: str
) -> None:
    window, card = reviewer(), shelf.card("multi")
    window.question(card)
    tap(window.page, "没有梯度", *chosen, "没有梯度")  # a second tap takes the first back
    window.answer(card)
    assert mark in verdict(window.page)
    assert window.page.locator(".mine").count() == len(chosen)


def test_each_statement_is_judged_for_itself(shelf: Shelf, reviewer: Windows) -> None:
    window, card = reviewer(), shelf.card("judge")
    window.question(card)
    for statement, word in (("for", "对"), ("公式", "对"), ("才建", "错")):
        window.page.locator(".quiz > li", has_text=statement).get_by_role("radio", name=word, exact=True).click()
    window.answer(card)
    assert "2 / 3" in verdict(window.page)
    assert len(texts(window.page, ".hit")) == 2
    assert "公式" in texts(window.page, ".miss")[0]


@pytest.mark.parametrize("note", ["choice", "multi", "judge", "order-code", "game", "typed"])
@pytest.mark.parametrize("how", TURNS)
def test_without_a_choice_there_is_a_solution_and_no_verdict(
    shelf: Shelf, reviewer: Windows, note: str, how: str
) -> None:
    window, card = reviewer(), shelf.card(note)
    window.question(card)
    turn(window, card, how)
    assert not verdict(window.page)
    assert not window.page.locator(".mine, .hit, .miss, .missed, .typed").count()
    assert window.page.locator(".solved, .results").count()


def act(page: Page) -> None:
    """Answer whatever is asked, in some way."""
    for what in (".quiz > [role]", ".truth button", ".puzzle:not(.placed) .piece", ".game g[data-n]"):
        if page.locator(what).count():
            page.locator(what).first.click()
    if page.locator("textarea").count():
        page.locator("textarea").fill("1")


INTERACTIVE = ["choice", "multi", "judge", "order-code", "order-list", "game", "typed"]
FORGET = """() => {
  delete document.documentElement.dataset.deckgen;
  for (const store of [sessionStorage, localStorage]) store.clear();
}"""


@pytest.mark.parametrize("how", TURNS)
@pytest.mark.parametrize("note", INTERACTIVE)
def test_a_choice_of_any_kind_reaches_the_back_or_gives_no_verdict(
    shelf: Shelf, reviewer: Windows, note: str, how: str
) -> None:
    """In the one page of the desktop, and in AnkiDroid's old viewer, which loads the back anew; then all forgotten."""
    window, card = reviewer(), shelf.card(note)
    for forget in (False, True):
        window.question(card)
        act(window.page)
        if forget:
            window.page.evaluate(FORGET)
        turn(window, card, how)
        assert bool(verdict(window.page)) is not forget
        assert bool(window.page.locator(".mine, .hit, .miss, .typed").count()) is not forget
        assert window.page.locator(".solved, .results").count()
    assert not window.errors


def test_a_choice_that_was_lost_gives_no_verdict(shelf: Shelf, reviewer: Windows) -> None:
    window, card = reviewer(), shelf.card("choice")
    window.question(card)
    tap(window.page, "pred = w * 3")
    window.page.evaluate("sessionStorage.clear(); localStorage.clear()")
    window.reload(card)
    assert not verdict(window.page)
    assert window.page.locator(".right").count() == 1


def test_a_choice_survives_in_the_page_where_nothing_can_be_stored(shelf: Shelf, reviewer: Windows) -> None:
    window, card = reviewer(), shelf.card("choice")
    window.page.evaluate(
        "for (const name of ['sessionStorage', 'localStorage'])"
        " Object.defineProperty(window, name, { get() { throw new Error('refused') } })"
    )
    window.question(card)
    tap(window.page, "loss.backward()")
    window.answer(card)
    assert "✓" in verdict(window.page)
    assert not window.errors


def test_the_choice_of_another_card_or_of_the_last_review_is_never_taken_for_this_one(
    shelf: Shelf, reviewer: Windows
) -> None:
    window, card = reviewer(), shelf.card("choice")
    window.question(card)
    tap(window.page, "pred = w * 3")
    window.question(shelf.card("multi"))
    window.answer(shelf.card("multi"))
    assert not verdict(window.page)
    window.question(card)
    tap(window.page, "pred = w * 3")
    window.answer(card)
    window.question(card)
    window.answer(card)
    assert not verdict(window.page)


def test_options_are_shuffled_at_each_review(shelf: Shelf, reviewer: Windows) -> None:
    window, card = reviewer(), shelf.card("multi")
    orders = set()
    for _ in range(12):
        window.question(card)
        orders.add(tuple(options(window.page)))
    assert len(orders) > 2
    assert len({frozenset(order) for order in orders}) == 1


def test_lines_are_tapped_into_place_and_taken_back(shelf: Shelf, reviewer: Windows) -> None:
    window, card = reviewer(), shelf.card("order-code")
    page = window.page
    window.question(card)
    for start in ("w = ", "loss = ", "print"):
        page.locator(".piece", has_text=start).first.click()
    assert [text[:5] for text in texts(page, ".placed .piece")] == ["w = t", "loss ", "print"]
    page.get_by_role("button", name="撤销").click()
    page.locator(".placed .piece").nth(1).click()
    assert [text[:5] for text in texts(page, ".placed .piece")] == ["w = t"]
    for start in ("loss = ", "loss.b", "print"):
        page.locator(".puzzle:not(.placed) .piece", has_text=start).click()
    window.answer(card)
    assert "4 / 4" in verdict(page)
    assert "✓" in verdict(page)


def test_code_in_a_piece_stands_in_line_with_its_text(shelf: Shelf, reviewer: Windows) -> None:
    window = reviewer()
    window.question(shelf.card("order-list"))
    plain, mixed = (window.page.locator(".piece", has_text=start).bounding_box() for start in ("反向", "前向"))
    assert plain
    assert mixed
    assert plain["height"] == mixed["height"]


def test_an_order_that_is_wrong_tells_where_each_piece_was_put(shelf: Shelf, reviewer: Windows) -> None:
    window, card = reviewer(), shelf.card("order-list")
    window.question(card)
    for start in ("叶子", "前向", "反向"):
        window.page.locator(".puzzle:not(.placed) .piece", has_text=start).click()
    window.answer(card)
    assert "0 / 3" in verdict(window.page)
    assert texts(window.page, ".puzzle > li > .option") == ["前向 forward 建图", "反向相乘", "叶子入账"]
    assert texts(window.page, ".note-mine") == ["✗ 你放在第 2 位", "✗ 你放在第 3 位", "✗ 你放在第 1 位"]


# The card `game`: y = h.sin() * h.exp() with h = w * w, its nodes named by what stands in the drawing.
GAME = ["MulBackward0 #1", "ExpBackward0", "SinBackward0", "MulBackward0 #2", "w"]


def play(window: Reviewer, *names: str) -> None:
    for name in names:
        window.page.locator(f'.game g[data-n]:has(> text:text-is("{name}"))').click()


def marks(page: Page) -> list[str]:
    nodes = page.locator(".game g[data-n]").all()
    return sorted(" ".join(node.locator("text").nth(n).text_content() or "" for n in (-1, 0)) for node in nodes)


def test_nodes_of_a_graph_are_numbered_as_they_are_tapped_and_taken_back(shelf: Shelf, reviewer: Windows) -> None:
    window, card = reviewer(), shelf.card("game")
    window.question(card)
    play(window, "MulBackward0 #1", "w", "ExpBackward0", "w")  # a second tap takes the first back
    assert "2 / 5" in window.page.get_by_role("status").inner_text()
    assert window.page.locator(".game .mark:visible").count() == 2
    numbered = ["1 MulBackward0 #1", "2 ExpBackward0"]
    assert marks(window.page)[-2:] == numbered
    window.page.get_by_role("button", name="撤销").click()
    assert marks(window.page)[-1:] == numbered[:1]
    for key in "jxz":
        window.page.keyboard.press(key)
    assert not window.errors


@pytest.mark.parametrize("how", TURNS)
def test_the_order_of_the_engine_is_right(shelf: Shelf, reviewer: Windows, how: str) -> None:
    window, card = reviewer(), shelf.card("game")
    window.question(card)
    play(window, *GAME)
    turn(window, card, how)
    assert "✓" in verdict(window.page)
    assert "5 / 5" in verdict(window.page)
    assert texts(window.page, ".steps > li > .option") == GAME
    assert set(texts(window.page, ".note-mine")) == {"✓"}
    assert marks(window.page) == sorted(f"{n} {name}" for n, name in enumerate(GAME, start=1))


def test_an_order_that_another_engine_could_take_is_right_and_the_back_shows_the_engines(
    shelf: Shelf, reviewer: Windows
) -> None:
    window, card = reviewer(), shelf.card("game")
    window.question(card)
    play(window, GAME[0], GAME[2], GAME[1], *GAME[3:])
    window.answer(card)
    assert "✓" in verdict(window.page)
    assert texts(window.page, ".note-mine") == ["✓", "✓ 你放在第 3 位", "✓ 你放在第 2 位", "✓", "✓"]
    assert texts(window.page, ".steps > li > .option") == GAME


def test_a_node_that_is_tapped_before_its_gradients_are_there_is_wrong(shelf: Shelf, reviewer: Windows) -> None:
    window, card = reviewer(), shelf.card("game")
    window.question(card)
    play(window, GAME[0], GAME[1], GAME[3], GAME[2])
    window.answer(card)
    assert "✗" in verdict(window.page)
    assert "3 / 5" in verdict(window.page)
    assert texts(window.page, ".note-mine") == ["✓", "✓", "✓ 你放在第 4 位", "✗ 你放在第 3 位", "✗"]
    assert window.page.locator(".game .miss").count() == 2


REAL = "[1, 2] ok\ntensor([1., 2.])"


@pytest.mark.parametrize("typed", [REAL, "[1,2]   ok \n\n tensor( [1.,2.] )", "［1，2］ ok tensor([1., 2.])"])
def test_what_was_typed_is_compared_without_regard_to_spaces(shelf: Shelf, reviewer: Windows, typed: str) -> None:
    window, card = reviewer(), shelf.card("typed")
    window.question(card)
    window.page.locator("textarea").fill(typed)
    window.answer(card)
    assert "✓" in verdict(window.page)
    assert not window.page.locator(".typed del, .typed ins").count()


@pytest.mark.parametrize("typed", ["[1, 2] ok\ntensor([1., 3.])", "12 ok", "[1, 2] o k\ntensor([1., 2.])", "1" * 5000])
def test_what_differs_is_shown_as_a_diff(shelf: Shelf, reviewer: Windows, typed: str) -> None:
    window, card = reviewer(), shelf.card("typed")
    window.question(card)
    window.page.locator("textarea").fill(typed)
    window.answer(card)
    assert "✗" in verdict(window.page)
    kept = window.page.locator(".typed pre > :not(del)").all_inner_texts()
    assert "".join("".join(kept).split()) == "".join(REAL.split())


def test_keys_that_anki_leaves_free_move_and_press(shelf: Shelf, reviewer: Windows) -> None:
    window, card = reviewer(), shelf.card("choice")
    page = window.page
    window.question(card)
    page.keyboard.press("j")
    page.keyboard.press("j")
    page.keyboard.press("x")
    assert page.locator(".quiz > li").nth(1).get_attribute("aria-checked") == "true"
    page.keyboard.press("k")
    page.keyboard.press("x")
    assert page.locator("[aria-checked=true]").count() == 1
    assert page.locator(".quiz > li").nth(0).get_attribute("aria-checked") == "true"
    window.question(shelf.card("order-code"))
    for key in "jxjx":
        page.keyboard.press(key)
    assert page.locator(".placed > li").count() == 2
    page.keyboard.press("z")
    assert page.locator(".placed > li").count() == 1
    assert not window.errors


# What is pressed on each kind, and what it then has chosen.
PRESSED = {
    "choice": ("jjx", "[aria-checked=true]", 1),
    "multi": ("jxjx", "[aria-checked=true]", 2),
    "judge": ("jxjjjx", "[aria-checked=true]", 2),
    "order-code": ("jxjxz", ".placed > li", 1),
    "order-list": ("jxjx", ".placed > li", 2),
    "game": ("jxjxkx", ".tapped", 1),
}


@pytest.mark.parametrize("note", PRESSED)
def test_every_quiz_can_be_done_with_keys_alone(shelf: Shelf, reviewer: Windows, note: str) -> None:
    window, card = reviewer(), shelf.card(note)
    window.question(card)
    keys, chosen, count = PRESSED[note]
    for key in keys:
        window.page.keyboard.press(key)
    assert window.page.locator(chosen).count() == count
    window.answer(card)
    assert verdict(window.page)
    assert not window.errors


def test_a_rhyme_is_uncovered_with_keys(shelf: Shelf, reviewer: Windows) -> None:
    window, card = reviewer(), shelf.card("rhyme")
    window.question(card)
    window.answer(card)
    for key in "jxx":
        window.page.keyboard.press(key)
    assert window.page.locator(".verse:not(.blank) > li:not(.covered)").count() == 3


def test_letters_typed_into_an_answer_stay_letters(shelf: Shelf, reviewer: Windows) -> None:
    window = reviewer()
    window.question(shelf.card("typed"))
    window.page.locator("textarea").press_sequentially("jkxz")
    assert window.page.locator("textarea").input_value() == "jkxz"


def test_a_rhyme_is_uncovered_line_by_line(shelf: Shelf, reviewer: Windows) -> None:
    window, card = reviewer(), shelf.card("rhyme")
    window.question(card)
    assert window.page.locator(".verse.blank > li").count() == 4
    window.answer(card)
    assert window.page.locator(".verse:not(.blank) > li:not(.covered)").count() == 1
    window.page.get_by_role("button", name="下一句").click()
    assert texts(window.page, ".verse:not(.blank) > li:not(.covered)") == ["前向把路修，", "反向把账收；"]
    window.page.get_by_role("button", name="全部").click()
    assert not window.page.locator(".covered, .deckgen button").count()


def test_scripts_leave_nothing_global_and_survive_being_run_twice(shelf: Shelf, reviewer: Windows) -> None:
    window = reviewer()
    page = window.page
    page.evaluate("window.known = new Set(Object.keys(window))")
    for card in shelf.cards:
        for side in (window.question, window.answer):
            side(card)
            page.evaluate("(text) => { for (const code of text) (0, eval)(code) }", scripts_of(page))
    assert page.evaluate("Object.keys(window).filter(name => name !== 'known' && !window.known.has(name))") == []
    assert not window.errors
    window.question(shelf.card("order-code"))
    page.evaluate("(text) => { for (const code of text) (0, eval)(code) }", scripts_of(page))
    assert page.locator(".undo").count() == 1


def scripts_of(page: Page) -> list[str]:
    return page.locator("#qa script").all_text_contents()


def test_a_gap_is_as_wide_as_its_hint_and_not_as_its_answer(shelf: Shelf, reviewer: Windows) -> None:
    window = reviewer()
    window.question(shelf.card("cloze", 0))
    assert texts(window.page, ".cloze") == ["[...]", "[...]"]
    window.question(shelf.card("cloze", 1))
    assert texts(window.page, ".cloze") == ["[属性]"]
    window.answer(shelf.card("cloze", 1))
    assert texts(window.page, ".cloze") == ["grad"]


def test_signs_in_text_and_code_stay_signs(shelf: Shelf, reviewer: Windows) -> None:
    window = reviewer()
    window.question(shelf.card("signs"))
    window.answer(shelf.card("signs"))
    window.page.wait_for_timeout(300)  # MathJax comes after the card
    shown = window.page.locator(".answer > p").inner_text()
    assert shown == r'1 < 2 && 3 > 2，<b> 与 re.match(r"\(x\)|\[y\]")，\(z\) 和 {{w}}。'
    printed = window.page.locator(".answer .out pre").inner_text()
    assert printed == r"\(x\) <i>&amp;</i> {{Front}} [sound:a.mp3] $$y$$"
    assert not window.page.locator("mjx-container, .answer i").count()


@pytest.mark.skipif(not has_mathjax(), reason="needs the files of Anki's desktop program: install aqt")
def test_formulas_are_typeset_by_ankis_own_mathjax(shelf: Shelf, reviewer: Windows) -> None:
    window, card = reviewer(width=320), shelf.card("wide-math")
    window.question(card)
    window.answer(card)
    window.page.wait_for_selector("mjx-container[display=true]")
    assert window.page.locator("mjx-container").count() == 2
    assert "\\(" not in window.page.locator(".answer").inner_text()
    assert window.page.evaluate("document.documentElement.scrollWidth - window.innerWidth") <= 0
    assert not window.errors
