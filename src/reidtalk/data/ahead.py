"""Work done ahead in threads, in order: pictures decode while the previous ones are used."""

import os
from collections import deque
from collections.abc import Callable, Iterable, Iterator
from concurrent.futures import Future, ThreadPoolExecutor
from queue import Full, Queue
from threading import Event, Thread
from typing import Any, TypeVar

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


def in_background(items: Iterable[Item], ahead: int = AHEAD) -> Iterator[Item]:
    """Yields `items` in their order, made in a thread of their own; at most `ahead` of them wait in memory.

    What making one raises is raised in its turn. When nobody takes them any more, no further one is made.
    """
    waiting: Queue[tuple[str, Any]] = Queue(ahead)
    left = Event()

    def put(kind: str, item: Any) -> None:
        while not left.is_set():
            try:
                waiting.put((kind, item), timeout=0.2)
            except Full:
                continue
            return

    def make() -> None:
        try:
            for item in items:
                put("item", item)
                if left.is_set():
                    return
            put("end", None)
        except BaseException as error:
            put("error", error)

    maker = Thread(target=make, name="ahead", daemon=True)
    maker.start()
    try:
        while (taken := waiting.get())[0] == "item":
            yield taken[1]
        if taken[0] == "error":
            raise taken[1]
    finally:
        left.set()
        maker.join()
