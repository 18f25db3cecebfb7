# SPDX-License-Identifier: Apache-2.0
"""Which shape is which, by what all of a face's names say together."""

from collections import Counter
from collections.abc import Iterator, Sequence
from dataclasses import dataclass

from .conventions import Convention, Meaning, conventions
from .spelling import LEFT, RIGHT, Spelling

MOST_PREFIX_WORDS = 4
SHARED_PREFIX = 0.4
"""A beginning that this part of the names has is none of the words that mean something."""
LONG = 5
"""Letters. A shorter name (`aa`, `E`, `U`) means something only among its family."""
FAMILY = 0.6
"""This part of a family's short names must be there before one of them is believed."""
STATED, INFERRED = 0.95, 0.8
STRAY, FEW = 0.15, 0.15
"""What a match loses by words that go before it, and by being one of fewer than FEW_NAMES of its family."""
FEW_NAMES = 3


@dataclass(frozen=True)
class Match:
    """What a shape's name says. visemes: it is a whole mouth, no part of one. confidence: 0..1, of the name alone."""

    shape: str
    meaning: Meaning
    convention: str
    visemes: bool
    confidence: float


def matches(names: Sequence[str]) -> dict[str, Match]:
    """What the names of one face's shapes mean, by name; those that mean nothing are left out.

    The family that explains most of the names goes first, and what it leaves, the next.
    """
    left = {name: Spelling.of(name) for name in names}
    prefixes = _shared_prefixes(list(left.values()))
    found: dict[str, Match] = {}
    while left:
        convention, family = max(_families(left, prefixes), key=lambda each: _support(each[1]))
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


def _support(family: dict[str, tuple[Meaning, bool]]) -> tuple[float, int]:
    """How much a family explains: names that need no word dropped count for more, and stated meanings."""
    return sum(1.0 - 0.4 * stray for _, stray in family.values()), sum(meaning.stated for meaning, _ in family.values())


def _families(
    left: dict[str, Spelling], prefixes: set[tuple[str, ...]]
) -> Iterator[tuple[Convention, dict[str, tuple[Meaning, bool]]]]:  # fmt: skip
    """Each convention, and the names that it explains: (meaning, whether other words go before it)."""
    for convention in conventions():
        short = [key for key in convention.meanings if _is_short(key)]
        hits = {name: hit for name, spelling in left.items() if (hit := _hit(spelling, convention, prefixes))}
        present = {key for key, _, _ in hits.values() if _is_short(key)}
        believed = bool(short) and len(present) >= FAMILY * len({convention.meanings[key].name for key in short})
        yield (
            convention,
            {name: (meaning, stray) for name, (key, meaning, stray) in hits.items() if not _is_short(key) or believed},
        )


def _hit(
    spelling: Spelling, convention: Convention, prefixes: set[tuple[str, ...]]
) -> tuple[tuple[str, tuple[str, ...]], Meaning, bool] | None:
    """The key, the meaning and whether words were dropped that are not all names' own."""
    for count in range(min(MOST_PREFIX_WORDS, len(spelling.words) - 1) + 1):
        shared = spelling.words[:count] in prefixes
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


def _shared_prefixes(spellings: list[Spelling]) -> set[tuple[str, ...]]:
    """Beginnings of one to MOST_PREFIX_WORDS words that a large part of the names has."""
    counts = Counter(each.words[:count] for each in spellings for count in range(1, MOST_PREFIX_WORDS + 1))
    return {words for words, count in counts.items() if count >= max(3, SHARED_PREFIX * len(spellings))}
