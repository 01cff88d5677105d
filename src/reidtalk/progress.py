"""Progress bars with time left, shown only when a command line asked for them."""

from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from contextvars import ContextVar
from typing import TypeVar

from rich.console import Console
from rich.progress import BarColumn, MofNCompleteColumn, Progress, TextColumn, TimeRemainingColumn

Item = TypeVar("Item")

console: ContextVar[Console | None] = ContextVar("console", default=None)
"""Where bars are drawn; None, the default for library use, draws none. `cli.main` sets it."""


@contextmanager
def progress_bar(label: str | None, total: int) -> Iterator["Bar"]:
    """A live bar of `total` steps (below zero: without end); no bar without a label."""
    columns = (
        TextColumn("{task.description}"),
        BarColumn(bar_width=12),
        MofNCompleteColumn(),
        TimeRemainingColumn(elapsed_when_finished=True),
        TextColumn("{task.fields[note]}"),
    )
    target = console.get() if label else None
    with Progress(*columns, console=target, disable=target is None) as progress:
        yield Bar(progress, label or "", total)


class Bar:
    """One running bar."""

    def __init__(self, progress: Progress, label: str, total: int) -> None:
        self.progress = progress
        self.task = progress.add_task(label, total=total if total >= 0 else None, note="")

    def advance(self, steps: int = 1, note: str = "") -> None:
        """The bar stands `steps` further, with `note` beside it (empty keeps the old note)."""
        if note:
            self.progress.update(self.task, advance=steps, note=note)
        else:
            self.progress.update(self.task, advance=steps)

    def say(self, message: str) -> None:
        """`message` stands on a line of its own above the bar."""
        if not self.progress.disable:
            self.progress.print(message)


def say(message: str) -> None:
    """`message` stands on a line of its own where bars are drawn."""
    target = console.get()
    if target is not None:
        target.print(message)


def track(items: Iterable[Item], *, total: int, label: str) -> Iterator[Item]:
    """Yields `items` while a bar shows how many of `total` are done."""
    with progress_bar(label, total) as bar:
        for item in items:
            yield item
            bar.advance()


def counted(number: int, noun: str) -> str:
    """As in "1 source" and "2 sources"."""
    return f"{number:,} {noun}" + ("" if number == 1 else "s")
