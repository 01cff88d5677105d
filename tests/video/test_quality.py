import cv2
import numpy as np
import pytest

from reidtalk.video.people import Box
from reidtalk.video.quality import completeness, quality, sharpness

RNG = np.random.default_rng(0)
NOISE = RNG.integers(0, 255, (200, 80, 3), dtype=np.uint8)


def test_sharper_is_better() -> None:
    assert sharpness(np.full((200, 80, 3), 90, dtype=np.uint8)) == 0
    blurred = [sharpness(cv2.GaussianBlur(NOISE, (0, 0), radius)) for radius in (1, 3, 6)]
    assert sharpness(NOISE) > blurred[0] > blurred[1] > blurred[2] > 0


def test_larger_and_more_complete_is_better() -> None:
    box = Box(100, 100, 180, 300)
    assert 0 < quality(NOISE, box, 0.5) < quality(NOISE, box, 1.0) < 1
    small = cv2.resize(NOISE, (20, 50), interpolation=cv2.INTER_AREA)
    assert quality(small, Box(100, 100, 120, 150), 1.0) < quality(NOISE, box, 1.0)
    assert quality(NOISE, box, 0.0) == 0


def test_completeness_by_hand() -> None:
    corners = np.array(
        [
            [100, 100, 140, 200],  # in the open
            [0, 100, 40, 200],  # at the left edge
            [200, 100, 240, 480],  # feet below the frame, and too thin: 40 / 380
            [300, 100, 400, 200],  # as wide as high
            [500, 100, 540, 200],  # half of it behind the next
            [520, 100, 570, 210],
        ],
        dtype=np.float32,
    )
    expected = [1.0, 0.4, 0.6 * (40 / 380 / 0.3), 0.6, 0.5, 1.0]
    assert completeness(corners, 480, 640) == pytest.approx(expected)
    assert completeness(corners[:0], 480, 640).shape == (0,)
