# SPDX-License-Identifier: Apache-2.0
"""How a line is said: where it is loud, high and stressed, row by row. What head, brows and expression follow."""

from dataclasses import dataclass, fields

import numpy as np

from .errors import CoefficientShapeError


@dataclass(frozen=True)
class Emphasis:
    """The prosody of a line at its rows' own times (`timeline.row_time_s`).

    loudness_db: (T,) float32, dB above the line's median speech; 0 in silence.
    pitch_semitones: (T,) float32, semitones above the line's median; 0 where nothing is voiced.
    stress: (T,) float32 in 0..1, a smooth bump over each stressed syllable, as it stands out.
    """

    loudness_db: np.ndarray
    pitch_semitones: np.ndarray
    stress: np.ndarray

    def __post_init__(self) -> None:
        """Raises CoefficientShapeError where the tracks differ in length."""
        if len({getattr(self, each.name).shape for each in fields(self)}) != 1:
            raise CoefficientShapeError("The tracks of a line's emphasis have different lengths.")

    @classmethod
    def none(cls, rows: int) -> "Emphasis":
        """That of a line of which nothing but its phonemes is known."""
        return cls(*(np.zeros(rows, np.float32) for _ in fields(cls)))

    def __len__(self) -> int:
        return len(self.stress)
