# SPDX-License-Identifier: Apache-2.0
"""How far each picture of a followed face can be believed: size, turn, what covers it, and shakes.

Each is a factor from 0 to 1, and their product is the quality.
"""

from dataclasses import dataclass

import numpy as np

from ..face.landmarks import EYE_DISTANCE
from .cover import MAX_SAMPLE, around_eyes, rest_landmarks, uncovered

STABLE = (
    10, 109, 67, 103, 54, 21, 162, 338, 297, 332, 284, 251, 389, 168, 6, 197, 195, 5, 4, 33, 133, 263, 362, 234, 93,
    127, 454, 323, 356, 151, 9, 8, 116, 117, 118, 119, 345, 346, 347, 348, 205, 425,
)  # fmt: skip
"""Landmarks that speech and lids move little."""
FOREHEAD_AND_CHEEKS = (50, 280, 101, 330, 36, 266, 205, 425, 151, 108, 337, 9, 69, 299)
SMALL_PX, CLEAR_PX = 12.0, 28.0
"""Between the outer corners of the eyes: the lips' movement is lost, and it is all there."""
TURNED_DEG, PROFILE_DEG = 35.0, 60.0
ASTRAY_MM, LOST_MM = 5.0, 10.0
"""By how much the stable landmarks lie elsewhere on the head than usual: the mesh no longer sits on the face."""
SHAKEN, LOST_STEP = 0.10, 0.30
"""Of the distance between the eyes, from the place that a face in even motion would have had."""
DARK_EYES = 0.55
"""Brightness of the eyes' surroundings as a part of the skin's: 0.64 and more in open eyes, 0.51 in dark glasses."""


@dataclass(frozen=True)
class Quality:
    """score: (N,) float32, the product of the others, 0 without a face. near, turn, cover, steady: (N,) in 0..1.

    dark_eyes: whether the person wears dark glasses, as far as their surroundings' brightness says.
    """

    score: np.ndarray
    near: np.ndarray
    turn: np.ndarray
    cover: np.ndarray
    steady: np.ndarray
    dark_eyes: bool


def quality_of(landmarks: np.ndarray, colours: np.ndarray, shots: np.ndarray) -> Quality:
    """landmarks: (N, 478, 3) pixels, NaN without a face. colours: (N, 468, 3) uint8. shots: (S,) first pictures."""
    seen = ~np.isnan(landmarks[:, 0, 0])
    parts = {name: np.zeros(len(seen), np.float32) for name in ("near", "turn", "cover", "steady")}
    if seen.any():
        eyes_px = np.linalg.norm(landmarks[seen, EYE_DISTANCE[0]] - landmarks[seen, EYE_DISTANCE[1]], axis=1)
        rotation, astray_mm = head_turns(landmarks[np.flatnonzero(seen)[:, None], list(STABLE)])
        yaw_deg = np.degrees(np.abs(np.arctan2(rotation[:, 0, 2], rotation[:, 2, 2])))
        parts["near"][seen] = _rising(eyes_px, SMALL_PX, CLEAR_PX)
        parts["turn"][seen] = 1 - _rising(yaw_deg, TURNED_DEG, PROFILE_DEG)
        parts["cover"][seen] = uncovered(colours[seen], rotation)
        shaken = _shaken(landmarks, shots)[seen] / eyes_px
        parts["steady"][seen] = (1 - _rising(astray_mm, ASTRAY_MM, LOST_MM)) * (1 - _rising(shaken, SHAKEN, LOST_STEP))
    score = np.prod(list(parts.values()), axis=0).astype(np.float32)
    return Quality(score=score, **parts, dark_eyes=bool(seen.any()) and _eyes_are_dark(colours[seen]))


def head_turns(points: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """Rotation (N, 3, 3) that takes the open face, y down and z away, to its STABLE landmarks (N, S, 3), and how far
    these lie from where they usually do on the head, (N,) mm (Kabsch, 1976)."""
    rest = rest_landmarks()[list(STABLE)]
    rest = rest - rest.mean(axis=0)
    moved = points.astype(np.float64)
    moved -= moved.mean(axis=1, keepdims=True)
    left, scale, right = np.linalg.svd(np.einsum("nsi,sj->nij", moved, rest))
    mirrored = np.sign(np.linalg.det(left @ right))
    left[:, :, 2] *= mirrored[:, None]
    rotation = left @ right
    size = (scale[:, 0] + scale[:, 1] + scale[:, 2] * mirrored) / (rest**2).sum()
    on_head = np.einsum("nsi,nij->nsj", moved, rotation) / size[:, None, None]
    return rotation, 1000 * np.linalg.norm(on_head - np.median(on_head, axis=0), axis=2).mean(axis=1)


def _rising(values: np.ndarray, low: float, high: float) -> np.ndarray:
    return np.clip((values - low) / (high - low), 0.0, 1.0)


def _shaken(landmarks: np.ndarray, shots: np.ndarray) -> np.ndarray:
    """(N,) pixels that a face lies from the middle between its places before and after, within its shot."""
    middle = landmarks[:, list(STABLE), :2].mean(axis=1)
    off = np.zeros(len(middle))
    off[1:-1] = np.linalg.norm(middle[1:-1] - (middle[:-2] + middle[2:]) / 2, axis=1)
    edges = np.concatenate([shots, shots - 1])
    off[edges[(edges >= 0) & (edges < len(off))]] = 0.0
    return np.nan_to_num(off)


def _eyes_are_dark(colours: np.ndarray) -> bool:
    some = colours[:: max(1, len(colours) // MAX_SAMPLE)].mean(axis=2)
    skin = np.median(some[:, list(FOREHEAD_AND_CHEEKS)], axis=1)
    return float(np.median(np.median(some[:, list(around_eyes())], axis=1) / np.maximum(skin, 1.0))) < DARK_EYES
