# SPDX-License-Identifier: Apache-2.0
"""Parts that are put onto the finished skin: what one is, and how parts move with skull, jaw and skin."""

from collections.abc import Iterable
from dataclasses import dataclass

import numpy as np
from scipy.linalg import fractional_matrix_power
from scipy.spatial import KDTree

from styletalk.face.retarget import ARKIT_NAMES

JAW_SHAPES = ("jawForward", "jawRight", "jawLeft", "jawOpen")
RIGID_AT = 0.5
"""A shape moves along straight lines and a jaw turns: where a jaw shape is this strong, both are the same."""
TONGUE_SHAPES = ("out", "up", "back", "wide")
UV_TILES = 4
"""New parts have their UVs in the tile to the right of the skin's, which is divided into 4 × 4 squares."""


@dataclass(frozen=True)
class Part:
    """A surface. points (n, 3) metres; faces: corners of each; uv: (u, v) of each corner; regions: of each face.

    colours (n, 3) sRGB. identity (80, n, 3), arkit (52, n, 3), tongue (4, n, 3): displacements in metres.
    """

    points: np.ndarray
    faces: list[list[int]]
    uv: list[np.ndarray]
    regions: list[str]
    colours: np.ndarray
    identity: np.ndarray
    arkit: np.ndarray
    tongue: np.ndarray


@dataclass(frozen=True)
class Jaws:
    """How what is in the mouth moves, learnt from the base mesh's own teeth, which are no part of the face.

    motions (4, 4, 4): of the lower jaw in JAW_SHAPES at RIGID_AT, (p, 1) → (R p + t, 1). affine (80, 4, 3): what an
    identity component does to the mouth's inside, (p, 1) → displacement.
    """

    motions: np.ndarray
    affine: np.ndarray

    @classmethod
    def of(
        cls, upper: np.ndarray, lower: np.ndarray, mean: np.ndarray, arkit: np.ndarray, identity: np.ndarray
    ) -> "Jaws":
        """upper, lower: vertices of the base mesh's teeth in mean (V, 3), arkit (52, V, 3) and identity (80, V, 3)."""
        moves = [arkit[ARKIT_NAMES.index(name), lower] for name in JAW_SHAPES]
        whole = [rigid(mean[lower], mean[lower] + move) for move in moves]
        motions = [np.real(fractional_matrix_power(motion, RIGID_AT)) for motion in whole]
        both = np.concatenate([upper, lower])
        solver = np.linalg.pinv(homogeneous(mean[both]))
        return cls(np.array(motions), np.einsum("kn,inc->ikc", solver, identity[:, both]))

    def arkit(self, points: np.ndarray, weight: np.ndarray) -> np.ndarray:
        """(52, n, 3): points (n, 3) that follow the lower jaw by a weight (n,) in 0..1, and the skull by the rest."""
        moved = np.zeros((len(ARKIT_NAMES), *points.shape))
        for name, motion in zip(JAW_SHAPES, self.motions, strict=True):
            step = (homogeneous(points) @ motion.T)[:, :3] - points
            moved[ARKIT_NAMES.index(name)] = weight[:, None] * step / RIGID_AT
        return moved

    def identity(self, points: np.ndarray) -> np.ndarray:
        """(80, n, 3)."""
        return np.einsum("nk,ikc->inc", homogeneous(points), self.affine)


def homogeneous(points: np.ndarray) -> np.ndarray:
    """(n, 4): points and a one."""
    return np.column_stack([points, np.ones(len(points))])


def rigid(before: np.ndarray, after: np.ndarray) -> np.ndarray:
    """(4, 4): rotation and shift that carry points (n, 3) best onto others (Kabsch, 1976)."""
    centre, target = before.mean(0), after.mean(0)
    left, _, right = np.linalg.svd((before - centre).T @ (after - target))
    upright = np.diag([1, 1, np.sign(np.linalg.det(left @ right))])
    motion = np.eye(4)
    motion[:3, :3] = (left @ upright @ right).T
    motion[:3, 3] = target - motion[:3, :3] @ centre
    return motion


@dataclass(frozen=True)
class Skin:
    """Vertices that others hang on: positions (V, 3), triangles (F, 3), arkit (52, V, 3), identity (80, V, 3)."""

    mean: np.ndarray
    triangles: np.ndarray
    arkit: np.ndarray
    identity: np.ndarray

    def beneath(self, points: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
        """The nearest place on the skin of each point: three vertices (n, 3), and their weights (n, 3)."""
        corners = self.mean[self.triangles]
        near = np.atleast_2d(KDTree(corners.mean(1)).query(points, k=min(24, len(corners)))[1])
        chosen, weights = [], []
        for point, candidates in zip(points, near, strict=True):
            found = closest_weights(corners[candidates], point)
            best = int(np.linalg.norm(np.einsum("ck,ckd->cd", found, corners[candidates]) - point, axis=1).argmin())
            chosen.append(self.triangles[candidates[best]])
            weights.append(found[best])
        return np.array(chosen), np.array(weights)

    def carried(self, deltas: np.ndarray, places: tuple[np.ndarray, np.ndarray]) -> np.ndarray:
        """(k, n, 3): what displacements (k, V, 3) do to places on the skin."""
        return np.einsum("kncd,nc->knd", deltas[:, places[0]], places[1])


def closest_weights(corners: np.ndarray, point: np.ndarray) -> np.ndarray:
    """(c, 3) barycentric weights of the points of triangles (c, 3, 3) that are nearest to a point.

    Inside by projection; else the best of the three edges (Ericson, Real-Time Collision Detection, 5.1.5).
    """
    a, b, c = corners[:, 0], corners[:, 1], corners[:, 2]
    normal = np.cross(b - a, c - a)
    area = np.maximum((normal**2).sum(1), 1e-20)
    w_b = (np.cross(point - a, c - a) * normal).sum(1) / area
    w_c = (np.cross(b - a, point - a) * normal).sum(1) / area
    weights = np.stack([1 - w_b - w_c, w_b, w_c], 1)
    for k in np.flatnonzero(weights.min(1) < 0):
        weights[k] = _on_edges(corners[k], point)
    return weights


def _on_edges(corners: np.ndarray, point: np.ndarray) -> np.ndarray:
    best, least = np.zeros(3), np.inf
    for first, second in ((0, 1), (1, 2), (2, 0)):
        along = corners[second] - corners[first]
        share = float(np.clip((point - corners[first]) @ along / max(along @ along, 1e-20), 0, 1))
        distance = float(np.linalg.norm(corners[first] + share * along - point))
        if distance < least:
            least, best = distance, np.zeros(3)
            best[first], best[second] = 1 - share, share
    return best


def still(count: int, kinds: int) -> np.ndarray:
    """(kinds, count, 3) of zeros."""
    return np.zeros((kinds, count, 3))


def in_tile(uv: Iterable[np.ndarray], square: int) -> list[np.ndarray]:
    """UVs in 0..1 put into one square of the tile beside the skin's."""
    row, column = divmod(square, UV_TILES)
    start = np.array([UV_TILES + column, row])
    return [(start + corner) / UV_TILES for corner in uv]


def joined(parts: list[Part]) -> Part:
    """One part of many."""
    starts = np.cumsum([0, *(len(part.points) for part in parts)])
    return Part(
        points=np.concatenate([part.points for part in parts]),
        faces=[[i + int(at) for i in face] for part, at in zip(parts, starts, strict=False) for face in part.faces],
        uv=[corner for part in parts for corner in part.uv],
        regions=[region for part in parts for region in part.regions],
        colours=np.concatenate([part.colours for part in parts]),
        identity=np.concatenate([part.identity for part in parts], 1),
        arkit=np.concatenate([part.arkit for part in parts], 1),
        tongue=np.concatenate([part.tongue for part in parts], 1),
    )
