"""Who walks through a drawn place is found and followed: recall, precision and changes of track, with floors."""

import numpy as np
import pytest

from reidtalk.box_metrics import Found, There, judged, overlaps
from reidtalk.data.drawn_scenes import HIDDEN
from reidtalk.data.people.street import Scene
from reidtalk.data.people.walk import draw_walk
from reidtalk.video.bytetrack import ByteTracker
from reidtalk.video.detectors import open_detector
from reidtalk.video.people import Boxes

FLOORS = {"motion": (0.45, 0.7, 2.5), "reidtalk-detector": (0.5, 0.5, 2.0), "moving": (0.5, 0.7, 1.7)}
"""Of each detector: least recall and precision, most changes of track for each person. When shipped, on six
longer walks: 0.63, 0.88, 1.6; 0.70, 0.66, 0.9; 0.76, 0.90, 0.9."""


@pytest.fixture(scope="module")
def walks() -> list[list[tuple[float, Scene]]]:
    """Four of them, of 8 seconds."""
    return [
        list(draw_walk(np.random.default_rng([78, number]), 216, 384, people=4, seconds=8, per_second=4))
        for number in range(4)
    ]


def changes(walk: list[tuple[float, Scene]], seen: list[Boxes]) -> int:
    """How often the track that covers a person is another one than before."""
    tracker, last, count = ByteTracker(), dict[int, int](), 0
    for (seconds, scene), boxes in zip(walk, seen, strict=True):
        numbers = tracker.update(boxes, seconds)
        tracks = numbers[numbers >= 0]
        common = overlaps(boxes.corners[numbers >= 0], scene.visible)
        for column, who in enumerate(scene.number.tolist()):
            if len(tracks) and common[:, column].max() >= 0.5:
                track = int(tracks[common[:, column].argmax()])
                count += last.get(who, track) != track
                last[who] = track
    return count


@pytest.mark.parametrize("name", list(FLOORS))
def test_walkers_are_found_and_followed(name: str, walks: list[list[tuple[float, Scene]]]) -> None:
    detector = open_detector(name, "cpu")
    assert detector is not None
    found: list[Found] = []
    there: list[There] = []
    changed = 0
    for walk in walks:
        detector.forget()
        seen = detector.detect([scene.picture for _, scene in walk])
        found += [Found(boxes.corners, boxes.scores) for boxes in seen]
        there += [There(scene.visible, scene.share < HIDDEN) for _, scene in walk]
        changed += changes(walk, seen)
    judgement, people = judged(found, there), sum(len({*walk_numbers(walk)}) for walk in walks)
    recall, precision, switches = FLOORS[name]
    told = (
        f"recall {judgement.recall(0.5):.2f}, precision {judgement.precision(0.5):.2f}, {changed} of {people}"
    )
    assert judgement.recall(0.5) > recall, told
    assert judgement.precision(0.5) > precision, told
    assert changed < switches * people, told


def walk_numbers(walk: list[tuple[float, Scene]]) -> list[int]:
    """Who is ever to be seen."""
    return [who for _, scene in walk for who in scene.number[scene.share >= HIDDEN].tolist()]
