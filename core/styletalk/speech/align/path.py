# SPDX-License-Identifier: Apache-2.0
"""The most probable way through the graph of a text, frame by frame (Viterbi 1967).

The words follow one another; at a price some are left out or said again, a pause or other speech comes between. A
phoneme lasts MIN_FRAMES at the least. All states of a frame are computed at once; memory is frames × phonemes.
"""

from dataclasses import dataclass

import numpy as np

from .graph import OTHER_SPEECH, Graph

MIN_FRAMES = 3
LEAD = 1.5
"""What speech that is not in the text is worth less, each frame, than the most probable phonemes."""
WORST = -5.0
"""No frame speaks more against a phoneme than this: networks are too sure."""
OTHER_SPEECH_PRICE = 30.0
SKIP_PRICE, SKIP_WORD_PRICE = 20.0, 1.0
REPEAT_PRICE, REPEAT_WORD_PRICE = 20.0, 0.5
JUMP_PRICE = 40.0
"""To go on anywhere in the text."""
OUTSIDE_PRICE, MAX_OUTSIDE_PRICE = 0.1, 20.0
"""To begin a unit outside of its window, for each frame, and at the most."""


@dataclass(frozen=True)
class Passed:
    """A unit of the graph, said from frame `bounds[0]` to bounds[-1]; bounds: of its phonemes, one more than they."""

    unit: int
    bounds: tuple[int, ...]


def gains_of(log_probabilities: np.ndarray) -> np.ndarray:
    """(F, 42) float32 of (F, 41): what each frame says for a phoneme rather than for speech that is not in the text."""
    gains = np.zeros((len(log_probabilities), log_probabilities.shape[1] + 1), np.float32)
    best = log_probabilities.max(axis=1, keepdims=True).astype(np.float32)
    np.maximum(log_probabilities - best + np.float32(LEAD), np.float32(WORST), out=gains[:, :-1])
    return gains


def best_way(graph: Graph, gains: np.ndarray, window: np.ndarray | None = None, ends: bool = True) -> list[Passed]:
    """The units that are passed from the first frame to the last; [] where the frames are too few for any.

    gains: (F, 42) as `gains_of` makes them. window: (U, 2) the first and the last frame in which a unit should begin.
    ends: whether the text ends with the frames, too; otherwise they may end anywhere in it.
    """
    grown, leaving = _forward(graph, gains, window)
    place, frame = len(graph.groups) - 1, len(gains)
    if not ends and frame:
        place = int(np.argmax(np.maximum.reduceat(leaving[-1], graph.groups)))
    passed: list[Passed] = []
    while frame > 0:
        if not np.isfinite(leaving[frame - 1].max()):
            return []
        place = _came_from(np.maximum.reduceat(leaving[frame - 1], graph.groups), place)
        units = graph.units_into(place)
        unit = units[int(np.argmax(leaving[frame - 1, units.start : units.stop]))]
        bounds = _bounds(grown, int(graph.first[unit]), int(graph.end[unit]), frame)
        passed.append(Passed(unit, bounds))
        place, frame = int(graph.start_place[unit]), bounds[0]
    return passed[::-1]


def _forward(graph: Graph, gains: np.ndarray, window: np.ndarray | None) -> tuple[np.ndarray, np.ndarray]:
    """grown: (F, P) bool, whether a phoneme has lasted MIN_FRAMES only just then. leaving: (F, U) float32, the best
    score of a way whose last unit is complete after the frame."""
    frames, last = len(gains), (graph.end - 1).astype(np.intp)
    phonemes, places = graph.phonemes.astype(np.intp), graph.start_place.astype(np.intp)
    price = np.where(graph.word == OTHER_SPEECH, np.float32(OTHER_SPEECH_PRICE), np.float32(0.0))
    scores = np.full((MIN_FRAMES, len(phonemes)), -np.inf, np.float32)  # by how many frames a phoneme has lasted
    grown = np.empty((frames, len(phonemes)), bool)
    leaving = np.empty((frames, len(last)), np.float32)
    onward = _Onward(len(graph.groups))
    arrived = np.full(len(graph.groups), -np.inf, np.float32)
    arrived[0] = 0.0
    for frame in range(frames):
        begun = onward(arrived)[places] - price
        if window is not None:
            outside = np.maximum(window[:, 0] - frame, frame - window[:, 1])
            begun -= np.clip(outside * OUTSIDE_PRICE, 0.0, MAX_OUTSIDE_PRICE)
        np.greater(scores[-2], scores[-1], out=grown[frame])
        entering = np.concatenate([scores[-1, :1], scores[-1, :-1]])
        entering[graph.first] = begun
        np.maximum(scores[-2], scores[-1], out=scores[-1])
        scores[1:-1] = scores[:-2]
        scores[0] = entering
        scores += gains[frame].take(phonemes)
        scores[-1].take(last, out=leaving[frame])
        arrived = np.maximum.reduceat(leaving[frame], graph.groups)
    return grown, leaving


class _Onward:
    """(places,): the score of going on in each place, from those of arriving in them: on through, or to another one."""

    def __init__(self, places: int) -> None:
        words = np.arange(places, dtype=np.float32)
        self._skipped, self._repeated = words * SKIP_WORD_PRICE, words * REPEAT_WORD_PRICE

    def __call__(self, arrived: np.ndarray) -> np.ndarray:
        ahead = np.maximum.accumulate(arrived + self._skipped)
        back = np.maximum.accumulate((arrived - self._repeated)[::-1])[::-1]
        ahead -= self._skipped
        onward = np.maximum(ahead - np.float32(SKIP_PRICE), back + self._repeated - np.float32(REPEAT_PRICE))
        np.maximum(onward, arrived.max() - np.float32(JUMP_PRICE), out=onward)
        return np.maximum(onward, arrived, out=onward)


def _came_from(arrived: np.ndarray, place: int) -> int:
    """The place of which `_onward` took the score in this one."""
    words = place - np.arange(len(arrived), dtype=np.float32)  # that are left out on the way
    price = np.where(words > 0, SKIP_PRICE + SKIP_WORD_PRICE * words, REPEAT_PRICE - REPEAT_WORD_PRICE * words)
    price[place] = 0.0
    return int(np.argmax(arrived - np.minimum(price, JUMP_PRICE)))


def _bounds(grown: np.ndarray, first: int, end: int, frame: int) -> tuple[int, ...]:
    """Where phonemes first ... end - 1 begin on a way that has them end before `frame`, and that."""
    bounds = [frame]
    for phoneme in range(end - 1, first - 1, -1):
        frame -= 1
        while not grown[frame, phoneme]:
            frame -= 1
        frame -= MIN_FRAMES - 1
        bounds.append(frame)
    return tuple(bounds[::-1])
