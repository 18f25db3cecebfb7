# SPDX-License-Identifier: Apache-2.0
"""Cut a long sound in its pauses into chunks, so that the decoders' input stays short whatever the file's length."""

import itertools
from dataclasses import dataclass

import numpy as np

from .level import FRAME_S, FRAME_SAMPLES, level_db
from .sound_file import SAMPLE_RATE_HZ, Audio

NOISE_PERCENTILE, SPEECH_PERCENTILE = 5, 95
QUIET_SHARE = 0.25
"""Share of the way from the noise's to the speech's level (in dB) below which a frame is quiet."""
MAX_RANGE_DB = 50.0
MIN_PAUSE_S = 0.25
MIN_CHUNK_S = 5.0
"""The recogniser's feature means are taken over a chunk; a short one has poor means."""
MAX_CHUNK_S = 20.0


@dataclass(frozen=True)
class Chunk:
    """A stretch of sound, in samples from the beginning of the file."""

    start: int
    end: int

    @property
    def start_s(self) -> float:
        return self.start / SAMPLE_RATE_HZ

    @property
    def duration_s(self) -> float:
        return (self.end - self.start) / SAMPLE_RATE_HZ

    def pcm(self, audio: Audio) -> bytes:
        """Its sound as 16-bit samples, which is what the decoders take; a quiet recording's are amplified before."""
        louder = audio.samples[self.start : self.end] * np.float32(32767.0 * audio.gain)
        return np.clip(louder, -32767.0, 32767.0, out=louder).astype("<i2").tobytes()


def pauses(levels: np.ndarray, min_pause_s: float = MIN_PAUSE_S) -> list[tuple[int, int]]:
    """Runs of quiet frames at least min_pause_s long, as (start, end) in frames of 10 ms."""
    if len(levels) == 0:
        return []
    noise, speech = np.percentile(levels, [NOISE_PERCENTILE, SPEECH_PERCENTILE])
    noise = max(noise, speech - MAX_RANGE_DB)  # digital silence must not make room noise count as speech
    quiet = levels < noise + QUIET_SHARE * (speech - noise)
    edges = np.flatnonzero(np.diff(np.concatenate([[0], quiet.astype(np.int8), [0]])))
    return [(int(a), int(b)) for a, b in edges.reshape(-1, 2) if (b - a) * FRAME_S >= min_pause_s]


def chunks(audio: Audio, min_s: float = MIN_CHUNK_S, max_s: float = MAX_CHUNK_S) -> list[Chunk]:
    """The sound cut in the middle of pauses, into chunks of min_s to max_s; without a pause, at the quietest place."""
    levels = level_db(audio.samples)
    min_frames, max_frames = int(min_s / FRAME_S), int(max_s / FRAME_S)
    cuts, start = [], 0
    for place in [*((a + b) // 2 for a, b in pauses(levels)), len(levels)]:
        while place - start > max_frames:
            start = _quietest(levels, start + max_frames // 2, start + max_frames)
            cuts.append(start)
        if min(place - start, len(levels) - place) >= min_frames:
            cuts.append(place)
            start = place
    bounds = [0, *(cut * FRAME_SAMPLES for cut in cuts), len(audio.samples)]
    return [Chunk(a, b) for a, b in itertools.pairwise(bounds)]


def _quietest(levels: np.ndarray, start: int, end: int) -> int:
    return start + int(np.argmin(levels[start:end]))
