# SPDX-License-Identifier: Apache-2.0
"""Phonemes as they are heard, without words: by the networks that ship, with NumPy alone."""

from ...phonemes import PhonemeSegment
from ..hearing.listening import Heard
from ..hearing.viterbi import best_path, segments_of

MIN_PHONEMES = 3
"""What has fewer is not speech: a knock sounds like a T."""


def heard_phonemes(heard: Heard) -> list[PhonemeSegment]:
    """The phonemes of a sound, in seconds; none where nobody speaks."""
    log_probabilities = heard.log_probabilities
    segments = segments_of(best_path(log_probabilities), log_probabilities)
    return segments if len(segments) >= MIN_PHONEMES else []
