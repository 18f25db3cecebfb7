# SPDX-License-Identifier: Apache-2.0
"""Which expression a photo itself shows: what a motion is counted from. It decides how a pass looks.

A motion's lips meet at the level at which `motion/` closes them, 0 mm on the open face. A fit to landmarks is some
millimetres off there, for thick lips and an open mouth look alike to it. So the opening is measured between the inner
lips and the fitted expression is moved to it: lips that touch in the photo touch in the reference.

Coefficients that were fitted to another film have their own level: a person's lips may meet at 7 mm of them. `within`
gives the reference as such a motion counts: of all that the motion goes through the likeliest, from what the photo
shows, and from how far the motion's lips are open beyond where they meet. It does not ask what the motion shows when.
"""

from functools import lru_cache

import numpy as np

from ...animation import LOWER_FACE
from ...face.landmarks import eye_openness, inner_lip_distance_mm, lip_gap_rows, middle_columns
from ...face.model import open_face
from ..portrait import Portrait
from .lids import with_lids
from .seen_error import seen_error

CLOSED_M = 0.0005
"""Inner lips that are seen nearer than this touch."""
SEEN_MM = (0.4, 0.9, 2.2, 150.0)
OPEN_MM = (0.0, 2.0, 2.0, 135.0)
"""Between the lips as landmarks see them, and as they are. Landmarks see a narrow dark opening as hardly any: of 94
pictures of the sample clips, those under 0.5 mm are open by 0 mm, those of 0.5 to 1.2 mm by 2.5 mm."""
CLOSED_NOISE_MM, OPEN_NOISE_MM, OPEN_NOISE_SHARE = 0.6, 2.0, 0.1
"""How far that is off: of lips that touch; of others, and more by this share of their distance."""
FITTED_OPENING_MM = 20.0
"""How far a reference's own opening is off as a motion of another level counts: nothing is to be learnt from it."""
STEPS = 8
NEAR_MM = 0.02
MAX_STEP_MM = 6.0
CLOSED_PERCENTILE = 5.0
"""Of the lips' distances in a motion: where they meet."""
MIN_ROWS = 45
"""A shorter motion (1.5 s) need not close its lips at all."""
MAX_LEVEL_MM = 9.0


def mouth_is_closed(gap_m: float) -> bool:
    """Whether inner lips that are seen so far apart touch."""
    return gap_m < CLOSED_M


def opening_mm(gap_m: float) -> float:
    """How far lips are apart that are seen so far apart, at the open face's scale."""
    return float(np.interp(1000 * gap_m, SEEN_MM, OPEN_MM))


def reference(expression: np.ndarray, gap_m: float, lids: float) -> np.ndarray:
    """(64,) float32: a fitted expression whose lips are as far apart, and eyes as far open, as they are in the photo.

    gap_m: between the inner lips in the photo, at the open face's scale. lids: of `lids_shown`.
    """
    apart_mm = 0.0 if mouth_is_closed(gap_m) else opening_mm(gap_m)
    opened = with_opening(expression, apart_mm)  # before the lids, for a jaw that opens draws at them
    return with_opening(with_lids(opened, lids), apart_mm)


def counted_from(portrait: Portrait, coefficients: np.ndarray) -> np.ndarray:
    """(T, 64) float32: a motion that was fitted to a film, (T, 64), as the portrait's own reference counts.

    Not for what `animate` makes: its level is the open face's, and its style is to be seen.
    """
    return (coefficients + (portrait.expression - within(portrait, coefficients))).astype(np.float32)


def within(portrait: Portrait, coefficients: np.ndarray, error: np.ndarray | None = None) -> np.ndarray:
    """(64,) float32: what the photo shows, as a motion (T, 64) counts that was fitted to a film.

    The mean of a normal distribution: of the motion's rows, given what the photo shows and how far that may be off.
    error: (64, 64), another covariance of it than the shipped one.
    """
    mean, spread = coefficients.mean(axis=0, dtype=np.float64), _spread(coefficients)
    gap_m, way = portrait.mouth_gap_m, FITTED_OPENING_MM * _opening_way()
    noise_mm = CLOSED_NOISE_MM if mouth_is_closed(gap_m) else OPEN_NOISE_MM + 1000 * OPEN_NOISE_SHARE * gap_m
    seen = np.concatenate([np.eye(len(mean)), _opening_gradient()[None]])  # (65, 64)
    noise = np.zeros((len(seen), len(seen)))
    noise[:-1, :-1] = (seen_error() if error is None else error) + np.outer(way, way)
    noise[-1, -1] = noise_mm**2
    open_mm = closed_level_mm(coefficients) + opening_mm(gap_m) - _opening_of(mean)
    off = np.concatenate([portrait.expression - mean, [open_mm]])
    found = mean + spread @ seen.T @ np.linalg.solve(seen @ spread @ seen.T + noise, off)
    return with_lids(found, _lids_level(coefficients) * _lids_of(portrait.expression))


def _spread(coefficients: np.ndarray) -> np.ndarray:
    """(64, 64): the covariance of a motion's rows; nothing where there is a single one."""
    centred = coefficients - coefficients.mean(axis=0, dtype=np.float64)
    return centred.T @ centred / len(centred)


def _lids_of(expression: np.ndarray) -> float:
    return float(eye_openness(open_face(), np.asarray(expression, np.float32)[None])[0].mean())


def _lids_level(coefficients: np.ndarray) -> float:
    """How open the eyes of a motion (T, 64) are between blinks."""
    return max(0.2, float(np.median(eye_openness(open_face(), coefficients).mean(axis=1))))


def closed_level_mm(coefficients: np.ndarray) -> float:
    """Between the lips of the open face, millimetres, where those of a motion (T, 64) meet; 0 where it is too short."""
    if len(coefficients) < MIN_ROWS:
        return 0.0
    level = float(np.percentile(inner_lip_distance_mm(open_face(), coefficients), CLOSED_PERCENTILE))
    return float(np.clip(level, 0.0, MAX_LEVEL_MM))


def with_opening(expression: np.ndarray, opening_mm: float) -> np.ndarray:
    """(64,) float32: the expression with the inner lips so far apart, changed as speech most easily changes it."""
    way, found = _opening_way(), np.asarray(expression, np.float64).copy()
    for _ in range(STEPS):
        left_mm = opening_mm - _opening_of(found)
        if abs(left_mm) < NEAR_MM:
            break
        found += way * np.clip(left_mm, -MAX_STEP_MM, MAX_STEP_MM)
    return found.astype(np.float32)


def _opening_of(expression: np.ndarray) -> float:
    """Between the inner lips of the open face, millimetres."""
    return float(inner_lip_distance_mm(open_face(), np.asarray(expression, np.float32)[None])[0])


def _opening_gradient() -> np.ndarray:
    """(64,) millimetres by which one of each coefficient opens the lips, near closure."""
    model = open_face()
    return lip_gap_rows(model)[1][middle_columns(model)].mean(axis=0)


@lru_cache(maxsize=1)
def _opening_way() -> np.ndarray:
    """(64,) coefficients for a millimetre of opening: least in units of how far each strays in speech."""
    model, gradient = open_face(), _opening_gradient()
    strays = np.zeros_like(gradient)
    strays[list(LOWER_FACE)] = model.coefficient_std[list(LOWER_FACE)] ** 2
    return strays * gradient / float(gradient @ (strays * gradient))
