"""Indexes a source again and again in processes of its own, which are killed; the last one may end.

python killer.py SOURCE INDEX STORE KILLS [parts]

Beside INDEX it makes INDEX.whole, in which nobody was killed, and INDEX.kept: how many people INDEX held after each
kill. With `parts` a video is cut into short parts.
"""

import os
import signal
import sys
from collections.abc import Callable
from contextlib import closing
from dataclasses import replace
from functools import partial
from pathlib import Path
from threading import Timer
from time import monotonic

import numpy as np
import torch

import reidtalk.index.index as index
from reidtalk.index import desk
from reidtalk.index.desk import Desk
from reidtalk.index.indexing import opened, planned, take_in
from reidtalk.index.ledger import Ledger
from reidtalk.index_config import IndexConfig
from reidtalk.models.checkpoint import load_matcher
from reidtalk.video.appearances import PartSettings

PARTS = PartSettings(
    shortest_seconds=8, empty_seconds=2, longest_seconds=12, lead_frames=6, lead_every_seconds=1
)


def indexed(config: IndexConfig, parts: PartSettings, dies: Callable[[], None] = lambda: None) -> None:
    """Indexes in a process of its own, which calls `dies` first.

    Raises:
        SystemExit: it failed.
    """
    child = os.fork()
    if child == 0:
        dies()
        task = planned(config)
        with opened(config) as people:
            take_in(people, task._replace(parts=parts))
        os._exit(0)
    _, status = os.waitpid(child, 0)
    if os.WIFEXITED(status) and os.WEXITSTATUS(status):
        raise SystemExit(f"it failed with exit code {os.WEXITSTATUS(status)}")


def die() -> None:
    """This process is killed now."""
    os.kill(os.getpid(), signal.SIGKILL)


def die_in(seconds: float) -> None:
    """This process is killed after so long."""
    Timer(seconds, die).start()


def die_after_keeping(seconds: float) -> None:
    """This process is killed so long after people were kept; for 0 nothing happens in between."""
    really = Desk.keep

    def keep(self: Desk) -> None:
        before = self.report.people
        really(self)
        if self.report.people > before:
            die_in(seconds) if seconds else die()

    Desk.keep = keep  # type: ignore[method-assign]


def main() -> None:
    """As the module says."""
    source, to, store, kills, *parts = sys.argv[1:]
    matcher = load_matcher(device="cpu")
    index.load_matcher = lambda *_: matcher  # type: ignore[assignment]
    torch.set_num_threads(1)
    desk.COMMIT_ENTRIES = 1 if parts else 4
    config = IndexConfig(
        sources=[source], to=Path(to), store=store, device="cpu", batch_size=3,
        detector="motion" if parts else "auto",
    )  # fmt: skip
    lengths = PARTS if parts else PartSettings()
    begun = monotonic()
    indexed(replace(config, to=Path(f"{to}.whole")), lengths)
    whole_seconds = monotonic() - begun
    moments = np.random.default_rng(1)
    for kill in range(int(kills)):
        moment = float(moments.uniform(0, whole_seconds))
        if kill % 2:
            indexed(config, lengths, partial(die_in, moment))
        else:
            indexed(config, lengths, partial(die_after_keeping, moment / 4 if kill else 0.0))
        with Path(f"{to}.kept").open("a") as file, closing(Ledger(Path(to))) as ledger:
            print(len(ledger.all_ids()), file=file)
    indexed(config, lengths)


if __name__ == "__main__":
    main()
