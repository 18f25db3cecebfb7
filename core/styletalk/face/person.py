# SPDX-License-Identifier: Apache-2.0
"""The open face as one person: a rest with closed lips, and lids that meet however large the eyes are."""

import dataclasses
import functools

import numpy as np

from .landmarks import EYE_OPENINGS, landmark_positions, lip_clearance_mm
from .model import FaceModel

ROUNDS = 4
REACH_M = 0.007
"""How far from the line between the lips skin follows when they are brought together."""
TOUCH_MM = 0.05


def person(model: FaceModel, identity: np.ndarray) -> FaceModel:
    """The model with that identity (80,), in standard deviations, as its mean; all other shapes follow.

    Expression columns are the model's own (S = mean + B_id φ + B_exp δ); blinks go as far as these eyes are open.
    """
    rest = with_closed_lips(model, model.shape(identity))
    return dataclasses.replace(model, mean=rest, blink=model.blink * blink_scales(model, rest)[:, None, None])


def blink_scales(model: FaceModel, rest: np.ndarray) -> np.ndarray:
    """(2,) float32: by how much the left and right blink must be longer than the mean face's for lids to meet alike."""
    lids = np.array(EYE_OPENINGS[::-1]).T  # upper lids, lower lids; the person's left and right
    points = [landmark_positions(each, model.triangles, model.landmarks_mediapipe) for each in (rest, model.mean)]
    openings = [each[lids[0], 1] - each[lids[1], 1] for each in points]
    moves = landmark_positions(model.blink, model.triangles, model.landmarks_mediapipe)[[0, 1]][:, :, 1]
    travel = np.array([moves[side, lids[1, side]] - moves[side, lids[0, side]] for side in (0, 1)])
    return (1.0 + (openings[0] - openings[1]) / travel).astype(np.float32)


def with_closed_lips(model: FaceModel, rest: np.ndarray) -> np.ndarray:
    """(V, 3) float32: the rest (V, 3) with its lips touching as the mean's do, where components together part them."""
    pull, column = _lip_pull(model)
    closed = rest.astype(np.float64)
    for _ in range(ROUNDS):
        gaps = lip_clearance_mm(model, closed[None].astype(np.float32))[0] - TOUCH_MM
        gaps = np.convolve(np.pad(gaps, 1, mode="edge"), [0.25, 0.5, 0.25], mode="valid")
        closed[:, 1] += 0.001 * pull * np.interp(column, np.arange(len(gaps)), gaps)
    return closed.astype(np.float32)


@functools.lru_cache(maxsize=1)
def _lip_pull(model: FaceModel) -> tuple[np.ndarray, np.ndarray]:
    """(V,) how far each vertex follows, −½ on the upper to ½ on the lower lip; (V,) its column across the mouth."""
    lips = [landmark_positions(model.mean, model.triangles, line) for line in (model.lip_upper, model.lip_lower)]
    moving = np.unique(model.triangles[model.region_triangles("skin", "lips", "mouth")])
    distance = np.array([np.linalg.norm(model.mean[moving, None] - line, axis=2).min(1) for line in lips])
    share = np.exp(-((distance.min(0) / REACH_M) ** 2)) * np.where(distance[0] <= distance[1], -0.5, 0.5)
    middles = lips[0].reshape(model.lip_columns, -1, 3)[:, 0, 0]
    end = np.abs(middles).max()
    share *= np.clip((end + 0.003 - np.abs(model.mean[moving, 0])) / 0.003, 0, 1)
    pull, column = np.zeros(model.vertex_count), np.zeros(model.vertex_count)
    pull[moving], column[moving] = share, np.interp(model.mean[moving, 0], middles, np.arange(len(middles)))
    return pull, column
