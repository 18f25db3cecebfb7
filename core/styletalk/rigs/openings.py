# SPDX-License-Identifier: Apache-2.0
"""The edges of lips and lids: found by walking over the skin towards an opening until the skin turns inwards."""

from dataclasses import dataclass

import numpy as np

from .surface import Surface

COLUMNS = 9
"""Places across an opening at which its edges are found."""
ENDS = 0.08
"""The first and last of them lie this share of the width from the corners."""
STEP = 1 / 80
"""Of the width: how finely the way over the skin is followed."""
DEPTH = 0.3
"""Of the width: skin that has gone so far inwards has turned."""
INWARDS = 0.6
"""How much going inwards counts against going towards the opening: the edge is where both together are furthest."""
REACH = 1.1
"""Of the width: what lies further from an opening's middle belongs to neither of its edges."""
BELONGING = 3.0
"""How soon the skin belongs wholly to the nearer edge."""


@dataclass(frozen=True)
class Opening:
    """An opening with corners: right and left (3,), the person's; start: how far from the line between them, in
    widths, the walk begins above and below, on plain skin."""

    right: np.ndarray
    left: np.ndarray
    start: tuple[float, float]

    @property
    def width(self) -> float:
        """Between the corners."""
        return float(np.linalg.norm(self.left - self.right))

    @property
    def middle(self) -> np.ndarray:
        """(3,) between the corners."""
        return (self.left + self.right) / 2

    def axes(self) -> np.ndarray:
        """(3, 3): across, up and outwards."""
        across = (self.left - self.right) / self.width
        up = np.array([0.0, 1.0, 0.0]) - across[1] * across
        up /= np.linalg.norm(up)
        return np.stack([across, up, np.cross(across, up)])


@dataclass(frozen=True)
class Edges:
    """upper, lower: (C, 3) points of an opening's two edges, from the person's right to the left.

    above, below: (…) int, points of the surface that belong to either edge. found: (C,) bool, where both edges were.
    """

    upper: np.ndarray
    lower: np.ndarray
    above: np.ndarray
    below: np.ndarray
    found: np.ndarray


def find_edges(surface: Surface, opening: Opening, shares: np.ndarray | None = None) -> Edges:
    """Both edges across an opening of a surface, y up and looking along z: in COLUMNS places, or at shares (C,) of the
    way from its right to its left corner."""
    axes, width = opening.axes(), opening.width
    near = np.linalg.norm(surface.points[surface.triangles].mean(axis=1) - opening.middle, axis=1) < 1.5 * width
    shares = np.linspace(ENDS, 1 - ENDS, COLUMNS) if shares is None else shares
    rows = [_column(surface, opening, axes, opening.right + share * (opening.left - opening.right), near)
            for share in shares]  # fmt: skip
    found = np.array([each is not None for each in rows])
    some = [each for each in rows if each is not None]
    if not some:
        nothing, none = np.zeros((0, 3)), np.zeros(0, int)
        return Edges(nothing, nothing, none, none, found)
    upper, lower = (np.array([each[side][0] for each in some]) for side in (0, 1))
    above, below = (np.unique(np.concatenate([each[side][1] for each in some])) for side in (0, 1))
    return Edges(upper, lower, above, below, found)


def _column(
    surface: Surface, opening: Opening, axes: np.ndarray, origin: np.ndarray, near: np.ndarray
) -> tuple[tuple[np.ndarray, np.ndarray], tuple[np.ndarray, np.ndarray]] | None:
    """(edge point, points of the surface passed on the way) from above and from below; None where one is missing."""
    chains = surface.cut(origin, axes[0], near)
    sides = []
    for way, start in ((-1.0, opening.start[0]), (1.0, opening.start[1])):
        side = _walked(chains, origin, axes, way, start * opening.width, opening.width)
        if side is None:
            return None
        sides.append(side)
    return sides[0], sides[1]


def _walked(
    chains: list[tuple[np.ndarray, np.ndarray]], origin: np.ndarray, axes: np.ndarray, way: float, start: float,
    width: float,
) -> tuple[np.ndarray, np.ndarray] | None:  # fmt: skip
    """From the outermost point that lies `start` from the opening, along its chain, to where the skin turns in."""
    best = None
    for points, ends in chains:
        points, ends = _finely(points, ends, STEP * width)
        height, out = (points - origin) @ axes[1] * way, (points - origin) @ axes[2]  # height rises towards the opening
        at = np.flatnonzero(np.abs(height + start) < 2 * STEP * width)
        if len(at):
            first = at[np.argmax(out[at])]
            if best is None or out[first] > best[0]:
                best = out[first], first, points, ends, height, out
    if best is None:
        return None
    _, first, points, ends, height, out = best
    ahead = height[min(first + 4, len(height) - 1)] - height[first], height[max(first - 4, 0)] - height[first]
    order = np.arange(first, len(height)) if ahead[0] >= ahead[1] else np.arange(first, -1, -1)
    height, out = height[order], out[order]
    turned = np.flatnonzero((np.maximum.accumulate(out) - out > DEPTH * width) | (height > start))
    last = int(turned[0]) if len(turned) else len(order) - 1
    if height[last] > 0.9 * start:  # it passed over the opening without turning inwards
        return None
    edge = int(np.argmax(height[: last + 1] + INWARDS * out[: last + 1]))
    passed = order[: max(1, int(edge * 0.85))]
    return points[order[edge]], np.unique(ends[passed])


def _finely(points: np.ndarray, ends: np.ndarray, step: float) -> tuple[np.ndarray, np.ndarray]:
    """A chain (K, 3) with points at every step, and the edges' ends (K, 2) that lie nearest to them."""
    lengths = np.linalg.norm(np.diff(points, axis=0), axis=1)
    along = np.concatenate([[0.0], np.cumsum(lengths)])
    places = np.linspace(0.0, along[-1], max(2, int(along[-1] / step) + 1))
    finely = np.stack([np.interp(places, along, points[:, axis]) for axis in range(3)], axis=1)
    index = np.clip(np.searchsorted(along, places), 1, len(along) - 1)
    nearest = np.where(places - along[index - 1] < along[index] - places, index - 1, index)
    return finely, ends[nearest]


def belonging(surface: Surface, opening: Opening, edges: Edges) -> np.ndarray:
    """(V,) −1..1: how much each point belongs to the lower or to the upper edge; 0 beside and far from the opening."""
    away = np.linalg.norm(surface.points - opening.middle, axis=1) / opening.width
    region = away < REACH
    above, below = (surface.distances(seeds, region) for seeds in (edges.above, edges.below))
    both = np.isfinite(above) & np.isfinite(below) & (above + below > 0)
    share = np.where(np.isfinite(above), 1.0, 0.0) - np.where(np.isfinite(below), 1.0, 0.0)
    share[both] = (below[both] - above[both]) / (above[both] + below[both])
    fade = np.clip((REACH - away) / (REACH - 0.7), 0.0, 1.0)
    return np.tanh(BELONGING * share) * fade
