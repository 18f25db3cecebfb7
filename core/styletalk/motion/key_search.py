# SPDX-License-Identifier: Apache-2.0
"""Where each channel would have its keys if it were alone."""

import numpy as np

from .key_curves import cubic

MAX_SPAN_S = 2.0
"""Two keys are no further apart, or nobody would find the next one."""
FIRST_WIDTH = 6
"""How many frames beyond the next two are tried first for the next key."""


def slopes_of(samples: np.ndarray) -> np.ndarray:
    """(N, C) a frame, of (N, C)."""
    return np.gradient(samples.astype(np.float64), axis=0) if len(samples) > 1 else np.zeros(samples.shape)


def placed(samples: np.ndarray, tolerances: np.ndarray, fps: float) -> list[np.ndarray]:
    """For each channel the frames of its keys: from each the furthest to which a cubic follows the samples (N, C)
    within the channel's tolerance. All channels go on together, for each of their steps is small."""
    count, channels = samples.shape
    search = _Search(samples.astype(np.float64), slopes_of(samples), tolerances, max(2, round(MAX_SPAN_S * fps)))
    still = (np.ptp(samples, axis=0) <= tolerances) if count > 2 else np.ones(channels, bool)
    keys = [[0] for _ in range(channels)]
    going = np.flatnonzero(~still)
    while len(going):
        for channel in search.stepped(going):
            keys[channel].append(int(search.start[channel]))
        going = going[search.start[going] < count - 1]
    return [np.unique([0, count - 1]) if rests else np.array(own) for own, rests in zip(keys, still, strict=True)]


class _Search:
    """Where each channel's next key is looked for: more and more frames at once, for most curves turn soon."""

    def __init__(self, samples: np.ndarray, slopes: np.ndarray, tolerances: np.ndarray, longest: int) -> None:
        channels = samples.shape[1]
        self.samples, self.slopes, self.tolerances, self.longest = samples.T, slopes.T, tolerances, longest
        self.start, self.best = np.zeros(channels, int), np.ones(channels, int)
        self.first, self.width = np.full(channels, 2), np.full(channels, FIRST_WIDTH)

    def stepped(self, going: np.ndarray) -> list[int]:
        """Look further; return the channels whose next key was found, at `start`."""
        found = []
        for width in np.unique(self.width[going]):
            channels = going[self.width[going] == width]
            limit = np.minimum(self.longest, self.samples.shape[1] - 1 - self.start[channels])
            last = np.minimum(self.first[channels] + width, limit)
            spans = self.first[channels][:, None] + np.arange(width + 1)
            within = (spans <= last[:, None]) & (self._errors(channels, spans) <= self.tolerances[channels][:, None])
            self.best[channels] = np.maximum(self.best[channels], np.where(within, spans, 1).max(axis=1))
            ended = (self.best[channels] < last) | (last >= limit)
            self.first[channels], self.width[channels] = last + 1, 2 * width
            done = channels[ended]
            self.start[done] += self.best[done]
            self.best[done], self.first[done], self.width[done] = 1, 2, FIRST_WIDTH
            found += done.tolist()
        return found

    def _errors(self, channels: np.ndarray, spans: np.ndarray) -> np.ndarray:
        """(K, E) the most that the cubics of (K,) channels over (K, E) frames are off in between."""
        start, own, count = self.start[channels], channels[:, None], self.samples.shape[1] - 1
        ends = np.minimum(start[:, None] + spans, count)
        inner = np.arange(1, spans.max())
        share = np.minimum(inner / spans[..., None], 1.0)  # (K, E, I)
        from_value, from_slope, to_value, to_slope = cubic(share, spans[..., None])
        made = from_value * self.samples[channels, start][:, None, None]
        made += from_slope * self.slopes[channels, start][:, None, None]
        made += to_value * self.samples[own, ends][..., None] + to_slope * self.slopes[own, ends][..., None]
        there = self.samples[own, np.minimum(start[:, None] + inner, count)][:, None]
        return np.where(share < 1.0, np.abs(made - there), 0.0).max(axis=2)
