# SPDX-License-Identifier: Apache-2.0
"""Phoneme labels as speech has them: a text by the pronouncing dictionary, every phoneme of a random length.

Equal label windows are computed once, so labels that repeat more than speech does would flatter the engines. Here no
phoneme of a repeated sentence has the length it had before. The share of distinct windows is reported with each row.
"""

import re
from collections.abc import Iterator
from itertools import count
from pathlib import Path

import numpy as np

from styletalk.networks.config import GeneratorConfig
from styletalk.phonemes import PHONEMES, SILENCE_INDEX, PhonemeSegment, PhonemeTrack
from styletalk.speech.text.pronunciation import pronounce
from styletalk.speech.text.transcript import normalise
from styletalk.timeline import FRAME_RATE_HZ

TEXT = Path(__file__).parent / "text.txt"
"""The beginning of Pride and Prejudice (1813), public domain."""
VOWELS = frozenset(phoneme for phoneme in PHONEMES if phoneme[0] in "AEIOU")
VOWEL_S, CONSONANT_S = 0.100, 0.068
"""Median lengths: about twelve phonemes a second, as in reading aloud."""
SPREAD = 0.40
"""Standard deviation of the logarithm of a length."""
MIN_S = 0.03
PAUSE_S = {",": (0.10, 0.25), ";": (0.2, 0.4), ":": (0.2, 0.4), ".": (0.35, 0.8), "!": (0.35, 0.8), "?": (0.35, 0.8)}
"""Shortest and longest silence after a mark."""


def speech_labels(frames: int, seed: int = 0) -> np.ndarray:
    """(frames,) int16: published labels of the text, read from its beginning as often as it takes."""
    duration_s = frames / FRAME_RATE_HZ
    segments = tuple(_until(_segments(np.random.default_rng(seed)), duration_s))
    return PhonemeTrack(segments, duration_s).labels(frames)


def random_labels(frames: int, seed: int = 0) -> np.ndarray:
    """(frames,) int16: noise. All windows differ."""
    return np.random.default_rng(seed).integers(0, SILENCE_INDEX, frames).astype(np.int16)


def random_audio_features(frames: int, config: GeneratorConfig, seed: int = 0) -> np.ndarray | None:
    """(frames, audio_dim) float32 noise, as much work as sound, for sound never repeats; None for weights without it.

    Zeros would count as no sound, and their windows would be shared.
    """
    if not config.audio_dim:
        return None
    noise = np.random.default_rng(seed).standard_normal((frames, config.audio_dim), np.float32)
    noise *= np.float32(0.1)  # in place: a second array would count in the peak of memory.py
    return noise


def distinct_share(labels: np.ndarray, config: GeneratorConfig) -> float:
    """Distinct label windows as a share of all frames."""
    padded = np.pad(labels, config.window, constant_values=SILENCE_INDEX)
    windows = np.lib.stride_tricks.sliding_window_view(padded, config.tokens)
    return len(np.unique(windows, axis=0)) / len(labels)


def _segments(random: np.random.Generator) -> Iterator[PhonemeSegment]:
    """Phonemes without end, with silences where the text has marks."""
    phrases = [(pronounced_words(words), mark) for words, mark in _phrases(TEXT.read_text(encoding="utf-8"))]
    now_s = 0.0
    for at in count():
        phonemes, mark = phrases[at % len(phrases)]
        for phoneme in phonemes:
            end_s = now_s + _length_s(phoneme, random)
            yield PhonemeSegment(phoneme, now_s, end_s)
            now_s = end_s
        now_s += random.uniform(*PAUSE_S[mark])


def _phrases(text: str) -> list[tuple[str, str]]:
    """(words, mark that follows) of each stretch between marks that make a reader pause."""
    whole = re.sub(r"\b(Mrs?)\.", r"\1", text)
    return [(words, mark) for words, mark in re.findall(r"([^,;:.!?]+)([,;:.!?])", whole) if words.strip()]


def pronounced_words(words: str) -> list[str]:
    """All phonemes of some words."""
    return [phoneme for word in normalise(words) for phoneme in pronounce(word)]


def _length_s(phoneme: str, random: np.random.Generator) -> float:
    median_s = VOWEL_S if phoneme in VOWELS else CONSONANT_S
    return max(MIN_S, median_s * float(np.exp(SPREAD * random.standard_normal())))


def _until(segments: Iterator[PhonemeSegment], duration_s: float) -> Iterator[PhonemeSegment]:
    """The segments that begin before `duration_s`."""
    for segment in segments:
        if segment.start_s >= duration_s:
            return
        yield segment
