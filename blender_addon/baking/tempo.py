# SPDX-License-Identifier: GPL-3.0-or-later
"""How fast a sound strip plays its sound: which second of the file is heard at which second of the strip."""

from collections.abc import Iterable
from dataclasses import dataclass
from itertools import pairwise

import numpy as np

MIN_SPEED, MAX_SPEED = 0.4, 2.5
"""Of a sound that is still speech; beyond that nobody could say what the mouth does."""
AT_SPEED = 1e-4
"""Speeds that differ less are the same."""


@dataclass(frozen=True)
class Tempo:
    """knots: (seconds of the strip, seconds of the file), growing in both; straight between them and beyond them.

    None, as a rule, where a sound plays as it was recorded: seconds of the strip are seconds of the file.
    """

    knots: tuple[tuple[float, float], ...] = ()

    @classmethod
    def of(cls, knots: Iterable[tuple[float, float]]) -> "Tempo":
        """The same, without knots where these say nothing."""
        found = tuple(knots)
        plays_plainly = all(abs(in_strip - in_file) < AT_SPEED for in_strip, in_file in found)
        return cls() if plays_plainly else cls(found)

    def __bool__(self) -> bool:
        return bool(self.knots)

    def in_file(self, seconds: np.ndarray | float) -> np.ndarray:
        """Seconds of the file that are heard at seconds of the strip."""
        return _along(seconds, *self._sides())

    def in_strip(self, seconds: np.ndarray | float) -> np.ndarray:
        """Seconds of the strip at which those of the file are heard."""
        return _along(seconds, *reversed(self._sides()))

    def speeds(self) -> list[tuple[float, float]]:
        """(seconds of the strip, how many seconds of the file pass in one from there on)."""
        return [(one[0], (other[1] - one[1]) / (other[0] - one[0])) for one, other in pairwise(self.knots)]

    def rounded(self) -> tuple[float, ...]:
        """What is the same for tempos that sound the same: speeds of stretches, wherever the strip lies."""
        return tuple(round(number, 3) for knot in self.knots for number in knot)

    def _sides(self) -> tuple[np.ndarray, np.ndarray]:
        both = np.array(self.knots or ((0.0, 0.0), (1.0, 1.0)), np.float64)
        return both[:, 0], both[:, 1]


def _along(values: np.ndarray | float, known: np.ndarray, wanted: np.ndarray) -> np.ndarray:
    """Where `values` of `known` lie in `wanted`; beyond both ends as between the last two there."""
    values = np.asarray(values, np.float64)
    at = np.clip(np.searchsorted(known, values, "right") - 1, 0, len(known) - 2)
    share = (values - known[at]) / (known[at + 1] - known[at])
    return wanted[at] + share * (wanted[at + 1] - wanted[at])


AS_RECORDED = Tempo()


@dataclass(frozen=True)
class Excerpt:
    """What is heard of a sound, from from_s to to_s, in seconds of its strip; tempo: which of the file those are."""

    from_s: float
    to_s: float
    tempo: Tempo = AS_RECORDED

    @property
    def in_file(self) -> tuple[float, float]:
        """From where to where that is in the file, in its seconds."""
        return float(self.tempo.in_file(self.from_s)), float(self.tempo.in_file(self.to_s))

    def within(self, from_s: float, to_s: float) -> "Excerpt":
        """What of it is heard between two moments, in seconds from its first one."""
        return Excerpt(self.from_s + from_s, self.from_s + to_s, self.tempo)

    def rounded(self) -> tuple[float, ...]:
        """What is the same for excerpts that sound the same."""
        return round(self.from_s, 3), round(self.to_s, 3), *self.tempo.rounded()
