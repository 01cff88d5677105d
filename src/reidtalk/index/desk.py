"""Encodes those who appeared, and keeps them in an index.

A source, or a part of a long video, is taken in whole or not at all: thumbnails first, then entries, then the
ledger's line. Killed between two of these, the next writer clears away what belongs to no source, and takes
it in again, to the same entries.
"""

import hashlib
from collections.abc import Sequence
from datetime import datetime
from pathlib import Path
from time import monotonic

import numpy as np
import torch
from numpy.typing import NDArray

from reidtalk.data.images import resize
from reidtalk.index.entries import Entry, Shot
from reidtalk.index.index import Index
from reidtalk.index.intake import Fault, Intake, Report
from reidtalk.index.ledger import Kept, Taken
from reidtalk.index.query import vectors_of
from reidtalk.index.thumbnails import save_thumbnail, thumbnail_name
from reidtalk.models.scoring import batched
from reidtalk.video.labels import moment_at
from reidtalk.video.people import Appearance, Box

COMMIT_ENTRIES, COMMIT_SECONDS = 512, 10.0
"""What is encoded is kept after so many entries, or so long."""


class Desk:
    """Encodes those who appeared, and keeps them."""

    def __init__(self, index: Index, batch_size: int, report: Report) -> None:
        self.index, self.batch_size, self.report = index, batch_size, report
        self.waiting: list[tuple[Intake, Appearance]] = []
        self.crops, self.encoded, self.kept_at = 0, 0, monotonic()
        self.open: dict[int, Intake] = {}
        self.people = 0
        """How many came, kept or not."""

    def take(self, intake: Intake, appearance: Appearance | None) -> None:
        """Another appearance, or the end of a source or part; encoded and kept when there are enough.

        Raises:
            WriteError: no room.
        """
        if intake.alone and id(intake) not in self.open:
            self.encode()
        self.open[id(intake)] = intake
        if appearance is None:
            intake.ended = True
        else:
            self.people += 1
            self.waiting.append((intake, appearance))
            self.crops += len(appearance.crops)
        if self.crops >= self.batch_size or (intake.alone and intake.ended):
            self.encode()
        self.keep_if_due()

    def keep_if_due(self) -> None:
        """What there is is kept if it is much, or if the last time is some seconds ago.

        Raises:
            WriteError: no room.
        """
        if self.encoded >= COMMIT_ENTRIES or monotonic() - self.kept_at > COMMIT_SECONDS:
            self.keep()

    def encode(self) -> None:
        """Those who wait have become entries, their pictures thumbnails."""
        size_px, crops = (
            self.index.matcher.image_size_px,
            [crop for _, one in self.waiting for crop in one.crops],
        )
        if not crops:
            return
        arrays = [resize(crop.picture, size_px).transpose(2, 0, 1) for crop in crops]
        features = torch.cat([
            self.index.matcher.encode_images(torch.from_numpy(np.stack(some)))
            for some in batched(arrays, self.batch_size)
        ])  # fmt: skip
        vectors, readings = (part.float().cpu().numpy() for part in vectors_of(self.index.matcher, features))
        start = 0
        for intake, one in self.waiting:
            rows = slice(start, start + len(one.crops))
            start = rows.stop
            entry, kept = self.entry(intake, one, vectors[rows], readings[rows])
            intake.entries.append(entry)
            intake.kept.append(kept)
        self.encoded += len(self.waiting)
        self.waiting, self.crops = [], 0

    def entry(
        self, intake: Intake, one: Appearance, vectors: NDArray[np.float32], readings: NDArray[np.float32]
    ) -> tuple[Entry, Kept]:
        """What is kept of an appearance; its thumbnails are written."""
        source, taken = intake.source, intake.taken
        first = one.track[0][0] if one.track else one.crops[0].seconds
        last = one.track[-1][0] if one.track else first
        start, end = (moment_at(source.start, seconds) if source.start else None for seconds in (first, last))
        name = entry_id(taken, first, one.track[0][1] if one.track else one.crops[0].box, start)
        shots, checksums = [], {}
        for number, crop in enumerate(one.crops):
            file = thumbnail_name(name, number)
            checksums[file] = save_thumbnail(self.index.folder, file, crop.picture)
            shots.append(Shot(seconds=crop.seconds, box=crop.box, score=crop.score, quality=crop.quality,
                              thumbnail=file))  # fmt: skip
        mean = vectors.mean(axis=0)
        entry = Entry(
            id=name,
            vector=mean / max(float(np.linalg.norm(mean)), 1e-9),
            crop_vectors=vectors.astype(np.float16),
            readings=readings.astype(np.float16),
            shots=tuple(shots),
            track=one.track,
            source=taken.path,
            camera=source.camera,
            start=start,
            end=end,
        )
        return entry, Kept(id=name, thumbnails=checksums)

    def keep(self) -> None:
        """What has come to its end, and of streams what there is, is in the index.

        Raises:
            WriteError: no room.
        """
        if not any(intake.alone and not intake.ended for intake in self.open.values()):
            self.encode()
        ready = [intake for intake in self.open.values() if intake.ended or intake.live]
        ledger, store = self.index.ledger, self.index.store
        entries = [entry for intake in ready for entry in intake.entries]
        store.add(entries)
        stale = self._stale(ready, {entry.id for intake in self.open.values() for entry in intake.entries})
        files = [file for file, _, _ in ledger.thumbnails(stale)]
        with ledger.whole():
            for intake in ready:
                self._enter(intake)
        store.remove(stale)
        for file in files:
            (self.index.folder / file).unlink(missing_ok=True)
        for intake in ready:
            self._forget(intake)
        self.encoded, self.kept_at = 0, monotonic()

    def clear_away(self) -> None:
        """What was found in sources that did not come to their end is gone; nothing else is looked at."""
        found = [kept for intake in self.open.values() for kept in intake.kept]
        lost = [kept for kept in found if not self.index.ledger.paths([kept.id])]
        self.index.store.remove([kept.id for kept in lost])
        for file in (file for kept in lost for file in kept.thumbnails):
            (self.index.folder / file).unlink(missing_ok=True)

    def _stale(self, ready: Sequence[Intake], new: set[str]) -> list[str]:
        """What an earlier look at these sources found, and nobody finds now."""
        paths = [
            path
            for intake in ready
            if not (intake.live or intake.later)
            for path in (intake.taken.path, intake.moved_from)
        ]
        return [one for path in paths for one in self.index.ledger.ids(path) if one not in new]

    def _enter(self, intake: Intake) -> None:
        """The ledger has the source and its entries."""
        ledger = self.index.ledger
        if (intake.live or intake.later) and ledger.taken(intake.taken.path):
            ledger.renew(intake.taken)
            ledger.extend(intake.taken.path, intake.kept)
            return
        if intake.moved_from:
            ledger.drop(intake.moved_from)
        ledger.put(intake.taken, intake.kept)

    def _forget(self, intake: Intake) -> None:
        self.report.people += len(intake.entries)
        intake.entries, intake.kept = [], []
        if not intake.ended:
            return
        del self.open[id(intake)]
        self.report.unfinished.pop(intake.taken.path, None)
        if not intake.taken.finished:
            self.report.unfinished[intake.taken.path] = intake.taken
            return
        self.report.taken += 1
        if intake.taken.fault:
            path, fault = intake.taken.path, intake.taken.fault
            self.report.faults.append(Fault(source=path, what=fault.replace(path, Path(path).name)))


def entry_id(taken: Taken, seconds: float, box: Box, start: datetime | None) -> str:
    """The name of an appearance: follows from the source's content, settings, and the place in it."""
    where = [taken.hash or taken.path, taken.settings, f"{seconds:.3f}", *(f"{side:.1f}" for side in box)]
    if not taken.hash and start is not None:  # a stream never shows the same again
        where.append(start.isoformat())
    return hashlib.sha256("\n".join(where).encode()).hexdigest()[:16]
