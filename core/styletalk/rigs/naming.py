# SPDX-License-Identifier: Apache-2.0
"""Which shape is which, by what all of a face's names say together."""

import functools
from collections import Counter
from collections.abc import Iterator, Sequence
from dataclasses import dataclass

from .conventions import Convention, Meaning, conventions
from .spelling import LEFT, RIGHT, Spelling

MOST_PREFIX_WORDS = 4
MOST_SHARED_WORDS = 8
SHARED = 0.4
"""A beginning or an end that this part of the names has is none of the words that mean something."""
LONG = 5
"""Letters. A shorter name (`aa`, `E`, `U`) means something only among its family."""
FAMILY, FAMILY_OF_LETTERS = 0.4, 0.6
"""This part of a family's short names must be there before one of them is believed; more where all are one letter."""
STATED, INFERRED = 0.95, 0.8
STRAY, FEW = 0.15, 0.15
"""What a match loses by words that go before it, and by being one of fewer than FEW_NAMES of its family."""
FEW_NAMES = 3
FOLLOWED = 1.25
"""How much more a family counts that the file itself names."""


@dataclass(frozen=True)
class Match:
    """What a shape's name says. visemes: it is a whole mouth, no part of one. confidence: 0..1, of the name alone."""

    shape: str
    meaning: Meaning
    convention: str
    visemes: bool
    confidence: float


def matches(names: Sequence[str], families: Sequence[str] = ()) -> dict[str, Match]:
    """What the names of one face's shapes mean, by name; those that mean nothing are left out.

    The family that explains most of the names goes first, and what it leaves, the next; of equals one of `families`,
    the conventions that the file says it follows.
    """
    spelled = {name: Spelling.of(name) for name in names}
    ends = _shared_words([Spelling(each.words[::-1], ()) for each in spelled.values()])
    left = {name: _without_end(each, ends) for name, each in spelled.items()}
    prefixes = _shared_words(list(left.values()))
    found: dict[str, Match] = {}
    while left:
        convention, family = max(
            _families(left, prefixes),
            key=lambda each: (_support(each[1]) * (FOLLOWED if each[0].name in families else 1.0), _stated(each[1])),
        )
        if not family:
            break
        few = FEW if len(family) < FEW_NAMES else 0.0
        for name, (meaning, stray) in family.items():
            confidence = (STATED if meaning.stated else INFERRED) - (STRAY if stray else 0.0) - few
            found[name] = Match(name, meaning, convention.name, convention.visemes, confidence)
            del left[name]
    return {name: found[name] for name in names if name in found}


def meaning_of(name: str) -> Meaning | None:
    """What one name says by itself, whoever gave it; None where no convention knows it."""
    key = Spelling.of(name).key
    found = (convention.meanings.get(key) for convention in conventions())
    return next((each for each in found if each is not None), None)


@functools.lru_cache(maxsize=256)
def known_names(names: tuple[str, ...]) -> int:
    """How many of a face's names mean something that moves."""
    return sum(bool(match.meaning.weights.any()) for match in matches(names).values())


def _support(family: dict[str, tuple[Meaning, bool]]) -> float:
    """How much a family explains: names that need no word dropped count for more."""
    return sum(1.0 - 0.4 * stray for _, stray in family.values())


def _stated(family: dict[str, tuple[Meaning, bool]]) -> int:
    return sum(meaning.stated for meaning, _ in family.values())


def _families(
    left: dict[str, Spelling], prefixes: set[tuple[str, ...]]
) -> Iterator[tuple[Convention, dict[str, tuple[Meaning, bool]]]]:  # fmt: skip
    """Each convention, and the names that it explains: (meaning, whether other words go before it)."""
    for convention in conventions():
        short = {convention.meanings[key].name for key in convention.meanings if _is_short(key)}
        enough = FAMILY_OF_LETTERS if all(len(name) == 1 for name in short) else FAMILY
        hits = {name: hit for name, spelling in left.items() if (hit := _hit(spelling, convention, prefixes))}
        present = {key for key, _, _ in hits.values() if _is_short(key)}
        believed = bool(short) and len(present) >= enough * len(short)
        yield (
            convention,
            {name: (meaning, stray) for name, (key, meaning, stray) in hits.items() if not _is_short(key) or believed},
        )


def _hit(
    spelling: Spelling, convention: Convention, prefixes: set[tuple[str, ...]]
) -> tuple[tuple[str, tuple[str, ...]], Meaning, bool] | None:
    """The key, the meaning and whether words were dropped that are not all names' own."""
    for count in range(min(MOST_SHARED_WORDS, len(spelling.words) - 1) + 1):
        shared = spelling.words[:count] in prefixes
        if count > MOST_PREFIX_WORDS and not shared:
            continue
        key, meaning = _looked_up(spelling.without_prefix(count), convention)
        if meaning and (not count or shared or not _is_short(key)):
            return key, meaning, bool(count) and not shared
    return None


def _is_short(key: tuple[str, tuple[str, ...]]) -> bool:
    """Whether it means something only among its family: a few Latin letters without a side. Kana are plain enough."""
    return len(key[0]) < LONG and not key[1] and key[0].isascii()


def _looked_up(spelling: Spelling, convention: Convention) -> tuple[tuple[str, tuple[str, ...]], Meaning | None]:
    """The key and what it means; also where a side's letter has run into the last word (`browdownl`)."""
    word, sides = key = spelling.key
    if key not in convention.meanings and word[-1:].upper() in (LEFT, RIGHT):
        key = word[:-1], (*sides, word[-1].upper())
    return key, convention.meanings.get(key)


def _shared_words(spellings: list[Spelling]) -> set[tuple[str, ...]]:
    """Beginnings of one to MOST_SHARED_WORDS words that a large part of the names has."""
    counts = Counter(each.words[:count] for each in spellings for count in range(1, MOST_SHARED_WORDS + 1))
    return {words for words, count in counts.items() if count >= max(3, SHARED * len(spellings))}


def _without_end(spelling: Spelling, ends: set[tuple[str, ...]]) -> Spelling:
    """Without the longest end, backwards in `ends`, that most names share, such as the mesh's name after them."""
    backwards = spelling.words[::-1]
    most = max((n for n in range(1, len(backwards)) if backwards[:n] in ends), default=0)
    return Spelling(spelling.words[: len(spelling.words) - most], spelling.sides)
