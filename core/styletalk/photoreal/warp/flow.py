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
HAIR_EDGE_M, HAIR_WITHIN_M = 0.008, 0.12
"""The same where it is known what is hair, which lies so near to the head."""
CHIN_LANDMARK = 152
BORDER = 0.1
"""The share of the photo's longer side over which the movement ends towards its borders."""
CALM_PRESSED, MAX_PRESSED = 0.7, 0.93
"""A flow is calmed from where it presses pixels together by the first share of their distance, and up to the second."""
CALMING_STEPS, CALMED_AT_ONCE = 40, 8
"""So often in all, and so often before it is looked where it is needed."""


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


def face_flow(
    face: PhotoFace, width: int, height: int, openings: Sequence[tuple[float, ...]] = (),
    matte: np.ndarray | None = None,
) -> Flow:  # fmt: skip
    """The flow of the whole photo: the head moves, the background is held.

    openings: left, top, right, bottom of what has a flow of its own; the whole face's goes smoothly across.
    matte: (H, W) uint8, what is the person; above the chin all of it is head and hair.
    """
    grid = Grid.over((0.0, 0.0, float(width), float(height)), max(width, height) / FACE_NODES)
    skin = face.model.triangles[face.model.region_triangles("skin", "lips")]
    base, movement = node_face(face, grid, skin, fading=True, without=openings)
    chin = face.model.mean[face.model.triangles[face.model.landmarks_mediapipe.triangles[CHIN_LANDMARK], 0], 1]
    head = _covered_above(face, grid, skin, chin)
    hair = HAIR_M if matte is None else HAIR_EDGE_M
    if matte is not None:
        head = head | _hair(face, grid, head, matte)
    held = _held(face, grid, head, hair, (width, height))
    return Flow(grid, base, movement.reshape(len(movement), -1), held.reshape(-1, 1), face.neck)


def _covered_above(face: PhotoFace, grid: Grid, triangles: np.ndarray, height: float) -> np.ndarray:
    """(rows, columns) bool: nodes under which the head lies, without the neck."""
    above = face.model.mean[triangles, 1].min(axis=1) > height - 0.01
    node, _, _ = covering_triangles(face, grid, triangles[above])
    head = np.zeros(grid.rows * grid.columns, bool)
    head[node] = True
    return head.reshape(grid.rows, grid.columns)


def _hair(face: PhotoFace, grid: Grid, head: np.ndarray, matte: np.ndarray) -> np.ndarray:
    """(rows, columns) bool: nodes on the person that lie near the head and no lower than its chin."""
    place = np.clip(grid.places, 0, np.array(matte.shape[::-1]) - 1).astype(int)
    person = matte[place[..., 1], place[..., 0]] > 127
    lowest = np.flatnonzero(head.any(axis=1)).max(initial=-1)
    above = np.arange(grid.rows)[:, None] <= lowest
    return person & above & (away_from(grid, head) < HAIR_WITHIN_M * face.scale)


def _held(face: PhotoFace, grid: Grid, head: np.ndarray, hair_m: float, size: tuple[int, int]) -> np.ndarray:
    """(rows, columns): 1 on the head and its hair, falling to 0 in the background and towards the photo's borders.

    A head that reaches a border moves there as well: what comes from beyond the photo is its edge.
    """
    (width, height), hair = size, away_from(grid, head) - hair_m * face.scale
    x, y = np.moveaxis(grid.places, -1, 0)
    border = BORDER * max(width, height)
    inside = smooth_step(np.minimum.reduce([x, width - x, y, height - y]) / border)
    held = smooth_step(1 - hair / (REACH_M * face.scale)) * np.maximum(inside, smooth_step(1 - hair / border))
    return held.astype(np.float32)


def smooth_step(value: np.ndarray) -> np.ndarray:
    """0 below 0, 1 above 1, smooth between."""
    value = np.clip(value, 0, 1)
    return value * value * (3 - 2 * value)


def unfolded(forward: np.ndarray, step: float) -> np.ndarray:
    """The flow, calmed where it would press pixels together too far, so that nothing folds.

    First where that happens, by the mean of what is around. What then still folds, because there is no room for so
    great a movement, is made smaller as a whole.
    """
    calm = forward
    for _ in range(CALMING_STEPS // CALMED_AT_ONCE):
        share = _calming(calm, step)
        if not share.any():
            return calm
        calm = _calmed_within(calm, step, _box_of(share > 0, CALMED_AT_ONCE + 1))
    return calm * min(1.0, MAX_PRESSED / max(float(_pressed(calm, step).max()), 1e-9))


def _calming(forward: np.ndarray, step: float) -> np.ndarray:
    """(rows, columns): how far each node becomes the mean of those around it."""
    pressed = np.pad(_pressed(forward, step), 1, mode="edge")
    around = np.maximum.reduce([pressed[:-1, :-1], pressed[1:, :-1], pressed[:-1, 1:], pressed[1:, 1:]])
    return smooth_step((around - CALM_PRESSED) / (MAX_PRESSED - CALM_PRESSED))


def _calmed_within(forward: np.ndarray, step: float, box: tuple[slice, slice]) -> np.ndarray:
    """The flow, calmed in a part of it so often that what happens at the part's border has not come to its middle."""
    part = forward[box]
    for _ in range(CALMED_AT_ONCE):
        part = part + _calming(part, step)[..., None] * (_mean_around(part) - part)
    calm = forward.copy()
    calm[box] = part
    return calm


def _box_of(where: np.ndarray, margin: int) -> tuple[slice, slice]:
    """The rows and columns that hold all of `where` and so many nodes around it."""
    sides = (np.flatnonzero(where.any(axis=axis)) for axis in (1, 0))
    rows, columns = (slice(max(0, int(side[0]) - margin), int(side[-1]) + 1 + margin) for side in sides)
    return rows, columns


def _mean_around(forward: np.ndarray) -> np.ndarray:
    padded = np.pad(forward, ((1, 1), (1, 1), (0, 0)), mode="edge")
    return (padded[:-2, 1:-1] + padded[2:, 1:-1] + padded[1:-1, :-2] + padded[1:-1, 2:]) / 4


def _pressed(forward: np.ndarray, step: float) -> np.ndarray:
    """(rows - 1, columns - 1): by which share of their distance places come nearer, in the direction where it is most.

    That is the least eigenvalue of the flow's symmetric derivative; below 1 everywhere, no two places meet.
    """
    across, down = np.diff(forward, axis=1)[:-1] / step, np.diff(forward, axis=0)[:, :-1] / step
    middle, half = (across[..., 0] + down[..., 1]) / 2, (across[..., 0] - down[..., 1]) / 2
    return np.sqrt(half**2 + ((across[..., 1] + down[..., 0]) / 2) ** 2) - middle


def inverse(
    grid: Grid, forward: np.ndarray, steps: int = 7, share: float = 0.75, shift: np.ndarray | None = None
) -> np.ndarray:
    """(rows, columns, 2): what to add to a node of the frame for its place in the photo, s + forward(s) = node.

    Each step goes `share` of what is missing; a flow that stretches pixels k times needs a share below 2 / k.
    shift: (2,) pixels by which the frame's nodes lie beside the photo's.
    """
    places = grid.places if shift is None else grid.places + shift
    x0, y0 = (np.ascontiguousarray(places[..., axis], np.float32).ravel() for axis in (0, 1))
    flow = np.ascontiguousarray(forward, np.float32).view(np.complex64).ravel()  # both ways in one number
    back = -flow if shift is None else np.full(len(flow), -complex(*shift.tolist()), np.complex64)
    for _ in range(steps):
        back = back - np.float32(share) * (back + grid.looked_up(flow, x0 + back.real, y0 + back.imag))
    return back.view(np.float32).reshape(forward.shape)
