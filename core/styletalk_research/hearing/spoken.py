# SPDX-License-Identifier: Apache-2.0
"""Speech whose phonemes are known in time: of synthetic voices, aligned recordings and labelled clips alike."""

import json
from collections.abc import Iterable
from dataclasses import dataclass
from pathlib import Path

import numpy as np

from styletalk.phonemes import PHONEME_INDEX, SILENCE, SILENCE_INDEX
from styletalk.speech.align.aligner import align_words
from styletalk.speech.audio.sound_file import SAMPLE_RATE_HZ, load_audio
from styletalk.speech.hearing.listening import listen
from styletalk.speech.text.transcript import normalise
from styletalk.timeline import FRAME_RATE_HZ, label_start_s

UNKNOWN = -1
"""The target of a frame of which nobody knows the phoneme."""
TARGET_RATE_HZ = 100
ROW_S = 1.0 / FRAME_RATE_HZ
MIN_ALIGNMENT_SCORE = 0.8
"""Of an alignment that is used: the share of the speech that its words account for."""


@dataclass(frozen=True)
class Spoken:
    """samples: (N,) float32, 16 kHz. labels: (P,) int. times_s: (P, 2), start and end of each, in order; what lies
    between two is unknown. source: the voice or recording."""

    samples: np.ndarray
    labels: np.ndarray
    times_s: np.ndarray
    source: str

    def targets(self, frames: int) -> np.ndarray:
        """(frames,) int16 at TARGET_RATE_HZ: the label at f / TARGET_RATE_HZ seconds, or UNKNOWN."""
        times_s = np.arange(frames) / TARGET_RATE_HZ
        found = np.searchsorted(self.times_s[:, 0], times_s, side="right") - 1
        inside = (found >= 0) & (times_s < self.times_s[found, 1])
        return np.where(inside, self.labels[found], UNKNOWN).astype(np.int16)


def spoken(samples: np.ndarray, segments: Iterable[tuple[str, float, float]], source: str) -> Spoken:
    """From (symbol or "", start, end) in seconds; "" is unknown."""
    known = [(PHONEME_INDEX[symbol], start, end) for symbol, start, end in segments if symbol and end > start]
    table = np.array(known, np.float64).reshape(-1, 3)
    return Spoken(samples, table[:, 0].astype(np.int16), table[:, 1:], source)


def aligned_speech(path: Path, text: str, source: str) -> Spoken | None:
    """A recording of known words, aligned; None where other things are said, or it is not sure."""
    audio = load_audio(path)
    alignment = align_words(listen(audio), normalise(text), 0.0, audio.duration_s)
    if alignment.score < MIN_ALIGNMENT_SCORE or alignment.gaps:
        return None
    segments, end_s = [], 0.0
    for each in alignment.segments:
        segments.append((SILENCE, end_s, each.start_s))
        segments.append((each.phoneme, each.start_s, each.end_s))
        end_s = each.end_s
    segments.append((SILENCE, end_s, audio.duration_s))
    return spoken(audio.samples, segments, source)


def labelled_clip(sound: Path, labels: Path) -> Spoken:
    """A clip with published labels. Between two rows of different labels, the boundary is unknown."""
    audio = load_audio(sound)
    rows = np.array(json.loads(labels.read_text(encoding="utf-8")))
    starts = np.flatnonzero(np.diff(rows, prepend=-1))
    ends = np.append(starts[1:], len(rows))
    edge_s = ROW_S / 2 - 0.006  # the frame nearest to the middle of a row is known, whatever its phase
    times_s = np.stack([label_start_s(starts) + edge_s, label_start_s(ends) - edge_s], axis=1)
    return Spoken(audio.samples, rows[starts].astype(np.int16), times_s, sound.stem)


def joined(parts: list[Spoken], pauses_s: np.ndarray) -> Spoken:
    """Parts (n,) one after the other, with digital silence of pauses_s (n + 1,) before, between and after them."""
    samples, labels, times_s, at_s = [], [], [], 0.0
    for index, pause_s in enumerate(pauses_s):
        quiet = np.zeros(round(pause_s * SAMPLE_RATE_HZ), np.float32)
        samples.append(quiet)
        labels.append([SILENCE_INDEX])
        times_s.append([[at_s, at_s + len(quiet) / SAMPLE_RATE_HZ]])
        at_s += len(quiet) / SAMPLE_RATE_HZ
        if index < len(parts):
            samples.append(parts[index].samples)
            labels.append(parts[index].labels)
            times_s.append(parts[index].times_s + at_s)
            at_s += len(parts[index].samples) / SAMPLE_RATE_HZ
    return Spoken(np.concatenate(samples), np.concatenate(labels), np.concatenate(times_s), parts[0].source)
