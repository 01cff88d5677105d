import json
import shutil
from pathlib import Path
from typing import Any

import pytest
from conftest import shared
from small_sets import draw, six_records, write_cuhk

from reidtalk.cli import main
from reidtalk.data.check import Check, check_dataset
from reidtalk.errors import DataError


def texts(check: Check, severity: str) -> str:
    return "\n".join(problem.text for problem in check.problems if problem.severity == severity)


def test_a_sound_set(tmp_path: Path) -> None:
    check = check_dataset("synthetic", write_cuhk(tmp_path))
    assert check.problems == []
    assert check.ok
    assert check.lines() == [
        f"synthetic in {tmp_path}",
        "  train 2 people (ids 1-2), 3 pictures, 6 captions",
        "  val   1 people (ids 3-3), 1 pictures, 2 captions",
        "  test  1 people (ids 4-4), 2 pictures, 4 captions",
        "errors: 0, warnings: 0; the data set can be used",
    ]


def test_counts_stand_next_to_the_published_ones(tmp_path: Path) -> None:
    check = check_dataset("cuhk-pedes", write_cuhk(tmp_path))
    assert "        published: 11,003 people (ids 1-11003), 34,054 pictures, 68,126 captions" in check.lines()
    assert "not the published size: train, val, test; numbers measured here compare with no paper" in texts(
        check, "warning"
    )
    assert check.ok


def test_broken_and_missing_pictures_are_errors(tmp_path: Path) -> None:
    write_cuhk(tmp_path)
    for name in ("0", "2"):
        path = tmp_path / "imgs" / "cam_a" / f"{name}.png"
        path.write_bytes(path.read_bytes()[:90])
    shutil.rmtree(tmp_path / "imgs" / "cam_b")
    check = check_dataset("synthetic", tmp_path)
    errors = texts(check, "error")
    assert "3 of 6 pictures missing: 3 in " in errors
    assert "2 of 3 pictures cannot be read: cannot read " in errors
    assert "0.png: it is damaged" in errors
    assert not check.ok
    assert check.lines()[-1] == "errors: 2, warnings: 0; the data set cannot be used as it is"


def test_odd_captions_and_records_are_warnings(tmp_path: Path) -> None:
    records = six_records()
    records[0]["captions"] = ["a man in red"]
    records[2]["captions"] = ["A man in red ", "a hat", "a bag"]
    records[5]["file_path"] = records[4]["file_path"]
    warnings = texts(check_dataset("synthetic", write_cuhk(tmp_path, records)), "warning")
    assert "captions of train shared by different people: 1, such as 'a man in red'" in warnings
    assert "pictures of train with other than 2 captions: 2 (1 with 1, 1 with 3)" in warnings
    assert "pictures listed more than once: 1, such as " in warnings


def test_every_error_is_listed(tmp_path: Path) -> None:
    records = six_records()
    records[3]["id"] = 4
    records[0]["captions"] = ["..."]
    errors = texts(check_dataset("synthetic", write_cuhk(tmp_path, records)), "error")
    assert "people both in val and in test: 1, such as id 4" in errors
    assert "pictures with a caption of no words or too many: 1" in errors


def test_a_person_in_two_splits_of_a_packed_pair_is_a_warning() -> None:
    check = check_dataset("packed", shared("oracle", "tiny"))
    assert check.ok
    assert "people both in train and in test: 3, such as id 1002" in texts(check, "warning")


def test_ids_with_gaps_point_to_an_older_split(tmp_path: Path) -> None:
    records = six_records()
    records[2]["id"] = 9
    warnings = texts(check_dataset("cuhk-pedes", write_cuhk(tmp_path, records)), "warning")
    assert "ids of train have gaps: 2 people between 1 and 9; perhaps an older split" in warnings


def test_missing_splits(tmp_path: Path) -> None:
    for name in ("a.png", "b.png"):
        draw(tmp_path / name)
    warnings = texts(check_dataset("folder", tmp_path), "warning")
    assert "no train split: nothing can be trained on it" in warnings
    assert "no val split: training has nobody to validate with" in warnings
    assert "with other than 2 captions: 2 (2 with 0)" in warnings


def test_an_annotation_that_cannot_be_read_is_one_error(tmp_path: Path) -> None:
    (tmp_path / "reid_raw.json").write_text("{")
    check = check_dataset("cuhk-pedes", tmp_path)
    assert check.counts == {}
    assert not check.ok
    assert "reid_raw.json is not JSON" in check.lines()[1]


def test_no_such_data_set(tmp_path: Path) -> None:
    with pytest.raises(DataError, match="no data set 'market'; accepted: cuhk-pedes"):
        check_dataset("market", tmp_path)


def test_one_caption_a_picture_is_usual_where_it_was_published(tmp_path: Path) -> None:
    records = [{**record, "captions": record["captions"][:1]} for record in six_records()]
    write_cuhk(tmp_path, records)
    (tmp_path / "reid_raw.json").unlink()
    (tmp_path / "ICFG-PEDES.json").write_text(json.dumps([r for r in records if r["split"] != "val"]))
    warnings = texts(check_dataset("icfg-pedes", tmp_path), "warning")
    assert "captions" not in warnings
    assert (
        "no val split: train holds out some of its people to validate with, where it has 4 or more"
        in warnings
    )


def without(*splits: str) -> list[dict[str, Any]]:
    return [record for record in six_records() if record["split"] not in splits]


def test_the_verdict_says_what_the_set_is_good_for_and_ok_that_training_can_begin(tmp_path: Path) -> None:
    silent = [{**record, "captions": []} for record in six_records()]
    four = [{**record, "id": number, "split": "train"} for number, record in enumerate(six_records()[:4])]
    two_of_val = [{**record, "split": "val"} for record in six_records()[:2]]
    for number, (records, ok, verdict) in enumerate([
        (without("train", "val"), False, "can be measured on, not trained on"),
        (two_of_val, False, "can be measured on, not trained on"),
        (silent, False, "has no caption: nothing can be measured or trained"),
        (without("val"), False, "can be measured on, not trained on"),
        ([*four, *without("train", "val")], True, "can be used"),
        (without("test"), True, "can be trained on, not measured on"),
    ]):  # fmt: skip
        check = check_dataset("synthetic", write_cuhk(tmp_path / str(number), records))
        assert check.lines()[-1].endswith(f"; the data set {verdict}"), number
        assert check.ok == ok, number


def test_a_set_without_people_to_train_on_exits_with_1_as_help_promises(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    assert main(["check", "synthetic", str(write_cuhk(tmp_path / "whole"))]) == 0
    assert main(["check", "synthetic", str(write_cuhk(tmp_path / "test", without("train", "val")))]) == 1
    assert "no train split: nothing can be trained on it" in capsys.readouterr().out
    with pytest.raises(SystemExit):
        main(["check", "--help"])
    told = " ".join(capsys.readouterr().out.replace("│", " ").split())
    assert "Exits with 1 when training could not survive what it found" in told
