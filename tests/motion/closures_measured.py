# SPDX-License-Identifier: Apache-2.0
"""What a viewer sees of the lips of an animation."""

import numpy as np

from styletalk.animation import FaceAnimation
from styletalk.face.model import FaceModel
from styletalk.motion.closures import CLOSED_MM
from styletalk.motion.lips import LipGap, closure_rows


def closure_rate(animation: FaceAnimation, face: FaceModel) -> tuple[float, int, float]:
    """(Share of P, B and M segments whose lips meet, their number, millimetres by which lips pass into each other)."""
    gap_mm = LipGap.of(face).places_mm(animation.coefficients)
    opening_mm = gap_mm.max(axis=1)
    closed = opening_mm[closure_rows(opening_mm, animation.phonemes)] <= CLOSED_MM
    return float(np.mean(closed)) if len(closed) else 1.0, len(closed), float(max(0.0, -gap_mm.min(initial=0.0)))
