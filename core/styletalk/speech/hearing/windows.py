# SPDX-License-Identifier: Apache-2.0
"""A sound of any length through the encoder, a window at a time."""

from collections.abc import Iterator
from dataclasses import dataclass

import numpy as np

from ...timeline import label_time_s
from ..audio.sound_file import SAMPLE_RATE_HZ, Audio
from ..features.prosody import speech_rows
from .encoder import ENCODER_RATE_HZ, Encoder

WINDOW_S, EDGE_S = 15.0, 1.5
"""Sound in one pass of the encoder, and how much of it at either end is context only. The networks of the lips learnt
from these, and lose up to .005 r with 24 s."""
LONG_WINDOW_S = 24.0
"""For phonemes: more of them are right, and more as in one pass over the whole (docs/hearing.md)."""
ROW_SAMPLES = SAMPLE_RATE_HZ // ENCODER_RATE_HZ
AFTER_S = 1.01
"""Silence appended to the sound."""
SPEECH_LEVEL_DB = -23.0
"""Mean level to which the speech of every line is scaled."""
NEAR_ROWS, FADING_ROWS = 10, 10
"""Distance from speech, in rows of labels, up to which features are kept, and over which they then fade to zero."""


@dataclass(frozen=True)
class Window:
    """What the encoder makes of the sound from first_s to end_s (infinite: to the end), with context on either side.

    states: of each of its blocks, (F, width), 50 a second from start_s.
    """

    start_s: float
    first_s: float
    end_s: float
    states: list[np.ndarray]

    def rows_at(self, times_s: np.ndarray) -> np.ndarray:
        """(n, width): the last block's states at times (n,) of the sound, interpolated."""
        places = np.clip((times_s - self.start_s) * ENCODER_RATE_HZ, 0.0, len(self.states[-1]) - 1.001)
        floor = places.astype(int)
        share = (places - floor)[:, None].astype(np.float32)
        return self.states[-1][floor] * (1 - share) + self.states[-1][floor + 1] * share


def encoded_windows(encoder: Encoder, audio: Audio, levels: np.ndarray, long: bool = False) -> Iterator[Window]:
    """The windows of a sound that have speech in or near them; levels: (T,) `loudness_db` of its rows of labels.

    long: of LONG_WINDOW_S, the last one too, which then begins before the one before it ends.
    """
    speech = speech_rows(levels)
    if not speech.any():
        return
    gain = np.float32(10.0 ** ((SPEECH_LEVEL_DB - levels[speech].mean()) / 20.0))
    spoken_s = label_time_s(np.flatnonzero(speech))
    reach_s = label_time_s(NEAR_ROWS + FADING_ROWS) - label_time_s(0)
    silence = np.zeros(round(AFTER_S * SAMPLE_RATE_HZ), np.float32)
    before_s = -np.inf
    for start_s, samples, last in _pieces(audio.blocks(), long):
        first_s = (before_s + start_s + EDGE_S) / 2 if start_s else -np.inf  # amid what two windows have in common
        end_s = np.inf if last else start_s + len(samples) / SAMPLE_RATE_HZ - EDGE_S
        before_s = end_s
        if ((spoken_s > first_s - reach_s) & (spoken_s < end_s + reach_s)).any():
            yield Window(start_s, first_s, end_s, encoder(np.concatenate([samples * gain, silence])))


def nearness_to(speech: np.ndarray) -> np.ndarray:
    """(T,) float32: 1 at and near speech (T,), falling to 0 further off."""
    rows, spoken = np.arange(len(speech)), np.flatnonzero(speech)
    if not len(spoken):
        return np.zeros(len(speech), np.float32)
    after = np.searchsorted(spoken, rows)
    to_next = np.where(after < len(spoken), spoken[np.minimum(after, len(spoken) - 1)] - rows, len(speech))
    since = np.where(after > 0, rows - spoken[np.maximum(after - 1, 0)], len(speech))
    distance = np.minimum(to_next, since)
    return np.clip(1.0 - (distance - NEAR_ROWS) / FADING_ROWS, 0.0, 1.0).astype(np.float32)


def _pieces(sound: Iterator[np.ndarray], long: bool = False) -> Iterator[tuple[float, np.ndarray, bool]]:
    """(start in s, samples, whether it is the last) of a sound in blocks, with overlapping edges; see above."""
    length_s = LONG_WINDOW_S if long else WINDOW_S
    size, hop = round(length_s * SAMPLE_RATE_HZ), round((length_s - 2 * EDGE_S) * SAMPLE_RATE_HZ)
    first, samples = 0, np.zeros(0, np.float32)
    before = samples
    for block in sound:
        samples = np.concatenate([samples, block]) if len(samples) else block  # an hour in one block is not copied
        while len(samples) > size:
            yield first / SAMPLE_RATE_HZ, samples[:size], False
            first, before, samples = first + hop, samples[:hop], samples[hop:]
    if long and first:
        back = (size - len(samples)) // ROW_SAMPLES * ROW_SAMPLES
        first, samples = first - back, np.concatenate([before[len(before) - back :], samples])
    yield first / SAMPLE_RATE_HZ, samples, True
