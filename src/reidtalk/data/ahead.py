"""Work done ahead in threads, in order: pictures decode while the previous ones are used."""

import os
from collections import deque
from collections.abc import Callable, Iterable, Iterator
from concurrent.futures import Future, ThreadPoolExecutor
from typing import TypeVar

Item = TypeVar("Item")
Result = TypeVar("Result")

THREADS = max(2, min(8, os.cpu_count() or 2))
AHEAD = 4 * THREADS


def map_ahead(function: Callable[[Item], Result], items: Iterable[Item]) -> Iterator[Result]:
    """Yields `function(item)` in the order of `items`; at most `AHEAD` results wait in memory.

    What a call raises is raised in its turn; calls not yet begun are then given up.
    """
    waiting: deque[Future[Result]] = deque()
    pool = ThreadPoolExecutor(THREADS, thread_name_prefix="ahead")
    try:
        for item in items:
            waiting.append(pool.submit(function, item))
            if len(waiting) >= AHEAD:
                yield waiting.popleft().result()
        while waiting:
            yield waiting.popleft().result()
    finally:
        pool.shutdown(cancel_futures=True)
