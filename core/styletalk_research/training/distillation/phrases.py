# SPDX-License-Identifier: Apache-2.0
"""Phoneme sequences without end: random ones with real transitions and durations."""

from collections.abc import Sequence

import numpy as np

from styletalk.phonemes import PHONEMES, SILENCE_INDEX


class PhraseBook:
    """Learns runs of labels from clips, and samples sequences (T,) int64 of labels at 30 fps."""

    def __init__(self, labels: Sequence[np.ndarray], uniform_share: float = 0.3) -> None:
        self.uniform_share = uniform_share
        self.durations: list[list[int]] = [[] for _ in range(len(PHONEMES))]
        self.followers: list[list[int]] = [[] for _ in range(len(PHONEMES))]
        for track in labels:
            self._learn(np.asarray(track, np.int64))
        self.everything = [d for durations in self.durations for d in durations]

    def sample(self, rows: int, rng: np.random.Generator) -> np.ndarray:
        """(rows,) int64: a random sequence."""
        rng.random()  # not used; without it, every seed would give other sequences than those that were trained on
        pace = rng.uniform(0.7, 1.4)
        phoneme = SILENCE_INDEX if rng.random() < 0.3 else int(rng.integers(len(PHONEMES)))
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

    def _duration(self, phoneme: int, pace: float, rng: np.random.Generator) -> int:
        if phoneme == SILENCE_INDEX and rng.random() < 0.3:
            return int(rng.integers(8, 40))  # pauses long enough for the mouth to come to rest
        known = self.durations[phoneme] or self.everything
        return max(1, round(pace * known[int(rng.integers(len(known)))]))

    def _next(self, phoneme: int, rng: np.random.Generator) -> int:
        known = self.followers[phoneme]
        if not known or rng.random() < self.uniform_share:
            return int(rng.integers(len(PHONEMES)))
        return known[int(rng.integers(len(known)))]
