# SPDX-License-Identifier: Apache-2.0
"""What lies before a followed face: the pattern of light, dark and red of its mouth and eyes is gone.

A hand has the skin's colour but not that pattern, and neither a lamp nor its colour changes it. It is compared with the
usual one of the film; what turns away is not judged. The figures were set on the sample videos, whole and with boxes,
hands, a cup, a mask, a microphone and a telephone painted before half of the face, the mouth, the eyes.
"""

import functools

import numpy as np

from ..face.landmarks import landmark_positions
from ..face.model import open_face
from .mesh import SKIN_LANDMARKS

MOUTH_RADIUS_M, BROW_RADIUS_M, EYE_RADIUS_M = 0.042, 0.030, 0.022
"""Round the middle of the mouth, and of each eye with the brow, and without it."""
PATTERN_UNITS = np.array([0.25, 0.03, 0.03])
"""Brightness (log) and shares of red and green that weigh alike in a pattern."""
PATTERN_LOST, PATTERN_KEPT = 0.5, 0.7
"""Correlation of a pattern with the usual one: of painted things at most 0.5 as a rule, of speech at least 0.7."""
FLAT = 0.1
"""A usual pattern that varies by less, in those units, is none: a drawing, or darkness."""
RED_VARIES = 0.005
FACING_LOW, FACING_HIGH = 0.25, 0.45
"""Cosine between a landmark's outward direction and the camera's: its colour is another's, and its own."""
HIDDEN_PART, SEEN_PART = 0.12, 0.05
"""Part of a pattern that has turned away, from which on nothing is said of it, and up to which all."""
PALE_LIPS = -0.15
"""Correlation of red with the lips' place: -0.04 and more in 16 people, less in masks and boxes."""
HEAD_DEPTH_M = 0.05
"""By so much the middle of the head lies behind that of its landmarks."""
SMOOTH_PICTURES = 5
MAX_SAMPLE = 1500
"""Pictures that usual colours are taken from."""
RED_LIPS = (
    61, 146, 91, 181, 84, 17, 314, 405, 321, 375, 291, 409, 270, 269, 267, 0, 37, 39, 40, 185, 72, 73, 74, 184, 76, 77,
    90, 180, 85, 16, 315, 404, 320, 307, 306, 408, 304, 303, 302, 11,
)  # fmt: skip
"""Landmarks of the lips' outer edge, and of the red within it."""


def uncovered(colours: np.ndarray, rotation: np.ndarray) -> np.ndarray:
    """(N,) how far nothing lies before a face, 0 to 1.

    colours: (N, 468, 3) uint8. rotation: (N, 3, 3) of the head, see `quality.head_turns`.
    """
    usual = np.median(_tints(colours[:: max(1, len(colours) // MAX_SAMPLE)]), axis=0)
    if _lips_are_pale(usual):
        return np.zeros(len(colours), np.float32)
    found = []
    for start in range(0, len(colours), MAX_SAMPLE):
        tints, facing = _tints(colours[start : start + MAX_SAMPLE]), _facing(rotation[start : start + MAX_SAMPLE])
        kept = [_kept(tints[:, each], usual[each], facing[:, each]) for each in _patterns()]
        found.append(_rising(np.min(kept, axis=0), PATTERN_LOST, PATTERN_KEPT))
    return _median_of_neighbours(np.concatenate(found))


def _kept(tints: np.ndarray, usual: np.ndarray, facing: np.ndarray) -> np.ndarray:
    """(N,) correlation of patterns (N, K, 3) with the usual one (K, 3), landmarks (N, K) counting as they face the
    camera; 1 where too few do, or the usual one is flat."""
    if np.sqrt(((usual - usual.mean(axis=0)) ** 2 / PATTERN_UNITS**2).mean()) < FLAT:
        return np.ones(len(tints))
    weights = facing[..., None]
    total = weights.sum(axis=1, keepdims=True) + 1e-6
    one, other = (
        values - (weights * values).sum(axis=1, keepdims=True) / total
        for values in (tints / PATTERN_UNITS, np.broadcast_to(usual / PATTERN_UNITS, tints.shape))
    )
    sizes = ((weights * each**2).sum(axis=(1, 2)) for each in (one, other))
    together = (weights * one * other).sum(axis=(1, 2)) / np.sqrt(np.prod(list(sizes), axis=0) + 1e-9)
    return 1 - (1 - together) * _judged(facing)


def _judged(facing: np.ndarray) -> np.ndarray:
    """(N,) how far a part of the face is to be judged by, 0 to 1, of which landmarks (N, K) face the camera."""
    return 1 - _rising(1 - facing.mean(axis=1), SEEN_PART, HIDDEN_PART)


def _facing(rotation: np.ndarray) -> np.ndarray:
    """(N, 468) how far each landmark looks towards the camera, 0 to 1."""
    outward = rest_landmarks() - rest_landmarks().mean(axis=0) - (0, 0, HEAD_DEPTH_M)
    outward /= np.linalg.norm(outward, axis=1, keepdims=True)
    return _rising(-rotation[:, 2] @ outward.T, FACING_LOW, FACING_HIGH)


def _lips_are_pale(usual: np.ndarray) -> bool:
    """Whether in usual colours (468, 3) the lips are less red than what is round them: something hides them always."""
    mouth = _patterns()[0]
    lips, red = np.isin(mouth, RED_LIPS), usual[mouth, 1]
    return bool(red.std() > RED_VARIES and np.corrcoef(lips, red)[0, 1] < PALE_LIPS)


def _rising(values: np.ndarray, low: float, high: float) -> np.ndarray:
    return np.clip((values - low) / (high - low), 0.0, 1.0)


def _tints(colours: np.ndarray) -> np.ndarray:
    """(N, 468, 3): brightness (log) and the shares of red and green."""
    values = colours.astype(np.float32) + 4.0
    total = values.sum(axis=2, keepdims=True)
    return np.concatenate([np.log(total), values[:, :, :2] / total], axis=2)


def _median_of_neighbours(values: np.ndarray) -> np.ndarray:
    half = SMOOTH_PICTURES // 2
    padded = np.pad(values, half, mode="edge")
    return np.median(np.lib.stride_tricks.sliding_window_view(padded, SMOOTH_PICTURES), axis=1)


@functools.lru_cache(maxsize=1)
def rest_landmarks() -> np.ndarray:
    """(468, 3) metres: the open face's landmarks at rest, y down, z away from the camera."""
    face = open_face()
    found = landmark_positions(face.mean, face.triangles, face.landmarks_mediapipe)
    return found[:SKIN_LANDMARKS] * (1.0, -1.0, -1.0)


@functools.lru_cache(maxsize=1)
def _patterns() -> tuple[np.ndarray, ...]:
    """Landmarks of the mouth and its surroundings, and of each eye with its brow."""
    rest = rest_landmarks()
    places = (((13, 14), MOUTH_RADIUS_M), ((263, 362), BROW_RADIUS_M), ((33, 133), BROW_RADIUS_M))
    return tuple(
        np.flatnonzero(np.linalg.norm(rest - rest[list(pair)].mean(axis=0), axis=1) < radius) for pair, radius in places
    )


@functools.lru_cache(maxsize=1)
def around_eyes() -> tuple[int, ...]:
    """Landmarks of the eyes' surroundings."""
    rest = rest_landmarks()
    middles = rest[[33, 133]].mean(axis=0), rest[[263, 362]].mean(axis=0)
    near = [np.linalg.norm(rest - middle, axis=1) < EYE_RADIUS_M for middle in middles]
    return tuple(np.flatnonzero(near[0] | near[1]).tolist())
