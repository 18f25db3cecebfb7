# SPDX-License-Identifier: Apache-2.0
"""Lips that meet at P, B and M, and never pass into each other.

The networks move the lips the right way, but whether they touch is a matter of level (styles differ by millimetres).
So it is settled on the mesh, by the distance between the lips there. A correction is the smallest change of the
lower-face coefficients, counted in their standard deviations, that brings the gap where it has to be; it grows and
fades as a raised cosine within a few rows, so that nothing snaps.
"""

from collections.abc import Callable, Sequence
from typing import TYPE_CHECKING, Any

import numpy as np

from ..progress import Progress, silent
from .chunks import chunks
from .labiodentals import labiodental_move
from .lips import BILABIALS, LABIODENTALS, LipGap, segment_rows
from .rest import Rest, resting
from .solver import FINE_RIDGE, LipSolver

if TYPE_CHECKING:
    from ..face.model import FaceModel

CLOSED_MM = 0.5
"""Lips no further apart than this are closed; passing into each other by more than this is seen."""
TARGET_MM = 0.05
"""What closing aims at: well within the tolerance, for at a quarter of a millimetre the teeth shine through."""
DEPTH_MM = 0.25
"""Lips are pressed together by this much at most."""
LABIODENTAL_MM = (0.6, 1.8)
"""At F and V the lower lip comes this near to the upper one, where the teeth are, and no nearer: it is no P."""
APART_MM = 0.45
"""In no row of an F or V are the lips nearer than this in the middle, as they would be after a pout."""
BUMP_ROWS = 4.0
"""A correction is gone this many rows (0.13 s) away from its closure, or earlier where the next closure is near."""
EDGE_ROWS = 1
"""Inside a P, B or M, this many rows from its edges, the lips stay closed."""
TANGLED_MM = 1.0
"""Lips that would be deeper in each other than this are first parted as if the distance were linear."""
TIE_MM, TIE_ROWS = 0.02, 0.1
"""Lips that stay as they are close in the middle row of a segment, the later one of two: rounding must not choose."""
NOTHING = 1e-6
ROUNDS, FINE_ROUNDS = 4, 3
"""Closing and parting are repeated in turn this often; each round leaves a fraction of the last one's error."""


def close_lips(
    coefficients: np.ndarray, labels: np.ndarray, face: "FaceModel", progress: Progress = silent
) -> np.ndarray:
    """The coefficients with lips that meet at every P, B and M and rest in silence, (T, 64) float32, a new array.

    See `closed_lips`, which also says how far the lips are apart then.
    """
    return closed_lips(coefficients, labels, face, progress)[0]


def closed_lips(
    coefficients: np.ndarray, labels: np.ndarray, face: "FaceModel", progress: Progress = silent
) -> tuple[np.ndarray, np.ndarray]:
    """Coefficients (T, 64) float32 whose lips meet at every P, B and M and rest in silence; and their opening (T,), mm.

    coefficients: (T, 64) float32, not written to. labels: (T,) int16 as the networks saw them. face: on whose lips it
    is measured, each row once and again where it has moved. Only lower-face coefficients change. progress is called for
    every minute and may raise Cancelled. Raises FaceModelError where the face has no lip landmarks.
    """
    coefficients = np.asarray(coefficients, np.float32)
    closed, opening_mm = np.empty_like(coefficients), np.zeros(len(coefficients))
    solver = LipSolver(LipGap.of(face), face.coefficient_std)
    fine = LipSolver(solver.lips, face.coefficient_std, FINE_RIDGE)
    gap_mm = solver.lips.places_mm(coefficients)
    labiodental = _with_labiodentals(coefficients, gap_mm, labels, solver.lips, labiodental_move(face))
    rest = Rest.of(labels, gap_mm.max(axis=1))
    line = chunks(len(coefficients))
    for number, chunk in enumerate(line):
        progress(number / len(line), "closing lips")
        moved, gap = labiodental(chunk.seen), gap_mm[chunk.seen].copy()
        _close(moved, gap, labels[chunk.seen], rest.within(chunk.seen), (solver, fine))
        closed[chunk.rows] = moved[chunk.inside]
        opening_mm[chunk.rows] = gap[chunk.inside].max(axis=1)
    return closed, opening_mm


def _close(
    moved: np.ndarray, gap_mm: np.ndarray, labels: np.ndarray, rest: Rest, solvers: tuple[LipSolver, LipSolver]
) -> None:
    """Close and part the lips of moved (T, 64) float64, in place. gap_mm: (T, P), what they measure, kept up."""
    solver, fine = solvers
    _move([(resting, rest, solver), (_untangling, labels, solver)], moved, gap_mm)
    # settled once: lips that a round has closed are as near in a neighbouring row, where the next round would look
    bounds, floor = _wanted_openings(gap_mm.max(axis=1), labels), _floor(labels, gap_mm.shape[1])
    _move([(_closing, bounds, solver), (_parting, floor, solver)] * ROUNDS, moved, gap_mm)
    _move([(_closing, bounds, fine), (_parting, floor, fine)] * FINE_ROUNDS, moved, gap_mm)


def _move(
    steps: Sequence[tuple[Callable[..., np.ndarray], Any, LipSolver]], moved: np.ndarray, gap: np.ndarray
) -> None:
    """Take steps in turn, in place. steps: what to do, what it goes by, and the solver. gap: (T, P) millimetres."""
    for step, about, solver in steps:
        change = step(moved, gap, about, solver)
        rows = np.flatnonzero(np.abs(change).max(axis=1) > NOTHING)
        moved[rows] += change[rows]
        gap[rows] = solver.lips.places_mm(moved[rows])  # measuring is what takes time, so only what has moved


def _with_labiodentals(
    coefficients: np.ndarray, gap_mm: np.ndarray, labels: np.ndarray, lips: LipGap, move: np.ndarray
) -> Callable[[slice], np.ndarray]:
    """Gives some rows of the coefficients, (n, 64) float64, with a bump of `move` (64,) for each F and V.

    gap_mm: (T, P), what the lips measure without the bumps; with them afterwards.
    """
    opening_mm = gap_mm.max(axis=1)
    segments = segment_rows(labels, LABIODENTALS)
    peaks = np.unique(np.array([_least_open(opening_mm, *segment) for segment in segments], np.int64))

    def with_bumps(rows: slice) -> np.ndarray:
        within = peaks[(peaks >= rows.start) & (peaks < rows.stop)] - rows.start
        moved = coefficients[rows].astype(np.float64)
        if len(within):
            moved += _bumps(within, np.repeat(move[None], len(within), axis=0), len(moved))
        return moved

    for chunk in chunks(len(coefficients)):
        moved = with_bumps(chunk.seen)[chunk.inside]
        rows = np.flatnonzero((moved != coefficients[chunk.rows]).any(axis=1))
        gap_mm[chunk.rows.start + rows] = lips.places_mm(moved[rows])
    return with_bumps


def _closing(
    coefficients: np.ndarray, gap_mm: np.ndarray, bounds: dict[int, tuple[float, float]], solver: LipSolver
) -> np.ndarray:
    """(T, 64) sum of bumps, one for each row in `bounds` that is open by less or more than the millimetres there."""
    rows = np.asarray(sorted(bounds), np.int64)
    if len(rows) == 0:
        return np.zeros_like(coefficients)
    least, most = (np.array([bounds[row][end] for row in rows])[:, None] for end in (0, 1))
    # the lower bound of a closure only keeps a correction from overshooting at other places across the mouth
    low = np.minimum(gap_mm[rows], -DEPTH_MM)
    middle = _middle(low.shape[1])
    low[:, middle] = np.where(least > 0, least, low[:, middle])
    return _bumps(rows, solver.towards(coefficients[rows], gap_mm[rows], low, most), len(coefficients))


def _wanted_openings(opening_mm: np.ndarray, labels: np.ndarray) -> dict[int, tuple[float, float]]:
    """Rows whose opening is bounded, and by how many millimetres below (0: not at all) and above.

    F and V: the least open row comes near the teeth. P, B and M: the least open row closes, and with it the inside of a
    segment that lasts; at its edges the lips are on their way.
    """
    wanted: dict[int, tuple[float, float]] = {}
    for first, last in segment_rows(labels, LABIODENTALS):
        wanted[_least_open(opening_mm, first, last)] = LABIODENTAL_MM
    for first, last in segment_rows(labels, BILABIALS):
        for row in (_least_open(opening_mm, first, last), *range(first + EDGE_ROWS, last + 1 - EDGE_ROWS)):
            wanted[row] = (0.0, TARGET_MM)
    return wanted


def _least_open(opening_mm: np.ndarray, first: int, last: int) -> int:
    """The row in first..last where the lips are nearest; the middle one where they hardly move."""
    rows = np.arange(first, last + 1)
    return int(rows[np.argmin(opening_mm[rows] + TIE_MM * np.abs(rows - (first + last) / 2 - TIE_ROWS))])


def _bumps(rows: np.ndarray, heights: np.ndarray, count: int) -> np.ndarray:
    """(T, 64) sum of raised cosines: heights (S, 64) at `rows` (S,), 0 from BUMP_ROWS away and at all other `rows`."""
    half = np.minimum(BUMP_ROWS, np.maximum(1.0, np.diff(rows) / 2 + 0.5))
    before, after = np.append(BUMP_ROWS, half), np.append(half, BUMP_ROWS)
    reach = np.arange(-int(BUMP_ROWS), int(BUMP_ROWS) + 1)
    phase = np.where(reach < 0, -reach / before[:, None], reach / after[:, None])  # (S, reach)
    weights = 0.5 + 0.5 * np.cos(np.pi * np.minimum(phase, 1))
    total = np.zeros((count, heights.shape[1]))
    for step, weight in zip(reach, weights.T, strict=True):
        at = rows + step
        inside = (at >= 0) & (at < count)
        total[at[inside]] += weight[inside, None] * heights[inside]  # no row occurs twice within one step
    return total


def _untangling(coefficients: np.ndarray, gap_mm: np.ndarray, _: Any, solver: LipSolver) -> np.ndarray:
    """(T, 64) change for lips that have passed through each other altogether, where the mesh no longer says how far."""
    lips = LipGap.linear(solver.lips.rest_mm, solver.lips.jacobian, solver.lips.widening)
    straight = LipSolver(lips, solver.coefficient_std)
    gap = straight.lips.places_mm(coefficients)
    change = np.zeros_like(coefficients)
    rows = np.flatnonzero((gap < -TANGLED_MM).any(axis=1))
    change[rows] = straight.towards(coefficients[rows], gap[rows], -TANGLED_MM, np.inf)
    return change


def _parting(coefficients: np.ndarray, gap_mm: np.ndarray, floor_mm: np.ndarray, solver: LipSolver) -> np.ndarray:
    """(T, 64) change that keeps lips apart: a lower bound `floor_mm` (T, P) on the gap with a rounded corner."""
    change = np.zeros_like(coefficients)
    deep = np.flatnonzero((gap_mm < floor_mm + DEPTH_MM).any(axis=1))
    if len(deep):
        gap = gap_mm[deep]
        change[deep] = solver.towards(coefficients[deep], gap, _soft_floor(gap, floor_mm[deep]), np.inf)
    return change


def _floor(labels: np.ndarray, places: int) -> np.ndarray:
    """(T, P) millimetres: how near the lips may come, a little into each other but for the middle of F and V."""
    floor_mm = np.full((len(labels), places), -DEPTH_MM)
    for first, last in segment_rows(labels, LABIODENTALS):
        floor_mm[first : last + 1, _middle(places)] = APART_MM
    for first, last in segment_rows(labels, BILABIALS):  # a line that begins with both shows them in its first row
        floor_mm[first : last + 1] = -DEPTH_MM
    return floor_mm


def _middle(places: int) -> slice:
    """The middle third of the places across the mouth."""
    return slice(places // 3, -(places // 3) or None)


def _soft_floor(gap_mm: np.ndarray, floor_mm: np.ndarray) -> np.ndarray:
    """The gap, but the floor at least; the corner is rounded DEPTH_MM either way, so that speed does not jump."""
    over = np.clip((gap_mm - floor_mm) / DEPTH_MM, -1, 1)
    return np.where(over >= 1, gap_mm, floor_mm + DEPTH_MM * (over + 1) ** 2 / 4)
