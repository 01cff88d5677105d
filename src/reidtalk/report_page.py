"""One page that shows a measurement: it holds its pictures itself and loads nothing."""

from collections.abc import Iterable, Sequence
from functools import lru_cache
from pathlib import Path
from typing import NamedTuple

from jinja2 import Environment, PackageLoader, StrictUndefined

from reidtalk.files import write_whole
from reidtalk.metrics import METRICS
from reidtalk.report import Report
from reidtalk.sheets import Row, data_uri, save_sheet

PAGE_THUMBNAIL_PX = 264
"""Height of the pictures in a page: three halves of what is shown, for fine screens."""
MEANING = {
    "recall@1": "the right person comes first",
    "recall@5": "the right person is among the first five",
    "recall@10": "the right person is among the first ten",
    "mAP": "mean average precision: all pictures of the person count",
    "mINP": "mean inverse negative penalty: how early the last of them comes",
}


def write_report(out: Path, report: Report, best: Iterable[Row], worst: Iterable[Row]) -> None:
    """`out` holds report.json, report.html, best.png and worst.png, each whole.

    Raises:
        WriteError: they cannot be written there.
    """
    examples = {"best": list(best), "worst": list(worst)}
    for name, rows in examples.items():
        note = f"{report.heading()}. Green: the person described; left of the line: as the words were written"
        save_sheet(out / f"{name}.png", rows, title=f"{name.capitalize()} queries", note=note)
    write_whole(out / "report.html", report_page(report, **examples))
    report.save(out / "report.json")


def report_page(report: Report, best: Sequence[Row], worst: Sequence[Row]) -> str:
    """The measurement as one HTML page."""
    return render(
        "evaluation.html",
        report=report,
        metrics=METRICS,
        meaning=MEANING,
        curve=Curve(report),
        best=best,
        worst=worst,
    )


def render(page: str, **values: object) -> str:
    """The template `page` of this package filled with `values`; text in them cannot become markup.

    `{% from "people.html" import query_row %}` gives a template `query_row(row)`, which shows a `Row`.
    """
    return _environment().get_template(page).render(**values)


@lru_cache(maxsize=1)
def _environment() -> Environment:
    environment = Environment(
        loader=PackageLoader("reidtalk", "pages"),
        autoescape=True,
        undefined=StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
    )
    environment.filters["data_uri"] = lambda image: data_uri(image, PAGE_THUMBNAIL_PX)
    return environment


class Line(NamedTuple):
    """One line of the drawing."""

    name: str
    points: str
    """As an SVG polyline wants them."""
    end: float
    """Height of its last point, where its name stands."""


class Curve:
    """Recall@k of both directions and of chance, as lines to draw."""

    width, height = 560, 240

    def __init__(self, report: Report) -> None:
        self.ranks = max(len(result.curve) for _, result in report.directions())
        self.lines = [self.line(name, result.curve) for name, result in report.directions()]
        self.chance = self.line("chance", report.text_to_image.chance_curve)
        self.ticks = [rank for rank in (1, 10, 20, 30, 40, 50) if rank <= self.ranks]

    def line(self, name: str, values: Sequence[float]) -> Line:
        """The polyline of `values` at ranks 1, 2, ..."""
        points = [(self.x(rank), self.y(value)) for rank, value in enumerate(values, start=1)]
        return Line(name, " ".join(f"{x:.1f},{y:.1f}" for x, y in points), points[-1][1])

    def x(self, rank: int) -> float:
        """Where `rank` stands, from the left."""
        return self.width * (rank - 1) / max(1, self.ranks - 1)

    def y(self, percent: float) -> float:
        """Where `percent` stands, from the top."""
        return self.height * (1 - percent / 100)
