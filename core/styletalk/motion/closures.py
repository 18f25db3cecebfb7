# SPDX-License-Identifier: Apache-2.0
"""Lips that are shut while a P, B or M is, and never pass into each other.

The networks move the lips the right way, but whether they touch, and when, is a matter of a few millimetres and a
hundredth of a second. So it is settled on the mesh, by the distance between the lips there: `openings` says how far
they may be apart in each row, and a correction is the smallest change of the lower-face coefficients, counted in their
standard deviations, that brings them there.
"""

from typing import TYPE_CHECKING

import numpy as np

from ..animation import track_of_labels
from ..phonemes import PhonemeTrack
from ..progress import Progress, silent
from .articulation import share_within, teeth_spans
from .chunks import chunks
from .labiodentals import labiodental_move
from .lips import LipGap
from .openings import DEPTH_MM, Openings
from .rest import Rest
from .solver import FINE_RIDGE, LipSolver

if TYPE_CHECKING:
    from ..face.model import FaceModel

CLOSED_MM = 0.5
"""Lips no further apart than this are closed; passing into each other by more than this is seen."""
TANGLED_MM = 1.0
"""Lips that would be deeper in each other than this are first parted as if the distance were linear."""
FINE_ROUNDS = 2
"""The last tenths of a millimetre are settled in this many rounds, each of which has few rows left to move."""
NOTHING = 1e-6


def close_lips(
    coefficients: np.ndarray,
    labels: np.ndarray,
    face: "FaceModel",
    progress: Progress = silent,
    track: PhonemeTrack | None = None,
) -> np.ndarray:
    """Coefficients (T, 64) float32, a new array, whose lips meet while each P, B and M lasts, and rest in silence.

    coefficients: (T, 64) float32. labels: (T,) int16 as the networks saw them. track: when what is said; None takes
    the labels' own times. face: on whose lips it is measured. Only lower-face coefficients change. progress is called
    for every minute and may raise Cancelled. Raises FaceModelError where the face has no lip landmarks.
    """
    moved = np.array(coefficients, np.float32)
    track = track_of_labels(labels) if track is None else track
    share = share_within(teeth_spans(track), len(moved))
    rows = np.flatnonzero(share)
    moved[rows] += share[rows, None] * labiodental_move(face)
    solver = LipSolver(LipGap.of(face), face.coefficient_std)
    gap_mm = solver.lips.places_mm(moved)
    openings = Openings.of(track, Rest.of(labels, gap_mm.max(axis=1)), gap_mm)
    fine = LipSolver(solver.lips, face.coefficient_std, FINE_RIDGE)
    line = chunks(len(moved))
    for number, rows in enumerate(line):
        progress(number / len(line), "closing lips")
        exact = moved[rows].astype(np.float64)
        _bring(exact, gap_mm[rows], openings.within(rows), solver, fine)
        moved[rows] = exact
    return moved


def _bring(moved: np.ndarray, gap_mm: np.ndarray, openings: Openings, solver: LipSolver, fine: LipSolver) -> None:
    """Bring the lips of moved (T, 64) within their openings, in place. gap_mm: (T, P), what they measure, kept up."""
    _untangle(moved, gap_mm, solver)
    most_mm = openings.most_mm[:, None]
    for each, high_mm in ((solver, most_mm), *FINE_ROUNDS * ((fine, most_mm), (fine, np.inf))):
        low_mm = _soft_floor(gap_mm, openings.least_mm)
        _take(each.towards(moved, gap_mm, low_mm, np.maximum(high_mm, low_mm)), moved, gap_mm, each)


def _take(change: np.ndarray, moved: np.ndarray, gap_mm: np.ndarray, solver: LipSolver) -> None:
    rows = np.flatnonzero(np.abs(change).max(axis=1, initial=0.0) > NOTHING)
    moved[rows] += change[rows]
    gap_mm[rows] = solver.lips.places_mm(moved[rows])  # measuring is what takes time, so only what has moved


def _untangle(moved: np.ndarray, gap_mm: np.ndarray, solver: LipSolver) -> None:
    """Part lips that have passed through each other altogether, where the mesh no longer says how far."""
    rows = np.flatnonzero((gap_mm < -TANGLED_MM).any(axis=1))
    if len(rows) == 0:
        return
    lips = LipGap.linear(solver.lips.rest_mm, solver.lips.jacobian, solver.lips.widening)
    straight = LipSolver(lips, solver.coefficient_std)
    change = np.zeros_like(moved)
    change[rows] = straight.towards(moved[rows], straight.lips.places_mm(moved[rows]), -TANGLED_MM, np.inf)
    _take(change, moved, gap_mm, solver)


def _soft_floor(gap_mm: np.ndarray, floor_mm: np.ndarray) -> np.ndarray:
    """The floor, and for lips just above it what they are to have: the corner is rounded DEPTH_MM either way, so that
    speed does not jump. Lips that are farther above it may go down to it, the more the farther they are."""
    over = np.maximum((gap_mm - floor_mm) / DEPTH_MM, -1.0)
    return floor_mm + DEPTH_MM * np.where(over < 1, (over + 1) ** 2 / 4, np.clip((3 - over) / 2, 0.0, 1.0))
