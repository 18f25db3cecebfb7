# SPDX-License-Identifier: Apache-2.0
"""How far a photo's eyes are open: by the iris, whose size hardly differs between people, and by the fit."""

from functools import lru_cache

import numpy as np

from ...face.landmarks import EYE_OPENINGS, eye_openness, landmark_positions
from ...face.model import open_face

REST_IN_IRISES = 0.70
"""Between the lids of an eye at rest: median of eighteen people who speak, who have 0.5 to 0.9."""
IRISES = ((469, 471, 470, 472), (474, 476, 475, 477))
"""MediaPipe landmarks on the iris of each of EYE_OPENINGS: side, side, top, bottom."""
SHUT_IN_IRISES, OPEN_IN_IRISES = 0.2, 0.8
"""Up to the first the iris alone is believed, for a fit sees shut eyes half open; from the middle between them on, both
alike."""
AT_REST, FAR_FROM_REST = 0.2, 0.4
"""An eye within the first of rest is at rest: people differ by as much. Beyond the second it is as open as measured."""
KEPT_WEIGHT = 10.0
"""Of a squared millimetre by which other skin moves with the lids, beside squared deviations of the coefficients."""
AROUND_EYES_M = 0.02


def lids_shown(landmarks: np.ndarray, fitted: np.ndarray) -> float:
    """How open the eyes of a photo are, 1 at rest, 0 shut.

    landmarks: (478, 3) pixels. fitted: (64,) the expression that was fitted to them.
    """
    irises = in_irises(landmarks)
    share = np.clip((OPEN_IN_IRISES - irises) / (OPEN_IN_IRISES - SHUT_IN_IRISES), 0.5, 1.0)
    fit = float(eye_openness(open_face(), np.asarray(fitted, np.float32)[None])[0].mean())
    beside_rest = share * irises / REST_IN_IRISES + (1 - share) * fit - 1.0
    believed = np.clip((abs(beside_rest) - AT_REST) / (FAR_FROM_REST - AT_REST), 0.0, 1.0)
    return max(0.0, float(1.0 + beside_rest * believed))


def in_irises(landmarks: np.ndarray) -> float:
    """Between the lids, in diameters of the iris, mean of both eyes."""
    found = []
    for lids, (side, other, top, bottom) in zip(EYE_OPENINGS, IRISES, strict=True):
        between = np.linalg.norm(np.diff(landmarks[list(lids), :2], axis=0))
        across, down = (np.linalg.norm(landmarks[a, :2] - landmarks[b, :2]) for a, b in ((side, other), (top, bottom)))
        found.append(between / max(across, down, 1e-6))
    return float(np.mean(found))


def with_lids(expression: np.ndarray, openness: float) -> np.ndarray:
    """(64,) float32: the expression with the eyes so far open, 1 at rest, and all else left as it is."""
    now = float(eye_openness(open_face(), np.asarray(expression, np.float32)[None])[0].mean())
    return (expression + _lids_way() * (openness - now)).astype(np.float32)


@lru_cache(maxsize=1)
def _lids_way() -> np.ndarray:
    """(64,) coefficients that open shut eyes: least in units of how far each strays, and least beside the eyes."""
    model, eye = open_face(), np.eye(64, dtype=np.float32)
    gradient = (eye_openness(model, eye) - 1.0).mean(axis=1).astype(np.float64)
    rest, moves = (
        landmark_positions(each, model.triangles, model.landmarks_mediapipe) for each in (model.mean, model.expression)
    )
    lids = rest[[landmark for pair in EYE_OPENINGS for landmark in pair]]
    beside = np.linalg.norm(rest[:, None] - lids, axis=2).min(axis=1) > AROUND_EYES_M
    kept = 1000.0 * moves[:, beside, :2].reshape(len(moves), -1).astype(np.float64)  # millimetres
    cost = np.diag(1.0 / model.coefficient_std.astype(np.float64) ** 2) + KEPT_WEIGHT * (kept @ kept.T) / beside.sum()
    way = np.linalg.solve(cost, gradient)
    return way / float(gradient @ way)
