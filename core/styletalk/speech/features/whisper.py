# SPDX-License-Identifier: Apache-2.0
"""Whisper features: the hidden states of Whisper's encoder at 30 fps, one row for each phoneme label.

The encoder was trained on many voices in many rooms, so its features predict mouth motion better than band energies do.
They are projected from 384 dimensions on the principal directions of speech (whisper_basis.npz, made by
styletalk_research.datasets.whisper_basis) and normalised over the speech of the line, as prosody is.
"""

from collections.abc import Iterator
from dataclasses import dataclass
from functools import lru_cache
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np

from ...files.writing import written_whole
from ...progress import Progress, silent
from ...timeline import label_time_s
from ..audio.sound_file import SAMPLE_RATE_HZ, Audio
from ..recognition.words import installed_whisper
from .prosody import LIMIT, PRIOR_ROWS, loudness_db, speech_rows

if TYPE_CHECKING:
    from faster_whisper import WhisperModel

WHISPER_DIM = 128
"""Columns of a row, by decreasing variance of speech."""
BASIS_FILE = Path(__file__).with_name("whisper_basis.npz")
ENCODER_WIDTH = 384
"""Features of Whisper tiny; the basis fits no encoder of another width."""
ENCODER_RATE_HZ = 50
WINDOW_S, EDGE_S = 15.0, 1.5
"""Sound in one pass of the encoder, and how much of it at either end is context only. Whisper's own 30 s cost twice as
much and give the same features (r .998)."""
AFTER_S = 1.01
"""Silence appended to the sound."""
SPEECH_LEVEL_DB = -23.0
"""Mean level to which the speech of every line is scaled."""
NEAR_ROWS, FADING_ROWS = 10, 10
"""Distance from speech up to which features are kept, and over which they then fade to zero."""


@dataclass(frozen=True)
class Basis:
    """mean: (384,) of the encoder's features. directions: (384, WHISPER_DIM) to columns. typical: (WHISPER_DIM,) their
    deviations within a line."""

    mean: np.ndarray
    directions: np.ndarray
    typical: np.ndarray

    def save(self, path: Path) -> None:
        """Write as .npz, float16."""
        parts = {"mean": self.mean, "directions": self.directions, "typical": self.typical}
        with written_whole(path) as temporary, temporary.open("wb") as file:
            np.savez_compressed(file, **{name: array.astype(np.float16) for name, array in parts.items()})


@lru_cache(maxsize=1)
def whisper_basis() -> Basis:
    """The basis that ships beside this module."""
    with np.load(BASIS_FILE, allow_pickle=False) as stored:
        return Basis(*(stored[name].astype(np.float32) for name in ("mean", "directions", "typical")))


def whisper_features(audio: Audio, rows: int, progress: Progress = silent) -> np.ndarray | None:
    """(rows, WHISPER_DIM) float32: a row for each of `PhonemeTrack.labels`, at the times of `prosody`.

    None where faster-whisper or its model (tiny.en) is not installed. In pauses longer than half a second, and beyond
    the sound, zeros. A gain changes nothing. Memory beside the result is constant. `progress` may raise Cancelled.
    """
    model = installed_whisper()
    if model is None:
        return None
    basis = whisper_basis()
    found = np.zeros((rows, WHISPER_DIM), np.float32)
    levels = loudness_db(audio, rows)
    for start, block in encoded(model, audio, levels):
        progress(start / rows, "computing Whisper features")
        if block.shape[1] != ENCODER_WIDTH:
            return None
        found[start : start + len(block)] = (block - basis.mean) @ basis.directions
    return _normalised(found, speech_rows(levels), basis.typical)


def encoded(model: "WhisperModel", audio: Audio, levels: np.ndarray) -> Iterator[tuple[int, np.ndarray]]:
    """(first row, (n, 384) float32 features) of up to a window's rows at a time; rows in silence only are left out.

    levels: (T,) `loudness_db` of the rows that are wanted.
    """
    rows, speech = len(levels), speech_rows(levels)
    if not speech.any():
        return
    gain = np.float32(10.0 ** ((SPEECH_LEVEL_DB - levels[speech].mean()) / 20.0))
    times_s = label_time_s(np.arange(rows))
    for start_s, samples, last in _windows(audio.blocks()):
        first_row = 0 if start_s == 0 else int(np.searchsorted(times_s, start_s + EDGE_S))
        if first_row >= rows:  # labels that end before the sound does
            return
        end_row = rows if last else int(np.searchsorted(times_s, start_s + WINDOW_S - EDGE_S))
        if speech[max(first_row - NEAR_ROWS - FADING_ROWS, 0) : end_row + NEAR_ROWS + FADING_ROWS].any():
            features = _encode(model, samples * gain)
            yield first_row, _at(features, (times_s[first_row:end_row] - start_s) * ENCODER_RATE_HZ)


def _windows(sound: Iterator[np.ndarray]) -> Iterator[tuple[float, np.ndarray, bool]]:
    """(start in s, samples of up to WINDOW_S, whether it is the last) of a sound in blocks, with overlapping edges."""
    size, hop = round(WINDOW_S * SAMPLE_RATE_HZ), round((WINDOW_S - 2 * EDGE_S) * SAMPLE_RATE_HZ)
    first, samples = 0, np.zeros(0, np.float32)
    for block in sound:
        samples = np.concatenate([samples, block]) if len(samples) else block  # an hour in one block is not copied
        while len(samples) > size:
            yield first / SAMPLE_RATE_HZ, samples[:size], False
            first, samples = first + hop, samples[hop:]
    yield first / SAMPLE_RATE_HZ, samples, True


def _encode(model: "WhisperModel", samples: np.ndarray) -> np.ndarray:
    """Samples (N,) -> the encoder's features (F, 384) float32, 50 a second, a little silence behind them included."""
    silence = np.zeros(round(AFTER_S * SAMPLE_RATE_HZ), np.float32)
    # padding of its own would be half a minute in faster-whisper 1.0, more than the encoder takes
    mels = model.feature_extractor(np.concatenate([samples, silence]), padding=False)
    mels = np.ascontiguousarray(mels[:, : mels.shape[1] // 2 * 2])  # the encoder takes them two by two
    return np.array(model.encode(mels))[0].astype(np.float32)


def _at(features: np.ndarray, places: np.ndarray) -> np.ndarray:
    """(n, 384): features (F, 384) interpolated at fractional places (n,), clamped to the ends."""
    places = np.clip(places, 0.0, len(features) - 1.001)
    floor = places.astype(int)
    share = (places - floor)[:, None].astype(np.float32)
    return features[floor] * (1 - share) + features[floor + 1] * share


def _normalised(raw: np.ndarray, speech: np.ndarray, typical: np.ndarray) -> np.ndarray:
    """Columns (T, D) less their mean over speech (T,), at their typical deviation (D,), zero far from speech; in place.

    Both are shrunk towards typical values: half a second of speech is too short to estimate its own.
    """
    if not speech.any():
        return np.zeros_like(raw)
    share = float(speech.sum() / (speech.sum() + PRIOR_ROWS))
    nearness = _nearness(speech)
    for column in range(raw.shape[1]):  # one by one: an hour's columns are 55 MB
        spoken = raw[speech, column]
        variance = share * float(spoken.var()) + (1.0 - share) * float(typical[column]) ** 2
        raw[:, column] -= np.float32(share * spoken.mean())
        raw[:, column] *= nearness * np.float32(typical[column] / np.sqrt(variance))
    return np.clip(raw, -LIMIT, LIMIT, out=raw)


def _nearness(speech: np.ndarray) -> np.ndarray:
    """(T,) float32: 1 at and near speech (T,), falling to 0 further off."""
    rows, spoken = np.arange(len(speech)), np.flatnonzero(speech)
    after = np.searchsorted(spoken, rows)
    to_next = np.where(after < len(spoken), spoken[np.minimum(after, len(spoken) - 1)] - rows, len(speech))
    since = np.where(after > 0, rows - spoken[np.maximum(after - 1, 0)], len(speech))
    distance = np.minimum(to_next, since)
    return np.clip(1.0 - (distance - NEAR_ROWS) / FADING_ROWS, 0.0, 1.0).astype(np.float32)
