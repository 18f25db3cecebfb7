# SPDX-License-Identifier: Apache-2.0
"""Which tiers of an annotated sound hold phonemes and words, and of whom: for TextGrid, ELAN, and tables of tiers."""

import re
import reprlib
from collections.abc import Sequence
from dataclasses import dataclass

from ...files.limits import MAX_TIERS
from ...files.reading import UnusableContent
from .spoken import Interval, Spoken, are_phones, as_phones_or_words

PHONE_TIERS = ("phones", "phone", "phonemes", "phoneme", "mau", "segments", "segment", "phon", "phn", "ipa", "sampa")
WORD_TIERS = ("words", "word", "ort", "wrd", "tokens")
TEXT_TIERS = (
    "utterances",
    "utterance",
    "sentences",
    "sentence",
    "transcription",
    "transcript",
    "text",
    "orthography",
    "default",
)
"""Whole sentences, where there are no words."""
OTHER_TIERS = {"kan", "kas", "mas", "trn", "syllables", "syllable", "syl"}
"""What WebMAUS and others write besides: canonical phonemes, syllables."""
SAMPA_TIERS = {"mau", "sampa"}


@dataclass(frozen=True)
class Tier:
    """A named row of intervals. speaker: who speaks, or ""; by default as the name says it, as in "ann - phones"."""

    name: str
    intervals: Sequence[Interval]
    speaker: str = ""


def spoken_in_tiers(tiers: Sequence[Tier], method: str, part: str = "") -> Spoken:
    """What is said in the first phoneme tier, or word tier, and its speaker's words; what else there is, in the note.

    part: the tier or speaker to read. Raises UnusableContent where none is told to hold phonemes or words.
    """
    check_tiers(len(tiers))
    used = [tier for tier in tiers if any(each.text.strip() for each in tier.intervals)]
    of_part = [tier for tier in used if part.lower() in (tier.name.lower(), speaker_of(tier))] if part else used
    if not of_part:
        raise UnusableContent(f"it has no {'tier or speaker ' + reprlib.repr(part) if part else 'text'}{_names(tiers)}")
    phones = _first(of_part, PHONE_TIERS) or _told_by_its_labels(of_part)
    words = _first(of_part, WORD_TIERS) or _first(of_part, TEXT_TIERS)
    if phones is None and words is None:
        others = [tier.name for tier in used if tier is not of_part[0]]
        return as_phones_or_words(method, of_part[0].intervals, _only(of_part[0].name, others, (others or [""])[0]))
    chosen = phones or words
    if phones and not part:
        words = _first([tier for tier in used if speaker_of(tier) == speaker_of(phones)], WORD_TIERS)
    note = _of_others(used, chosen)
    said = [each for each in words.intervals if each.text.strip()] if words else []
    return Spoken(
        method,
        phones.intervals if phones else (),
        said,
        sampa=bool(phones and _words_of(phones.name) & SAMPA_TIERS),
        note=note,
    )


def check_tiers(count: int) -> None:
    """Raises UnusableContent for more tiers than a file of speech has."""
    if count > MAX_TIERS:
        raise UnusableContent(f"it has more than {MAX_TIERS:,} tiers")


def speaker_of(tier: Tier) -> str:
    """Who speaks in a tier, in small letters."""
    rest = [word for word in re.split(r"[\W_]+", tier.name.lower()) if word and not _is_kind(word)]
    return (tier.speaker.lower() or " ".join(rest)).strip()


def _is_kind(word: str) -> bool:
    return word in (*PHONE_TIERS, *WORD_TIERS, *TEXT_TIERS) or word in OTHER_TIERS


def _words_of(name: str) -> set[str]:
    return set(re.split(r"[\W_]+", name.lower()))


def _kind(tier: Tier, kinds: tuple[str, ...]) -> int | None:
    """Where in a list of kinds a tier's name stands; that of a word tier may name phonemes, too, as ORT-MAU does."""
    words = _words_of(tier.name)
    if words & OTHER_TIERS or (kinds is PHONE_TIERS and words & set(WORD_TIERS)):
        return None
    return next((number for number, kind in enumerate(kinds) if kind in words), None)


def _first(tiers: Sequence[Tier], kinds: tuple[str, ...]) -> Tier | None:
    ranked = [(rank, number) for number, tier in enumerate(tiers) if (rank := _kind(tier, kinds)) is not None]
    return tiers[min(ranked)[1]] if ranked else None


def _told_by_its_labels(tiers: Sequence[Tier]) -> Tier | None:
    """The first tier of another name that holds phonemes all the same."""
    unknown = (tier for tier in tiers if not any(map(_is_kind, _words_of(tier.name))))
    return next((tier for tier in unknown if are_phones(each.text for each in tier.intervals)), None)


def _of_others(tiers: Sequence[Tier], used: Tier | None) -> str:
    """What to tell of the tiers of other speakers, or ""."""
    if used is None:
        return ""
    kinds = PHONE_TIERS if _kind(used, PHONE_TIERS) is not None else (*WORD_TIERS, *TEXT_TIERS)
    others = [tier for tier in tiers if speaker_of(tier) != speaker_of(used) and _kind(tier, kinds) is not None]
    names = [tier.name for tier in others]
    return _only(used.name, names, (speaker_of(others[0]) or names[0]) if others else "")


def _only(used: str, others: Sequence[str], other: str) -> str:
    """That one tier was read, and how to get another; "" where there is none."""
    named = ", ".join(name[:40] for name in others[:5])
    return (
        f"Only the tier {used[:40]} was read, not {named}: add #{other[:40]} to the file's name for that."
        if others
        else ""
    )


def _names(tiers: Sequence[Tier]) -> str:
    return f"; its tiers: {', '.join(reprlib.repr(tier.name) for tier in tiers[:5])}" if tiers else ""
