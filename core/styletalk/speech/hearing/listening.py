# SPDX-License-Identifier: Apache-2.0
"""One pass over a sound for all that is heard in it: features for the lips, and which phoneme is spoken.

Both are wanted of the same line by different threads, and the encoder is most of the work. So what was heard of a sound
is kept for as long as the sound itself is.
"""

import weakref
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from functools import partial
from threading import Lock

import numpy as np

from ...phonemes import PHONEMES, SILENCE_INDEX
from ...progress import Progress, part, silent
from ...timeline import label_time_s, row_count
from ..audio.sound_file import Audio
from ..features.prosody import loudness_db, speech_rows
from ..features.whisper_basis import WHISPER_DIM, whisper_basis
from .encoder import Encoder, shipped_encoder
from .phoneme_network import FRAME_RATE_HZ, PhonemeNetworks, shipped_networks
from .windows import WINDOW_S, Window, encoded_windows, nearness_to

ROWS_BEYOND = 2
"""Rows of labels after the sound: the networks look so far ahead."""
SURE, NEVER = 0.0, -20.0
"""Log-probabilities of silence, and of everything else, where there is nothing to hear."""
SIGN_OF_LIFE_S = 0.2
"""A thread that waits for another to listen tells its own progress this often."""


@dataclass(frozen=True)
class Heard:
    """features: (T, WHISPER_DIM) float32 for rows of labels, not normalised; zeros where nobody speaks. speech: (T,)
    bool, the rows in which somebody speaks. log_probabilities: (F, 41) float16, FRAME_RATE_HZ frames a second."""

    features: np.ndarray
    speech: np.ndarray
    log_probabilities: np.ndarray


def listen(audio: Audio, progress: Progress = silent) -> Heard:
    """What is heard in a sound, computed once. `progress` may raise Cancelled. Raises WeightsError."""
    while not _LISTENING.acquire(timeout=SIGN_OF_LIFE_S):
        progress(0.0, "listening")
    try:
        kept, known = _KEPT.get(id(audio), (None, None))
        if kept is None or kept() is not audio or known is None:
            known = heard(audio, shipped_encoder(), shipped_networks(), progress)
            _KEPT[id(audio)] = weakref.ref(audio, partial(_forget, id(audio))), known
        return known
    finally:
        _LISTENING.release()


def heard_before(audio: Audio) -> Heard | None:
    """What `listen` has heard in a sound, None where nobody has listened to it."""
    kept, known = _KEPT.get(id(audio), (None, None))
    return known if kept is not None and kept() is audio else None


_LISTENING = Lock()
_KEPT: dict[int, tuple[weakref.ref, Heard]] = {}
"""By the identity of a sound that is still in use."""


def _forget(identity: int, _: weakref.ref) -> None:
    _KEPT.pop(identity, None)


def heard(audio: Audio, encoder: Encoder, networks: PhonemeNetworks, progress: Progress = silent) -> Heard:
    """What these networks hear in a sound; one that is longer than WINDOW_S passes the encoder twice, for features and
    for phonemes. Memory beside the result is constant."""
    levels = loudness_db(audio, row_count(audio.duration_s) + ROWS_BEYOND)
    times_s = label_time_s(np.arange(len(levels)))
    frames_s = np.arange(int(audio.duration_s * FRAME_RATE_HZ) + 1) / FRAME_RATE_HZ

    def windows(long: bool, told: Progress) -> Iterator[Window]:
        for window in encoded_windows(encoder, audio, levels, long):
            told(min(max(window.start_s, 0.0) / audio.duration_s, 1.0), "listening")
            yield window

    if audio.duration_s <= WINDOW_S:
        once = [*windows(False, progress)]
        features, log_probabilities = _features(once, times_s), _phonemes(once, frames_s, networks)
    else:
        features = _features(windows(False, part(progress, 0.0, 0.5)), times_s)
        log_probabilities = _phonemes(windows(True, part(progress, 0.5, 1.0)), frames_s, networks)
    speech = speech_rows(levels)
    far = nearness_to(speech)[np.searchsorted(times_s[:-1], frames_s)] < 1.0
    log_probabilities[far] = _nothing_to_hear(1)
    return Heard(features, speech, log_probabilities)


def _features(windows: Iterable[Window], times_s: np.ndarray) -> np.ndarray:
    """(T, WHISPER_DIM) float32 at times (T,)."""
    features, basis = np.zeros((len(times_s), WHISPER_DIM), np.float32), whisper_basis()
    for window in windows:
        rows = slice(*np.searchsorted(times_s, [window.first_s, window.end_s]))
        features[rows] = (window.rows_at(times_s[rows]) - basis.mean) @ basis.directions
    return features


def _phonemes(windows: Iterable[Window], frames_s: np.ndarray, networks: PhonemeNetworks) -> np.ndarray:
    """(F, 41) float16 log-probabilities in frames that begin at (F,)."""
    log_probabilities = _nothing_to_hear(len(frames_s))
    for window in windows:
        frames = slice(*np.searchsorted(frames_s, [window.first_s, window.end_s]))
        within = slice(*(np.array([frames.start, frames.stop]) - round(window.start_s * FRAME_RATE_HZ)))
        log_probabilities[frames] = np.maximum(networks(window.states)[within], NEVER)
    return log_probabilities


def _nothing_to_hear(frames: int) -> np.ndarray:
    """(frames, 41) float16 log-probabilities."""
    log_probabilities = np.full((frames, len(PHONEMES)), NEVER, np.float16)
    log_probabilities[:, SILENCE_INDEX] = SURE
    return log_probabilities
