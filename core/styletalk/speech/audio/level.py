# SPDX-License-Identifier: Apache-2.0
"""How loud a sound is, moment by moment, and how much louder it has to be."""

import numpy as np

from .stream import SAMPLE_RATE_HZ

FRAME_S = 0.01
FRAME_SAMPLES = int(FRAME_S * SAMPLE_RATE_HZ)
SMOOTH_FRAMES = 5
POWER_FLOOR = 1e-14
LOUD_FRAMES = 50
"""Half a second of frames as loud as that is what is called speech."""
QUIET_DB, WANTED_DB = -35.0, -20.0
"""Speech of a lower level loses phonemes where it becomes 16 bits, and is raised to the level of a usual recording."""


def level_db(samples: np.ndarray) -> np.ndarray:
    """(F,) smoothed level of each 10 ms of (N,) samples, in dB of full scale."""
    frames = len(samples) // FRAME_SAMPLES
    power = np.empty(frames, np.float32)
    block = 100_000
    for start in range(0, frames, block):  # in blocks: the squares of an hour would double the memory
        part = samples[start * FRAME_SAMPLES : min(start + block, frames) * FRAME_SAMPLES].reshape(-1, FRAME_SAMPLES)
        power[start : start + len(part)] = np.square(part, dtype=np.float32).mean(axis=1)
    smooth = np.convolve(power, np.ones(SMOOTH_FRAMES) / SMOOTH_FRAMES, mode="same") if frames else power
    return 10.0 * np.log10(smooth + POWER_FLOOR)


def gain_for_16_bits(samples: np.ndarray) -> float:
    """What to multiply (N,) samples by before they become 16 bits; 1 for all but quiet recordings."""
    levels = np.sort(level_db(samples))
    rank = min(LOUD_FRAMES, len(levels) // 20) + 1  # neither a click nor a long silence decides
    speech_db = float(levels[-rank]) if len(levels) else 0.0
    return 10.0 ** ((WANTED_DB - speech_db) / 20.0) if speech_db < QUIET_DB else 1.0
