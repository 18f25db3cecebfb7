# SPDX-License-Identifier: Apache-2.0
"""Praat's TextGrid, long and short text format: interval tiers in and out.

Both formats are the same row of values, texts in double quotes; the long one writes names in front of them.
"""

import math
import re
from collections.abc import Iterator, Mapping, Sequence
from decimal import Decimal

from ...files.reading import UnusableContent
from ...phonemes import TIME_EPSILON_S
from .spoken import Interval, Spoken, check_count
from .tiers import Tier, spoken_in_tiers

CHRONOLOGICAL = "Praat chronological TextGrid text file"

_VALUE = re.compile(
    r'(?<!\S)!.*$|"([^"]*(?:""[^"]*)*)"|(?<![\w.\[])(-?\d+(?:\.\d+)?(?:[eE][-+]?\d+)?)(?![\w.\]])|<(exists|absent)>',
    re.M,
)
"""A comment, a text, a number that is not part of a name or an index such as [1], or a flag.

No text is gone through twice: a file of quotes or of digits alone is read as fast as any."""


def read_textgrid(text: str, duration_s: float, part: str) -> Spoken:
    """What is said in a TextGrid. part: the tier or speaker to read, or "". Raises UnusableContent."""
    return spoken_in_tiers(textgrid_tiers(text), "TextGrid", part)


def textgrid_tiers(text: str) -> list[Tier]:
    """The interval tiers in their order; point tiers are skipped. Raises UnusableContent."""
    check_count(text.count('"') // 2)
    values = _values(text)
    try:
        kind = next(values)
        if kind == CHRONOLOGICAL:
            return _chronological(values)
        if kind not in ("ooTextFile", "ooTextFile short") or next(values) != "TextGrid":
            raise UnusableContent("it does not begin as a TextGrid")
        _ = next(values), next(values)  # the whole file's start and end
        if next(values) != "exists":
            return []
        return list(_tiers(values, int(_number(next(values)))))
    except (StopIteration, RuntimeError, ValueError) as error:
        if isinstance(error, UnusableContent):
            raise
        raise UnusableContent("it breaks off or is not a TextGrid") from error


def _tiers(values: Iterator[str], count: int) -> Iterator[Tier]:
    for _ in range(count):
        kind, name = next(values), next(values)
        _ = next(values), next(values)  # the tier's start and end
        size = int(_number(next(values)))
        if kind == "IntervalTier":
            yield Tier(
                name, [Interval(_number(next(values)), _number(next(values)), next(values)) for _ in range(size)]
            )
        else:
            for _ in range(2 * size):
                next(values)


def _chronological(values: Iterator[str]) -> list[Tier]:
    """Praat's third format: first all tiers, then the intervals of all of them, as they begin."""
    _ = next(values), next(values)
    heads = [(next(values), next(values), next(values), next(values)) for _ in range(int(_number(next(values))))]
    intervals: list[list[Interval]] = [[] for _ in heads]
    for number in values:
        tier = int(_number(number)) - 1
        if heads[tier][0] == "IntervalTier":
            intervals[tier].append(Interval(_number(next(values)), _number(next(values)), next(values)))
        else:
            _ = next(values), next(values)
    kinds = zip(heads, intervals, strict=True)
    return [Tier(name, found) for (kind, name, _, _), found in kinds if kind == "IntervalTier"]


def _values(text: str) -> Iterator[str]:
    for found in _VALUE.finditer(text):
        quoted, number, flag = found.groups()
        if quoted is not None:
            yield quoted.replace('""', '"')
        elif number or flag:
            yield number or flag


def _number(value: str) -> float:
    number = float(value)
    if not math.isfinite(number):
        raise ValueError(value)
    return number


def textgrid_text(tiers: Mapping[str, Sequence[Interval]], duration_s: float) -> str:
    """A TextGrid in the long text format. Gaps between intervals are filled with empty ones, as Praat demands."""
    xmax = _written(duration_s)
    lines = ['File type = "ooTextFile"', 'Object class = "TextGrid"', "", "xmin = 0", f"xmax = {xmax}"]
    lines += ["tiers? <exists>", f"size = {len(tiers)}", "item []:"]
    for number, (name, intervals) in enumerate(tiers.items(), start=1):
        filled = _filled(intervals, duration_s)
        lines += [f"    item [{number}]:", '        class = "IntervalTier"', f"        name = {_quoted(name)}"]
        lines += ["        xmin = 0", f"        xmax = {xmax}", f"        intervals: size = {len(filled)}"]
        for index, interval in enumerate(filled, start=1):
            lines += [f"        intervals [{index}]:", f"            xmin = {_written(interval.start_s)}"]
            lines += [f"            xmax = {_written(interval.end_s)}", f"            text = {_quoted(interval.text)}"]
    return "\n".join(lines) + "\n"


def _filled(intervals: Sequence[Interval], duration_s: float) -> list[Interval]:
    """Intervals from 0 to the end without gap or overlap: strict readers, and Praat, refuse others."""
    filled, end_s = [], 0.0
    for interval in intervals:
        start_s, stop_s = max(interval.start_s, end_s), min(interval.end_s, duration_s)
        start_s = end_s if start_s - end_s <= TIME_EPSILON_S else start_s
        stop_s = duration_s if duration_s - stop_s <= TIME_EPSILON_S else stop_s
        if stop_s - start_s <= TIME_EPSILON_S:
            continue
        if start_s > end_s:
            filled.append(Interval(end_s, start_s, ""))
        filled.append(Interval(start_s, stop_s, interval.text))
        end_s = stop_s
    if duration_s > end_s:
        filled.append(Interval(end_s, duration_s, ""))
    return filled


def _written(seconds: float) -> str:
    """A number without exponent, which not every reader knows."""
    return f"{Decimal(repr(float(seconds))):f}"


def _quoted(text: str) -> str:
    doubled = text.replace('"', '""')
    return f'"{doubled}"'
