# SPDX-License-Identifier: Apache-2.0
"""How surely the words of a track are heard where they stand."""

from dataclasses import replace

import numpy as np

from ...phonemes import PHONEME_INDEX, PhonemeSegment, PhonemeTrack, WordSegment
from .listening import Heard
from .phoneme_network import FRAME_RATE_HZ


def with_confidences(track: PhonemeTrack, heard: Heard) -> PhonemeTrack:
    """The track with a confidence for each word: the mean, over its phonemes, of their greatest probability there.

    What it is of words that are said, and of others in their place: docs/words-and-phonemes.md.
    """
    found = tuple(replace(word, confidence=_confidence(word, track, heard)) for word in track.words)
    return replace(track, words=found)


def _confidence(word: WordSegment, track: PhonemeTrack, heard: Heard) -> float:
    peaks = [
        _peak(each, heard.log_probabilities)
        for each in track.segments
        if word.start_s <= (each.start_s + each.end_s) / 2 < word.end_s
    ]
    return float(np.clip(np.mean(peaks), 0.0, 1.0)) if peaks else 0.0


def _peak(segment: PhonemeSegment, log_probabilities: np.ndarray) -> float:
    """The greatest probability of a phoneme within its time; log_probabilities (F, 41)."""
    first = max(int(segment.start_s * FRAME_RATE_HZ), 0)
    end = max(int(np.ceil(segment.end_s * FRAME_RATE_HZ)), first + 1)
    frames = log_probabilities[first:end, PHONEME_INDEX[segment.phoneme]]
    return float(np.exp(frames.max().astype(np.float64))) if len(frames) else 0.0
