"""How much a crop shows of a person: size, sharpness and completeness."""

from typing import Any

import cv2
import numpy as np
from jaxtyping import Float32, Float64, UInt8

from reidtalk.video.people import Box

_HALF_SIZE_PX = 96.0
"""The height at which size counts one half."""
_HALF_SHARPNESS = 120.0
"""The variance of the Laplacian at which sharpness counts one half."""
_SHARPNESS_SIZE = (64, 128)
"""Width and height at which sharpness is measured, so that it does not depend on the size."""
_USUAL_ASPECT = (0.3, 0.6)
"""Width / height of a standing or walking person."""
_EDGE_PX = 2

Shares = Float64[np.ndarray, " people"]


def quality(picture: UInt8[np.ndarray, "height width 3"], box: Box, completeness: float) -> float:
    """The geometric mean of size, sharpness and `completeness`, 0 to 1; `picture` shows what is in `box`."""
    size = box.height / (box.height + _HALF_SIZE_PX)
    sharp = sharpness(picture)
    return float((size * sharp / (sharp + _HALF_SHARPNESS) * completeness) ** (1 / 3))


def sharpness(picture: UInt8[np.ndarray, "height width 3"]) -> float:
    """The variance of the Laplacian of the picture at a fixed size: 0 for a plain one, higher is sharper."""
    grey: Any = cv2.cvtColor(picture, cv2.COLOR_RGB2GRAY)
    small = cv2.resize(grey, _SHARPNESS_SIZE, interpolation=cv2.INTER_AREA)
    return float(cv2.Laplacian(small, cv2.CV_32F).var())


def completeness(corners: Float32[np.ndarray, "people 4"], height_px: int, width_px: int) -> Shares:
    """How likely the whole person is in each box, 0 to 1: off the frame's edge, of usual shape, in front."""
    if not len(corners):
        return np.zeros(0)
    whole: Shares = _inside(corners, height_px, width_px) * _usual_shape(corners) * (1 - _hidden(corners))
    return whole


def _inside(corners: Float32[np.ndarray, "people 4"], height_px: int, width_px: int) -> Shares:
    """1 off the edges of the frame; half at the left, right or top, less where the legs are cut off."""
    at_side = (corners[:, 0] <= _EDGE_PX) | (corners[:, 2] >= width_px - _EDGE_PX)
    at_top = corners[:, 1] <= _EDGE_PX
    at_bottom = corners[:, 3] >= height_px - _EDGE_PX
    return np.where(at_side, 0.4, 1.0) * np.where(at_top, 0.6, 1.0) * np.where(at_bottom, 0.6, 1.0)


def _usual_shape(corners: Float32[np.ndarray, "people 4"]) -> Shares:
    """1 within the usual aspects, falling with the ratio outside."""
    size = np.maximum(corners[:, 2:] - corners[:, :2], 1e-3).astype(np.float64)
    aspect = size[:, 0] / size[:, 1]
    low, high = _USUAL_ASPECT
    usual: Shares = np.minimum(np.minimum(aspect / low, high / aspect), 1.0)
    return usual


def _hidden(corners: Float32[np.ndarray, "people 4"]) -> Shares:
    """The largest share of each box that one other covers whose feet are lower: it stands in front."""
    low = np.maximum(corners[:, None, :2], corners[None, :, :2])
    high = np.minimum(corners[:, None, 2:], corners[None, :, 2:])
    shared = np.prod(np.maximum(high - low, 0), axis=2).astype(np.float64)
    area = np.prod(np.maximum(corners[:, 2:] - corners[:, :2], 1e-3), axis=1)
    in_front = corners[None, :, 3] > corners[:, None, 3]
    hidden: Shares = np.max(np.where(in_front, shared, 0), axis=1) / area
    return hidden
