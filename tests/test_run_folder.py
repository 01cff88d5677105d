"""Training curves: ours beside the 2017 system's own report."""

import json
import re
from pathlib import Path
from typing import Any

import pytest
from conftest import shared

from reidtalk import run_folder
from reidtalk.cli import main
from reidtalk.config import CurvesConfig
from reidtalk.errors import DataError
from reidtalk.run_folder import RunFolder, curves, read_report
from reidtalk.training_config import TrainConfig


@pytest.fixture
def drawn(monkeypatch: pytest.MonkeyPatch) -> list[tuple[str | None, str, dict[str, float]]]:
    """Label, colour and points of each curve drawn so far."""
    curves_drawn = []
    plot = run_folder.plot_history

    def plot_and_note(axis: Any, history: dict[str, float], **style: Any) -> None:
        curves_drawn.append((style.get("label"), style["color"], dict(history)))
        plot(axis, history, **style)

    monkeypatch.setattr(run_folder, "plot_history", plot_and_note)
    return curves_drawn


def our_run(folder: Path) -> Path:
    """A run folder of two validations."""
    config = TrainConfig(dataset="folder", root=Path("set"), out=folder)
    folder.mkdir()
    run = RunFolder(folder, config, from_step=0)
    for step in (5, 10):
        run.log(step, {"loss": 1 / step, "accuracy": 0.75})
        run.log(step, {"val_loss": 2 / step, "val_accuracy": 0.5, "val_recall@1": 0.25})
    run.report()
    run.close()
    return folder


def test_a_run_of_ours_and_the_originals_report_in_one_picture(
    tmp_path: Path, drawn: list[tuple[str | None, str, dict[str, float]]]
) -> None:
    ours, original = our_run(tmp_path / "ours"), shared("oracle", "report.json")
    report = json.loads(original.read_text())
    drawn.clear()
    picture = curves(CurvesConfig(runs=[ours, original], out=tmp_path / "curves.png"))
    assert picture.read_bytes().startswith(b"\x89PNG")
    mine, theirs = str(ours), str(original)
    assert drawn == [
        (None, "C0", {"5": 0.2, "10": 0.1}), (mine, "C0", {"5": 0.4, "10": 0.2}),
        (None, "C1", report["loss_history"]), (theirs, "C1", report["val_loss_history"]),
        (None, "C0", {"5": 0.75, "10": 0.75}), (mine, "C0", {"5": 0.5, "10": 0.5}),
        (None, "C1", report["acc_history"]), (theirs, "C1", report["val_acc_history"]),
        (None, "C0", {}), (mine, "C0", {"5": 0.25, "10": 0.25}), (None, "C1", {}), (theirs, "C1", {}),
    ]  # fmt: skip
    assert main(["curves", str(ours), str(original), "--out", str(tmp_path / "again.png")]) == 0
    assert (tmp_path / "again.png").read_bytes().startswith(b"\x89PNG")


def test_our_report_has_the_originals_keys(tmp_path: Path) -> None:
    original = json.loads(shared("oracle", "report.json").read_text())
    assert set(json.loads((our_run(tmp_path / "ours") / "report.json").read_text())) == set(original)


def test_of_several_reports_in_a_file_it_is_the_last(tmp_path: Path) -> None:
    """The original appends one line at each validation."""
    last = shared("oracle", "report.json").read_text().strip()
    first = json.dumps(json.loads(last) | {"iter": 5, "loss_history": {}})
    (tmp_path / "report.json").write_text(f"{first}\n{last}\n")
    assert read_report(tmp_path / "report.json") == json.loads(last)


def test_the_originals_report_says_what_it_printed() -> None:
    report, log = read_report(shared("oracle", "report.json")), shared("oracle", "train.log").read_text()
    steps = re.findall(r"^iter (\d+): loss: ([\d.]+) acc: ([\d.]+)$", log, re.MULTILINE)
    assert len(steps) == report["iter"] + 1 == 31
    printed = {step: (loss, accuracy) for step, loss, accuracy in steps}
    for step, loss in report["loss_history"].items():
        assert printed[step] == (f"{loss:.6f}", f"{report['acc_history'][step]:.6f}")
    checks = re.findall(
        r"^iter (\d+):|^validation loss: ([\d.]+) validation acc: ([\d.]+)$", log, re.MULTILINE
    )
    measured, step = {}, ""
    for number, loss, accuracy in checks:
        step = number or step
        if loss:
            measured[step] = (loss, accuracy)
    for step, loss in report["val_loss_history"].items():
        assert measured[step] == (f"{loss:.6f}", f"{report['val_acc_history'][step]:.6f}")


def test_a_report_of_ours_may_be_given_as_a_file(tmp_path: Path) -> None:
    run = our_run(tmp_path / "ours")
    assert read_report(run / "report.json")["loss_history"] == {"5": 0.2, "10": 0.1}
    (run / "metrics.jsonl").write_text('3\n{"loss": 1}\n{"step": 5, "val_recall@1": 7}\n{"st')
    assert read_report(run)["val_recall_history"] == {"5": 7}


NO_REPORTS = [
    json.dumps(
        {name: {} for name in ("acc_history", "val_loss_history", "val_acc_history")} | {"loss_history": held}
    )
    for held in ({"a": 1}, {"1": "x"}, {"1": [1]}, [1])
]


@pytest.mark.parametrize("text", [*NO_REPORTS, "", "[1]", "{}", '{"loss_history": 3}', "{"])
def test_what_is_no_report_is_refused(tmp_path: Path, text: str) -> None:
    (tmp_path / "report.json").write_text(text)
    with pytest.raises(
        DataError, match=r"no training report in .*report.json: .*; accepted: a run folder of"
    ):
        read_report(tmp_path / "report.json")


def test_curves_are_drawn_into_a_png(tmp_path: Path) -> None:
    with pytest.raises(DataError, match=r"cannot draw into curves.pdf; accepted: a name ending in .png"):
        curves(CurvesConfig(runs=[tmp_path], out=Path("curves.pdf")))
