# SPDX-License-Identifier: Apache-2.0
"""A portrait that is nobody's: the open face, on a striped wall. Its fit is known, for it was drawn by it."""

import functools

import numpy as np

from styletalk.animation import FaceAnimation
from styletalk.face.landmarks import landmark_positions
from styletalk.face.model import open_face
from styletalk.face.rasteriser import visible_fragments
from styletalk.photoreal.portrait import Portrait, placed

SIDE = 256
SCALE, OFFSET = 950.0, (128.0, 128.0)
JAW_OPEN = -1.5
"""Coefficient 0 of a mouth that is open by about 8 mm."""


@functools.lru_cache(maxsize=4)
def drawn_portrait(jaw: float = 0.0, yaw: float = 0.0, alpha: bool = False) -> Portrait:
    """The mean face with that coefficient 0, turned by `yaw` radians."""
    model = open_face()
    expression, rotation = np.zeros(64, np.float32), np.array([0.0, yaw, 0.0], np.float32)
    expression[0] = jaw
    offset = np.array(OFFSET, np.float32)
    at = placed(model.vertices(expression[None])[0], rotation, SCALE, offset)
    solid = model.triangles[~model.region_triangles("cornea")]
    pixel, triangle, weights = visible_fragments(at[:, :2], at[:, 2], solid, SIDE)
    picture = _wall().reshape(-1, 3)
    corners = solid[triangle]
    speckle = np.random.default_rng(1).uniform(0.85, 1.0, len(model.colours))  # skin without pores shows no movement
    colour = np.einsum("nkd,nk->nd", (model.colours * speckle[:, None])[corners], weights)
    picture[pixel] = np.clip(255 * colour, 0, 255)
    covered = np.zeros(SIDE * SIDE, np.uint8)
    covered[pixel] = 255
    return Portrait(
        pixels=picture.reshape(SIDE, SIDE, 3), alpha=covered.reshape(SIDE, SIDE) if alpha else None,
        landmarks=landmark_positions(at, model.triangles, model.landmarks_mediapipe).astype(np.float32),
        identity=np.zeros(80, np.float32), expression=expression, rotation=rotation, scale=SCALE, offset=offset,
        mouth_gap_m=max(0.0, -jaw) * 0.0052,
    )  # fmt: skip


def _wall() -> np.ndarray:
    """(SIDE, SIDE, 3) uint8: stripes, on which any movement would be seen."""
    stripes = 60 + 120 * ((np.arange(SIDE) // 8) % 2)
    return np.stack([np.broadcast_to(stripes, (SIDE, SIDE))] * 2 + [np.full((SIDE, SIDE), 200)], axis=2).astype(
        np.uint8
    )


def motion(rows: int, **changes: np.ndarray) -> FaceAnimation:
    """An animation at rest, but for what is changed: each array of a FaceAnimation by its name."""
    still = FaceAnimation.still(np.zeros((rows, 64), np.float32), np.zeros(rows))
    for name, values in changes.items():
        getattr(still, name)[:] = values
    return still
