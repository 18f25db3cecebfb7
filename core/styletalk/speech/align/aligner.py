# SPDX-License-Identifier: Apache-2.0
"""Known words onto what is heard: when each of their phonemes is spoken, and where other things are.

Frames say how probable each phoneme is; the best way through the graph of the words fits both. It is cut into runs of
words wherever other speech comes between, or it goes on elsewhere in the text. A run that the sound does not speak for
is dropped: among the words of another text, a few in a row always fit somewhere.
"""

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, field

import numpy as np

from ...phonemes import PHONEMES, SILENCE_INDEX, PhonemeSegment, WordSegment
from ..audio.sound_file import Audio
from ..hearing.listening import Heard
from ..hearing.phoneme_network import FRAME_RATE_HZ
from ..hearing.viterbi import best_path
from ..hearing.viterbi import segments_of as segments_heard
from ..text.pronunciation import pronunciations as english
from .graph import ANYTHING, OTHER_SPEECH, Graph, Pronouncing, graph_of
from .path import LEAD, Passed, best_way, gains_of

MIN_RUN_EVIDENCE, MIN_SHARE = 7.0, 0.35
"""A run counts where its evidence, the sum over its phonemes of their frames' mean gain, is so much (LEAD each where
they are surely said), or where it explains this share of the speech. Words of other texts reach 7 in one case of 25."""
GOOD_SHARE, MIN_RUN_EVIDENCE_AMONG_GOOD = 0.4, 3.0
"""Where the words that count explain so much of the speech, less is asked of the others."""
STEP_PRICE = 8.0
"""What counts against a run for words that are left out or repeated in it."""
MAX_JUMP = 5
"""Words that a speaker leaves out or repeats within a run."""


@dataclass(frozen=True)
class Said:
    """A word where it is said. number: in its text. phonemes: (p,) indices. bounds: (p + 1,) their times in frames.
    gains: (p,) the mean gain of each one's frames."""

    number: int
    phonemes: np.ndarray
    bounds: np.ndarray
    gains: np.ndarray

    @property
    def explained(self) -> float:
        """Frames of speech that it accounts for."""
        return float(self.gains @ np.diff(self.bounds)) / LEAD


Run = list[Said]
"""Words with nothing but pauses between them."""


@dataclass(frozen=True)
class Alignment:
    """Phonemes and words in seconds of the sound; only words that are said there.

    score: the share of the speech that the words account for, 0 … 1. gaps: (start, end) in seconds where something else
    is said; there the phonemes are as heard.
    """

    segments: tuple[PhonemeSegment, ...]
    words: tuple[WordSegment, ...]
    score: float
    gaps: tuple[tuple[float, float], ...] = field(default=())

    @property
    def plausible(self) -> bool:
        """Whether any of the words are spoken in the sound."""
        return bool(self.words)


def audible(audio: Audio) -> Audio:
    """The sound to listen to before words are aligned to it: a louder one of a recording that is nearly silent."""
    return audio if audio.gain == 1.0 else Audio(audio.samples * np.float32(audio.gain), audio.path)


def align_words(
    heard: Heard, words: Sequence[str], start_s: float, end_s: float, pronunciations: Pronouncing = english
) -> Alignment:
    """Align normalised words to what is heard from start_s to end_s. Raises what `pronunciations` raises.

    Words that are not said there are left out, and what is said without being among them is a gap. Time and memory are
    frames × words: for more than a minute, see `stretches`.
    """
    first = max(round(start_s * FRAME_RATE_HZ), 0)
    log_probabilities = heard.log_probabilities[first : max(round(end_s * FRAME_RATE_HZ), first)]
    runs, gaps = spoken_runs(graph_of(words, pronunciations), log_probabilities)
    score = share_explained(runs, log_probabilities)
    return alignment_of(runs, gaps, words, log_probabilities, score, first / FRAME_RATE_HZ)


def alignment_of(
    runs: Sequence[Run],
    gaps: Sequence[tuple[int, int]],
    words: Sequence[str],
    log_probabilities: np.ndarray,
    score: float,
    offset_s: float = 0.0,
) -> Alignment:
    """Words and gaps that are placed in frames (F, 41), which begin at offset_s, in seconds and with all phonemes."""
    heard = {gap: _as_heard(log_probabilities, *gap, offset_s) for gap in gaps}
    heard = {gap: found for gap, found in heard.items() if found}
    said = [word for run in runs for word in run]
    segments = [segment for word in said for segment in segments_of(word, offset_s)]
    segments += [segment for found in heard.values() for segment in found]
    return Alignment(
        tuple(sorted(segments, key=lambda segment: segment.start_s)),
        tuple(WordSegment(words[word.number], *_times_s(word, offset_s)[[0, -1]].tolist()) for word in said),
        score,
        tuple((offset_s + start / FRAME_RATE_HZ, offset_s + end / FRAME_RATE_HZ) for start, end in heard),
    )


def _as_heard(log_probabilities: np.ndarray, start: int, end: int, offset_s: float) -> list[PhonemeSegment]:
    """The phonemes in frames start to end, without words."""
    frames, start_s = log_probabilities[start:end], offset_s + start / FRAME_RATE_HZ
    return [
        PhonemeSegment(each.phoneme, start_s + each.start_s, start_s + each.end_s)
        for each in segments_heard(best_path(frames), frames)
    ]


def spoken_runs(
    graph: Graph, log_probabilities: np.ndarray, window: np.ndarray | None = None, ends: bool = True
) -> tuple[list[Run], list[tuple[int, int]]]:
    """The runs of a text's words that are said in (F, 41) frames, and where other speech is, (start, end) in frames.

    window, ends: as `best_way` takes them.
    """
    gains, speech = gains_of(log_probabilities), speech_frames(log_probabilities)
    way = best_way(graph, gains, window, ends)
    other = [(passed.bounds[0], passed.bounds[-1]) for passed in way if graph.word[passed.unit] == OTHER_SPEECH]
    runs = list(_runs(graph, way, gains, log_probabilities))
    parts = [_sure_part(run, speech, MIN_RUN_EVIDENCE) for run in runs]
    if sum(word.explained for part in parts for word in part) >= GOOD_SHARE * speech:
        parts = [_sure_part(run, speech, MIN_RUN_EVIDENCE_AMONG_GOOD) for run in runs]
    kept = [part for part in parts if part]
    sure = {word.bounds[0] for part in kept for word in part}
    other += [frames_of([word]) for run in runs for word in run if word.bounds[0] not in sure]
    return kept, joined_gaps(other)


def _sure_part(run: Run, speech: int, min_evidence: float) -> Run:
    """What is left of a run without doubtful words at either end: the part with the most evidence, less STEP_PRICE for
    each step that is not to the next word of the text; nothing where that is too little.

    speech: frames of it in the stretch.
    """
    best, total, first = (0.0, 0, 0), 0.0, 0
    for k, word in enumerate(run):
        total -= STEP_PRICE if k and word.number != run[k - 1].number + 1 else 0.0
        if total <= 0.0:
            total, first = 0.0, k
        total += float(word.gains.sum())
        best = max(best, (total, first, k + 1))
    part = run[best[1] : best[2]]
    share = sum(word.explained for word in part) / max(speech, 1)
    return part if evidence(part) >= min_evidence or share >= MIN_SHARE else []


def frames_of(run: Run) -> tuple[int, int]:
    """All frames of a run."""
    return int(run[0].bounds[0]), int(np.ceil(run[-1].bounds[-1]))


def joined_gaps(gaps: Iterable[tuple[int, int]]) -> list[tuple[int, int]]:
    """Those that touch are one."""
    joined: list[tuple[int, int]] = []
    for start, end in sorted(gaps):
        if joined and start <= joined[-1][1] + 1:
            start, end = joined[-1][0], max(end, joined.pop()[1])
        joined.append((start, end))
    return joined


def evidence(run: Run) -> float:
    """How much of the sound speaks for a run, whatever its tempo."""
    return float(sum(word.gains.sum() for word in run))


def speech_frames(log_probabilities: np.ndarray) -> int:
    """How many of (F, 41) frames are rather speech than silence."""
    return int(np.count_nonzero(log_probabilities[:, SILENCE_INDEX] < np.log(0.5)))


def share_explained(runs: Sequence[Run], log_probabilities: np.ndarray) -> float:
    """The share of the speech in (F, 41) frames that the words of these runs account for, 0 … 1."""
    explained = sum(word.explained for run in runs for word in run)
    return min(explained / max(speech_frames(log_probabilities), 1), 1.0)


def _runs(graph: Graph, way: Sequence[Passed], gains: np.ndarray, log_probabilities: np.ndarray) -> Iterator[Run]:
    """The words of a way through the graph, some runs empty."""
    run: Run = []
    phonemes = [graph.phonemes[graph.first[passed.unit] : graph.end[passed.unit]] for passed in way]
    bounds = _crossings(
        np.concatenate([*phonemes, []]).astype(int), [b for p in way for b in p.bounds[:-1]], log_probabilities
    )
    at = 0
    for passed, said in zip(way, phonemes, strict=True):
        times, at = bounds[at : at + len(said) + 1], at + len(said)
        number = int(graph.word[passed.unit])
        if number == OTHER_SPEECH or (number >= 0 and run and abs(number - run[-1].number) > MAX_JUMP):
            yield run
            run = []
        if number >= 0:
            frames = zip(said, passed.bounds, passed.bounds[1:], strict=False)
            run.append(Said(number, said, times, np.array([gains[a:b, phoneme].mean() for phoneme, a, b in frames])))
    yield run


def _crossings(phonemes: np.ndarray, starts: Sequence[int], log_probabilities: np.ndarray) -> np.ndarray:
    """(N + 1,): when each of N phonemes that begin in frames `starts` begins, and the last one ends, in frames.

    A boundary lies where the two phonemes' probabilities cross, between the middles of the frames that it parts.
    """
    at, old, new = np.array(starts[1:], int), phonemes[:-1], phonemes[1:]
    known = (old != ANYTHING) & (new != ANYTHING)
    old, new = np.where(known, old, 0), np.where(known, new, 0)
    before, after = ((log_probabilities[k, new] - log_probabilities[k, old]).astype(float) for k in (at - 1, at))
    crossing = (before < 0.0) & (after > 0.0)
    share = np.where(crossing, before / np.where(crossing, before - after, 1.0), 0.5)
    return np.concatenate([[0.0], at - 1 + share, [len(log_probabilities)]])


def segments_of(word: Said, offset_s: float = 0.0) -> Iterator[PhonemeSegment]:
    """Its phonemes in seconds of a sound in which its frames begin at offset_s."""
    times_s = _times_s(word, offset_s).tolist()
    for phoneme, start_s, end_s in zip(word.phonemes.tolist(), times_s, times_s[1:], strict=False):
        yield PhonemeSegment(PHONEMES[phoneme], start_s, end_s)


def _times_s(word: Said, offset_s: float) -> np.ndarray:
    return offset_s + word.bounds / FRAME_RATE_HZ
