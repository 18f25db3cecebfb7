# SPDX-License-Identifier: Apache-2.0
"""A line with the rows that its expression needs to come and go: some before its sound, some after it."""

from collections.abc import Callable
from dataclasses import dataclass, fields
from pathlib import Path

import numpy as np

from ..animation import MAX_INTENSITY_IN_ROW, later_track
from ..emphasis import Emphasis
from ..phonemes import SILENCE_INDEX, PhonemeTrack
from ..timeline import row_time_s
from .envelope import EnvelopeOptions, envelope, lead_rows, speech_span, spoken_rows
from .intensity_curve import read_curve

Intensity = float | Callable[[np.ndarray], np.ndarray]
"""A number, or what makes (T,) intensities of (T,) seconds of the sound."""


@dataclass(frozen=True)
class SpokenLine:
    """What networks and motion are told of a line.

    track: in the sound's own times. labels: (T,) int16, silence in the rows that were added. emphasis: of as many rows.
    intensity: (T,) float32. first_row: the number of the first row, 0 or less. after: how many follow the sound's.
    """

    track: PhonemeTrack
    labels: np.ndarray
    emphasis: Emphasis
    intensity: np.ndarray
    first_row: int = 0
    after: int = 0

    @classmethod
    def plain(cls, track: PhonemeTrack, labels: np.ndarray, emphasis: Emphasis, intensity: Intensity) -> "SpokenLine":
        """The sound's rows alone, of that intensity."""
        return cls(track, labels, emphasis, np.full(len(labels), _at(intensity, np.arange(len(labels))), np.float32))

    @classmethod
    def of(
        cls, track: PhonemeTrack, labels: np.ndarray, emphasis: Emphasis, options: EnvelopeOptions,
        intensity: Intensity, curve: Path | None = None,
    ) -> "SpokenLine":  # fmt: skip
        """With lead-in, lead-out, and an intensity that lives.

        labels (T,) and emphasis: of the sound's rows. curve: a file that says the intensity, in place of all that makes
        it. Raises IntensityCurveError.
        """
        before, after = lead_rows(track, len(labels), options)
        longer = Emphasis(*(np.pad(getattr(emphasis, each.name), (before, after)) for each in fields(emphasis)))
        if curve is None:
            base = _at(intensity, np.arange(len(longer)) - before)
            track_k = base * envelope(later_track(track, before), longer, options)
        else:
            track_k = np.interp(row_time_s(np.arange(len(longer)) - before), *read_curve(curve))
        return cls(
            track, np.pad(labels, (before, after), constant_values=SILENCE_INDEX), longer,
            np.clip(track_k, 0.0, MAX_INTENSITY_IN_ROW).astype(np.float32), -before, after,
        )  # fmt: skip

    @property
    def times_s(self) -> np.ndarray:
        """(T,) float64: when each row happens in the sound."""
        return row_time_s(self.first_row + np.arange(len(self.labels)))

    @property
    def spoken(self) -> slice:
        """The rows in which something is said; all where nothing is."""
        span = speech_span(later_track(self.track, -self.first_row))
        return slice(None) if span is None else spoken_rows(span)

    @property
    def mean_intensity(self) -> float:
        """Of the rows in which something is said, of all where nothing is; 1 where there are none."""
        spoken = self.intensity[self.spoken]
        return float(spoken.mean()) if len(spoken) else 1.0

    def padded(self, rows: np.ndarray) -> np.ndarray:
        """Rows (T, C) of the sound, with zeros where the networks expect what is beyond a sound."""
        return np.pad(rows, ((-self.first_row, self.after), (0, 0)))


def _at(intensity: Intensity, rows: np.ndarray) -> float | np.ndarray:
    """The intensity of rows, of which row 0 is the sound's first."""
    return intensity(row_time_s(rows)) if callable(intensity) else intensity
