"""An iterator run ahead in a thread, so that what makes its items overlaps with what uses them."""

import threading
from collections.abc import Iterable, Iterator
from queue import Empty, Full, Queue
from typing import TypeVar

Item = TypeVar("Item")


class _End:
    """The last thing in the queue: the iterator ended, or raised."""

    def __init__(self, error: BaseException | None) -> None:
        self.error = error


def in_background(items: Iterable[Item], waiting: int = 4) -> Iterator[Item]:
    """Yields `items` in order; at most `waiting` of them wait in memory.

    What the iterator raises is raised after the items before it. When the caller stops early, the iterator is
    closed in its thread, as soon as it gives its next item.
    """
    queue: Queue[Item | _End] = Queue(waiting)
    stopped = threading.Event()
    thread = threading.Thread(target=_fill, args=(queue, iter(items), stopped), name="ahead", daemon=True)
    thread.start()
    try:
        while True:
            item = queue.get()
            if isinstance(item, _End):
                if item.error is not None:
                    raise item.error
                return
            yield item
    finally:
        stopped.set()
        _empty(queue)
        thread.join(5.0)  # it may wait for a camera; being a daemon, it holds up nobody


def _fill(queue: "Queue[Item | _End]", items: Iterator[Item], stopped: threading.Event) -> None:
    error: BaseException | None = None
    try:
        for item in items:
            _put(queue, item, stopped)
            if stopped.is_set():
                break
    except BaseException as raised:  # it is raised where the items are used
        error = raised
    finally:
        close = getattr(items, "close", None)
        if close is not None and stopped.is_set():
            close()
        _put(queue, _End(error), stopped)


def _put(queue: "Queue[Item | _End]", item: Item | _End, stopped: threading.Event) -> None:
    while not stopped.is_set():
        try:
            queue.put(item, timeout=0.1)
        except Full:
            continue
        return


def _empty(queue: "Queue[Item | _End]") -> None:
    while True:
        try:
            queue.get_nowait()
        except Empty:
            return
