"""Whether a scan holds what its store keeps."""

from collections.abc import Collection

import numpy as np

from reidtalk.index.scan import Rows, Scan


class Comparison:
    """Compares a scan with all rows of its store, given some at a time."""

    def __init__(self, scan: Scan) -> None:
        self.scan = scan
        self.places = {serial: place for place, serial in enumerate(scan.serials.tolist())}
        self.found = self.unknown = self.different = 0

    def take(self, rows: Rows, damaged: Collection[str] = ()) -> None:
        """Some more rows of the store, with their details; it may differ from those `damaged`."""
        place_of = self.places
        for row, serial in enumerate(rows.serials.tolist()):
            place = place_of.get(serial)
            if place is None:
                self.unknown += 1
                continue
            self.found += 1
            if rows.memory.ids[row] not in damaged:
                self.different += not self.same(place, rows, row)

    def same(self, place: int, rows: Rows, row: int) -> bool:
        """Whether the scan has at `place` what is in this row."""
        scan, memory = self.scan, rows.memory
        facts = zip(scan.columns, memory.columns, strict=True)
        return (
            scan.ids.pieces[place] == memory.ids[row].encode("utf-8", "surrogatepass")
            and np.array_equal(scan.vectors[place], memory.vectors[row].astype(scan.vectors.dtype))
            and all(one[place] == other[row] for one, other in facts)
            and (not scan.details or scan.details[place] == rows.details[row])
        )

    def fault(self, whole: bool) -> str:
        """How the scan differs from the rows taken; `whole`: it should hold all of them, and no others."""
        wrong = self.different
        if whole:
            wrong += max(len(self.scan) - self.found, self.unknown)
        return f"{wrong} of its {len(self.scan)} rows are not as the data" if wrong else ""
