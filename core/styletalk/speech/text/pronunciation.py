# SPDX-License-Identifier: Apache-2.0
"""The pronunciations of an English word: from the dictionary, or guessed from its letters where it is not in it."""

from .dictionary import Pronunciations, dictionary
from .letters import guess

HISSING = {"S", "Z", "SH", "ZH", "CH", "JH"}
VOICELESS = {"P", "T", "K", "F", "TH"}


def pronunciations(word: str) -> Pronunciations:
    """All pronunciations of a normalised word (see transcript.normalise), the usual one first, without stress digits.

    Raises TranscriptError where the word has no letters, WeightsError.
    """
    known = dictionary().get(word)
    if known is not None:
        return known
    if word.endswith("'s") and len(word) > 2:
        return tuple(map(_with_s, pronunciations(word[:-2])))
    return (guess(word),)


def pronounce(word: str) -> tuple[str, ...]:
    """The usual pronunciation of a normalised word. Raises as `pronunciations`."""
    return pronunciations(word)[0]


def _with_s(stem: tuple[str, ...]) -> tuple[str, ...]:
    """The possessive: bush's, cat's, room's."""
    if stem[-1] in HISSING:
        return (*stem, "IH", "Z")
    return (*stem, "S" if stem[-1] in VOICELESS else "Z")
