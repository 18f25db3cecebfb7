# SPDX-License-Identifier: Apache-2.0
"""A text of any length along a sound of any length, in time and memory that grow with neither but their sum.

A stretch of sound is aligned to the words that may come next, from the last word that was surely said. Where none of
them are said, the rest of the text is searched for the stretch's phonemes (Smith and Waterman 1981).
"""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from functools import lru_cache

import numpy as np

from ...phonemes import PHONEME_INDEX, SILENCE_INDEX
from ..hearing.phoneme_network import FRAME_RATE_HZ
from ..hearing.viterbi import best_path
from .aligner import MIN_RUN_EVIDENCE, Run, evidence, frames_of, joined_gaps, speech_frames, spoken_runs
from .graph import Graph, Pronouncing, graph_of
from .path import gains_of

STRETCH, LAST_STRETCH = 25 * FRAME_RATE_HZ, 40 * FRAME_RATE_HZ
"""Frames aligned at a time; what is not longer than the second is the last."""
SPARE_WORDS, WORDS_PER_S = 40, 6
"""Words that may be said in a stretch: so many, and for each of its seconds."""
PAUSE_SEARCH = 8 * FRAME_RATE_HZ
"""Frames at a stretch's end of which the surest silence ends it."""
SURE_EVIDENCE = 20.0
"""Of a run of words that is far from where it was expected."""
NEAR_WORDS, EVIDENCE_PER_WORD = 10, 0.1
"""More is asked of a run that is further from where it was expected, for each word."""
SEARCHED_WORDS = 5000
"""How far ahead a text is searched."""
FOUND = 25.0
"""Score of a place in the text where a stretch's phonemes are: at least 65 where they are said, 12 by chance."""
GAP, MISMATCH = 1.5, -2.0
"""A phoneme too many or too few; the least of one that is another."""


@dataclass(frozen=True)
class Placed:
    """Words in frames of the whole sound, and where other things are said, (start, end) in frames."""

    runs: tuple[Run, ...]
    gaps: tuple[tuple[int, int], ...]


class Stretches:
    """The words of a text along (F, 41) log-probabilities. windows: (words, 2), the first and the last frame in which
    each may begin, or None."""

    def __init__(
        self,
        words: Sequence[str],
        log_probabilities: np.ndarray,
        pronunciations: Pronouncing,
        windows: np.ndarray | None = None,
    ) -> None:
        self._words, self._frames, self._windows = words, log_probabilities, windows
        self._pronunciations = lru_cache(maxsize=None)(pronunciations)

    def __iter__(self) -> Iterator[Placed]:
        """Stretch after stretch."""
        start, word = 0, 0
        while start < len(self._frames):
            end = self._end(start)
            placed = self._placed(start, end, word)
            if end < len(self._frames):
                placed, end = _settled(placed, start, end)
            if placed.runs:
                word = placed.runs[-1][-1].number + 1
            yield placed
            start = end

    def _end(self, start: int) -> int:
        """Where the stretch ends that begins there: in the surest pause."""
        if len(self._frames) - start <= LAST_STRETCH:
            return len(self._frames)
        silence = self._frames[start + STRETCH - PAUSE_SEARCH : start + STRETCH, SILENCE_INDEX].astype(np.float32)
        smooth = np.convolve(silence, np.ones(20) / 20, "same")
        return start + STRETCH - PAUSE_SEARCH + int(np.argmax(smooth))

    def _placed(self, start: int, end: int, word: int) -> Placed:
        """The words from `word` on that are said in these frames; of the whole text, where none of them are."""
        frames = self._frames[start:end]
        if not speech_frames(frames):
            return Placed((), ())
        placed = self._said(start, end, word, word)
        if sum(map(evidence, placed.runs)) >= SURE_EVIDENCE:
            return placed
        elsewhere = self._found(start, frames, word)
        if elsewhere is None:
            return placed
        other = self._said(start, end, elsewhere, None)
        return other if sum(map(evidence, other.runs)) > sum(map(evidence, placed.runs)) else placed

    def _said(self, start: int, end: int, word: int, expected: int | None) -> Placed:
        """The runs among the words from `word` on; expected: the first one's number, or None where it is open."""
        count = SPARE_WORDS + WORDS_PER_S * (end - start) // FRAME_RATE_HZ
        words = self._words[word : word + count]
        graph, last = graph_of(words, self._pronunciations), end == len(self._frames)
        window = self._window(graph, word, count, start)
        ends = last and word + count >= len(self._words)
        runs, gaps = spoken_runs(graph, self._frames[start:end], window, ends)
        kept: list[Run] = []
        for run in runs:
            away = abs(run[0].number + word - expected) - NEAR_WORDS if expected is not None else len(self._words)
            if away <= 0 or evidence(run) >= min(MIN_RUN_EVIDENCE + EVIDENCE_PER_WORD * away, SURE_EVIDENCE):
                run = [replace(each, number=each.number + word, bounds=each.bounds + start) for each in run]
                kept.append(run)
                expected = run[-1].number + 1
            else:
                gaps.append(frames_of(run))
        return Placed(tuple(kept), tuple((a + start, b + start) for a, b in joined_gaps(gaps)))

    def _window(self, graph: Graph, word: int, count: int, start: int) -> np.ndarray | None:
        """(U, 2) in frames of the stretch, as `best_way` takes it."""
        if self._windows is None:
            return None
        anywhere = np.array([[-np.inf, np.inf]])
        windows = np.concatenate([self._windows[word : word + count] - start, anywhere, anywhere])
        return windows[graph.word]  # PAUSE and OTHER_SPEECH are -1 and -2

    def _found(self, start: int, frames: np.ndarray, word: int) -> int | None:
        """The word at which the part of the text begins that is said in these frames; None where there is none."""
        if self._windows is not None:
            later = np.flatnonzero(self._windows[:, 1] >= start)
            return int(later[0]) if len(later) else None
        ahead = self._words[word : word + SEARCHED_WORDS]
        if not ahead:
            return None
        said = [self._pronunciations(each)[0] for each in ahead]
        phonemes = np.array([PHONEME_INDEX[phoneme] for each in said for phoneme in each])
        heard = heard_gains(frames)
        end, score = best_place(heard, phonemes)
        if score < FOUND:
            return None
        ends = np.cumsum([len(each) for each in said])
        return word + int(np.searchsorted(ends, max(end - 1.3 * len(heard), 0.0)))


def _settled(placed: Placed, start: int, end: int) -> tuple[Placed, int]:
    """What is kept of a stretch that is not the last, and where the next one begins: after the last word that is sure.

    The last word itself is left to the next stretch where no pause follows it.
    """
    if not placed.runs:
        return Placed((), tuple((a, min(b, end)) for a, b in placed.gaps)), end
    runs, last = placed.runs, placed.runs[-1]
    if len(last) > 1 and end - last[-1].bounds[-1] < 2.0:
        runs = (*runs[:-1], last[:-1])
    settled = round(runs[-1][-1].bounds[-1])
    if settled < start + STRETCH // 2:
        return placed, end
    return Placed(runs, tuple((a, b) for a, b in placed.gaps if b <= settled)), settled


def heard_gains(frames: np.ndarray) -> np.ndarray:
    """(H, 41): the mean gain of each phoneme in each of the H phonemes that are heard in (F, 41) frames."""
    path = best_path(frames)
    starts = np.flatnonzero(np.diff(path, prepend=-1))
    gains = np.add.reduceat(gains_of(frames)[:, :-1], starts) / np.diff([*starts, len(path)])[:, None]
    return np.maximum(gains[path[starts] != SILENCE_INDEX], np.float32(MISMATCH))


def best_place(heard: np.ndarray, phonemes: np.ndarray) -> tuple[int, float]:
    """Where in (T,) phonemes of a text the likeliest part of what is heard, (H, 41), ends, and its score."""
    distance = np.arange(len(phonemes), dtype=np.float32) * np.float32(GAP)
    scores, best, end = np.zeros(len(phonemes) + 1, np.float32), 0.0, 0
    for gains in heard:
        here = np.maximum(scores[:-1] + gains[phonemes], scores[1:] - np.float32(GAP))
        here += distance
        np.maximum.accumulate(here, out=here)
        here -= distance
        np.maximum(here, 0.0, out=scores[1:])
        at = int(np.argmax(here))
        if here[at] > best:
            best, end = float(here[at]), at + 1
    return end, best
