# SPDX-License-Identifier: Apache-2.0
"""Corrections of the mean head at rest: a flat neck edge, teeth that show when the lips part, lips that just touch."""

import numpy as np

from .head import CUT_NORMAL, CUT_POINT, METRES, Head
from .makehuman import BaseMesh

UPPER_TEETH_M = (0.0, -0.0018, 0.0)
LOWER_TEETH_M = (0.0, -0.0022, -0.0016)
TONGUE_M = (0.0, -0.0045, -0.004)
"""The base mesh hides its upper teeth behind the lip and bites edge on edge; people show some and overbite."""
BACKS_SHORTER = 0.4
LIP_TOUCH_M = 0.00005
LIP_PULL = {5342: 0.0, 362: 0.1, 455: 0.25, 466: 0.45, 467: 0.65, 509: 0.85, 468: 1.0, 474: 1.0, 520: 1.0, 537: 0.9,
            554: 0.5, 571: 0.2}  # fmt: skip
"""How far each mouth ring follows when the lips are brought together."""
MOUTH_CORNER_M, MOUTH_END_M = 0.0195, 0.0225
"""Beyond this the upper and lower lip are one; the pull fades out there."""
STATIONS_M = np.linspace(-MOUTH_CORNER_M, MOUTH_CORNER_M, 27)
PROBE = 1.0
"""Part of a displacement at which its effect on the lips is measured."""
CONTACT_RINGS = (467, 509, 468, 474, 520, 537)
"""The rings that can meet their opposite."""


def corrected(head: Head, base: BaseMesh) -> np.ndarray:
    """(V, 3) metres: the mean head with all corrections."""
    mean = _flat_neck(head, head.mean)
    mean = _moved_teeth(head, base, mean)
    for _ in range(4):  # each pass leaves the little that moving both lips at once changed
        mean = mean + _pulled(head, mean, _clearances(head, mean, mean) - LIP_TOUCH_M)
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
    shifts = {"helper-upper-teeth": UPPER_TEETH_M, "helper-lower-teeth": LOWER_TEETH_M, "helper-tongue": TONGUE_M}
    for group, shift in shifts.items():
        moved[head.base_vertices(np.unique(base.quads[base.group_quads(group)]))] += shift
    for group in ("helper-upper-teeth", "helper-lower-teeth"):
        moved = _shortened_backs(head, base.quads[base.group_quads(group)], moved)
    return moved


def _shortened_backs(head: Head, quads: np.ndarray, mean: np.ndarray) -> np.ndarray:
    """The backs of a row of teeth, one quad high, drawn towards the biting edge: they are as deep as teeth and gums."""
    edges = [(quad[k], quad[(k + 1) % 4], quad[(k + 2) % 4], quad[(k + 3) % 4]) for quad in quads for k in range(4)]
    sides = [tuple(sorted(edge[:2])) for edge in edges]
    far_back = mean[head.base_vertices(np.unique(quads)), 2].min() + 0.002
    moved = mean.copy()
    for edge, side in zip(edges, sides, strict=True):
        a, b, c, d = head.base_vertices(edge)
        outer = np.hypot(*mean[[a, b]].mean(0)[[0, 2]]) > np.hypot(*mean[[c, d]].mean(0)[[0, 2]])
        if sides.count(side) == 1 and not outer and mean[[a, b], 2].min() > far_back:
            moved[[a, b]] = mean[[a, b]] + BACKS_SHORTER * (mean[[d, c]] - mean[[a, b]])
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


def _profiles(head: Head, rest: np.ndarray, moved: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """Upper and lower lip (stations, rings, 3) of a moved head, along lines that are straight across at rest."""
    both = []
    for half in (0, 1):
        edges = [
            ring_crossing(rest, lip_halves(head.mouth_rings[ring])[half], float(x))
            for x in STATIONS_M
            for ring in CONTACT_RINGS
        ]
        a, b = (np.array([edge[k] for edge in edges]) for k in (0, 1))
        share = np.array([edge[2] for edge in edges])[:, None]
        both.append(((1 - share) * moved[a] + share * moved[b]).reshape(len(STATIONS_M), len(CONTACT_RINGS), 3))
    return both[0], both[1]


def _clearances(head: Head, rest: np.ndarray, moved: np.ndarray) -> np.ndarray:
    """(stations,) metres: least height of the upper lip's profile above the lower one's, smoothed along the mouth."""
    gaps = [_clearance(upper, lower) for upper, lower in zip(*_profiles(head, rest, moved), strict=True)]
    return np.convolve(np.pad(gaps, 1, mode="edge"), [0.25, 0.5, 0.25], mode="valid")


def _clearance(upper: np.ndarray, lower: np.ndarray) -> float:
    upper, lower = upper[np.argsort(upper[:, 2])], lower[np.argsort(lower[:, 2])]
    low, high = max(upper[0, 2], lower[0, 2]), min(upper[-1, 2], lower[-1, 2])
    z = np.linspace(low, high, 60)
    return float((np.interp(z, upper[:, 2], upper[:, 1]) - np.interp(z, lower[:, 2], lower[:, 1])).min())


def with_lips_together(head: Head, mean: np.ndarray, deltas: np.ndarray) -> np.ndarray:
    """(n, V, 3): displacements that leave closed lips closed, so that every identity rests with its mouth shut."""
    closed = deltas.copy()
    for delta in closed:
        for _ in range(4):
            wider, narrower = (_clearances(head, mean, mean + sign * PROBE * delta) for sign in (1, -1))
            opening = (wider - narrower) / (2 * PROBE)
            delta += _pulled(head, mean, opening)
    return closed


def _pulled(head: Head, mean: np.ndarray, gaps: np.ndarray) -> np.ndarray:
    """(V, 3): the movement that narrows the mouth by `gaps` at STATIONS_M, half with each lip."""
    moved = np.zeros_like(mean)
    for ring, pull in LIP_PULL.items():
        for half, sign in zip(lip_halves(head.mouth_rings[ring]), (-0.5, 0.5), strict=True):
            x = mean[half, 0]
            fade = np.clip((MOUTH_END_M - np.abs(x)) / (MOUTH_END_M - MOUTH_CORNER_M), 0, 1)
            moved[half, 1] += sign * pull * fade * np.interp(x, STATIONS_M, gaps)
    return moved
