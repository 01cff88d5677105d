import threading
import time
from collections.abc import Iterator

import pytest

from reidtalk.video.background import in_background


def test_items_come_in_order() -> None:
    assert list(in_background(range(50), waiting=2)) == list(range(50))
    assert list(in_background([])) == []


def test_items_are_made_while_others_are_used() -> None:
    ahead = threading.Event()

    def items() -> Iterator[int]:
        yield 0
        yield 1
        ahead.set()
        yield 2

    coming = in_background(items())
    assert next(coming) == 0
    assert ahead.wait(10)  # though nobody asked for more
    assert list(coming) == [1, 2]


def test_an_error_comes_after_what_was_before_it() -> None:
    def breaking() -> Iterator[int]:
        yield 1
        yield 2
        raise ValueError("broke off")

    read = []
    with pytest.raises(ValueError, match="broke off"):
        read.extend(in_background(breaking()))
    coming = in_background(breaking())
    assert [next(coming), next(coming)] == [1, 2]
    with pytest.raises(ValueError, match="broke off"):
        next(coming)


def test_few_wait_and_stopping_early_closes() -> None:
    made, closed = [], threading.Event()

    def endless() -> Iterator[int]:
        try:
            while True:
                made.append(len(made))
                yield made[-1]
        finally:
            closed.set()

    coming = in_background(endless(), waiting=3)
    assert next(coming) == 0
    time.sleep(0.2)
    assert len(made) <= 6
    coming.close()
    assert closed.is_set()
    assert "ahead" not in {thread.name for thread in threading.enumerate()}
