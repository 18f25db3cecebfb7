# SPDX-License-Identifier: Apache-2.0
"""Phoneme sequences without end: real stretches, and random ones with real transitions and durations."""

from collections.abc import Sequence

import numpy as np

from styletalk.phonemes import SILENCE_INDEX

from ...datasets.pairs import PHONEME_COUNT


class PhraseBook:
    """Learns runs of labels from clips, and samples sequences (T,) int64 of labels at 30 fps."""

    def __init__(self, labels: Sequence[np.ndarray], uniform_share: float = 0.3) -> None:
        self.real = [np.asarray(track, np.int64) for track in labels]
        self.uniform_share = uniform_share
        self.durations: list[list[int]] = [[] for _ in range(PHONEME_COUNT)]
        self.followers: list[list[int]] = [[] for _ in range(PHONEME_COUNT)]
        for track in self.real:
            self._learn(track)
        self.everything = [d for durations in self.durations for d in durations]

    def sample(self, rows: int, rng: np.random.Generator, real_share: float = 0.3) -> np.ndarray:
        """(rows,) int64: a real stretch, at another pace, or a random sequence."""
        if rng.random() < real_share:
            return self._stretch(rows, rng)
        pace = rng.uniform(0.7, 1.4)
        phoneme = SILENCE_INDEX if rng.random() < 0.3 else int(rng.integers(PHONEME_COUNT))
        labels: list[int] = []
        while len(labels) < rows:
            labels += [phoneme] * self._duration(phoneme, pace, rng)
            phoneme = self._next(phoneme, rng)
        return np.array(labels[:rows], np.int64)

    def _learn(self, track: np.ndarray) -> None:
        starts = np.concatenate([[0], np.flatnonzero(np.diff(track)) + 1])
        for start, duration in zip(starts, np.diff(starts, append=len(track)), strict=True):
            self.durations[track[start]].append(int(duration))
            if start + duration < len(track):
                self.followers[track[start]].append(int(track[start + duration]))

    def _stretch(self, rows: int, rng: np.random.Generator) -> np.ndarray:
        track = self.real[int(rng.integers(len(self.real)))]
        rate = rng.uniform(0.8, 1.25)
        start = rng.uniform(-8, max(len(track) - rate * rows + 8, 0))
        times = np.rint(start + rate * np.arange(rows)).astype(int)
        inside = (times >= 0) & (times < len(track))
        return np.where(inside, track[np.clip(times, 0, len(track) - 1)], SILENCE_INDEX)

    def _duration(self, phoneme: int, pace: float, rng: np.random.Generator) -> int:
        if phoneme == SILENCE_INDEX and rng.random() < 0.3:
            return int(rng.integers(8, 40))  # pauses long enough for the mouth to come to rest
        known = self.durations[phoneme] or self.everything
        return max(1, round(pace * known[int(rng.integers(len(known)))]))

    def _next(self, phoneme: int, rng: np.random.Generator) -> int:
        known = self.followers[phoneme]
        if not known or rng.random() < self.uniform_share:
            return int(rng.integers(PHONEME_COUNT))
        return known[int(rng.integers(len(known)))]
