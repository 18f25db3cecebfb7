# SPDX-License-Identifier: Apache-2.0
"""Where each node of a grid over the photo goes, and from where each node of the frame comes."""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from .coverage import away_from, covering_triangles, node_face
from .grid import Grid
from .limits import Pose
from .photo_face import PhotoFace

FACE_NODES = 96
"""Nodes along the longer side of the photo."""
HAIR_M, REACH_M = 0.035, 0.13
"""So far beyond the head all moves with it; over this way the movement ends in the held background."""
CHIN_LANDMARK = 152
BORDER = 0.1
"""The share of the photo's longer side over which the movement ends towards its borders."""
MIN_STRETCH, MAX_STRETCH = 0.15, 2.0
"""How far a flow may press pixels together, or draw them apart, before it is calmed."""
CALMING_STEPS = 24
MAX_PRESSED = 0.93
"""What is left of that after calming, in any direction."""


@dataclass(frozen=True, eq=False)
class Flow:
    """The face under each node. base (N, 3) and movement (M, N * 3): pixels from the neck's pixel. held: (N, 1), how
    far a node follows the head, 0..1.
    """

    grid: Grid
    base: np.ndarray
    movement: np.ndarray
    held: np.ndarray
    neck: np.ndarray

    def forward(self, row: np.ndarray, pose: Pose) -> np.ndarray:
        """(rows, columns, 2) pixels by which each node of the photo moves. row: (M,) of `motion_rows`, less the
        photo's own.
        """
        local = self.base + (row @ self.movement).reshape(self.base.shape)
        at = pose.factor * (local @ pose.rotation[:2].T) + pose.shift
        moved = (at - self.base[:, :2]) * self.held
        return moved.reshape(self.grid.rows, self.grid.columns, 2)


def face_flow(face: PhotoFace, width: int, height: int, openings: Sequence[tuple[float, ...]] = ()) -> Flow:
    """The flow of the whole photo: the head moves, the background is held.

    openings: left, top, right, bottom of what has a flow of its own; the whole face's goes smoothly across.
    """
    grid = Grid.over((0.0, 0.0, float(width), float(height)), max(width, height) / FACE_NODES)
    skin = face.model.triangles[face.model.region_triangles("skin", "lips")]
    base, movement = node_face(face, grid, skin, fading=True, without=openings)
    chin = face.model.mean[face.model.triangles[face.model.landmarks_mediapipe.triangles[CHIN_LANDMARK], 0], 1]
    head = _covered_above(face, grid, skin, chin)
    held = _held(face, grid, head, width, height)
    return Flow(grid, base, movement.reshape(len(movement), -1), held.reshape(-1, 1), face.neck)


def _covered_above(face: PhotoFace, grid: Grid, triangles: np.ndarray, height: float) -> np.ndarray:
    """(rows, columns) bool: nodes under which the head lies, without the neck."""
    above = face.model.mean[triangles, 1].min(axis=1) > height - 0.01
    node, _, _ = covering_triangles(face, grid, triangles[above])
    head = np.zeros(grid.rows * grid.columns, bool)
    head[node] = True
    return head.reshape(grid.rows, grid.columns)


def _held(face: PhotoFace, grid: Grid, head: np.ndarray, width: int, height: int) -> np.ndarray:
    """(rows, columns): 1 on the head and its hair, falling to 0 in the background and towards the photo's borders."""
    beyond = (away_from(grid, head) - HAIR_M * face.scale) / (REACH_M * face.scale)
    x, y = np.moveaxis(grid.places, -1, 0)
    border = np.minimum.reduce([x, width - x, y, height - y]) / (BORDER * max(width, height))
    return (smooth_step(1 - beyond) * smooth_step(border)).astype(np.float32)


def smooth_step(value: np.ndarray) -> np.ndarray:
    """0 below 0, 1 above 1, smooth between."""
    value = np.clip(value, 0, 1)
    return value * value * (3 - 2 * value)


def unfolded(forward: np.ndarray, step: float) -> np.ndarray:
    """The flow, calmed where it would press pixels together or draw them apart too far, so that nothing folds.

    First where that happens: what a way between neighbours lacks is taken from both. What then still folds, because
    there is no room for so great a movement, is made smaller as a whole. The borders stay.
    """
    least, most = (MIN_STRETCH - 1) * step, (MAX_STRETCH - 1) * step
    calm = forward.copy()
    for _ in range(CALMING_STEPS):
        across, down = np.diff(calm[..., 0], axis=1), np.diff(calm[..., 1], axis=0)
        if min(across.min(), down.min()) >= least and max(across.max(), down.max()) <= most:
            return calm
        lack = (np.clip(across, least, most) - across) / 2
        calm[:, 1:, 0] += lack
        calm[:, :-1, 0] -= lack
        lack = (np.clip(down, least, most) - down) / 2
        calm[1:, :, 1] += lack
        calm[:-1, :, 1] -= lack
        calm[[0, -1]], calm[:, [0, -1]] = forward[[0, -1]], forward[:, [0, -1]]
    return calm * min(1.0, MAX_PRESSED / max(float(_pressed(calm, step)), 1e-9))


def _pressed(forward: np.ndarray, step: float) -> np.ndarray:
    """By which share of their distance neighbours come nearer, in the direction and at the place where it is most.

    That is the least eigenvalue of the flow's symmetric derivative; below 1 everywhere, no two places meet.
    """
    across, down = np.diff(forward, axis=1)[:-1] / step, np.diff(forward, axis=0)[:, :-1] / step
    middle, half = (across[..., 0] + down[..., 1]) / 2, (across[..., 0] - down[..., 1]) / 2
    return (np.sqrt(half**2 + ((across[..., 1] + down[..., 0]) / 2) ** 2) - middle).max()


def inverse(
    grid: Grid, forward: np.ndarray, steps: int = 7, share: float = 0.75, shift: np.ndarray | None = None
) -> np.ndarray:
    """(rows, columns, 2): what to add to a node of the frame for its place in the photo, s + forward(s) = node.

    Each step goes `share` of what is missing; a flow that stretches pixels k times needs a share below 2 / k.
    shift: (2,) pixels by which the frame's nodes lie beside the photo's.
    """
    places = grid.places.reshape(-1, 2) if shift is None else grid.places.reshape(-1, 2) + shift
    back = -forward.reshape(-1, 2) if shift is None else np.broadcast_to(-shift, places.shape)
    for _ in range(steps):
        back = back - share * (back + grid.between(forward, places + back))
    return back.reshape(forward.shape)
