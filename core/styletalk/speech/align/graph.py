# SPDX-License-Identifier: Apache-2.0
"""What may be said of a text, as phonemes in a row: its words in all their pronunciations, pauses, anything else."""

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass

import numpy as np

from ...phonemes import PHONEME_INDEX, PHONEMES, SILENCE_INDEX
from ..text.dictionary import Pronunciations

ANYTHING = len(PHONEMES)
"""Beside the phonemes, what stands for any of them: speech that is not in the text."""
PAUSE, OTHER_SPEECH = -1, -2
"""In place of the number of a word."""

Pronouncing = Callable[[str], Pronunciations]
"""All pronunciations of a word, the usual one first."""


@dataclass(frozen=True)
class Graph:
    """Units, each a row of phonemes, between the places of a text: place j is before word j, the last one is the end.

    phonemes: (P,) indices, or ANYTHING, of all units one after the other. first, end: (U,) where in them each unit
    begins and ends. word: (U,) its number, or PAUSE, or OTHER_SPEECH. start_place: (U,). groups: (places,) the first of
    the units that end in each place; units are in order of that place.
    """

    phonemes: np.ndarray
    first: np.ndarray
    end: np.ndarray
    word: np.ndarray
    start_place: np.ndarray
    groups: np.ndarray

    def units_into(self, place: int) -> range:
        """The units that end in a place."""
        later = self.groups[place + 1] if place + 1 < len(self.groups) else len(self.word)
        return range(int(self.groups[place]), int(later))


def graph_of(words: Sequence[str], pronunciations: Pronouncing) -> Graph:
    """The graph of a text. Raises what `pronunciations` raises."""
    phonemes: list[int] = []
    units: list[tuple[int, int, int, int]] = []  # first, end, word, start_place
    groups = []
    for place in range(len(words) + 1):
        groups.append(len(units))
        for word, start_place, said in _units_into(place, words, pronunciations):
            units.append((len(phonemes), len(phonemes) + len(said), word, start_place))
            phonemes += said
    first, end, word, start_place = np.array(units, np.int32).T
    return Graph(np.array(phonemes, np.int16), first, end, word, start_place, np.array(groups, np.int32))


def _units_into(
    place: int, words: Sequence[str], pronunciations: Pronouncing
) -> Iterator[tuple[int, int, Sequence[int]]]:
    """(word, start_place, phonemes) of each unit that ends in a place."""
    if place:
        for said in pronunciations(words[place - 1]):
            yield place - 1, place - 1, [PHONEME_INDEX[phoneme] for phoneme in said]
    yield PAUSE, place, [SILENCE_INDEX]
    yield OTHER_SPEECH, place, [ANYTHING]
