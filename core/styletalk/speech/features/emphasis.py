# SPDX-License-Identifier: Apache-2.0
"""How a line is said, at the times of its rows: loudness and pitch as they are, and which syllables are stressed.

A syllable is its vowel. It is stressed where it is louder, longer and higher than those around it, and more likely
where its word has its stress, if the words are known.
"""

import math
from bisect import bisect_left

import numpy as np

from ...emphasis import Emphasis
from ...phonemes import VOWELS, PhonemeSegment, PhonemeTrack
from ...timeline import FRAME_RATE_HZ, label_time_s, row_time_s
from ..audio.sound_file import Audio
from ..languages.detection import COMMON_WORDS
from ..text.dictionary import dictionary
from ..text.letters import stresses
from .prosody import ENERGY, PITCH, VOICED, VOICING, measured, speech_rows

SHORT_VOWELS, SHORT_SHARE = ("AH", "EH", "IH", "UH"), 0.7
"""How long these are, beside the others."""
WEAK = {"AH": 0.5, "IH": 0.2, "ER": 0.3}
"""What a vowel's stress is lowered by, in deviations: most of these are unstressed, in English and elsewhere."""
LEXICAL = {0: -0.7, 1: 0.4, 2: 0.0}
"""What the stress of an English word adds to that of its vowels: none, the main one, a lesser one."""
COMMON_LETTERS, COMMON = 4, -0.7
"""The same of a common word of so many letters or fewer, in any language: articles, pronouns, prepositions."""
MAX_LOUDNESS_DB, MAX_PITCH_SEMITONES = 20.0, 12.0
"""Beyond are clicks and octave errors."""
AROUND = 5
"""Syllables before and after that one is compared with: about a phrase."""
DEVIATIONS, PRIOR_SYLLABLES = (4.0, 0.35, 2.5), 8.0
"""Usual ones of vowels in a line, decibels, log seconds and semitones; few vowels do not show their own, so
these count as so many."""
WEIGHTS = (0.7, 0.5, 0.5)
"""Of loudness, length and pitch: their squares add up to about one."""
STRESSED_FROM, STRESSED_FULLY = 0.1, 1.5
"""Deviations above its surroundings."""
RISE_S = 0.08
"""A bump begins before its vowel, and ends after it, by this much."""
FIRST_LABEL = FRAME_RATE_HZ * float(row_time_s(0) - label_time_s(0))
"""Where among the labels row 0 is, in fractions."""


def emphasis_rows(rows: int) -> int:
    """How many rows of prosody's `measured` the emphasis of so many rows takes."""
    return rows + math.ceil(FIRST_LABEL)


def emphasis_of(audio: Audio, track: PhonemeTrack, rows: int, measures: np.ndarray | None = None) -> Emphasis:
    """How a line is said, for its first `rows` rows, in any language. Linear, and nothing is kept beside the result.

    measures: `measured(audio, emphasis_rows(rows))`, where that is known.
    """
    if measures is None:
        measures = measured(audio, emphasis_rows(rows))
    speech, voiced = speech_rows(measures[:, ENERGY]), measures[:, VOICING] > VOICED
    loudness = _above_median(measures[:, ENERGY], speech, MAX_LOUDNESS_DB)
    pitch = _above_median(12.0 * measures[:, PITCH], speech & voiced, MAX_PITCH_SEMITONES)
    vowels = [each for each in track.segments if each.phoneme in VOWELS]
    spans = np.array([(each.start_s, each.end_s) for each in vowels], np.float64).reshape(-1, 2)
    spans = (spans - row_time_s(0)) * FRAME_RATE_HZ
    score = _standing_out(spans, vowels, loudness, pitch) + _usual(track, vowels)
    stress = np.clip((score - STRESSED_FROM) / (STRESSED_FULLY - STRESSED_FROM), 0.0, 1.0)
    return Emphasis(loudness, pitch, _bumps(spans, stress, rows))


def _above_median(track: np.ndarray, counts: np.ndarray, most: float) -> np.ndarray:
    """(T,) float32 at rows: a track of labels, `emphasis_rows` long, above the median of those that count, else 0.

    A row happens between two labels: it has the mean of those of them that count.
    """
    typical = np.median(track[counts]) if counts.any() else 0.0
    kept = np.where(counts, np.clip(track - typical, -most, most), 0.0)
    before, after = slice(math.floor(FIRST_LABEL), len(track) - 1), slice(math.ceil(FIRST_LABEL), None)
    number = counts[before].astype(np.float32) + counts[after]
    return ((kept[before] + kept[after]) / np.maximum(number, 1.0)).astype(np.float32)


def _standing_out(
    spans: np.ndarray, vowels: list[PhonemeSegment], loudness: np.ndarray, pitch: np.ndarray
) -> np.ndarray:  # fmt: skip
    """(S,) how much vowels of spans (S, 2), in rows, differ from those around them, in deviations of the line's."""
    usual = np.array([SHORT_SHARE if each.phoneme in SHORT_VOWELS else 1.0 for each in vowels])
    length = np.log(np.maximum(spans[:, 1] - spans[:, 0], 0.5) / usual)
    score = np.zeros(len(spans))
    for values, usually, weight in zip(
        (_peaks(loudness, spans), length, _peaks(pitch, spans)), DEVIATIONS, WEIGHTS, strict=True
    ):
        above = values - _local_mean(values)
        squares = PRIOR_SYLLABLES * usually**2 + float((above**2).sum())
        score += weight * above / np.sqrt(squares / (PRIOR_SYLLABLES + len(above)))
    return score


def _peaks(track: np.ndarray, spans: np.ndarray) -> np.ndarray:
    """(S,) the greatest value within each span of rows, one at least; 0 beyond the track's ends."""
    padded = np.append(track, 0.0)
    last = len(track)
    first = np.clip(np.ceil(spans[:, 0]).astype(int), 0, last)
    stop = np.clip(np.floor(spans[:, 1]).astype(int) + 1, first + 1, last + 1)
    return np.array([_peak(padded[a:b]) for a, b in zip(first, stop, strict=True)])


def _peak(values: np.ndarray) -> float:
    """The greatest of the values that are known, 0 where none is."""
    return float(values[values != 0].max(initial=-np.inf)) if values.any() else 0.0


def _local_mean(values: np.ndarray) -> np.ndarray:
    """(S,) the mean of each value's AROUND neighbours on either side, itself included."""
    total = np.concatenate([[0.0], np.cumsum(values)])
    place = np.arange(len(values))
    first, stop = np.maximum(place - AROUND, 0), np.minimum(place + AROUND + 1, len(values))
    return (total[stop] - total[first]) / (stop - first)


def _usual(track: PhonemeTrack, vowels: list[PhonemeSegment]) -> np.ndarray:
    """(S,) what language says of vowels before they are heard, in deviations."""
    usual = np.array([-WEAK.get(each.phoneme, 0.0) for each in vowels])
    middles = [(each.start_s + each.end_s) / 2 for each in vowels]
    for word in track.words:
        first, stop = bisect_left(middles, word.start_s), bisect_left(middles, word.end_s)
        usual[first:stop] += _of_word(word.word.lower(), stop - first)
    return usual


def _of_word(word: str, syllables: int) -> np.ndarray:
    """(syllables,) what a word's own stress adds, 0 where that is not known."""
    if len(word) <= COMMON_LETTERS and any(word in common for common in _COMMON):
        return np.full(syllables, COMMON)
    known = stresses(word) if word in dictionary() else ()
    return np.array([LEXICAL[each] for each in known]) if len(known) == syllables else np.zeros(syllables)


def _bumps(spans: np.ndarray, heights: np.ndarray, rows: int) -> np.ndarray:
    """(T,) float32: a smooth bump of each height over its span, the highest where they overlap."""
    rise, track = RISE_S * FRAME_RATE_HZ, np.zeros(rows, np.float32)
    for (start, end), height in zip(spans, heights, strict=True):
        near = np.arange(max(0, int(np.ceil(start - rise))), min(rows, int(np.floor(end + rise)) + 1))
        from_middle, half = np.abs(near - (start + end) / 2), (end - start) / 4  # it is full in the middle half
        outside = np.clip((from_middle - half) / (half + rise), 0.0, 1.0)
        track[near] = np.maximum(track[near], height * np.cos(np.pi / 2 * outside) ** 2)
    return track


_COMMON = [frozenset(words.split()) for words in COMMON_WORDS.values()]
