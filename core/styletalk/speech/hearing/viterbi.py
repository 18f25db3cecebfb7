# SPDX-License-Identifier: Apache-2.0
"""From the probabilities of frames to phonemes that last: the best path through them (Viterbi 1967), with durations.

A phoneme lasts MIN_FRAMES at the least; after that it stays, or any other follows it.
"""

import numpy as np

from ...phonemes import PHONEMES, SILENCE_INDEX, PhonemeSegment
from .phoneme_network import FRAME_RATE_HZ

MIN_FRAMES = 3
CHANGE = -1.0
"""Added to the log-probability of a path for each phoneme: it keeps short wrong ones out."""


def best_path(log_probabilities: np.ndarray, change: float = CHANGE) -> np.ndarray:
    """(F,) int16: the phoneme of each frame on the most probable path. log_probabilities: (F, 41)."""
    frames, phonemes = log_probabilities.shape
    scores = np.full((MIN_FRAMES, phonemes), -np.inf, np.float32)  # by how many frames a phoneme has lasted
    scores[-1] = 0.0
    before = np.empty(frames, np.int16)  # whichever phoneme begins here, this one ended
    grown = np.empty((frames, phonemes), bool)  # whether it has lasted MIN_FRAMES only just now
    for frame in range(frames):
        before[frame] = leader = np.argmax(scores[-1])
        grown[frame] = scores[-2] > scores[-1]
        longest = np.maximum(scores[-2], scores[-1])
        scores[1:-1] = scores[:-2]
        scores[0] = scores[-1, leader] + np.float32(change)
        scores[-1] = longest
        scores += log_probabilities[frame] - longest.max()
    return _followed_back(before, grown, int(np.argmax(scores[-1]))) if frames else np.zeros(0, np.int16)


def _followed_back(before: np.ndarray, grown: np.ndarray, last: int) -> np.ndarray:
    """The path that ends in the phoneme `last`; before: (F,), grown: (F, phonemes) as `best_path` fills them."""
    path, frame, phoneme = np.empty(len(before), np.int16), len(before) - 1, last
    while frame >= 0:
        start = frame
        while start >= 0 and not grown[start, phoneme]:
            start -= 1
        start = max(start - MIN_FRAMES + 1, 0)
        path[start : frame + 1] = phoneme
        phoneme, frame = int(before[start]), start - 1
    return path


def segments_of(path: np.ndarray, log_probabilities: np.ndarray) -> list[PhonemeSegment]:
    """The phonemes of a path (F,), silence left out, in seconds of the sound.

    A boundary lies where the two phonemes' probabilities cross, between the middles of the frames that it parts.
    """
    starts = np.flatnonzero(np.diff(path, prepend=-1))
    bounds_s = [0.0, *(_crossing(path, log_probabilities, start) / FRAME_RATE_HZ for start in starts[1:].tolist())]
    bounds_s.append(len(path) / FRAME_RATE_HZ)
    return [
        PhonemeSegment(PHONEMES[path[start]], bounds_s[k], bounds_s[k + 1])
        for k, start in enumerate(starts.tolist())
        if path[start] != SILENCE_INDEX
    ]


def _crossing(path: np.ndarray, log_probabilities: np.ndarray, start: int) -> float:
    """The place, in frames, between start - 1 and start where the new phoneme becomes the more probable one."""
    old, new = path[start - 1], path[start]
    lead = log_probabilities[start - 1 : start + 1, new] - log_probabilities[start - 1 : start + 1, old]
    before, after = (float(each) for each in lead)
    return start - 1 + (-before / (after - before) if before < 0.0 < after else 0.5)
