# SPDX-License-Identifier: Apache-2.0
"""The lips of a mesh, found by what opens its mouth: points that lie together, one above the other, and part."""

from collections.abc import Iterator
from dataclasses import dataclass

import numpy as np

PARTING = 0.1
"""Lips part by at least this share of the most that any two neighbours part, near the corners."""
STRAIN = 1.0
"""And by more than this times their distance at rest: skin that is stretched does not."""
NEAR = 0.1
"""Lips at rest are no further apart than this share of the mouth region's width."""
COLUMNS = 15
"""Places across the mouth; in each the frontmost pair is the lips, those behind it are teeth and tongue."""
MIDDLE = 0.5
"""The middle share of the mouth's width that says how far it is open."""
HIDDEN = 0.3
"""A point that others lie before within this share of NEAR is inside the mouth."""
MOST_POINTS = 20_000
"""Of the mouth region. Denser meshes are not measured."""
BLOCK = 128
MIN_COLUMNS = 3


@dataclass(frozen=True)
class Mouth:
    """Pairs of points of a mesh. upper, lower: (C,) int, the lips from side to side, opposite each other."""

    upper: np.ndarray
    lower: np.ndarray
    width: float

    def openings(self, deltas: np.ndarray) -> np.ndarray:
        """(K,) by how much shapes (K, V, 3) part the lips' middle, in widths of the mouth."""
        middle = slice(*np.rint(len(self.upper) * np.array([0.5 - MIDDLE / 2, 0.5 + MIDDLE / 2])).astype(int))
        if middle.start == middle.stop:
            middle = slice(None)
        apart = deltas[:, self.upper[middle], 2] - deltas[:, self.lower[middle], 2]
        return apart.mean(axis=1) / self.width


def find_mouth(basis: np.ndarray, opening: np.ndarray) -> Mouth | None:
    """The lips of a mesh (V, 3), z up and looking along −y, that the shape `opening` (V, 3) parts; None where it
    parts nothing."""
    moved = np.flatnonzero(np.linalg.norm(opening, axis=1) > 0.1 * np.linalg.norm(opening, axis=1).max(initial=1e-9))
    if len(moved) < MIN_COLUMNS:
        return None
    box = basis[moved]
    width = float(np.ptp(box[:, 0]))
    region = np.flatnonzero((np.abs(basis - box.mean(axis=0)) < np.ptp(box, axis=0) * 0.6 + NEAR * width).all(axis=1))
    if not 0 < len(region) <= MOST_POINTS:
        return None
    pairs = _parting_pairs(basis[region], opening[region], NEAR * width)
    if pairs is None:
        return None
    upper, lower = _frontmost(basis[region], *pairs)
    if len(upper) < MIN_COLUMNS:
        return None
    return Mouth(region[upper], region[lower], float(np.ptp(basis[region][upper][:, 0])))


def _parting_pairs(points: np.ndarray, motion: np.ndarray, near: float) -> tuple[np.ndarray, np.ndarray] | None:
    """(upper, lower) indices of points that nothing lies before, that lie within `near` of each other and part by a
    good share of the most that any such do."""
    seen = np.flatnonzero(~_hidden(points, HIDDEN * near))  # at least the frontmost
    seen = seen[np.argsort(points[seen, 0], kind="stable")]
    found = []
    for rows, others in _beside(points[seen, 0], near):
        one, other = points[seen[rows], None], points[None, seen[others]]
        apart = np.sqrt(((one - other) ** 2).sum(axis=2))
        parting = motion[seen[rows], None, 2] - motion[None, seen[others], 2]
        above = one[..., 2] >= other[..., 2] - near / 4
        upper, lower = np.nonzero((apart < near) & above & (parting > STRAIN * apart) & (parting > 0))
        found.append((seen[rows][upper], seen[others][lower], parting[upper, lower]))
    upper, lower, parting = (np.concatenate([each[column] for each in found]) for column in range(3))
    if not len(parting):
        return None
    lips = parting >= PARTING * parting.max()
    return upper[lips], lower[lips]


def _hidden(points: np.ndarray, radius: float) -> np.ndarray:
    """(N,) bool: points that others lie before, as the lips do before the cavity behind them."""
    order = np.argsort(points[:, 0], kind="stable")
    along = points[order]
    hidden = np.zeros(len(points), bool)
    for rows, others in _beside(along[:, 0], radius):
        one, other = along[rows, None], along[None, others]
        beside = (one[..., 0] - other[..., 0]) ** 2 + (one[..., 2] - other[..., 2]) ** 2 < radius**2
        hidden[order[rows]] = (beside & (other[..., 1] < one[..., 1] - radius)).any(axis=1)
    return hidden


def _beside(across: np.ndarray, reach: float) -> Iterator[tuple[slice, slice]]:
    """Blocks of places that rise, and for each the slice of all that lie within `reach` of some of it."""
    for start in range(0, len(across), BLOCK):
        block = slice(start, min(start + BLOCK, len(across)))
        ends = across[block.start] - reach, across[block.stop - 1] + reach
        first, last = np.searchsorted(across, ends, side="left")
        yield block, slice(int(first), int(last) + 1)


def _frontmost(points: np.ndarray, upper: np.ndarray, lower: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """Of the pairs in each column across the mouth, the one whose points lie frontmost and nearest each other."""
    across = points[upper, 0]
    column = np.minimum((across - across.min()) / max(np.ptp(across), 1e-9) * COLUMNS, COLUMNS - 1).astype(int)
    depth = points[upper, 1] + points[lower, 1] + np.linalg.norm(points[upper] - points[lower], axis=1)
    best = [np.flatnonzero(column == each)[np.argmin(depth[column == each])] for each in np.unique(column)]
    return upper[best], lower[best]
