# SPDX-License-Identifier: Apache-2.0
"""The CMU pronouncing dictionary as pocketsphinx carries it: 126,052 English words, all their pronunciations.

It stays one sorted text in memory, a line a word ("read REd RId", one character a phoneme): to make a table of it would
take longer than to align a line of speech. How it was packed: styletalk_research.hearing.pack_pronunciations.
"""

from bisect import bisect_right
from collections.abc import Iterator, Mapping
from functools import lru_cache
from pathlib import Path

import numpy as np

from ...errors import WeightsError
from ...files.npz import read_npz
from ...files.reading import UnusableContent
from ...phonemes import PHONEMES

DICTIONARY_FILE = Path(__file__).parent / "data" / "cmudict.npz"
FIRST_CODE = ord("0")
"""The character of PHONEMES[0]; the others follow."""
LINES_PER_BLOCK = 32
NEWLINE = ord("\n")

Pronunciations = tuple[tuple[str, ...], ...]


class Dictionary(Mapping[str, Pronunciations]):
    """All pronunciations of a word, the usual one first. text: lines as `line_of` writes them, in order of their bytes.

    A word is looked for among the first words of blocks of lines, then in its block.
    """

    def __init__(self, text: bytes) -> None:
        """text: its first and its last character are new lines."""
        self._text = text
        starts = np.flatnonzero(np.frombuffer(text, np.uint8) == NEWLINE)
        self._length = len(starts) - 1
        self._starts = [*starts[:-1:LINES_PER_BLOCK].tolist(), len(text)]
        self._firsts = [text[at + 1 : text.index(b" ", at)] for at in self._starts[:-1]]

    def __getitem__(self, word: str) -> Pronunciations:
        start = self._end_of(word)
        if not start:
            raise KeyError(word)
        coded = self._text[start : self._text.index(b"\n", start)].split()
        return tuple(tuple(PHONEMES[code - FIRST_CODE] for code in each) for each in coded)

    def __contains__(self, word: object) -> bool:
        return isinstance(word, str) and self._end_of(word) > 0

    def _end_of(self, word: str) -> int:
        """Where in the text the word ends; 0 where it is not in it."""
        key = b"\n%b " % word.encode("utf-8", "replace")
        block = max(bisect_right(self._firsts, key[1:-1]), 1)
        at = self._text.find(key, self._starts[block - 1], self._starts[block] + 1)
        return at + len(key) if at >= 0 else 0

    def __iter__(self) -> Iterator[str]:
        return (line.partition(" ")[0] for line in self._text.decode()[1:-1].split("\n"))

    def __len__(self) -> int:
        return self._length


def line_of(word: str, pronunciations: Pronunciations) -> str:
    """A word of the dictionary as it is stored."""
    coded = ("".join(chr(FIRST_CODE + PHONEMES.index(phoneme)) for phoneme in each) for each in pronunciations)
    return " ".join([word, *coded])


@lru_cache(maxsize=1)
def dictionary() -> Dictionary:
    """The dictionary that ships. Raises WeightsError where its file is missing or damaged."""

    def unusable(reason: str) -> WeightsError:
        return WeightsError(f"{DICTIONARY_FILE.name} cannot be read ({reason}). Install StyleTalk again.")

    with read_npz(DICTIONARY_FILE, unusable) as stored:
        found = Dictionary(stored["text"].astype(np.uint8).tobytes())
        if len(found) < 1:
            raise UnusableContent("it has no words")
        return found
