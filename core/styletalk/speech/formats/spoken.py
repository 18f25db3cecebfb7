# SPDX-License-Identifier: Apache-2.0
"""What every reader of an alignment hands on: labelled stretches of time, in the symbols of whoever wrote them."""

import math
import re
import reprlib
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, NamedTuple

from ...files.limits import MAX_LABELS
from ...files.reading import UnusableContent
from .symbols import alphabet_of, nearest_phoneme

CLOCK = re.compile(r"(?:(\d{1,4}):)?(\d{1,2}):(\d{1,2}(?:[.,]\d+)?)")
"""Hours, minutes and seconds."""
MAX_LAST_S = 1.0
"""How long the last one lasts where only beginnings are given."""
MIN_KNOWN = 0.75
"""Of the different labels in a list: so many are phonemes, or it is a list of words."""


@dataclass(frozen=True)
class Interval:
    """A labelled stretch of time, in seconds."""

    start_s: float
    end_s: float
    text: str


@dataclass(frozen=True)
class Spoken:
    """What an alignment holds. Where it has no phones, they are found from its words.

    method: the format, a short name. symbols: the mouth set that the phones are of, where they are no phonemes. sampa:
    they are SAMPA where nothing else shows what they are. note: what the user should know, one sentence, or "".
    """

    method: str
    phones: Sequence[Interval] = ()
    words: Sequence[Interval] = ()
    symbols: Mapping[str, str] | None = None
    sampa: bool = False
    note: str = ""


def as_phones_or_words(method: str, labelled: Sequence[Interval], note: str = "") -> Spoken:
    """A list of which nobody says whether it is of phonemes or of words."""
    texts = [each.text for each in labelled]
    return Spoken(method, labelled, note=note) if are_phones(texts) else Spoken(method, words=labelled, note=note)


def are_phones(texts: Iterable[str]) -> bool:
    """Whether most of the different labels are phonemes of one alphabet."""
    different = {text.strip() for text in texts if text.strip()}
    alphabet = alphabet_of(different)
    known = sum(1 for text in different if nearest_phoneme(text, alphabet)[1])
    return known >= MIN_KNOWN * len(different)


def check_count(count: int) -> None:
    """Raises UnusableContent for more labels than are said in two hours, before they are read."""
    if count > MAX_LABELS:
        raise UnusableContent(f"it has {count:,} labels, more than are said in two hours")


def seconds(value: Any, unit_s: float = 1.0) -> float:
    """A time that a file gives, as seconds; also 0,2 and 00:01:02.5. Raises UnusableContent where it is none."""
    try:
        clock = CLOCK.fullmatch(value.strip()) if isinstance(value, str) else None
        if clock:
            return int(clock[1] or 0) * 3600 + int(clock[2]) * 60 + float(clock[3].replace(",", "."))
        number = float(value.replace(",", ".") if isinstance(value, str) else value) * unit_s
    except (TypeError, ValueError):
        number = math.nan
    if not 0 <= number < math.inf:
        raise UnusableContent(f"the time {reprlib.repr(value)} is not a number of seconds")
    return number


def until_next(cues: Sequence[tuple[float, str]], duration_s: float) -> list[Interval]:
    """Cues of (start_s, label) as stretches: each lasts until the next, the last until the sound ends."""
    ends = [start for start, _ in cues[1:]] + [max(duration_s, cues[-1][0])] if cues else []
    return [Interval(start, end, label) for (start, label), end in zip(cues, ends, strict=True)]


def one_after_the_other(found: Iterable[tuple[str, float | None, float | None]], duration_s: float) -> list[Interval]:
    """Words of (text, start_s, end_s) in order of time, none over another.

    One without a start, or for which no time is left, is said with the one before it, or with the first one; one
    without an end lasts until the next. Raises UnusableContent where none has a start.
    """
    timed = _with_starts(found)
    if not timed:
        raise UnusableContent("none of its words has a time")
    timed.sort(key=lambda each: each.start_s)
    kept: list[_Timed] = []
    for each, following in zip(timed, [*timed[1:], None], strict=True):
        open_end_s = following.start_s if following else min(each.start_s + MAX_LAST_S, max(duration_s, each.start_s))
        start_s = max(each.start_s, kept[-1].end_s if kept else 0.0)
        end_s = open_end_s if each.end_s is None else each.end_s
        if following and following.start_s > start_s:
            end_s = min(end_s, following.start_s)
        if end_s > start_s:
            kept.append(_Timed(start_s, end_s, each.texts))
        elif kept:
            kept[-1].texts.extend(each.texts)
        else:
            kept.append(_Timed(start_s, start_s + MAX_LAST_S, each.texts))
    return [Interval(each.start_s, each.end_s, " ".join(each.texts)) for each in kept]


class _Timed(NamedTuple):
    """Texts that are said in one stretch."""

    start_s: float
    end_s: Any
    texts: list[str]


def _with_starts(found: Iterable[tuple[str, float | None, float | None]]) -> list[_Timed]:
    """What has a start, with the texts that follow it without one; the first also with those before it."""
    timed: list[_Timed] = []
    early: list[str] = []
    for text, start_s, end_s in found:
        if start_s is not None:
            timed.append(_Timed(start_s, end_s, [*early, text] if not timed else [text]))
        else:
            (timed[-1].texts if timed else early).append(text)
    return timed
