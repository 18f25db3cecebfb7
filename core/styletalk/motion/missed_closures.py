# SPDX-License-Identifier: Apache-2.0
"""Which P, B and M of a finished animation are seen with open lips."""

import math
from typing import TYPE_CHECKING

import numpy as np

from ..animation import FaceAnimation
from ..phonemes import PhonemeTrack
from .articulation import BILABIALS, shut_spans
from .closures import CLOSED_MM
from .lips import LipGap

if TYPE_CHECKING:
    from ..face.model import FaceModel


def missed_closures(animation: FaceAnimation, face: "FaceModel") -> list[tuple[float, float]]:
    """(start_s, gap_mm) of each P, B or M whose lips stay further apart than CLOSED_MM, on this face.

    start_s: of its segment in the track. gap_mm: the least that is between the lips while it is said.
    """
    said = [each for each in animation.track.segments if each.phoneme in BILABIALS]
    if not said or not len(animation):
        return []
    duration_s, last = animation.track.duration_s, len(animation) - 1
    spans = [shut_spans(PhonemeTrack((each,), duration_s))[0] - animation.first_row for each in said]
    rows = [np.arange(max(math.floor(a), 0), min(math.ceil(b), last) + 1) for a, b in spans]
    wanted = np.unique(np.concatenate(rows))
    opening_mm = LipGap.of(face).opening_mm(animation.coefficients[wanted])
    least_mm = [opening_mm[np.searchsorted(wanted, each)].min(initial=np.inf) for each in rows]
    return [
        (each.start_s, float(gap_mm))
        for each, gap_mm in zip(said, least_mm, strict=True)
        if CLOSED_MM < gap_mm < np.inf
    ]
