# SPDX-License-Identifier: Apache-2.0
"""Prosody features: energy in mel bands, loudness, pitch and voicing at 30 fps, one row for each phoneme label.

Phoneme labels drop rhythm and energy, the limit that the paper names (conclusion). These rows bring them back. They are
normalised over the speech of the line, which removes the voice's timbre and the recording's gain.
"""

from collections.abc import Iterator
from functools import lru_cache

import numpy as np

from ...timeline import label_time_s
from ..audio.sound_file import SAMPLE_RATE_HZ, Audio

BANDS = 24
PROSODY_DIM = BANDS + 3
"""Columns of a row: the bands from low to high, energy, pitch, voicing."""
ENERGY, PITCH, VOICING = BANDS, BANDS + 1, BANDS + 2

WINDOW_SAMPLES = 1024
"""64 ms under a Hann window, of which the middle half counts: about one frame."""
BAND_RANGE_HZ = (80.0, 7600.0)
PITCH_RANGE_HZ = (65.0, 420.0)
BLOCK_ROWS = 900
"""Rows whose spectra are in memory at a time: 30 s."""
SILENT_POWER = 1e-9
"""Mean square of a sample: 90 dB below full scale. A line that is never louder is silent."""
POWER_FLOOR = 1e-13
SPEECH_RANGE_DB = 25.0
"""A row further below the mean power of the line's speech is a pause."""
DYNAMIC_RANGE_DB = 40.0
"""Levels further below the mean of a band are clipped, so that room noise does not matter."""
TYPICAL_DEVIATION_DB = 9.0
TYPICAL_DEVIATION_OCTAVES = 0.25
PRIOR_ROWS = 15.0
"""Weight of the typical deviations in rows: half a second of speech is too short to estimate its own."""
VOICED = 0.5
"""Autocorrelation from which a row has a pitch."""
LIMIT = 4.0
"""In deviations; features are clipped to it."""


def prosody(audio: Audio, rows: int) -> np.ndarray:
    """(rows, PROSODY_DIM) float32: a row for each of `PhonemeTrack.labels`, in deviations of the line's speech.

    Row t is centred where label t is read: at (t - 1 + 1/2) / 30 s of the sound. Rows beyond the sound are silence. A
    gain changes nothing; digital silence gives zeros. Memory beside the result is constant.
    """
    return normalised(measured(audio, rows))


def measured(audio: Audio, rows: int) -> np.ndarray:
    """(rows, PROSODY_DIM) float32: what `prosody` is made of. Bands and energy in dB of full scale, pitch in log2 Hz,
    voicing 0..1, whatever they are worth in silence."""
    raw = np.empty((rows, PROSODY_DIM), np.float32)
    for start, block in _blocks(audio.blocks(), rows):
        raw[start : start + len(block)] = block
    return raw


def _blocks(sound: Iterator[np.ndarray], rows: int) -> Iterator[tuple[int, np.ndarray]]:
    """(first row, (n, PROSODY_DIM) raw features) of up to BLOCK_ROWS rows at a time, of a sound in blocks."""
    for start, frames, window in _frames(sound, rows):
        yield start, _raw(frames, window)


def loudness_db(audio: Audio, rows: int) -> np.ndarray:
    """(rows,) float32: power of each row of `prosody` in dB of full scale."""
    power = np.empty(rows, np.float32)
    for start, frames, window in _frames(audio.blocks(), rows):
        power[start : start + len(frames)] = (frames**2).sum(1) / (window**2).sum()
    return 10.0 * np.log10(power + np.float32(POWER_FLOOR))


def _frames(sound: Iterator[np.ndarray], rows: int) -> Iterator[tuple[int, np.ndarray, np.ndarray]]:
    """(first row, (n, W) windowed samples, (W,) window) of up to BLOCK_ROWS rows at a time, of a sound in blocks."""
    window = np.hanning(WINDOW_SAMPLES + 1)[:-1].astype(np.float32)
    offsets = np.arange(WINDOW_SAMPLES) - WINDOW_SAMPLES // 2
    first, samples = 0, np.zeros(0, np.float32)  # what is in memory of the sound, and where it begins
    for start in range(0, rows, BLOCK_ROWS):
        row = np.arange(start, min(start + BLOCK_ROWS, rows))
        centres = np.rint(label_time_s(row) * SAMPLE_RATE_HZ).astype(int)
        index = centres[:, None] + offsets  # (n, W)
        passed = min(max(index[0, 0] - first, 0), len(samples))
        first, samples = first + passed, samples[passed:]
        while first + len(samples) <= index[-1, -1] and (block := next(sound, None)) is not None:
            samples = np.concatenate([samples, block]) if len(samples) else block
        inside = (index >= first) & (index < first + len(samples))
        frames = np.zeros(index.shape, np.float32)
        frames[inside] = samples[index[inside] - first]
        yield start, frames * window, window


def _raw(frames: np.ndarray, window: np.ndarray) -> np.ndarray:
    """Windowed frames (n, W) -> (n, PROSODY_DIM): bands and total in dB, log2 of the pitch in Hz, voicing 0..1."""
    power = np.abs(np.fft.rfft(frames, 2 * WINDOW_SAMPLES)) ** 2  # (n, W + 1), zero-padded for the autocorrelation
    per_sample = 2 * WINDOW_SAMPLES * float((window**2).sum())
    bands = power @ _band_filters() * 2.0 / per_sample  # mean square that each band adds to a sample
    total = power.mean(1) * 2 * WINDOW_SAMPLES / per_sample
    pitch, voicing = _pitch(power, window)
    decibels = 10.0 * np.log10(np.concatenate([bands, total[:, None]], axis=1) + POWER_FLOOR)
    return np.concatenate([decibels, pitch[:, None], voicing[:, None]], axis=1).astype(np.float32)


def _pitch(power: np.ndarray, window: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """log2 Hz and strength (0..1) of the best period of power spectra (n, W + 1): autocorrelation over the window's."""
    min_period, max_period = (round(SAMPLE_RATE_HZ / hertz) for hertz in reversed(PITCH_RANGE_HZ))
    own = np.fft.irfft(np.abs(np.fft.rfft(window, 2 * WINDOW_SAMPLES)) ** 2)[: max_period + 1]
    correlation = np.fft.irfft(power)[:, : max_period + 1]
    loud = correlation[:, :1] + POWER_FLOOR * own[0]
    similarity = correlation[:, min_period:] / loud * (own[0] / own[min_period:])
    # Twice the period is as similar: a small price on length keeps the octave.
    period = np.argmax(similarity * np.linspace(1.0, 0.9, similarity.shape[1]), axis=1)
    strength = np.clip(similarity[np.arange(len(power)), period], 0.0, 1.0)
    return np.log2(SAMPLE_RATE_HZ / (min_period + period)), strength


@lru_cache(maxsize=1)
def _band_filters() -> np.ndarray:
    """(W + 1, BANDS) float32 triangles, equally wide on the mel scale."""
    low, high = (2595.0 * np.log10(1.0 + hertz / 700.0) for hertz in BAND_RANGE_HZ)
    corners_hz = 700.0 * (10.0 ** (np.linspace(low, high, BANDS + 2) / 2595.0) - 1.0)
    hertz = np.linspace(0.0, SAMPLE_RATE_HZ / 2, WINDOW_SAMPLES + 1)[:, None]
    rising = (hertz - corners_hz[:-2]) / (corners_hz[1:-1] - corners_hz[:-2])
    falling = (corners_hz[2:] - hertz) / (corners_hz[2:] - corners_hz[1:-1])
    return np.clip(np.minimum(rising, falling), 0.0, None).astype(np.float32)


def normalised(raw: np.ndarray) -> np.ndarray:
    """`measured` rows (T, PROSODY_DIM) in deviations of the line's speech, (T, PROSODY_DIM) float32, in place."""
    speech = speech_rows(raw[:, ENERGY])
    if not speech.any():
        raw[:] = 0.0
        return raw
    for column in range(ENERGY + 1):
        typical = raw[speech, column]
        levels = np.maximum(raw[:, column], typical.mean() - DYNAMIC_RANGE_DB)
        raw[:, column] = _standard(levels, typical, TYPICAL_DEVIATION_DB)
    raw[~speech, VOICING] = 0.0
    voiced = raw[:, VOICING] > VOICED
    raw[:, PITCH] = _standard(raw[:, PITCH], raw[voiced, PITCH], TYPICAL_DEVIATION_OCTAVES)
    raw[~voiced, PITCH] = 0.0
    return np.clip(raw, -LIMIT, LIMIT, out=raw)


def speech_rows(decibels: np.ndarray) -> np.ndarray:
    """(T,) bool: rows near the mean power (dB) of all that is loud, which pauses of any length leave as it is."""
    loud = decibels > 10.0 * np.log10(SILENT_POWER)
    for _ in range(2):  # the first mean has the pauses in it, the second has not
        if loud.any():
            mean_db = 10.0 * np.log10(np.mean(10.0 ** (decibels[loud].astype(np.float64) / 10.0)))
            loud &= decibels > mean_db - SPEECH_RANGE_DB
    return loud


def _standard(values: np.ndarray, typical: np.ndarray, prior: float) -> np.ndarray:
    """Values (T,) minus the mean of `typical` (N,), over its deviation drawn towards `prior`; zeros for N = 0."""
    if not len(typical):
        return np.zeros_like(values)
    variance = (len(typical) * float(typical.var()) + PRIOR_ROWS * prior**2) / (len(typical) + PRIOR_ROWS)
    return (values - typical.mean()) / np.float32(np.sqrt(variance))
