# SPDX-License-Identifier: Apache-2.0
"""The times of subtitles, as far as they can be believed."""

import numpy as np

from ..hearing.phoneme_network import FRAME_RATE_HZ
from ..text.transcript import Transcript
from .stretches import Placed

TOLERANCE_S = 1.0
"""Words may begin so long before and after their subtitle."""
MIN_WORDS, MIN_SHARE = 5, 0.7
"""How many words must be found, and what share of them where their subtitles are, before these are believed."""
ALL = 0.97
"""Share of words that are found, each at its time, where nothing is left to improve."""


def cue_windows(transcript: Transcript, found: Placed) -> list[np.ndarray]:
    """What may improve what was found without subtitles: the first and the last frame in which each word should begin,
    (words, 2), by subtitles as they are, and by them if all are early or late alike.

    Where hardly a word has been found, they are believed as they are; where they and most words disagree, not at all.
    """
    windows = np.tile([-np.inf, np.inf], (len(transcript.words), 1))
    expected = np.full(len(windows), np.nan)
    for cue in transcript.cues:
        start, end = cue.start_s * FRAME_RATE_HZ, cue.end_s * FRAME_RATE_HZ
        windows[cue.first : cue.last] = start, end
        expected[cue.first : cue.last] = np.linspace(start, end, cue.last - cue.first, endpoint=False)
    said = [word for run in found.runs for word in run if np.isfinite(expected[word.number])]
    numbers, starts = np.array([word.number for word in said], int), np.array([word.bounds[0] for word in said])
    inside = _inside(starts, windows[numbers])
    if not transcript.cues or np.count_nonzero(inside) >= ALL * np.count_nonzero(np.isfinite(expected)):
        return []
    if len(said) < MIN_WORDS or inside.mean() >= MIN_SHARE:
        return [windows]
    shifted = windows + np.median(starts - expected[numbers])
    return [windows, shifted] if _inside(starts, shifted[numbers]).mean() >= MIN_SHARE else []


def _inside(starts: np.ndarray, windows: np.ndarray) -> np.ndarray:
    """(n,) bool: whether frames (n,) are in their windows (n, 2), or nearly."""
    return np.abs(starts - np.clip(starts, *windows.T)) <= TOLERANCE_S * FRAME_RATE_HZ
