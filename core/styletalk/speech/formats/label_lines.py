# SPDX-License-Identifier: Apache-2.0
"""A label a line: Audacity's labels, HTK's and Festival's .lab, CTM, TIMIT's .phn, tables, Rhubarb's TSV.

What a line holds is told by its columns, and the unit of its times by how large they are.
"""

import re

from ...files.reading import UnusableContent
from .mouths import shapes_in_lines
from .spoken import Interval, Spoken, as_phones_or_words, check_count, one_after_the_other, seconds
from .tiers import Tier, spoken_in_tiers

_NUMBER = re.compile(r"\d+(?:\.\d*)?(?:[eE][-+]?\d+)?")
HTK_UNIT_S = 1e-7
TIMIT_RATE_HZ = 16_000
COLUMNS = {
    "start": ("begin", "start", "start_s", "start_time", "begin_time", "tmin", "xmin", "onset", "from", "t0"),
    "end": ("end", "end_s", "end_time", "tmax", "xmax", "offset", "to", "stop", "t1"),
    "text": ("label", "text", "phone", "phoneme", "word", "symbol", "mark", "name", "value"),
    "tier": ("type", "tier", "kind", "level"),
    "speaker": ("speaker", "channel"),
}
"""What the columns of a table mean, by their names in its heading."""


def read_labels(text: str, duration_s: float, part: str) -> Spoken:
    """What is said in lines of labels. Raises UnusableContent where a line is none."""
    check_count(text.count("\n"))
    rows = [(number, line) for number, line in enumerate(text.split("\n"), 1) if _counts(line)]
    if not rows:
        raise UnusableContent("it has no labels")
    columns = _columns(rows[0][1])
    if columns:
        return _table(rows, columns, part)
    if any(line.strip() == "#" for _, line in rows[:50]):
        return _xwaves(rows, duration_s)
    rows = [(number, line) for number, line in rows if line.strip() not in (".", "#!MLF!#") and line[0] != '"']
    fields = [(number, line.split(None, 4)) for number, line in rows]
    first = fields[0][1]
    if len(first) > 1 and not _NUMBER.fullmatch(first[1]) and _NUMBER.fullmatch(first[0]):
        return _starts(fields, duration_s)
    if len(first) > 4 and all(map(_NUMBER.fullmatch, first[2:4])):
        return _ctm(fields, duration_s, part)
    return _stretches(rows, duration_s)


def looks_like_labels(text: str) -> bool:
    """Whether the first line that counts is one of those that `read_labels` knows."""
    lines = (line for line in text[:4000].split("\n") if _counts(line))
    first = next(lines, "")
    return bool(
        re.match(r"\s*\d+(?:\.\d*)?[ \t]+\S", first)
        or re.match(r"\S+[ \t]+\S+[ \t]+\d+\.?\d*[ \t]+\d+\.?\d*[ \t]+\S", first)
        or first.startswith(("#!MLF!#", "signal ", "separator ", "nfields "))
        or first.strip() == "#"
        or _columns(first)
    )


def _counts(line: str) -> bool:
    return bool(line.strip()) and not line.startswith((";;", "\\"))  # comments of CTM, frequencies of Audacity


def _starts(fields: "list[tuple[int, list[str]]]", duration_s: float) -> Spoken:
    """Lines of a time and a mouth shape or phoneme, each until the next."""
    for number, line in fields:
        if len(line) != 2:
            raise UnusableContent(f"line {number} is not a time and a mouth shape")
    return shapes_in_lines([(seconds(start), label) for _, (start, label) in fields], duration_s, "labels")


def _stretches(rows: "list[tuple[int, str]]", duration_s: float) -> Spoken:
    """Lines of start, end and label; HTK adds a score, and the word where one begins."""
    found: list[tuple[str, str, str]] = []
    words: list[tuple[str, float | None, float | None]] = []
    in_htk_units = all(re.match(r"\s*\d+\s+\d+(?:\s|$)", line) for _, line in rows)
    for number, line in rows:
        fields = line.strip().split("\t") if "\t" in line.strip() else line.split(None, 4 if in_htk_units else 2)
        if len(fields) < 2 or not all(_NUMBER.fullmatch(field.strip()) for field in fields[:2]):
            raise UnusableContent(f"line {number} is not a start, an end, and a label")
        found.append((fields[0], fields[1], fields[2] if len(fields) > 2 else ""))
        if in_htk_units and len(fields) == 5:
            words.append((fields[4], float(fields[0]), None))
    unit_s = _unit_s(max(float(end) for _, end, _ in found), duration_s) if in_htk_units else 1.0
    labelled = [Interval(seconds(start, unit_s), seconds(end, unit_s), _central(label)) for start, end, label in found]
    if words:
        timed = [(word, start * unit_s, None) for word, start, _ in words if start is not None]
        return Spoken("labels", labelled, one_after_the_other(timed, labelled[-1].end_s))
    return as_phones_or_words("labels", labelled)


def _unit_s(last: float, duration_s: float) -> float:
    """Of whole numbers: the largest unit in which the last one is within the sound; HTK's where none is."""
    units_s = (1.0, 1e-3, 1 / TIMIT_RATE_HZ)
    return next((unit for unit in units_s if last * unit <= duration_s + 1.0), HTK_UNIT_S)


def _central(label: str) -> str:
    """The phoneme itself, of HTK's and HTS's labels that name its neighbours, too: m-ae+p, x^m-ae+p=x@1_2."""
    found = re.search(r"-([^-+]+)\+", label)
    return found[1] if found else label


def _xwaves(rows: "list[tuple[int, str]]", duration_s: float) -> Spoken:
    """Lines of end, colour and label behind a line "#"; each begins where the one before it ends."""
    start = next(place for place, (_, line) in enumerate(rows) if line.strip() == "#") + 1
    labelled: list[Interval] = []
    for number, line in rows[start:]:
        fields = line.split(None, 2)
        if len(fields) < 2:
            raise UnusableContent(f"line {number} is not an end, a colour, and a label")
        label = fields[2].partition(";")[0].strip() if len(fields) > 2 else ""
        labelled.append(Interval(labelled[-1].end_s if labelled else 0.0, seconds(fields[0]), label))
    return as_phones_or_words("labels", labelled)


def _ctm(fields: "list[tuple[int, list[str]]]", duration_s: float, part: str) -> Spoken:
    """Lines of recording, channel, start, duration and label; what follows it is how sure it is."""
    if fields[0][1][0] == "SPEAKER":
        raise UnusableContent("it says who speaks, not what")
    tiers: dict[str, list[Interval]] = {}
    for number, line in fields:
        if len(line) < 5:
            raise UnusableContent(f"line {number} is not a recording, channel, start, duration and label")
        start = seconds(line[2])
        name = f"{line[0]} {line[1]}"
        tiers.setdefault(name, []).append(Interval(start, start + seconds(line[3]), line[4].split()[0]))
    return _of_one(tiers, part, "CTM")


def _of_one(tiers: "dict[str, list[Interval]]", part: str, method: str) -> Spoken:
    """What one recording or speaker says, with a note of the others."""
    name = next((each for each in tiers if part.lower() in ("", each.lower(), *each.lower().split())), None)
    if name is None:
        raise UnusableContent(f"it has no {part}; it has {', '.join(list(tiers)[:5])}")
    others = [each for each in tiers if each != name]
    note = f"Only {name} was read, not {', '.join(others[:5])}: add #{others[0]} to the file's name." if others else ""
    return as_phones_or_words(method, tiers[name], note)


def _columns(line: str) -> dict[str, int]:
    """Which column holds what, by a heading; {} where the line is none."""
    names = [name.lower() for name in _cells(line, _mark(line))]
    found = {what: names.index(each) for what, known in COLUMNS.items() for each in known[::-1] if each in names}
    return found if {"start", "end", "text"} <= found.keys() else {}


def _mark(heading: str) -> str:
    """What stands between columns. Commas are decimal ones where there is another mark."""
    return next((mark for mark in "\t;" if mark in heading), ",")


def _cells(line: str, mark: str) -> list[str]:
    return [cell.strip().strip('"') for cell in line.split(mark)]


def _table(rows: "list[tuple[int, str]]", columns: "dict[str, int]", part: str) -> Spoken:
    """A table such as the Montreal Forced Aligner's: start, end, label, and what tier and whose it is."""
    tiers: dict[tuple[str, str], list[Interval]] = {}
    mark = _mark(rows[0][1])
    for number, line in rows[1:]:
        cells = _cells(line, mark)
        if len(cells) <= max(columns.values()):
            raise UnusableContent(f"line {number} has fewer columns than its heading")
        get = {what: cells[place] for what, place in columns.items()}
        timed = Interval(seconds(get["start"]), seconds(get["end"]), get["text"])
        tiers.setdefault((get.get("tier", ""), get.get("speaker", "")), []).append(timed)
    return spoken_in_tiers([Tier(kind or "labels", found, who) for (kind, who), found in tiers.items()], "table", part)
