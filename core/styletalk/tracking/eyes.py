# SPDX-License-Identifier: Apache-2.0
"""Blinks and gaze out of the landmarks of lids and irises."""

import numpy as np

from ..animation import GAZE_DIM
from ..face.landmarks import EYE_OPENINGS, eye_openness
from ..face.model import open_face

LEFT, RIGHT = (362, 263), (133, 33)
"""Inner and outer corner of the person's eyes."""
IRISES = (473, 468)
OPEN_PERCENTILE = 75
"""Of an eye's opening over a film: how far it is open where it does not blink."""
SHUT, HALF_OPEN = 0.22, 0.75
"""Parts of it: what landmarks show of an eye that is shut, and where a blink begins."""
TURN_OF_EYE = np.array([0.29, 0.29, 0.18, 0.20])
"""By how much of its width an iris moves in a gaze of 1 to the left, right, up and down: measured on the open face."""


def blinks_of(landmarks: np.ndarray, expression: np.ndarray) -> np.ndarray:
    """(T, 2) in 0..1, person's left and right eye: how much farther shut an eye is seen than the coefficients shut it.

    landmarks: (T, 478, 3) pixels, NaN where not seen. expression: (T, 64), the coefficients of the same rows.
    """
    seen = _openings(landmarks)
    if np.isnan(seen).all():
        return np.zeros((len(landmarks), 2), np.float32)
    seen = seen / np.maximum(np.nanpercentile(seen, OPEN_PERCENTILE, axis=0), 1e-3)
    shown = eye_openness(open_face(), expression)
    wanted = np.percentile(shown, OPEN_PERCENTILE, axis=0) * np.clip((seen - SHUT) / (1 - SHUT), 0.0, None)
    closing = np.clip((HALF_OPEN - seen) / (HALF_OPEN - SHUT) * 2, 0.0, 1.0)
    return np.nan_to_num(np.clip(closing * (shown - wanted), 0.0, 1.0)).astype(np.float32)


def gaze_of(landmarks: np.ndarray, blinks: np.ndarray) -> np.ndarray:
    """(T, 4) in 0..1: how far the eyes look left, right, up and down of where they mostly look. Held through blinks."""
    across, up = np.mean([_iris(landmarks, eye) for eye in (0, 1)], axis=0).T if len(landmarks) else np.zeros((2, 0))
    sides = np.stack([across, -across, up, -up], axis=1)  # the person's left is the picture's right
    hidden = np.isnan(sides).any(axis=1) | (blinks.max(axis=1, initial=0.0) > 0.5)
    if hidden.all():
        return np.zeros((len(landmarks), GAZE_DIM), np.float32)
    sides -= np.median(sides[~hidden], axis=0)
    kept = np.flatnonzero(~hidden)
    rows = np.arange(len(sides))
    held = np.stack([np.interp(rows, kept, column[kept]) for column in sides.T], axis=1)
    return np.clip(held / TURN_OF_EYE, 0.0, 1.0).astype(np.float32)


def mirrored_eyes(blinks: np.ndarray, gaze: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """The same of a picture in which left is right."""
    return blinks[:, ::-1], gaze[:, [1, 0, 2, 3]]


def _openings(landmarks: np.ndarray) -> np.ndarray:
    """(T, 2): height of the eyes as a part of their width."""
    found = []
    for (upper, lower), (inner, outer) in zip(EYE_OPENINGS[::-1], (LEFT, RIGHT), strict=True):
        height = np.linalg.norm(landmarks[:, upper] - landmarks[:, lower], axis=1)
        found.append(height / np.linalg.norm(landmarks[:, inner] - landmarks[:, outer], axis=1))
    return np.stack(found, axis=1)


def _iris(landmarks: np.ndarray, eye: int) -> np.ndarray:
    """(T, 2): where the iris is, from the middle between the corners, in widths of the eye: to the picture's right
    along the corners, and upwards."""
    one, other = sorted((LEFT, RIGHT)[eye], key=lambda corner: {33: 0, 133: 1, 362: 2, 263: 3}[corner])
    axis = landmarks[:, other, :2] - landmarks[:, one, :2]
    width = np.linalg.norm(landmarks[:, other] - landmarks[:, one], axis=1)[:, None]
    axis /= np.linalg.norm(axis, axis=1, keepdims=True)
    off = (landmarks[:, IRISES[eye], :2] - (landmarks[:, one, :2] + landmarks[:, other, :2]) / 2) / width
    return np.stack([(off * axis).sum(1), off[:, 0] * axis[:, 1] - off[:, 1] * axis[:, 0]], axis=1)
