"""People out of frames by name of the detector: by motion, by ours, by one of the hub, or not at all."""

from collections.abc import Callable, Iterator, Sequence
from importlib.util import find_spec
from itertools import groupby
from math import sqrt
from pathlib import Path
from typing import Any

import cv2
import numpy as np
import torch
from jaxtyping import UInt8
from numpy.typing import NDArray

from reidtalk.devices import choose_device
from reidtalk.errors import ConfigError
from reidtalk.models.checkpoint import find_checkpoint
from reidtalk.models.person_detector import SHIPPED_DETECTOR, PersonDetector, fused, read_person_detector
from reidtalk.video.motion import MotionDetector
from reidtalk.video.moving import MovingDetector
from reidtalk.video.people import Boxes, Detector

LOWEST = 0.1
"""Boxes of a lower score are left out; a tracker may use those below 0.5 to keep hold of somebody."""
AT_ONCE = 8
"""Frames that go through a network together."""
HUB = "transformers:"
"""Before the name or folder of an object detector of the `transformers` library."""
GREY = 114
"""What is beside a frame in the picture the network sees."""
Picture = NDArray[np.uint8]


class OwnDetector:
    """A `PersonDetector` looking at frames of any size."""

    def __init__(self, detector: PersonDetector, device: torch.device) -> None:
        self._network = fused(detector).to(device, memory_format=torch.channels_last)  # type: ignore[call-overload]
        self._device = device

    def forget(self) -> None:
        """Each frame is looked at by itself: there is nothing to forget."""

    def detect(self, frames: Sequence[UInt8[np.ndarray, "height width 3"]]) -> list[Boxes]:
        """The people in each of `frames`, best first."""
        found: list[Boxes] = []
        for _, alike in groupby(frames, lambda frame: frame.shape):  # it may change on the way
            coming = list(alike)
            for start in range(0, len(coming), AT_ONCE):
                found += self._found(coming[start : start + AT_ONCE])
        return found

    def _found(self, frames: Sequence[Picture]) -> Iterator[Boxes]:
        """The people in each of `frames`, which have the same shape."""
        fitted = [fit(frame, self._network.settings.working_px) for frame in frames]
        images = torch.from_numpy(np.stack([picture for picture, _ in fitted]).transpose(0, 3, 1, 2))
        answers = self._network.find(images.to(self._device), LOWEST)
        for (boxes, scores), (_, scale), frame in zip(answers, fitted, frames, strict=True):
            yield _within(boxes.cpu().numpy() / scale, scores.cpu().numpy(), frame)


def fit(frame: Picture, working_px: int) -> tuple[Picture, float]:
    """`frame` scaled to about `working_px` pixels and by how much; grey to the right and below.

    Its height and width are multiples of 32.
    """
    height, width = frame.shape[:2]
    scale = min(sqrt(working_px / (height * width)), 2.0)
    wide, tall = max(round(width * scale), 1), max(round(height * scale), 1)
    way = cv2.INTER_AREA if scale < 1 else cv2.INTER_LINEAR
    picture = np.full((-(-tall // 32) * 32, -(-wide // 32) * 32, 3), GREY, np.uint8)
    picture[:tall, :wide] = cv2.resize(frame, (wide, tall), interpolation=way)
    return picture, scale


def _within(corners: NDArray[np.floating], scores: NDArray[np.floating], frame: Picture) -> Boxes:
    """The boxes cut off at the edges of the frame."""
    height, width = frame.shape[:2]
    cut = np.clip(corners.reshape(-1, 4), 0, (width, height, width, height))
    return Boxes(cut.astype(np.float32), scores.astype(np.float32))


class HubDetector:
    """An object detector of the `transformers` library, asked for people only."""

    def __init__(self, name: str, device: torch.device) -> None:
        """`name`: of a repository on the hub, or a folder that holds such a model.

        Raises:
            ConfigError: the library is not installed, the model is not to be had, or knows no people.
        """
        if find_spec("transformers") is None:
            raise ConfigError(
                f"--detector is {HUB}{name}, but the library transformers is not installed",
                accepted="an installation with it",
                do="pip install 'reidtalk[detect]'",
            )
        self._processor, self._network = _from_hub(name)
        labels: dict[int, str] = self._network.config.id2label
        self._people = [number for number, label in labels.items() if str(label).lower() == "person"]
        if not self._people:
            told = ", ".join(str(label) for label in list(labels.values())[:5])
            raise ConfigError(
                f"--detector is {HUB}{name}, which knows no label person but {told}",
                accepted="a detector with the label person, as those trained on COCO have",
                do="choose another model",
            )
        self._network.to(device).eval()
        self._device = device

    def forget(self) -> None:
        """Each frame is looked at by itself: there is nothing to forget."""

    @torch.inference_mode()
    def detect(self, frames: Sequence[UInt8[np.ndarray, "height width 3"]]) -> list[Boxes]:
        """The people in each of `frames`, best first."""
        found: list[Boxes] = []
        for start in range(0, len(frames), AT_ONCE):
            some = frames[start : start + AT_ONCE]
            inputs = self._processor(images=list(some), return_tensors="pt").to(self._device)
            answers = self._processor.post_process_object_detection(
                self._network(**inputs), threshold=LOWEST, target_sizes=[frame.shape[:2] for frame in some]
            )
            for answer, frame in zip(answers, some, strict=True):
                people = torch.isin(answer["labels"].cpu(), torch.tensor(self._people))
                scores, boxes = answer["scores"].cpu()[people], answer["boxes"].cpu()[people]
                order = scores.argsort(descending=True, stable=True)
                found.append(_within(boxes[order].float().numpy(), scores[order].float().numpy(), frame))
        return found


def _from_hub(name: str) -> tuple[Any, Any]:
    """Image processor and network of a model of the hub or a folder."""
    from transformers import AutoImageProcessor, AutoModelForObjectDetection  # slow; only this needs it

    try:
        processor = AutoImageProcessor.from_pretrained(name)
        network = AutoModelForObjectDetection.from_pretrained(name)
    except (OSError, ValueError, KeyError, ImportError) as error:
        raise ConfigError(
            f"--detector is {HUB}{name}: {str(error).strip().splitlines()[0]}",
            accepted="a folder with config.json, preprocessor_config.json and model.safetensors of an object "
            "detector, or the name of such a repository on the hub while there is a network",
            do="check the name, or fetch it beforehand with: hf download NAME --local-dir FOLDER",
        ) from error
    return processor, network


def own_detector(path: Path, device: torch.device) -> Detector:
    """The person detector saved in `path`: a checkpoint folder, or a run of `train-detector`.

    Raises:
        CheckpointError: none there, damaged, or another model.
    """
    return OwnDetector(read_person_detector(find_checkpoint(path)), device)


DETECTORS: dict[str, Callable[[torch.device], Detector | None]] = {
    "none": lambda device: None,  # noqa: ARG005
    "motion": lambda device: MotionDetector(),  # noqa: ARG005
    SHIPPED_DETECTOR.name: lambda device: own_detector(SHIPPED_DETECTOR, device),
    "moving": lambda device: MovingDetector(own_detector(SHIPPED_DETECTOR, device)),
}
"""Detectors by name; None: every picture is of one person already, and fills it."""
ACCEPTED = f"auto, {', '.join(DETECTORS)}, a run folder of train-detector, or {HUB} and a name or folder"


def open_detector(name: str, device: str = "auto") -> Detector | None:
    """The detector called `name`: of `DETECTORS`, `transformers:NAME_OR_FOLDER`, or of a run folder.

    Raises:
        ConfigError: unknown, or not to be had.
        CheckpointError: its weights are damaged.
    """
    chosen = choose_device(device)
    if name in DETECTORS:
        return DETECTORS[name](chosen)
    if name.startswith(HUB):
        return HubDetector(name.removeprefix(HUB), chosen)
    if Path(name).is_dir():
        return own_detector(Path(name), chosen)
    raise ConfigError(f"--detector is {name}", accepted=ACCEPTED, do="choose one of these")


def detector_for(kind: str) -> str:
    """What `auto` means for a source of that `Source.kind`; pictures of one person need none.

    In a single picture nothing moves (benchmarks/detection.py tells how good each is).
    """
    return SHIPPED_DETECTOR.name if kind == "picture" else "moving"
