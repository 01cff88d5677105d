"""What a measurement found and how it was made: numbers, a table to print, a file to keep."""

import json
from dataclasses import asdict, dataclass, replace
from pathlib import Path
from typing import Any

from rich.box import SIMPLE_HEAD
from rich.table import Table
from rich.text import Text

from reidtalk.errors import DataError
from reidtalk.files import write_whole
from reidtalk.metrics import METRICS


@dataclass(frozen=True, slots=True, kw_only=True)
class Result:
    """How well one direction works; all measures are in percent, keyed by `METRICS`."""

    queries: int
    """How many were measured."""
    excluded: int
    """How many more there were, with nothing relevant in the gallery."""
    gallery: int
    identities: int
    """How many people the queries are about."""
    measured: dict[str, float]
    low: dict[str, float]
    """Lower ends of the 95% intervals; empty when none were asked for."""
    high: dict[str, float]
    """Upper ends."""
    chance: dict[str, float]
    """What a ranking drawn at random would have."""
    median_rank: float
    """The rank of the first relevant one, for the median query."""
    curve: tuple[float, ...]
    """recall@1, recall@2, ..."""
    chance_curve: tuple[float, ...]
    """The same for a ranking drawn at random."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Report:
    """A measurement, and how it was made."""

    model: str
    """The matcher, as it was given."""
    dataset: str
    root: str
    """Where the data set lay, as it was given."""
    split: str
    protocol: str
    text_to_image: Result
    image_to_text: Result
    bootstrap: int
    """How often the people were drawn anew for the intervals."""
    seed: int
    precision: str
    """What was computed in: float32 or bfloat16."""
    device: str
    version: str
    """Of reidtalk."""
    date: str
    load_seconds: float
    score_seconds: float
    """To read and encode all pictures and captions, and to score every pair."""
    measure_seconds: float
    """To rank, average and draw the intervals, both directions."""
    pairs_per_second: float
    """Pairs of a caption and a picture scored in a second, reading and encoding included."""

    def directions(self) -> tuple[tuple[str, Result], ...]:
        """Both results with their names."""
        return ("text-to-image", self.text_to_image), ("image-to-text", self.image_to_text)

    def table(self) -> Table:
        """The measures of both directions, to print: value, 95% interval, chance."""
        table = Table(box=SIMPLE_HEAD, title=self.heading(), caption=self.how())
        table.title_justify = table.caption_justify = "left"
        table.add_column("")
        for metric in METRICS:
            table.add_column(metric, justify="right")
        for name, result in self.directions():
            table.add_row(name, *(Text(f"{result.measured[metric]:.2f}", style="bold") for metric in METRICS))
            if result.low:
                ends = (f"{result.low[metric]:.1f}-{result.high[metric]:.1f}" for metric in METRICS)
                table.add_row("  95% interval", *ends, style="dim")
            chances = (f"{result.chance[metric]:.2f}" for metric in METRICS)
            table.add_row("  chance", *chances, style="dim", end_section=True)
        return table

    def heading(self) -> str:
        """One line: what was measured on what."""
        return f"{self.dataset} {self.split}: {counted(self.text_to_image, 'caption', 'picture')}"

    def how(self) -> str:
        """One line: the protocol, what was left out, and how long it took."""
        parts = [f"{self.protocol} protocol"]
        for name, result in self.directions():
            if result.excluded:
                parts.append(f"{result.excluded:,} {name} queries left out (nothing relevant in the gallery)")
        rate = f"{self.pairs_per_second:,.0f} pairs/s in {self.precision} on {self.device}"
        parts.append(
            f"scored in {self.score_seconds:.1f} s ({rate}), measured in {self.measure_seconds:.2f} s"
        )
        return "; ".join(parts)

    def save(self, path: Path) -> None:
        """`path` holds the report as JSON; `Report.load` gives an equal one.

        Raises:
            WriteError: it cannot be written there.
        """
        write_whole(path, json.dumps(asdict(self), indent=1) + "\n")

    @classmethod
    def load(cls, path: Path) -> "Report":
        """The report saved in `path`.

        Raises:
            DataError: it is missing, or no such report.
        """
        try:
            values = json.loads(path.read_text())
            return cls(**(values | {side: _result(values[side]) for side in SIDES}))
        except (OSError, ValueError, TypeError, KeyError) as error:
            raise DataError(
                f"{path} is no report of an evaluation: {error}",
                accepted="a report.json written by reidtalk evaluate",
                do="evaluate again",
            ) from None


SIDES = ("text_to_image", "image_to_text")


def _result(values: dict[str, Any]) -> Result:
    return replace(Result(**values), curve=tuple(values["curve"]), chance_curve=tuple(values["chance_curve"]))


def counted(result: Result, query: str, entry: str) -> str:
    """How many queries, gallery entries and people, in words."""
    counts = ((result.queries, query), (result.gallery, entry))
    things = [f"{count:,} {thing}{'' if count == 1 else 's'}" for count, thing in counts]
    people = "1 person" if result.identities == 1 else f"{result.identities:,} people"
    return f"{things[0]}, {things[1]}, {people}"
