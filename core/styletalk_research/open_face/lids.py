# SPDX-License-Identifier: Apache-2.0
"""Eyelids that meet: the base data's blink overshoots by up to five millimetres at the outer corner of the eye."""

import numpy as np
from scipy.spatial import KDTree

from .head import Head
from .makehuman import BaseMesh
from .surgery import Rings

LID_RING_STARTS = (6947, 6930, 6874, 11515, 6789, 6787, 11465, 6785, 13352, 7748, 7774, 7800)
"""Base-mesh vertices above the left eye's centre, from the skin inwards; an edge loop round the eye starts at each."""
MARGIN_RING = 6785
"""The front edge of the lids."""
UPPER = (22, 23, 24, 25, 26, 27, 0, 1, 2, 3, 4, 5, 6, 7)
LOWER = (21, 20, 19, 18, 17, 16, 15, 14, 13, 12, 11, 10, 9, 8)
"""Places in a ring, from the inner corner of the eye to the outer."""
OVERLAP_M = 0.0004
FADE_M = 0.006


def lid_rings(base: BaseMesh, head: Head, side: str) -> dict[int, np.ndarray]:
    """Head vertices of the rings round one eye ("left" or "right" of the person), by the left ring's first vertex."""
    walk = Rings(base.quads[base.group_quads("body")])
    rings = {}
    for start in LID_RING_STARTS:
        left = walk.ring(start, max(walk.neighbours[start], key=lambda i: base.vertices[i, 0]))
        rings[start] = np.array([head.of_base[i] for i in left])
    if side == "left":
        return rings
    tree = KDTree(head.mean)
    return {start: np.asarray(tree.query(head.mean[ring] * (-1, 1, 1))[1]) for start, ring in rings.items()}


def closing(mean: np.ndarray, blink: np.ndarray, rings: dict[int, np.ndarray]) -> np.ndarray:
    """(V, 3): the blink with each part of the upper lid stopped where it has just passed the lower margin.

    blink: (V, 3) displacement of the base data. All vertices above one place of the margin are scaled alike, so the
    lid keeps its shape.
    """
    margin = rings[MARGIN_RING]
    upper, lower = margin[list(UPPER)], margin[list(LOWER)]
    side = np.sign(mean[upper[-1], 0])
    low = mean[lower] + blink[lower]
    order = np.argsort(low[:, 0] * side)
    for _ in range(6):
        end = mean[upper] + blink[upper]
        floor = np.interp(end[:, 0] * side, low[order, 0] * side, low[order, 1])
        travel = mean[upper, 1] - floor + OVERLAP_M
        factor = np.clip(travel / np.maximum(-blink[upper, 1], 1e-5), 0.4, 1.1)
        factor[-blink[upper, 1] < 0.001] = 1.0  # the corners hardly move
        factor = np.convolve(np.pad(factor, 1, mode="edge"), [0.25, 0.5, 0.25], mode="valid")
        blink = _scaled(mean, blink, rings, factor)
    return blink


def _scaled(mean: np.ndarray, blink: np.ndarray, rings: dict[int, np.ndarray], factor: np.ndarray) -> np.ndarray:
    places = np.concatenate([ring[list(UPPER)] for ring in rings.values()])
    others = np.concatenate([ring[list(LOWER)] for ring in rings.values()])
    known = np.concatenate([places, others])
    values = np.concatenate([np.tile(factor, len(rings)), np.ones(len(others))])
    moving = np.flatnonzero(np.linalg.norm(blink, axis=1) > 1e-6)
    distance, nearest = KDTree(mean[known]).query(mean[moving], k=3)
    weight = 1 / (distance + 1e-6)
    scale = (values[nearest] * weight).sum(1) / weight.sum(1)
    fade = np.clip(1 - distance[:, 0] / FADE_M, 0, 1)
    closed = blink.copy()
    closed[moving] *= (1 + (scale - 1) * fade)[:, None]
    return closed
