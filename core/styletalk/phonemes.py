# SPDX-License-Identifier: Apache-2.0
"""Phonemes in time: the published 41 symbols, segments in seconds, and labels per frame.

Segments are in seconds of the sound. Labels are at 30 fps and one frame late, as the published labels are; `timeline`
says when each is read. Both directions live here and nowhere else.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from typing import TypeVar

import numpy as np

from .errors import PhonemeFileError
from .timeline import FRAME_RATE_HZ, MAX_DURATION_S, label_at, label_start_s, label_time_s, row_count

# fmt: off
PHONEMES = (
    "AA", "AE", "AH", "AO", "AW", "AY", "B", "CH", "D", "DH", "EH", "ER", "EY", "F", "G", "HH", "IH", "IY", "JH", "K",
    "L", "M", "N", "NG", "NSN", "OW", "OY", "P", "R", "S", "SH", "SIL", "T", "TH", "UH", "UW", "V", "W", "Y", "Z", "ZH",
)
# fmt: on
"""The published symbols in the published order; the index is the label. NSN (noise) never occurs in labels."""
PHONEME_INDEX = {symbol: index for index, symbol in enumerate(PHONEMES)}
SILENCE = "SIL"
SILENCE_INDEX = PHONEME_INDEX[SILENCE]
TIME_EPSILON_S = 1e-6
"""Two times closer than this are the same time."""
WORD_OVERLAP_S = 0.05
"""Words of stretches that were recognised one by one may overlap by a few hundredths where two meet."""
MAX_OVERHANG_S = 1.0
"""Phonemes and words may begin before their sound and outlast it by this much; by more, they are of another one."""

VISEMES = {
    "silence": ("SIL", "NSN"),
    "closed lips": ("P", "B", "M"),
    "lip on teeth": ("F", "V"),
    "rounded": ("OW", "OY", "UH", "UW", "W", "AO", "R", "ER"),
    "open": ("AA", "AE", "AH", "AW", "AY"),
    "spread": ("EH", "EY", "IH", "IY", "Y"),
    "consonant": ("CH", "D", "DH", "G", "HH", "JH", "K", "L", "N", "NG", "S", "SH", "T", "TH", "Z", "ZH"),
}
"""Seven classes by what the lips do: two labels of one class look alike on a face. Every symbol is in exactly one."""
CLOSED_LIPS = VISEMES["closed lips"]
VOWELS = tuple(symbol for symbol in PHONEMES if symbol[0] in "AEIOU")
VISEME_OF_PHONEME = np.array(
    [next(k for k, members in enumerate(VISEMES.values()) if symbol in members) for symbol in PHONEMES]
)
"""(41,) int: class index of each label."""


@dataclass(frozen=True)
class PhonemeSegment:
    """One phoneme from start_s to end_s (seconds of the sound)."""

    phoneme: str
    start_s: float
    end_s: float


@dataclass(frozen=True)
class WordSegment:
    """One word from start_s to end_s (seconds of the sound).

    confidence: how surely its phonemes are heard there, 0 to 1; None where nobody has listened.
    """

    word: str
    start_s: float
    end_s: float
    confidence: float | None = None


_Spoken = TypeVar("_Spoken", PhonemeSegment, WordSegment)


@dataclass(frozen=True)
class PhonemeTrack:
    """What is said, when. Segments and words are in order and do not overlap; what segments leave out is silence.

    method: which way it was made, a short name. note: what the user should know about it, one sentence, or "".
    """

    segments: tuple[PhonemeSegment, ...]
    duration_s: float
    method: str = ""
    note: str = ""
    words: tuple[WordSegment, ...] = ()

    def __post_init__(self) -> None:
        """Raises PhonemeFileError for other symbols, and for times that cannot be."""
        if not 0 <= self.duration_s <= MAX_DURATION_S:
            raise PhonemeFileError(
                f"A sound of {self.duration_s:.6g} s is too long, or none. Cut it into parts of up to "
                f"{MAX_DURATION_S / 3600:g} hours."
            )
        for segment in self.segments:
            if segment.phoneme not in PHONEME_INDEX:
                raise PhonemeFileError(f"{segment.phoneme!r} is not one of the 41 phonemes. Use ARPAbet symbols.")
        phonemes = [(f"phoneme {each.phoneme}", each.start_s, each.end_s) for each in self.segments]
        self._check_times(phonemes, TIME_EPSILON_S)
        self._check_times([(f"word “{each.word}”", each.start_s, each.end_s) for each in self.words], WORD_OVERLAP_S)

    def _check_times(self, spoken: Sequence[tuple[str, float, float]], overlap_s: float) -> None:
        """Whether what is spoken, (name, start_s, end_s) each, comes one after the other and within the sound."""
        last_end_s = -MAX_OVERHANG_S
        for name, start_s, end_s in spoken:
            if not last_end_s - overlap_s <= start_s < end_s:
                raise PhonemeFileError(
                    f"The {name} at {start_s:.3f} s ends before it begins or overlaps the one before it. Correct its "
                    "times."
                )
            last_end_s = end_s
        if last_end_s > self.duration_s + MAX_OVERHANG_S:
            raise PhonemeFileError(
                f"The {spoken[-1][0]} ends at {last_end_s:.1f} s, the sound at {self.duration_s:.1f} s. Give this "
                "sound's own."
            )

    def labels(self, rows: int | None = None) -> np.ndarray:
        """Published labels, (rows,) int16: label j is the phoneme of frame j - 1, silence outside the segments.

        No P, B or M is lost, however short. rows: by default enough to cover the sound, ceil(duration_s * 30).
        """
        if rows is None:
            rows = row_count(self.duration_s)
        labels = np.full(rows, SILENCE_INDEX, np.int16)
        if not self.segments:
            return labels
        times_s = label_time_s(np.arange(rows))
        starts_s, ends_s = np.array([(segment.start_s, segment.end_s) for segment in self.segments]).T
        found = np.searchsorted(starts_s, times_s, side="right") - 1
        inside = (found >= 0) & (times_s < ends_s[found])
        symbols = np.array([PHONEME_INDEX[segment.phoneme] for segment in self.segments], np.int16)
        labels[inside] = symbols[found[inside]]
        self._show_short_closures(labels)
        return labels

    def _show_short_closures(self, labels: np.ndarray) -> None:
        """A P, B or M that falls between the middles of two frames gets the frame that it is in: no closure is lost."""
        for segment in self.segments:
            if segment.phoneme in CLOSED_LIPS and segment.end_s - segment.start_s < 1.0 / FRAME_RATE_HZ:
                middle_s = (segment.start_s + segment.end_s) / 2
                row = label_at(middle_s)
                if 0 <= row < len(labels):
                    labels[row] = PHONEME_INDEX[segment.phoneme]

    @classmethod
    def from_labels(cls, labels: Sequence[int] | np.ndarray, method: str = "labels", note: str = "") -> "PhonemeTrack":
        """The track whose `labels(len(labels))` are `labels`: runs of one label become one segment, delay undone.

        labels: (T,) integers in 0..40 at 30 fps. The first label lies before the sound begins (-1/30 s).
        Raises PhonemeFileError.
        """
        indices = _checked_labels(labels)
        bounds = np.flatnonzero(np.diff(indices)) + 1
        starts = np.concatenate([[0], bounds])
        ends = np.concatenate([bounds, [len(indices)]])
        segments = tuple(
            PhonemeSegment(PHONEMES[indices[a]], label_start_s(a), label_start_s(b))
            for a, b in zip(starts.tolist(), ends.tolist(), strict=True)
        )
        return cls(segments, len(indices) / FRAME_RATE_HZ, method, note)

    def as_arrays(self) -> dict[str, np.ndarray]:
        """The track as arrays of numbers and text by name, for a file: the inverse of `from_arrays`."""
        return {
            "track_segments": np.array([segment.phoneme for segment in self.segments], np.str_),
            "track_segment_times_s": _times_s(self.segments),
            "track_words": np.array([word.word for word in self.words], np.str_),
            "track_word_times_s": _times_s(self.words),
            "track_word_confidences": np.array(
                [np.nan if word.confidence is None else word.confidence for word in self.words], np.float64
            ),
            "track_duration_s": np.array(self.duration_s, np.float64),
            "track_method": np.array(self.method, np.str_),
            "track_note": np.array(self.note, np.str_),
        }

    @classmethod
    def from_arrays(cls, arrays: Mapping[str, np.ndarray]) -> "PhonemeTrack":
        """The track that `as_arrays` made these of. Raises KeyError, ValueError, PhonemeFileError where it did not."""
        return cls(
            tuple(PhonemeSegment(*each) for each in _timed(arrays["track_segments"], arrays["track_segment_times_s"])),
            float(arrays["track_duration_s"]),
            str(arrays["track_method"]),
            str(arrays["track_note"]),
            _words_of(arrays),
        )


def joined_track(
    segments: Sequence[PhonemeSegment], words: Sequence[WordSegment], duration_s: float, method: str, note: str = ""
) -> PhonemeTrack:
    """Segments of successive stretches as one track: nothing overlaps where two meet, nothing outlasts the sound."""
    return PhonemeTrack(_within(segments, duration_s), duration_s, method, note, _within(words, duration_s))


def _within(spoken: "Sequence[_Spoken]", duration_s: float) -> "tuple[_Spoken, ...]":
    """What is left of segments or words when each begins where the one before it ends, and none after the sound."""
    kept: list[_Spoken] = []
    for each in spoken:
        start_s, end_s = max(each.start_s, kept[-1].end_s if kept else 0.0), min(each.end_s, duration_s)
        if end_s > start_s:
            kept.append(replace(each, start_s=start_s, end_s=end_s))
    return tuple(kept)


def _times_s(segments: Sequence[PhonemeSegment] | Sequence[WordSegment]) -> np.ndarray:
    """(N, 2) float64: start and end of each."""
    return np.array([(each.start_s, each.end_s) for each in segments], np.float64).reshape(-1, 2)


def _words_of(arrays: Mapping[str, np.ndarray]) -> tuple[WordSegment, ...]:
    """The words of a file; those of earlier releases have no confidences. Raises KeyError, ValueError."""
    words = _timed(arrays["track_words"], arrays["track_word_times_s"])
    confidences = np.asarray(arrays.get("track_word_confidences", np.full(len(words), np.nan)))
    if confidences.shape != (len(words),) or confidences.dtype.kind != "f":
        raise ValueError(f"{len(words)} words with confidences {confidences.shape}")
    known = [value if 0.0 <= value <= 1.0 else None for value in confidences.tolist()]
    return tuple(WordSegment(*word, sure) for word, sure in zip(words, known, strict=True))


def _timed(texts: np.ndarray, times_s: np.ndarray) -> list[tuple[str, float, float]]:
    """(text, start_s, end_s) of each of N texts; times_s: (N, 2)."""
    if times_s.shape != (*texts.shape, 2) or texts.dtype.kind != "U" or times_s.dtype.kind not in "fiu":
        raise ValueError(f"{texts.shape} segments of {texts.dtype} with times {times_s.shape}")
    return [(str(text), start, end) for text, (start, end) in zip(texts.tolist(), times_s.tolist(), strict=True)]


def _checked_labels(labels: Sequence[int] | np.ndarray) -> np.ndarray:
    """(T,) int16, or PhonemeFileError where they are not a row of integers in 0..40."""
    indices = np.asarray(labels)
    if indices.ndim != 1 or indices.size == 0 or indices.dtype.kind not in "iu":
        raise PhonemeFileError("The phoneme labels are not whole numbers in a row. Give one label per frame at 30 fps.")
    if indices.min() < 0 or indices.max() >= len(PHONEMES):
        raise PhonemeFileError(f"The phoneme labels run from {indices.min()} to {indices.max()}, not within 0..40.")
    return indices.astype(np.int16)
