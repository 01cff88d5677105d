"""People out of frames: every detector on drawn scenes, on drawn walks, and on real videos, in one run.

python benchmarks/detection.py [--detectors NAME ...] [--real FOLDER] [--sheets FOLDER]

Scenes and walks hold people that no training drew. Right is a box that overlaps what can be seen of somebody
by a half; who is seen by less than 12% is neither wanted nor wrong. FOLDER for --real holds videos with one
person at a time, and people.json, which says from when to when each is in sight.
"""

import argparse
import json
import time
from collections.abc import Iterator
from pathlib import Path

import cv2
import numpy as np
from numpy.typing import NDArray

from reidtalk.box_metrics import Found, Judgement, There, judged, overlaps
from reidtalk.data.drawn_scenes import HIDDEN, draw_scenes
from reidtalk.data.people.street import Scene
from reidtalk.data.people.walk import draw_walk
from reidtalk.video.bytetrack import ByteTracker
from reidtalk.video.decode import frames
from reidtalk.video.detectors import open_detector
from reidtalk.video.people import Boxes, Detector, Source

SIZE_PX = (288, 512)
SCENES, WALKS, WALK_SECONDS, PER_SECOND = 128, 6, 12.0, 5.0
WORKING = 0.5
"""Boxes of at least this score count."""
TOLD_SECONDS = 1.0
"""How exactly people.json says when somebody is in sight."""
Picture = NDArray[np.uint8]


def truth(scene: Scene) -> There:
    """Who is to be found in a scene."""
    return There(scene.visible, scene.share < HIDDEN)


def looked_at(detector: Detector, pictures: list[Picture]) -> list[Boxes]:
    """What the detector sees in consecutive frames, some at a time as `appearances` asks for them."""
    detector.forget()
    found: list[Boxes] = []
    for start in range(0, len(pictures), 8):
        found += detector.detect(pictures[start : start + 8])
    return found


def as_found(boxes: list[Boxes]) -> list[Found]:
    return [Found(one.corners, one.scores) for one in boxes]


def told(judgement: Judgement) -> str:
    parts = (judgement.average_precision, judgement.recall(WORKING), judgement.precision(WORKING))
    return "  ".join(f"{100 * part:6.1f}" for part in parts)


def on_scenes(detector: Detector) -> str:
    """AP50, recall and precision on single pictures."""
    drawn = draw_scenes(range(SCENES), seed=2**31 - 5, size_px=SIZE_PX)
    pictures = [np.ascontiguousarray(image.transpose(1, 2, 0)) for image in drawn.images]
    there = [There(boxes, ignored) for boxes, ignored in zip(drawn.boxes, drawn.ignored, strict=True)]
    return told(judged(as_found(looked_at(detector, pictures)), there))


def on_walks(detector: Detector) -> str:
    """AP50, recall, precision, and how often a track changes from one person to another, for each person."""
    found: list[Found] = []
    there: list[There] = []
    switches = people = 0
    for number in range(WALKS):
        walk = list(walked(number))
        seen = looked_at(detector, [scene.picture for _, scene in walk])
        found += as_found(seen)
        there += [truth(scene) for _, scene in walk]
        switches += switched(walk, seen)
        people += len({who for _, scene in walk for who in scene.number[scene.share > HIDDEN].tolist()})
    return f"{told(judged(found, there))}  {switches:4d} / {people}"


def walked(number: int) -> Iterator[tuple[float, Scene]]:
    rng = np.random.default_rng([77, number])
    return draw_walk(rng, *SIZE_PX, seconds=WALK_SECONDS, per_second=PER_SECOND)


def switched(walk: list[tuple[float, Scene]], seen: list[Boxes]) -> int:
    """How often the track that covers a person is another one than before."""
    tracker, last, switches = ByteTracker(), dict[int, int](), 0
    for (seconds, scene), boxes in zip(walk, seen, strict=True):
        numbers = tracker.update(boxes, seconds)
        common = overlaps(boxes.corners[numbers >= 0], scene.visible)
        tracks = numbers[numbers >= 0]
        for column, who in enumerate(scene.number.tolist()):
            if len(tracks) and common[:, column].max() >= WORKING:
                track = int(tracks[common[:, column].argmax()])
                switches += last.get(who, track) != track
                last[who] = track
    return switches


def speed(detector: Detector) -> float:
    """Frames of 768 x 432 pixels a second."""
    rng = np.random.default_rng(0)
    pictures = [rng.integers(0, 256, (432, 768, 3), dtype=np.uint8) for _ in range(8)]
    detector.forget()
    detector.detect(pictures)
    best = np.inf
    for _ in range(4):
        start = time.perf_counter()
        detector.detect(pictures)
        best = min(best, time.perf_counter() - start)
    return len(pictures) / best


def on_real(detector: Detector, folder: Path, sheets: Path | None, name: str) -> list[str]:
    """Whether somebody is seen when somebody is in sight, and only then, by sampled frame."""
    people = json.loads((folder / "people.json").read_text())
    lines = []
    for file in sorted(folder.glob("*.mp4")) + sorted(folder.glob("*.gif")):
        sampled = list(frames(Source(path=str(file), kind="video"), 0.5))
        seen = looked_at(detector, [frame.picture for frame in sampled])
        counts = [int((boxes.scores >= WORKING).sum()) for boxes in seen]
        if file.suffix == ".mp4":
            lines.append(presence([frame.seconds for frame in sampled], counts, people))
        else:
            lines.append(f"{file.stem}: people a frame {' '.join(map(str, counts))}")
        if sheets is not None:
            draw_sheet([frame.picture for frame in sampled], seen, sheets / f"{name}-{file.stem}.png")
    return lines


def presence(seconds: list[float], counts: list[int], people: list[dict[str, float]]) -> str:
    """Recall of frames with somebody, false alarms of those without, and how many show exactly one."""
    hit = present = alarm = absent = one = 0
    for now, count in zip(seconds, counts, strict=True):
        inside = any(
            p["first_second"] + TOLD_SECONDS <= now <= p["last_second"] - TOLD_SECONDS for p in people
        )
        near = any(p["first_second"] - TOLD_SECONDS <= now <= p["last_second"] + TOLD_SECONDS for p in people)
        hit, present, one = hit + (inside and count > 0), present + inside, one + (inside and count == 1)
        alarm, absent = alarm + (not near and count > 0), absent + (not near)
    shares = f"somebody in {hit} of {present} frames ({one} exactly one), false alarms in {alarm} of {absent}"
    return f"one by one: {shares}"


def draw_sheet(pictures: list[Picture], seen: list[Boxes], file: Path, most: int = 30) -> None:
    """`file` shows some of the frames and the boxes in them: green those that count, yellow the doubtful."""
    rows = np.linspace(0, len(pictures) - 1, min(most, len(pictures))).astype(int)
    tiles = []
    for row in rows:
        picture = pictures[row].copy()
        for box, score in zip(seen[row].corners.astype(int).tolist(), seen[row].scores.tolist(), strict=True):
            colour = (0, 230, 0) if score >= WORKING else (230, 200, 0)
            if score >= 0.25:
                cv2.rectangle(picture, (box[0], box[1]), (box[2] - 1, box[3] - 1), colour, 2)
                cv2.putText(picture, f"{score:.2f}", (box[0], box[1] + 12), 0, 0.45, colour, 1)
        tiles.append(cv2.resize(picture, (384, 216), interpolation=cv2.INTER_AREA))
    tiles += [np.zeros_like(tiles[0])] * (-len(tiles) % 5)
    sheet = np.vstack([np.hstack(tiles[start : start + 5]) for start in range(0, len(tiles), 5)])
    file.parent.mkdir(parents=True, exist_ok=True)
    cv2.imwrite(str(file), sheet[:, :, ::-1])


if __name__ == "__main__":
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--detectors", nargs="+", default=["motion", "reidtalk-detector", "moving"])
    parser.add_argument("--real", type=Path)
    parser.add_argument("--sheets", type=Path)
    given = parser.parse_args()
    print(f"{'':24s}  scenes                    walks")
    print(f"{'detector':24s}    AP50  recall  precis.     AP50  recall  precis.  switches   frames/s")
    for chosen in given.detectors:
        detector = open_detector(chosen, "cpu")
        if detector is None:
            continue
        scenes = on_scenes(detector) if chosen not in ("motion", "moving") else "       -       -       -"
        print(f"{chosen[-24:]:24s}  {scenes}   {on_walks(detector)}  {speed(detector):8.1f}", flush=True)
        if given.real is not None:
            for line in on_real(detector, given.real, given.sheets, Path(chosen).name):
                print(f"    {line}", flush=True)
