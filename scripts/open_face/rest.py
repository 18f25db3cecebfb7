# SPDX-License-Identifier: Apache-2.0
"""Corrections of the mean head at rest: a flat neck edge, teeth that show when the lips part, lips that just touch."""

import numpy as np

from .head import CUT_NORMAL, CUT_POINT, METRES, Head
from .makehuman import BaseMesh

UPPER_TEETH_M = (0.0, -0.0018, 0.0)
LOWER_TEETH_M = (0.0, -0.0022, -0.0016)
"""The base mesh hides its upper teeth behind the lip and bites edge on edge; people show some and overbite."""
LIP_TOUCH_M = 0.00005
LIP_PULL = {5342: 0.0, 362: 0.1, 455: 0.25, 466: 0.45, 467: 0.65, 509: 0.85, 468: 1.0, 474: 1.0, 520: 1.0, 537: 0.9,
            554: 0.5, 571: 0.2}  # fmt: skip
"""How far each mouth ring follows when the lips are brought together."""
MOUTH_CORNER_M = 0.0195
"""Beyond this the upper and lower lip are one; the pull fades out there."""
CONTACT_RINGS = (467, 509, 468, 474, 520, 537)
"""The rings that can meet their opposite."""


def corrected(head: Head, base: BaseMesh) -> np.ndarray:
    """(V, 3) metres: the mean head with all corrections."""
    mean = _flat_neck(head, head.mean)
    mean = _moved_teeth(head, base, mean)
    for _ in range(4):  # each pass leaves the little that moving both lips at once changed
        mean = _touching_lips(head, mean)
    return mean


def _flat_neck(head: Head, mean: np.ndarray) -> np.ndarray:
    """Put the rim of the cut on its plane: vertices that the cut snapped lie beside it."""
    edges: dict[tuple[int, int], int] = {}
    for face, region in zip(head.faces, head.regions, strict=True):
        if head.names[region] == "skin":
            for a, b in zip(face, face[1:] + face[:1], strict=True):
                key = (min(a, b), max(a, b))
                edges[key] = edges.get(key, 0) + 1
    normal = np.array(CUT_NORMAL) / np.linalg.norm(CUT_NORMAL)
    height = (mean + head.origin - np.array(CUT_POINT) * METRES) @ normal
    open_edges = [edge for edge, count in edges.items() if count == 1 and abs(height[edge[0]]) < 0.01]
    rim = np.unique([edge for edge in open_edges if abs(height[edge[1]]) < 0.01])
    flat = mean.copy()
    flat[rim] -= height[rim, None] * normal
    return flat


def _moved_teeth(head: Head, base: BaseMesh, mean: np.ndarray) -> np.ndarray:
    moved = mean.copy()
    groups = (("helper-upper-teeth", UPPER_TEETH_M), ("helper-lower-teeth", LOWER_TEETH_M), ("helper-tongue", LOWER_TEETH_M))
    for group, shift in groups:
        moved[head.base_vertices(np.unique(base.quads[base.group_quads(group)]))] += shift
    return moved


def lip_halves(ring: list[int]) -> tuple[np.ndarray, np.ndarray]:
    """Upper and lower half of a mouth ring, each from the person's right to left."""
    half = len(ring) // 2  # ring[0] upper midline, ring[half] lower midline
    upper = [ring[k] for k in range(half // 2 - half, half // 2 + 1)]
    lower = [ring[half - k] for k in range(half // 2 - half + 1, half // 2 + 1)]
    return np.array(upper), np.array(lower)


def ring_crossing(mean: np.ndarray, half: np.ndarray, x: float) -> tuple[int, int, float]:
    """Where half a ring crosses the plane at `x`: two vertices and the weight of the second."""
    along = mean[half, 0]
    k = int(np.flatnonzero((along[:-1] <= x) & (along[1:] >= x))[0])
    step = along[k + 1] - along[k]
    return int(half[k]), int(half[k + 1]), float((x - along[k]) / step) if step else 0.0


def _profile(head: Head, mean: np.ndarray, x: float, upper: bool) -> np.ndarray:
    points = []
    for ring in CONTACT_RINGS:
        a, b, t = ring_crossing(mean, lip_halves(head.mouth_rings[ring])[0 if upper else 1], x)
        points.append((1 - t) * mean[a] + t * mean[b])
    return np.array(points)


def _clearance(head: Head, mean: np.ndarray, x: float) -> float:
    """Least height of the upper lip's profile above the lower one's, in the plane at `x`."""
    upper, lower = _profile(head, mean, x, True), _profile(head, mean, x, False)
    upper, lower = upper[np.argsort(upper[:, 2])], lower[np.argsort(lower[:, 2])]
    low, high = max(upper[0, 2], lower[0, 2]), min(upper[-1, 2], lower[-1, 2])
    z = np.linspace(low, high, 60)
    return float((np.interp(z, upper[:, 2], upper[:, 1]) - np.interp(z, lower[:, 2], lower[:, 1])).min())


def _touching_lips(head: Head, mean: np.ndarray) -> np.ndarray:
    stations = np.linspace(-MOUTH_CORNER_M, MOUTH_CORNER_M, 27)
    gaps = np.array([_clearance(head, mean, x) for x in stations]) - LIP_TOUCH_M
    gaps = np.convolve(np.pad(gaps, 1, mode="edge"), [0.25, 0.5, 0.25], mode="valid")
    closed = mean.copy()
    for ring, pull in LIP_PULL.items():
        for half, sign in zip(lip_halves(head.mouth_rings[ring]), (-0.5, 0.5), strict=True):
            x = mean[half, 0]
            fade = np.clip((0.0225 - np.abs(x)) / (0.0225 - MOUTH_CORNER_M), 0, 1)
            closed[half, 1] += sign * pull * fade * np.interp(x, stations, gaps)
    return closed
