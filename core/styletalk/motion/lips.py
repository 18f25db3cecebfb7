# SPDX-License-Identifier: Apache-2.0
"""Where the lips must meet and how far apart they are: labels to rows, coefficients to millimetres."""

import functools
from collections.abc import Callable
from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

from ..phonemes import PHONEME_INDEX
from ..timeline import SOUND_LEAD_ROWS
from .articulation import BILABIALS

if TYPE_CHECKING:
    from ..face.model import FaceModel

Measure = Callable[[np.ndarray], np.ndarray]


@dataclass(frozen=True)
class LipGap:
    """The distance between the lips at P places across the mouth.

    measure: coefficients (T, 64) → (T, P) millimetres, negative where the lips pass into each other.
    rest_mm: (P,) and jacobian: (P, 64) float, about the same as a linear function, rest + J δ.
    widening: (64,) how each coefficient widens the mouth, in any unit; zeros where it does not matter.
    """

    measure: Measure
    rest_mm: np.ndarray
    jacobian: np.ndarray
    widening: np.ndarray

    @classmethod
    @functools.lru_cache(maxsize=2)
    def of(cls, face: "FaceModel") -> "LipGap":
        """The lips of a face model, measured on its mesh."""
        from ..face.landmarks import lip_clearance_mm, lip_gap_rows, mouth_width_row

        rest_mm, jacobian = (np.asarray(rows, np.float64) for rows in lip_gap_rows(face))
        widening = mouth_width_row(face).astype(np.float64)
        return cls(lambda coefficients: lip_clearance_mm(face, coefficients), rest_mm, jacobian, widening)

    @classmethod
    def linear(cls, rest_mm: np.ndarray, jacobian: np.ndarray, widening: np.ndarray | None = None) -> "LipGap":
        """Lips whose gap is rest + J δ and nothing else. rest_mm: (P,), jacobian: (P, 64)."""
        widening = np.zeros(jacobian.shape[1]) if widening is None else widening
        return cls(lambda c: rest_mm + np.asarray(c, np.float64) @ jacobian.T, rest_mm, jacobian, widening)

    def places_mm(self, coefficients: np.ndarray) -> np.ndarray:
        """(T, P) millimetres between the lips at each place, for (T, 64) coefficients."""
        if len(coefficients) == 0:
            return np.zeros((0, len(self.jacobian)))
        return self.measure(coefficients).astype(np.float64)

    def opening_mm(self, coefficients: np.ndarray) -> np.ndarray:
        """(T,) millimetres: the widest place between the lips. At or below zero the mouth is shut all across."""
        return self.places_mm(coefficients).max(axis=1)


def segment_rows(labels: np.ndarray, phonemes: tuple[str, ...] = BILABIALS) -> list[tuple[int, int]]:
    """Rows [first, last] (inclusive) that are seen with each segment of one of `phonemes`, in order of time.

    labels: (T,) int16 as the networks saw them. A segment whose rows lie before the first row counts as row 0,
    because the first row is what is seen until then.
    """
    labels = np.asarray(labels)
    wanted = np.isin(labels, [PHONEME_INDEX[name] for name in phonemes])
    starts = np.flatnonzero(np.diff(labels, prepend=-1) != 0)
    ends = np.append(starts, len(labels))[1:] - 1
    segments = [(int(a), int(b)) for a, b in zip(starts, ends, strict=True) if wanted[a]]
    return [(max(a - SOUND_LEAD_ROWS, 0), max(b - SOUND_LEAD_ROWS, 0)) for a, b in segments]
