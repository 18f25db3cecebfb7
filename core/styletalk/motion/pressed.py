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

SHAPES = {"M": (0.28, 0.4, 0.1, 0.1), "P": (0.18, 0.28, 0.12, 0.12), "B": (0.18, 0.28, 0.12, 0.12)}
"""How much of LIP_SHAPES, the lower lip's roll, the upper one's, and both sides' press."""
UNDER_TEETH = 0.35
"""How far the lower lip rolls for F and V."""
ROOM_MM = (1.0, 2.5)
"""Lips this far apart roll for it not at all, or fully: a roll closes them by a millimetre, and an F is no P."""
ROLL_LOWER = LIP_SHAPES.index("mouthRollLower")
FADE_ROWS = 2.0
"""Lips are pressed from this long before to this long after they are meant to be shut, if they are."""
SHUT_MM, APART_MM = 0.5, 1.2
"""Lips this far apart are pressed as they are meant to be, and not at all."""


def pressed_lips(track: PhonemeTrack, coefficients: np.ndarray, face: "FaceModel") -> np.ndarray:
    """(T, 4) float32 in 0..1, LIP_SHAPES, for coefficients (T, 64) whose lips are closed.

    track: what is said, as if the first row were row 0. face: on whose lips it is measured whether they are shut.
    """
    rows, lips = len(coefficients), LipGap.of(face)
    shares = {name: share_within(closed_spans(track, (name,)), rows, FADE_ROWS) for name in SHAPES}
    teeth = share_within(closed_spans(track, LABIODENTALS), rows)
    meant = np.flatnonzero(np.any([teeth, *shares.values()], axis=0))
    opening_mm = np.full(rows, np.inf)
    opening_mm[meant] = lips.opening_mm(coefficients[meant])
    shut = 1.0 - np.clip((opening_mm - SHUT_MM) / (APART_MM - SHUT_MM), 0.0, 1.0)
    wanted = np.max([(shut * shares[name])[:, None] * shapes for name, shapes in SHAPES.items()], axis=0)
    room = np.clip((opening_mm - ROOM_MM[0]) / (ROOM_MM[1] - ROOM_MM[0]), 0.0, 1.0)
    wanted[:, ROLL_LOWER] = np.maximum(wanted[:, ROLL_LOWER], UNDER_TEETH * room * teeth)
    return wanted.astype(np.float32)
