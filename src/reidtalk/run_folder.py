"""What a training run leaves behind: metrics.jsonl, report.json, curves.png, TensorBoard logs."""

import json
from collections.abc import Iterable, Mapping
from io import BytesIO
from pathlib import Path
from typing import Any

from matplotlib.figure import Figure
from torch.utils.tensorboard import SummaryWriter

from reidtalk.config import CurvesConfig, as_json
from reidtalk.detector_config import TrainDetectorConfig
from reidtalk.errors import DataError, TrainingError
from reidtalk.files import write_errors, write_whole
from reidtalk.training_config import TrainConfig, TrainDualConfig, TrainRerankerConfig

REPORT_KEYS = {
    "loss": "loss_history",
    "accuracy": "acc_history",
    "val_loss": "val_loss_history",
    "val_accuracy": "val_acc_history",
}
"""Our names of what the 2017 system's JSON report keeps, and its names."""


class RunFolder:
    """Writes a run's metrics as they come."""

    def __init__(
        self,
        folder: Path,
        config: TrainConfig | TrainDualConfig | TrainRerankerConfig | TrainDetectorConfig,
        *,
        from_step: int,
    ) -> None:
        self.folder, self.config = folder, config
        self.metrics = folder / "metrics.jsonl"
        kept = [row for row in read_metrics(folder) if row["step"] <= from_step] if from_step else []
        write_whole(self.metrics, "".join(json.dumps(row) + "\n" for row in kept))
        with write_errors(folder / "tensorboard"):
            self.tensorboard = SummaryWriter(str(folder / "tensorboard"), purge_step=from_step + 1)

    def log(self, step: int, values: Mapping[str, float]) -> None:
        """`values` at `step` are in metrics.jsonl and TensorBoard."""
        with write_errors(self.folder):
            with self.metrics.open("a") as file:
                file.write(json.dumps({"step": step, **values}) + "\n")
            for name, value in values.items():
                self.tensorboard.add_scalar(name, value, step)

    def close(self) -> None:
        """TensorBoard's log is written to its end."""
        with write_errors(self.folder):
            self.tensorboard.close()

    def report(self) -> None:
        """report.json (the 2017 system's format) and curves.png show the run so far."""
        with write_errors(self.folder):
            self.tensorboard.flush()
        rows = read_metrics(self.folder)
        steps = max((row["step"] for row in rows), default=0)
        report: dict[str, Any] = {"opt": as_json(self.config), "iter": steps}
        for ours, theirs in REPORT_KEYS.items():
            report[theirs] = {str(row["step"]): row[ours] for row in rows if ours in row}
        write_whole(self.folder / "report.json", json.dumps(report, indent=1))
        draw_curves({self.folder.name: report | recalls(rows)}, self.folder / "curves.png")


def recalls(rows: Iterable[Mapping[str, float]]) -> dict[str, dict[str, float]]:
    """recall@1 on the validation pictures by step, as the report's other histories."""
    return {
        "val_recall_history": {str(row["step"]): row["val_recall@1"] for row in rows if "val_recall@1" in row}
    }


def read_metrics(folder: Path) -> list[dict[str, float]]:
    """The rows of metrics.jsonl, in order; a last line cut off by a killed process is left out."""
    file = folder / "metrics.jsonl"
    rows = []
    for line in file.read_text(encoding="utf-8").splitlines() if file.exists() else []:
        try:
            row = json.loads(line)
        except ValueError:
            continue
        if isinstance(row, dict) and isinstance(row.get("step"), int):
            rows.append(row)
    return rows


def curves(config: CurvesConfig) -> Path:
    """The picture of all runs' curves is at `config.out`, which is given back.

    Raises:
        DataError: neither a run folder nor a JSON report of the 2017 system; or a picture that is no PNG.
    """
    if config.out.suffix.lower() != ".png":
        raise DataError(f"cannot draw into {config.out}", accepted="a name ending in .png", do="change it")
    draw_curves({str(path): read_report(path) for path in config.runs}, config.out)
    return config.out


def read_report(path: Path) -> dict[str, Any]:
    """The histories of a run folder or of the 2017 system's JSON report (the last line of several).

    Raises:
        DataError: neither.
    """
    file = path / "report.json" if path.is_dir() else path
    try:
        report = last_of(file.read_text(encoding="utf-8"))
        for name in REPORT_KEYS.values():
            if not all(isinstance(value, int | float) for _, value in points(report[name])):
                raise ValueError(f"{name} holds something else than numbers")
    except (OSError, ValueError, IndexError, KeyError, TypeError, AttributeError, RecursionError) as error:
        raise DataError(
            f"no training report in {path}: {error}",
            accepted="a run folder of reidtalk train, or a JSON report of the 2017 system",
            do="check the path",
        ) from error
    return {**report, **(recalls(read_metrics(path)) if path.is_dir() else {})}


def last_of(text: str) -> Any:
    """The JSON value in `text`, or in its last line: the original appends one at each validation.

    Raises:
        ValueError, IndexError: neither is JSON.
    """
    try:
        return json.loads(text)
    except ValueError:
        return json.loads(text.strip().splitlines()[-1])


def points(history: Mapping[str, float]) -> list[tuple[int, float]]:
    """Steps and values, in order of the steps.

    Raises:
        AttributeError, ValueError: it is no table of steps.
    """
    return sorted((int(step), value) for step, value in history.items())


def draw_curves(reports: Mapping[str, Mapping[str, Any]], file: Path) -> None:
    """`file` shows loss, pair accuracy and validation recall@1 over the steps, one colour a run."""
    panels = (
        ("loss", "loss_history", "val_loss_history"),
        ("accuracy of pairs", "acc_history", "val_acc_history"),
        ("recall@1 on validation", "", "val_recall_history"),
    )
    figure = Figure(figsize=(12, 3.4), layout="constrained")
    axes = figure.subplots(1, 3)
    for axis, (title, training, validation) in zip(axes, panels, strict=True):
        for number, (run, report) in enumerate(reports.items()):
            color = f"C{number}"
            plot_history(axis, report.get(training, {}), color=color, alpha=0.35, linewidth=1)
            plot_history(axis, report.get(validation, {}), color=color, marker="o", markersize=3, label=run)
        axis.set(title=title, xlabel="step")
        axis.grid(alpha=0.25)
        axis.spines[["top", "right"]].set_visible(False)
    if axes[0].get_legend_handles_labels()[0]:
        axes[0].legend(title="line: training, dots: validation", fontsize=8, title_fontsize=7)
    drawn = BytesIO()
    figure.savefig(drawn, format="png", dpi=110)
    write_whole(file, drawn.getvalue())


def plot_history(axis: Any, history: Mapping[str, float], **style: Any) -> None:
    """The history is drawn in order of its steps."""
    if history:
        axis.plot(*zip(*points(history), strict=True), **style)


def prepare_folder(folder: Path, *, resume: bool) -> None:
    """`folder` exists and is free for a new run, or holds a run to resume.

    Raises:
        TrainingError: it holds a run already, or none to resume.
        WriteError: it cannot be written.
    """
    if resume and not (folder / "config.json").is_file():
        raise TrainingError(
            f"no run to resume in {folder}",
            accepted="a run folder",
            do="leave --resume away to begin a new run",
        )
    if (
        not resume
        and folder.exists()
        and (not folder.is_dir() or any(path.name[0] != "." for path in folder.iterdir()))
    ):
        raise TrainingError(
            f"{folder} is not empty",
            accepted="a new or empty folder",
            do="choose another OUT, or go on with --resume",
        )
    write_whole(folder / ".writable", "")
    (folder / ".writable").unlink(missing_ok=True)  # several processes may try
