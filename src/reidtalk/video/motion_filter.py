"""Where tracked boxes are, and where they will be: a Kalman filter for many boxes at once."""

from dataclasses import dataclass

import numpy as np
from jaxtyping import Bool, Float64, Int64

_PER_SECOND = 30.0
"""The published noise is per frame of such a video."""
_POSITION_NOISE, _SPEED_NOISE = 1 / 20, 1 / 160
"""Standard deviations as shares of the box's height."""

Corners = Float64[np.ndarray, "boxes 4"]
Values = Float64[np.ndarray, "boxes 4"]


@dataclass(frozen=True, slots=True)
class Motion:
    """Centre x, centre y, aspect (width / height) and height of boxes, their speeds per second, and how sure.

    Each of the four has its own 2 x 2 covariance: nothing in the filter mixes them.
    """

    position: Values
    speed: Values
    position_variance: Values
    covariance: Values
    speed_variance: Values

    def __len__(self) -> int:
        return len(self.position)

    def __getitem__(self, rows: Int64[np.ndarray, " rows"] | Bool[np.ndarray, " boxes"]) -> "Motion":
        """The boxes of these rows."""
        return Motion(*(values[rows] for values in self._all()))

    def joined(self, other: "Motion") -> "Motion":
        """These boxes, then those of `other`."""
        return Motion(*(np.concatenate(pair) for pair in zip(self._all(), other._all(), strict=True)))

    def with_rows(self, rows: Int64[np.ndarray, " rows"], other: "Motion") -> "Motion":
        """The same with `other` in place of these rows."""
        changed = [values.copy() for values in self._all()]
        for values, new in zip(changed, other._all(), strict=True):
            values[rows] = new
        return Motion(*changed)

    def _all(self) -> tuple[Values, ...]:
        return (
            self.position,
            self.speed,
            self.position_variance,
            self.covariance,
            self.speed_variance,
        )

    @property
    def corners(self) -> Corners:
        """Left, top, right, bottom in pixels."""
        middle, aspect, height = self.position[:, :2], self.position[:, 2:3], self.position[:, 3:4]
        half = np.concatenate([aspect * height, height], axis=1) / 2
        return np.concatenate([middle - half, middle + half], axis=1)


def begin(corners: Corners) -> Motion:
    """Boxes seen for the first time, with no speed."""
    position = _measured(corners)
    place, speed = _noise(position[:, 3])
    return Motion(
        position,
        np.zeros_like(position),
        (2 * place) ** 2,
        np.zeros_like(position),
        (10 * speed * _PER_SECOND) ** 2,
    )


def predict(motion: Motion, seconds: float) -> Motion:
    """Where the boxes will be `seconds` later if they keep their speed."""
    place, speed = _noise(motion.position[:, 3])
    steps = seconds * _PER_SECOND
    return Motion(
        motion.position + seconds * motion.speed,
        motion.speed,
        motion.position_variance
        + 2 * seconds * motion.covariance
        + seconds**2 * motion.speed_variance
        + steps * place**2,
        motion.covariance + seconds * motion.speed_variance,
        motion.speed_variance + steps * (speed * _PER_SECOND) ** 2,
    )


def correct(motion: Motion, corners: Corners) -> Motion:
    """What is known once each box was seen at `corners`."""
    place, _ = _noise(motion.position[:, 3])
    place[:, 2] = 1e-1
    expected = motion.position_variance + place**2
    gain, speed_gain = motion.position_variance / expected, motion.covariance / expected
    surprise = _measured(corners) - motion.position
    return Motion(
        motion.position + gain * surprise,
        motion.speed + speed_gain * surprise,
        (1 - gain) * motion.position_variance,
        (1 - gain) * motion.covariance,
        motion.speed_variance - speed_gain * motion.covariance,
    )


def _measured(corners: Corners) -> Values:
    size = np.maximum(corners[:, 2:] - corners[:, :2], 1e-3)
    middle = (corners[:, :2] + corners[:, 2:]) / 2
    return np.column_stack([middle, size[:, 0] / size[:, 1], size[:, 1]])


def _noise(height: Float64[np.ndarray, " boxes"]) -> tuple[Values, Values]:
    """Standard deviations of position and speed, by the published shares."""
    place = np.repeat(_POSITION_NOISE * height[:, None], 4, axis=1)
    speed = np.repeat(_SPEED_NOISE * height[:, None], 4, axis=1)
    place[:, 2], speed[:, 2] = 1e-2, 1e-5
    return place, speed
