# SPDX-License-Identifier: Apache-2.0
"""Lips that press and roll where they are shut for M, P and B, and a lower lip that goes under the teeth for F and V.

The published coefficients were fitted from the front: in them lips meet and are no thinner for it. So this is said in
four ARKit shapes beside them.
"""

from typing import TYPE_CHECKING

import numpy as np

from ..animation import LIP_SHAPES
from ..phonemes import PhonemeTrack
from .articulation import LABIODENTALS, closed_spans, share_within
from .lips import LipGap

if TYPE_CHECKING:
    from ..face.model import FaceModel

SHAPES = {"M": (0.4, 0.35, 0.15, 0.15), "P": (0.3, 0.25, 0.2, 0.2), "B": (0.3, 0.25, 0.2, 0.2)}
"""How much of LIP_SHAPES, the lower lip's roll, the upper one's, and both sides' press."""
TEETH = (0.35, 0.0, 0.0, 0.0)
"""The same for F and V."""
FADE_ROWS = 2.0
"""Lips are pressed from this long before to this long after they are meant to be shut, if they are."""
SHUT_MM, APART_MM = 0.5, 1.2
"""Lips this far apart are pressed as they are meant to be, and not at all."""


def pressed_lips(track: PhonemeTrack, coefficients: np.ndarray, face: "FaceModel") -> np.ndarray:
    """(T, 4) float32 in 0..1, LIP_SHAPES, for coefficients (T, 64) whose lips are closed.

    track: what is said, as if the first row were row 0. face: on whose lips it is measured whether they are shut.
    """
    rows = len(coefficients)
    wanted = np.zeros((rows, len(LIP_SHAPES)))
    for name, shapes in SHAPES.items():
        share = share_within(closed_spans(track, (name,)), rows, FADE_ROWS)
        wanted = np.maximum(wanted, share[:, None] * shapes)
    meant = np.flatnonzero(wanted.any(axis=1))
    apart = (LipGap.of(face).opening_mm(coefficients[meant]) - SHUT_MM) / (APART_MM - SHUT_MM)
    wanted[meant] *= 1.0 - np.clip(apart, 0.0, 1.0)[:, None]
    teeth = share_within(closed_spans(track, LABIODENTALS), rows)
    return np.maximum(wanted, teeth[:, None] * TEETH).astype(np.float32)
