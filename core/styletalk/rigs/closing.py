# SPDX-License-Identifier: Apache-2.0
"""Lips that are shut on the open face are to be shut on the character too.

The coefficients have P, B and M closed on the open face's mesh. How far lips part is told from rest on both faces, so
on a character whose lips rest a little apart, or pass into each other, the same shapes would not close them.
"""

import numpy as np

from .mapping import RigMapping

SHUT, PARTED = 0.012, 0.06
"""Lips no further apart than this are shut, and further than that plainly open: widths of the mouth (44 mm)."""
DEEPEST = 0.006
"""Lips that are shut are asked to pass into each other no further than this."""


def shut_share(gaps: np.ndarray) -> np.ndarray:
    """(T,) 1 where lips with gaps (T, P), in widths of the mouth, are shut everywhere, 0 where they are open, smooth
    between."""
    open_share = np.clip((gaps.max(axis=1) - SHUT) / (PARTED - SHUT), 0.0, 1.0)
    return 1.0 - open_share * open_share * (3.0 - 2.0 * open_share)


def wanted_partings(gaps: np.ndarray, own_rest: np.ndarray, rest: np.ndarray) -> np.ndarray:
    """(T, P) how far a character's lips are to part from rest, where the open face's are `gaps` (T, P) apart.

    own_rest, rest: (P,) how far apart both rest. Open lips part from rest by as much; shut lips are shut here too.
    """
    share = shut_share(gaps)[:, None]
    return (1.0 - share) * (gaps - own_rest) + share * (np.clip(gaps, -DEEPEST, 0.0) - rest)


def least_gap(mapping: RigMapping) -> float:
    """How near to each other a character's shapes bring its lips at the most, in widths of the mouth: 0 where they
    meet, or where nobody measured how they rest."""
    if not mapping.rest_gaps:
        return 0.0
    ends = [(row.lips, row.low, row.high) for row in mapping.used if row.lips]
    closing = [np.minimum(np.multiply(lips, low), np.multiply(lips, high)) for lips, low, high in ends]
    return max(0.0, float((np.array(mapping.rest_gaps) + np.sum(closing, axis=0)).max()))
