import threading
import time

import pytest

from reidtalk.data.ahead import AHEAD, map_ahead


def test_results_come_in_order() -> None:
    def slow_first(item: int) -> int:
        time.sleep(0.05 if item == 0 else 0)
        return item * 2

    assert list(map_ahead(slow_first, range(100))) == [2 * item for item in range(100)]
    assert list(map_ahead(slow_first, [])) == []


def test_no_more_than_a_few_wait_in_memory() -> None:
    taken: list[int] = []

    def items() -> object:
        for item in range(10 * AHEAD):
            taken.append(item)
            yield item

    results = map_ahead(lambda item: item, items())  # type: ignore[arg-type, var-annotated]
    next(results)
    assert len(taken) == AHEAD
    results.close()  # type: ignore[attr-defined]
    assert not [thread for thread in threading.enumerate() if thread.name.startswith("ahead")]


def test_what_a_call_raises_is_raised_in_its_turn() -> None:
    results = map_ahead(lambda item: 6 // item, [3, 2, 0, 1])
    assert [next(results), next(results)] == [2, 3]
    with pytest.raises(ZeroDivisionError, match="integer division"):
        next(results)
