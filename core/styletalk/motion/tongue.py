# SPDX-License-Identifier: Apache-2.0
"""What the tongue does: from the track's own seconds, as four numbers a row.

Every sound asks for a place and insists on it more or less: T touches the ridge behind the upper teeth whatever comes
before, a vowel leans one way, P lets the tongue do what its neighbours want. A row is the mean of what is asked around
it, weighted by how much each insists and how near it is (after Cohen and Massaro 1993, "Modeling coarticulation in
synthetic visual speech"). Places and degrees are those of any phonetics textbook; no recording of tongues was at hand.
"""

import functools
from collections.abc import Iterator
from typing import TYPE_CHECKING

import numpy as np

from ..animation import TONGUE_DIM
from ..phonemes import SILENCE, PhonemeSegment, PhonemeTrack
from ..timeline import FRAME_RATE_HZ, row_time_s
from .lips import LipGap

if TYPE_CHECKING:
    from ..face.model import FaceModel

REACH_S = 0.07
"""A sound draws the tongue towards itself from this long before to this long after."""
CELLS = 4
"""Parts of a row in which what is asked is summed up."""
FIRM, LOOSE, SILENT, FAINT = 10.0, 1.0, 0.5, 0.05
"""How much consonants of the tongue, vowels and silence insist, and what is left of that between them."""
FOREVER_S = 1e5
REST = (0.0, 0.0, 0.0, 0.0)
Want = tuple[float, ...]
"""From and to in seconds, how much it is insisted on, and the place: out, up, back, wide."""
MOST_MM_S = (150.0, 200.0, 90.0, 60.0)
"""Out, up, back and wide are each no faster, so that no point of the tongue, which goes by their sum, is faster than
about 300 mm/s. Tips of tongues are of that order in speech (McClean 2000, J Speech Lang Hear Res 43: 205)."""
TOUCHING = (False, True, True, False)
SPAN_MM = (45.0, 26.0, 13.0, 5.0)
"""How far the point that moves most goes on the open face when out, up, back and wide go from 0 to 1."""
RIDGE_MM, UP_MM = 18.0, 25.0
"""From the tip at rest to the ridge behind the upper teeth with the jaw closed, and how far an "up" of 1 lifts it: the
jaw carries the tongue, and where it is down there is further to go."""
SHUT_MM = 0.8
"""Between lips no further apart than this nothing comes out."""
THICK_MM = 9.0
"""The tongue is as thick as this when it is all out; its tip needs less."""
BEHIND_TEETH = 0.08
"""Up to here a tongue that goes out stays behind the teeth; further only as the jaw opens."""
CHIN = 152
"""MediaPipe's landmark at the chin's lowest point, which goes with the jaw."""

# fmt: off
_TOUCH, _HISS, _HUSH, _BETWEEN, _VELAR, _CURL = (
    (0.0, 1.2, 0.0, 0.3), (0.0, 0.85, 0.0, 0.5), (0.0, 0.8, 0.3, 0.6), (0.32, 0.3, 0.0, 0.3), (0.0, 0.2, 1.1, 0.3),
    (0.0, 0.6, 0.5, 0.3),
)
_HIGH_FRONT, _OPEN = (0.0, 0.35, 0.0, 0.9), (0.0, 0.1, 0.4, 0.3)
_BACK, _ROUND = (0.0, 0.1, 0.5, 0.2), (0.0, 0.15, 0.6, 0.1)
_CONSONANTS = {
    "T": _TOUCH, "D": _TOUCH, "N": _TOUCH, "L": (0.0, 1.2, 0.0, 0.0), "CH": _HUSH, "JH": _HUSH, "SH": _HUSH,
    "ZH": _HUSH, "S": _HISS, "Z": _HISS, "TH": _BETWEEN, "DH": _BETWEEN, "K": _VELAR, "G": _VELAR, "NG": _VELAR,
    "R": _CURL,
}
_VOWELS = {
    "IY": (_HIGH_FRONT,), "Y": (_HIGH_FRONT,), "IH": ((0.0, 0.3, 0.0, 0.7),), "EH": ((0.0, 0.25, 0.0, 0.6),),
    "EY": ((0.0, 0.3, 0.0, 0.6), _HIGH_FRONT), "AE": ((0.0, 0.2, 0.0, 0.6),), "AH": ((0.0, 0.25, 0.2, 0.3),),
    "AA": (_OPEN,), "AO": (_BACK,), "OW": (_BACK, _ROUND), "UH": ((0.0, 0.2, 0.4, 0.1),), "UW": (_ROUND,),
    "W": (_ROUND,), "AW": (_OPEN, _ROUND), "AY": (_OPEN, _HIGH_FRONT), "OY": (_BACK, _HIGH_FRONT), "ER": (_CURL,),
}
# fmt: on
"""Out, up, back and wide of each sound made with the tongue, of its beginning and its end where they differ. Above 1 it
is pressed against the roof of the mouth."""
STOPS = ("T", "D", "K", "G", "CH", "JH")
STOP_SHARE, SOUND_SHARE = (0.0, 0.65), (0.15, 0.85)
"""From where to where of its segment a sound asks: a stop is let go before it ends."""


def tongue_track(track: PhonemeTrack, coefficients: np.ndarray, face: "FaceModel", first_row: int = 0) -> np.ndarray:
    """(T, 4) float32 in 0..1: the tongue out, up, back and wide, 0 at rest, for coefficients (T, 64) that are finished.

    track: what is said, when. face: on whose lips and jaw it is measured how much room there is: nothing comes out
    between shut lips. first_row: the row of the sound that coefficients begin with, negative before it. Raises
    FaceModelError where the face has no landmarks.
    """
    rows = len(coefficients)
    if rows == 0:
        return np.zeros((0, TONGUE_DIM), np.float32)
    moved = np.clip(_asked(track, rows, first_row), 0.0, 1.0)
    jaw_mm = np.clip(coefficients @ _jaw_row(face), 0.0, None)
    moved[:, 1] *= np.minimum((RIDGE_MM + jaw_mm) / UP_MM, 1.0)
    moved = _no_faster(moved)
    moved[:, 0] = _through_gaps(moved[:, 0], coefficients, jaw_mm, face)
    return moved.astype(np.float32)


def _asked(track: PhonemeTrack, rows: int, first_row: int) -> np.ndarray:
    """(T, 4): the mean of what the sounds around each row ask for, by how much they insist and how near they are."""
    wants = np.array(list(_without_gaps(_wants(track))))
    times_s, lengths_s = wants[:, :2].ravel(), wants[:, 1] - wants[:, 0]
    half = round(REACH_S * FRAME_RATE_HZ * CELLS)
    edges_s = row_time_s(first_row + np.arange(-half, (rows - 1) * CELLS + half + 1) / CELLS)
    kernel = np.hanning(2 * half + 2)[1:-1]

    def around(values: np.ndarray) -> np.ndarray:
        """(T,): the kernel's sum round each row of a function that has `values` (S,) in the spans."""
        total = np.cumsum(values * lengths_s)
        sums = np.interp(edges_s, times_s, np.stack([total - values * lengths_s, total], axis=1).ravel())
        return np.convolve(np.diff(sums), kernel, "valid")[::CELLS]

    weight = around(wants[:, 2])
    return np.stack([around(wants[:, 2] * places) / weight for places in wants[:, 3:].T], axis=1)


def _wants(track: PhonemeTrack) -> Iterator[Want]:
    """What is asked for in order of time, silence where segments leave it out included."""
    before_s = -FOREVER_S
    for segment in (*track.segments, PhonemeSegment(SILENCE, FOREVER_S, 2 * FOREVER_S)):
        if segment.start_s > before_s:
            yield before_s, segment.start_s, SILENT, *REST
        before_s = segment.end_s
        yield from _wants_of(segment)


def _wants_of(segment: PhonemeSegment) -> Iterator[Want]:
    """What one segment asks for: one place, two where it moves, none where the tongue is not needed."""
    name, start_s, length_s = segment.phoneme, segment.start_s, segment.end_s - segment.start_s
    if name == SILENCE:
        yield start_s, segment.end_s, SILENT, *REST
    places = (_CONSONANTS[name],) if name in _CONSONANTS else _VOWELS.get(name, ())
    parts = np.linspace(*(STOP_SHARE if name in STOPS else SOUND_SHARE), len(places) + 1)
    for first, last, place in zip(parts[:-1], parts[1:], places, strict=True):
        weight = FIRM if name in _CONSONANTS else LOOSE
        yield start_s + first * length_s, start_s + last * length_s, weight, *place


def _without_gaps(wants: Iterator[Want]) -> Iterator[Want]:
    """The same, and between two of them faintly the nearer one: what the tongue does while lips or throat speak."""
    before = next(wants)
    yield before
    for want in wants:
        middle_s = (before[1] + want[0]) / 2
        yield before[1], middle_s, FAINT, *before[3:]
        yield middle_s, want[0], FAINT, *want[3:]
        yield want
        before = want


def _no_faster(moved: np.ndarray) -> np.ndarray:
    """(T, 4) that no tongue is too slow for: up and back, which touch, set out earlier and leave later; out and wide
    are the middle between the highest track below and the lowest above."""
    step = np.array(MOST_MM_S) / FRAME_RATE_HZ / np.array(SPAN_MM)
    below, above = _within_reach(moved, step), -_within_reach(-moved, step)
    return np.where(TOUCHING, above, (below + above) / 2)


def _within_reach(moved: np.ndarray, step: np.ndarray) -> np.ndarray:
    """The highest tracks below (T, C) that change by at most `step` (C,) a row."""
    reached = moved.copy()
    for distance in range(1, min(int(np.ceil(1.0 / step.min())) + 1, len(moved))):
        reached[:-distance] = np.minimum(reached[:-distance], moved[distance:] + distance * step)
        reached[distance:] = np.minimum(reached[distance:], moved[:-distance] + distance * step)
    return reached


def _through_gaps(out: np.ndarray, coefficients: np.ndarray, jaw_mm: np.ndarray, face: "FaceModel") -> np.ndarray:
    """(T,): as far out as there is room between lips and teeth, and no faster for it. Rows at rest are not measured."""
    rows = np.flatnonzero(out > 0)
    lips_mm = LipGap.of(face).opening_mm(coefficients[rows])
    room = np.minimum((lips_mm - SHUT_MM) / THICK_MM, BEHIND_TEETH + jaw_mm[rows] / THICK_MM)
    bounded = out.copy()
    bounded[rows] = np.clip(np.minimum(out[rows], room), 0.0, None)
    return _within_reach(bounded[:, None], np.array([MOST_MM_S[0] / FRAME_RATE_HZ / SPAN_MM[0]]))[:, 0]


@functools.lru_cache(maxsize=2)
def _jaw_row(face: "FaceModel") -> np.ndarray:
    """(64,) by how many millimetres one of each coefficient lowers the chin."""
    from ..face.landmarks import landmark_positions
    from ..face.model import Landmarks

    marks, at = face.landmarks_mediapipe, slice(CHIN, CHIN + 1)
    chin = landmark_positions(face.expression, face.triangles, Landmarks(marks.triangles[at], marks.weights[at]))
    return -1000.0 * chin[:, 0, 1]
