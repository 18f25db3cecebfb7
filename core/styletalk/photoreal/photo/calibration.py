# SPDX-License-Identifier: Apache-2.0
"""Which expression a photo itself shows: what a motion is counted from. It decides how a pass looks.

A motion's lips meet at the level at which `motion/` closes them, 0 mm on the open face. A fit to landmarks is some
millimetres off there, for thick lips and an open mouth look alike to it. So the opening is measured between the inner
lips and the fitted expression is moved to it: lips that touch in the photo touch in the reference.

Coefficients that were fitted to another film have their own level: a person's lips may meet at 7 mm of them. `within`
gives the reference in such a motion's terms, from where its own lips meet, without what it shows in the photo's frame.
"""

from dataclasses import replace
from functools import lru_cache

import numpy as np

from ...animation import LOWER_FACE
from ...face.landmarks import inner_lip_distance_mm, lip_gap_rows, middle_columns
from ...face.model import open_face
from ..portrait import Portrait

CLOSED_M = 0.0012
"""Inner lips that are seen nearer than this touch: landmarks of closed mouths are up to a millimetre apart."""
STEPS = 8
NEAR_MM = 0.02
MAX_STEP_MM = 6.0
CLOSED_PERCENTILE = 2.0
"""Of the lips' distances in a motion: where they meet."""
MIN_ROWS = 45
"""A shorter motion (1.5 s) need not close its lips at all."""
MAX_LEVEL_MM = 9.0
OWN_SHARE = 0.5
"""Of a motion's mean in the reference within it, beside what the photo shows by itself. Of 0, .25, .5, .75 and 1 the
best on the sample clips."""


def mouth_is_closed(gap_m: float) -> bool:
    """Whether inner lips that are seen so far apart touch."""
    return gap_m < CLOSED_M


def reference(expression: np.ndarray, gap_m: float) -> np.ndarray:
    """(64,) float32: a fitted expression whose lips are as far apart as they are in the photo.

    gap_m: between the inner lips in the photo, at the open face's scale.
    """
    return with_opening(expression, 0.0 if mouth_is_closed(gap_m) else 1000 * gap_m)


def within(portrait: Portrait, coefficients: np.ndarray) -> Portrait:
    """The portrait with the reference that belongs to a motion which was fitted to a film, (T, 64).

    Not for what `animate` makes: its level is the open face's, and its style is to be seen.
    """
    closed_mm = closed_level_mm(coefficients)
    seen_mm = 0.0 if portrait.lips_closed else 1000 * portrait.mouth_gap_m
    mixed = OWN_SHARE * coefficients.mean(axis=0) + (1 - OWN_SHARE) * portrait.expression
    return replace(portrait, expression=with_opening(mixed, closed_mm + seen_mm))


def closed_level_mm(coefficients: np.ndarray) -> float:
    """Between the lips of the open face, millimetres, where those of a motion (T, 64) meet; 0 where it is too short."""
    if len(coefficients) < MIN_ROWS:
        return 0.0
    level = float(np.percentile(inner_lip_distance_mm(open_face(), coefficients), CLOSED_PERCENTILE))
    return float(np.clip(level, 0.0, MAX_LEVEL_MM))


def with_opening(expression: np.ndarray, opening_mm: float) -> np.ndarray:
    """(64,) float32: the expression with the inner lips so far apart, changed as speech most easily changes it."""
    model, way, found = open_face(), _opening_way(), np.asarray(expression, np.float64).copy()
    for _ in range(STEPS):
        left_mm = opening_mm - float(inner_lip_distance_mm(model, found[None].astype(np.float32))[0])
        if abs(left_mm) < NEAR_MM:
            break
        found += way * np.clip(left_mm, -MAX_STEP_MM, MAX_STEP_MM)
    return found.astype(np.float32)


@lru_cache(maxsize=1)
def _opening_way() -> np.ndarray:
    """(64,) coefficients for a millimetre of opening: least in units of how far each strays in speech."""
    model = open_face()
    gradient = lip_gap_rows(model)[1][middle_columns(model)].mean(axis=0)  # (64,) millimetres
    strays = np.zeros_like(gradient)
    strays[list(LOWER_FACE)] = model.coefficient_std[list(LOWER_FACE)] ** 2
    return strays * gradient / float(gradient @ (strays * gradient))
