"""What the processes of a run tell each other."""

from __future__ import annotations

import os
import time

from hypothesis import given
from hypothesis import strategies as st

from deckgen.execute.worker.wire import Frames, Page, frame

messages = st.lists(st.dictionaries(st.text(max_size=5), st.text() | st.integers()), max_size=5)


@given(messages, st.lists(st.integers(1, 50), max_size=30))
def test_frames_survive_being_cut_anywhere(sent: list[dict[str, object]], cuts: list[int]) -> None:
    stream = b"".join(map(frame, sent))
    frames, got = Frames(), []
    for cut in [*cuts, len(stream)]:
        got += list(frames.feed(stream[:cut]))
        stream = stream[cut:]
    got += list(frames.feed(stream))
    assert got == sent


def test_a_page_is_never_read_half_written() -> None:
    start = time.monotonic()
    page = Page()
    pid = os.fork()
    if pid == 0:
        for step in range(1, 300_000):
            page.begin(step)
        os._exit(0)
    last = 0
    while os.waitpid(pid, os.WNOHANG) == (0, 0):
        step, began = page.read()
        assert last <= step < 300_000
        assert start <= began <= time.monotonic()
        last = step
    page.close()


def test_a_lie_about_the_place_gains_no_more_than_the_sum_of_the_limits() -> None:
    page = Page()
    for step, began in ((0, 100.0), (7, 1e18), (-3, 0.0), (1, float("inf")), (1, float("nan"))):
        page.write(step, began)
        assert 100.0 < page.deadline([2.0, 3.0], started=100.0) <= 106.0
