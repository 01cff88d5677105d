"""The person detector: what its places answer for, its loss, and that it learns, saves and loads."""

import json
import math
from dataclasses import replace
from pathlib import Path

import pytest
import torch
from torch import Tensor
from torchvision.ops import box_iou

from reidtalk.errors import CheckpointError
from reidtalk.models.person_detector import (
    INSIDE,
    LONGEST_SIDES,
    OVERLAP,
    REACH,
    Answers,
    PersonDetector,
    PersonDetectorSettings,
    Places,
    boxes_at,
    detection_loss,
    fused,
    needed,
    paired_overlap,
    places_of,
    read_person_detector,
    save_person_detector,
    truth_of,
)

TINY = PersonDetectorSettings(widths=(8, 8, 8, 8), blocks=(1, 1, 1), head_width=8)
PLACES = places_of(96, 64, torch.device("cpu"))
NOBODY = torch.zeros(0, 4)
NOT_IGNORED = torch.zeros(1, dtype=torch.bool)


def boxes(*rows: tuple[float, ...]) -> Tensor:
    return torch.tensor(rows, dtype=torch.float32)


def test_places_are_the_middles_of_cells_row_by_row() -> None:
    assert len(PLACES.middles) == 12 * 8 + 6 * 4 + 3 * 2
    assert PLACES.middles[:9].tolist() == [[4 + 8 * x, 4] for x in range(8)] + [[4, 12]]
    assert PLACES.middles[-1].tolist() == [48, 80]
    assert PLACES.strides[-7:].tolist() == [16] + [32] * 6


def test_a_box_from_its_shape_by_hand() -> None:
    """Half a stride to the right; one stride wide, two tall."""
    shapes = torch.zeros(1, len(PLACES.middles), 4)
    shapes[0, 0] = torch.tensor([0.5, 0.0, 0.0, math.log(2)])
    torch.testing.assert_close(boxes_at(PLACES, shapes)[0, 0], torch.tensor([4.0, -4.0, 12.0, 12.0]))


def test_a_narrow_box_between_places_has_one_to_answer_for_it() -> None:
    truth = truth_of(PLACES, boxes((15, 10, 17, 30)), NOT_IGNORED)
    answering = PLACES.middles[truth.person == 0]
    assert {tuple(place) for place in answering.tolist()} >= {(12.0, 20.0)} or len(answering) >= 1


def test_of_two_boxes_a_place_answers_for_the_smaller() -> None:
    truth = truth_of(PLACES, boxes((0, 0, 40, 60), (10, 20, 30, 40)), torch.tensor([False, False]))
    middle = int(((PLACES.middles - torch.tensor([20.0, 28.0])).abs().sum(1) + PLACES.levels * 100).argmin())
    assert truth.person[middle] == 1


def test_who_is_ignored_makes_no_place_wrong() -> None:
    truth = truth_of(PLACES, boxes((0, 0, 30, 60)), torch.tensor([True]))
    assert (truth.person == -1).all()
    inside = (PLACES.middles < torch.tensor([30.0, 60.0])).all(1)
    assert not truth.counted[inside].any()
    assert truth.counted[~inside].all()


def slow_truth(places: Places, people: Tensor) -> list[int]:
    """What each place answers for, one place and one box at a time."""
    answers = []
    for (x, y), stride, level in zip(
        places.middles.tolist(), places.strides.tolist(), places.levels.tolist(), strict=True
    ):
        best, smallest = -1, math.inf
        for number, (left, top, right, bottom) in enumerate(people.tolist()):
            wide, tall = right - left, bottom - top
            if not LONGEST_SIDES[level] <= max(wide, tall) < LONGEST_SIDES[level + 1]:
                continue
            away = max(abs(x - (left + right) / 2), abs(y - (top + bottom) / 2)) / stride
            inside = left < x < right and top < y < bottom
            if (away <= 0.5 or (away < REACH and inside)) and wide * tall < smallest:
                best, smallest = number, wide * tall
        answers.append(best)
    return answers


def test_truth_is_that_of_a_plain_loop() -> None:
    generator = torch.Generator().manual_seed(1)
    places = places_of(192, 224, torch.device("cpu"))
    for _ in range(5):
        low = torch.rand(6, 2, generator=generator) * torch.tensor([200.0, 150.0])
        people = torch.cat([low, low + 8 + torch.rand(6, 2, generator=generator) * 180], 1)
        truth = truth_of(places, people, torch.zeros(6, dtype=torch.bool))
        assert truth.person.tolist() == slow_truth(places, people)


def test_paired_overlap_is_the_diagonal_of_all_pairs() -> None:
    generator = torch.Generator().manual_seed(2)
    low = torch.rand(2, 9, 2, generator=generator) * 20
    ones, others = torch.cat([low, low + 1 + torch.rand(2, 9, 2, generator=generator) * 20], 2)
    torch.testing.assert_close(paired_overlap(ones, others), box_iou(ones, others).diagonal())


def answers_for(person: Tensor, logit: float) -> Answers:
    """Every place says there is the same box, and nobody, but for the places that answer for it."""
    truth = truth_of(PLACES, person, NOT_IGNORED)
    logits = torch.where(truth.person >= 0, logit, -12.0)[None]
    return Answers(logits, person.expand(len(PLACES.middles), 4)[None])


def test_the_loss_is_small_where_all_is_right_and_grows_with_what_is_wrong() -> None:
    person = boxes((10, 10, 34, 60))
    right, parts = detection_loss(answers_for(person, 12.0), PLACES, [person], [NOT_IGNORED])
    assert right < 1e-3
    assert set(parts) == {"loss", "score_loss", "box_loss"}
    missed, _ = detection_loss(answers_for(person, -12.0), PLACES, [person], [NOT_IGNORED])
    alarm, _ = detection_loss(answers_for(person, 12.0), PLACES, [NOBODY], [NOT_IGNORED[:0]])
    moved, _ = detection_loss(answers_for(person, 12.0), PLACES, [person + 9], [NOT_IGNORED])
    assert min(missed, alarm, moved) > 0.5
    ignored, _ = detection_loss(answers_for(person, 12.0), PLACES, [person], [~NOT_IGNORED])
    assert ignored < alarm


def test_every_weight_gets_a_gradient() -> None:
    torch.manual_seed(0)
    detector = PersonDetector(TINY)
    images = torch.randint(0, 256, (2, 3, 96, 64), dtype=torch.uint8)
    people = [boxes((5, 5, 25, 60)), boxes((0, 0, 60, 90), (30, 2, 40, 22))]
    loss, _ = detection_loss(detector(images), PLACES, people, [NOT_IGNORED, torch.tensor([False, False])])
    loss.backward()
    assert all(
        weights.grad is not None and weights.grad.isfinite().all() for weights in detector.parameters()
    )


def test_it_learns_two_pictures() -> None:
    """Bright upright bars are people; it finds those it was shown, where they are."""
    torch.manual_seed(0)
    detector = PersonDetector(replace(TINY, widths=(16, 16, 24, 24), head_width=16))
    images = torch.full((2, 3, 96, 64), 60, dtype=torch.uint8)
    people = [boxes((8, 8, 24, 56)), boxes((36, 30, 56, 90))]
    for image, rows in zip(images, people, strict=True):
        for left, top, right, bottom in rows.int().tolist():
            image[:, top:bottom, left:right] = 220
    optimizer = torch.optim.AdamW(detector.parameters(), lr=4e-3)
    first = math.inf
    for step in range(60):
        loss, _ = detection_loss(detector(images), PLACES, people, [NOT_IGNORED] * 2)
        first = float(loss.detach()) if step == 0 else first
        optimizer.zero_grad()
        loss.backward()
        optimizer.step()
    assert float(loss.detach()) < 0.5 * first
    for (found, scores), rows in zip(detector.eval().find(images, 0.3), people, strict=True):
        assert scores.numel() >= 1
        assert float(box_iou(found[:1], rows).max()) > 0.4


def test_the_doubtful_logit_scores_a_half_and_near_copies_are_left_out() -> None:
    torch.manual_seed(0)
    detector = PersonDetector(replace(TINY, doubtful=-2.0)).eval()
    for weights in (detector.score.weight, detector.box.weight):
        torch.nn.init.zeros_(weights)
    assert detector.score.bias is not None
    torch.nn.init.constant_(detector.score.bias, -2.0)
    boxes_found, scores = detector.find(torch.zeros(1, 3, 96, 64, dtype=torch.uint8), 0.1)[0]
    torch.testing.assert_close(scores, torch.full_like(scores, 0.5))
    common = box_iou(boxes_found, boxes_found) - torch.eye(len(boxes_found))
    assert float(common.max()) <= OVERLAP


def slow_needed(boxes: Tensor, scores: Tensor) -> list[int]:
    """One box after the other, best first, against all that are kept."""
    kept: list[int] = []
    for one in scores.argsort(descending=True, stable=True).tolist():
        left, top, right, bottom = boxes[one].tolist()
        for better in kept:
            a, b, c, d = boxes[better].tolist()
            common = max(min(right, c) - max(left, a), 0) * max(min(bottom, d) - max(top, b), 0)
            area, other = (right - left) * (bottom - top), (c - a) * (d - b)
            if common > OVERLAP * (area + other - common) or common > INSIDE * area:
                break
        else:
            kept.append(one)
    return kept


def test_needed_boxes_are_those_of_a_plain_loop() -> None:
    generator = torch.Generator().manual_seed(3)
    for _ in range(5):
        low = torch.rand(30, 2, generator=generator) * 40
        people = torch.cat([low, low + 5 + torch.rand(30, 2, generator=generator) * 40], 1)
        scores = torch.rand(30, generator=generator)
        assert needed(people, scores).tolist() == slow_needed(people, scores)
    assert needed(NOBODY, torch.zeros(0)).tolist() == []


def test_a_part_of_somebody_is_not_somebody_else() -> None:
    body, head, friend = (10, 10, 30, 70), (15, 10, 25, 22), (28, 12, 48, 70)
    assert needed(boxes(head, body, friend), torch.tensor([0.5, 0.9, 0.6])).tolist() == [1, 2]


def test_fused_it_says_the_same() -> None:
    torch.manual_seed(0)
    detector = PersonDetector(TINY)
    images = torch.randint(0, 256, (2, 3, 96, 64), dtype=torch.uint8)
    for _ in range(3):
        detector(images)
    whole, one = detector.eval()(images), fused(detector)(images)
    torch.testing.assert_close(one.logits, whole.logits, atol=1e-4, rtol=1e-4)
    torch.testing.assert_close(one.boxes, whole.boxes, atol=1e-2, rtol=1e-4)
    assert not any(isinstance(layer, torch.nn.BatchNorm2d) for layer in fused(detector).modules())


@pytest.mark.parametrize("half", [False, True])
def test_saved_and_loaded_it_is_the_same(tmp_path: Path, half: bool) -> None:
    torch.manual_seed(0)
    detector = PersonDetector(replace(TINY, doubtful=0.3))
    save_person_detector(tmp_path / "d", detector, {"step": 7}, half=half)
    loaded = read_person_detector(tmp_path / "d")
    assert loaded.settings == detector.settings
    assert json.loads((tmp_path / "d" / "config.json").read_text())["step"] == 7
    for name, tensor in detector.state_dict().items():
        expected = tensor.bfloat16().to(tensor.dtype) if half and tensor.is_floating_point() else tensor
        torch.testing.assert_close(loaded.state_dict()[name], expected, atol=0, rtol=0)


def test_another_model_is_refused(tmp_path: Path) -> None:
    (tmp_path / "config.json").write_text('{"model": "dual-encoder", "settings": {}}')
    with pytest.raises(CheckpointError, match=r"it is of the model dual-encoder.*train-detector"):
        read_person_detector(tmp_path)
