# SPDX-License-Identifier: Apache-2.0
"""JSON with times of words, phonemes or visemes, of whatever aligner, recogniser or voice wrote it.

Known by the names of its fields, not by its maker: gentle, Whisper and its kin, Vosk, Google, Amazon, Azure, Deepgram,
ElevenLabs, Papagayo, Rhubarb, and the Montreal Forced Aligner's JSON differ in these only.
"""

import math
import re
import statistics
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from functools import lru_cache
from itertools import pairwise
from typing import Any

from ...files.json_text import parse_json
from ...files.reading import UnusableContent
from ...phonemes import PhonemeTrack
from .mouths import SHAPES_NOTE, mouth_set, read_papagayo_json, rhubarb
from .spoken import CLOCK, Interval, Spoken, check_count, one_after_the_other, seconds
from .tiers import Tier, spoken_in_tiers

LABELS = {
    "phone": ("phone", "phoneme"),
    "viseme": ("viseme", "visemeid"),
    "word": ("punctuatedword", "word", "text", "markname", "value", "label"),
}
"""What an entry says, by the name of the field; the first that is there counts."""
STARTS = ("start", "starttime", "begin", "audiooffset", "offset", "time", "ts", "startoffset", "from", "frame")
ENDS = ("end", "endtime", "stop", "endts", "endoffset", "to")
DURATIONS = ("duration", "dur")
UNITS_S = {"": None, "ms": 1e-3, "milliseconds": 1e-3, "s": 1.0, "sec": 1.0, "seconds": 1.0, "ticks": 1e-7}
PLACES_IN_TEXT = {"startoffset", "endoffset"}
"""Seconds where they are texts such as "1.3s", places in the text where they are numbers."""
SKIPPED = {"characters", "chars", "tokens", "wordsegments", "normalizedalignment", "paragraphs", "utterances"}
"""Lists that repeat others, or are finer than words and no phonemes."""
TICK_S = 1e-7
MIN_TICKS, MIN_MS = 1e4, 10.0
"""How far one word or viseme is behind the other, at least, in ticks of 100 ns and in milliseconds."""


_NO_NUMBER = re.compile(r"(?<=[\s:,\[])(?:NaN|-?Infinity)(?=\s*[,\]}])")
"""What Python's programs write for a probability that is none."""


@dataclass(frozen=True)
class Entry:
    """One object of the file that has a label. Times in the file's unit; unit_s where it says which that is.

    length, length_unit_s: where it has a duration instead of an end.
    """

    kind: str
    text: str
    start: float | None
    end: float | None
    unit_s: float | None
    speaker: str = ""
    length: float | None = None
    length_unit_s: float | None = None


def read_json_alignment(text: str, duration_s: float, part: str) -> "Spoken | PhonemeTrack":
    """What is said in JSON, or in lines of it. Raises UnusableContent, PhonemeFileError."""
    check_count(text.count("[") + text.count("{"))
    content = _parsed(text)
    if isinstance(content, list) and all(isinstance(each, (int, float)) for each in content):
        return _from_labels(content)
    if isinstance(content, dict):
        if isinstance(content.get("mouthCues"), list):
            return rhubarb((cue["start"], cue["end"], cue["value"]) for cue in content["mouthCues"])
        if isinstance(content.get("voices"), list):
            return read_papagayo_json(content, part)
        if isinstance(content.get("tiers"), (dict, list)):
            return spoken_in_tiers(list(_tiers(content["tiers"])), "JSON", part)
        columns = next(_in_columns(content), None)
        if columns:
            return _from_columns(*columns, duration_s)
    return _from_entries(content, duration_s, part)


def _parsed(text: str) -> Any:
    text = _NO_NUMBER.sub("null", text)
    lines = [line for line in text.split("\n") if line.strip()]
    if len(lines) > 1 and all(line.strip()[0] == "{" and line.strip()[-1] == "}" for line in (lines[0], lines[-1])):
        return [parse_json(line) for line in lines]
    return parse_json(text)


def _from_labels(labels: "list[Any]") -> PhonemeTrack:
    if not all(type(label) is int for label in labels):
        raise UnusableContent("it holds values that are not whole numbers, one label per frame at 30 fps")
    return PhonemeTrack.from_labels(labels, method="published labels")


def _tiers(tiers: Any) -> Iterator[Tier]:
    """praatio's two JSON formats of a TextGrid: a list of tiers, or tiers by name; each with entries."""
    for name, tier in tiers.items() if isinstance(tiers, dict) else ((each.get("name"), each) for each in tiers):
        entries = [each for each in tier.get("entries", ()) if len(each) == 3]
        yield Tier(str(name), [Interval(seconds(start), seconds(end), str(text)) for start, end, text in entries])


def _in_columns(node: Any) -> Iterator[tuple[str, list[tuple[str, float, float]]]]:
    """Kind and (text, start, end) of what is given as lists side by side: letters (ElevenLabs), words, phonemes."""
    if not isinstance(node, dict):
        return
    lists = {key: value for key, value in node.items() if isinstance(value, list) and value}
    texts = [key for key, value in lists.items() if all(isinstance(each, str) for each in value)]
    starts, ends, lengths = (
        next((key for key in lists if part in key.lower() and key not in texts), None)
        for part in ("start", "end", "duration")
    )
    if texts and starts and (ends or lengths):
        unit_s = 1e-3 if starts.lower().endswith("ms") else 1.0
        begun = [seconds(each, unit_s) for each in lists[starts]]
        ended = [seconds(each, unit_s) for each in lists[ends or lengths or ""]]
        ended = ended if ends else [start + length for start, length in zip(begun, ended, strict=True)]
        yield texts[0].lower(), list(zip(lists[texts[0]], begun, ended, strict=True))
    for value in node.values():
        yield from _in_columns(value)


def _from_columns(kind: str, timed: "list[tuple[str, float, float]]", duration_s: float) -> Spoken:
    if "phon" in kind:
        return Spoken("JSON", one_after_the_other(timed, duration_s))
    words = list(_of_letters(timed)) if "char" in kind else timed
    return Spoken("JSON", words=one_after_the_other(words, duration_s))


def _of_letters(letters: "list[tuple[str, float, float]]") -> Iterator[tuple[str, float, float]]:
    word: list[tuple[str, float, float]] = []
    for each in [*letters, (" ", 0.0, 0.0)]:
        if each[0].strip():
            word.append(each)
        elif word:
            yield "".join(letter for letter, _, _ in word), word[0][1], word[-1][2]
            word = []


def _from_entries(content: Any, duration_s: float, part: str) -> Spoken:
    groups: dict[tuple[str, ...], list[Entry]] = {}
    _walk(content, (), "", None, groups)
    finest = [_finest(groups, kind) for kind in ("phone", "viseme", "word")]
    phones, visemes, words = (
        [each for each in group if part.lower() in ("", each.speaker.lower())] for group in finest
    )
    note = _of_speakers([each.speaker for each in finest[2]], part)
    said = _timed(words, duration_s) if any(each.start is not None for each in words) else []
    if phones:
        return Spoken("JSON", _timed(phones, duration_s), said, note=note)
    if visemes:
        shapes = mouth_set(each.text for each in visemes)
        note = " ".join(filter(None, (SHAPES_NOTE if shapes else "", note)))
        return Spoken("JSON", _timed(visemes, duration_s), said, shapes, note=note)
    if not said:
        raise UnusableContent(
            "it is neither a list of labels nor Rhubarb's JSON, nor has it words or phonemes with times"
        )
    return Spoken("JSON", words=said, note=note)


def _finest(groups: "Mapping[tuple[str, ...], list[Entry]]", kind: str) -> list[Entry]:
    """The list of that kind with the most entries: words rather than the segments that they stand in."""
    of_kind = ([each for each in group if each.kind == kind] for group in groups.values())
    timed = [group for group in of_kind if any(each.start is not None for each in group)]
    return max(timed, key=len, default=[])


def _of_speakers(speakers: Iterable[str], part: str) -> str:
    names = list(dict.fromkeys(filter(None, speakers)))
    if part or len(names) < 2:
        return ""
    return f"What {', '.join(names[:5])[:80]} say was read: add #{names[0][:40]} to the file's name for one of them."


def _walk(
    node: Any, path: "tuple[str, ...]", speaker: str, at: float | None, groups: "dict[tuple[str, ...], list[Entry]]"
) -> float | None:
    """Gather the entries of each place in the tree. at: when an entry begins that has a duration alone; new value."""
    if isinstance(node, list):
        for each in node:
            at = _walk(each, path, speaker, at, groups)
        return at
    if not isinstance(node, dict):
        return at
    fields = {_field(key): value for key, value in node.items()}
    speaker = str(fields.get("speaker") or speaker)
    entry = _entry(fields, speaker, at)
    if entry:
        groups.setdefault((*path, entry.kind), []).append(entry)
    for key, value in fields.items():
        if key not in SKIPPED and isinstance(value, (list, dict)):
            _walk(value, (*path, key), speaker, entry.start if entry else None, groups)
    return entry.end if entry else at


@lru_cache(maxsize=1024)
def _field(key: str) -> str:
    """A field's name, however it is spelled: start_time, startTime."""
    return re.sub(r"[^a-z]", "", key.lower())


def _entry(fields: "Mapping[str, Any]", speaker: str, at: float | None) -> Entry | None:
    mark = fields.get("type")
    if mark in ("word", "viseme") and "value" in fields and "time" in fields:  # Amazon Polly
        return Entry(mark, str(fields["value"]), _number(fields["time"])[0], None, 1e-3)
    if mark in ("sentence", "ssml", "punctuation", "punct", "spacing", "audio_event"):
        return None
    kind, text = _label(fields)
    if text is None:
        return None
    start, end, unit_s = _times(fields)
    length, says_s, named_s = _first(fields, DURATIONS)
    if start is None and at is not None and length is not None:
        return Entry(kind, text, at, at + length, None, speaker)
    return Entry(kind, text, start, end, unit_s, speaker, length, says_s or named_s)


def _label(fields: "Mapping[str, Any]") -> tuple[str, str | None]:
    for kind, names in LABELS.items():
        for name in names:
            said = fields.get(name)
            said = said.get("Text") if isinstance(said, dict) else said  # Azure's word boundaries
            if isinstance(said, (str, int)) and not isinstance(said, bool):
                return kind, str(said).strip()
    if isinstance(fields.get("lines"), list):  # aeneas
        return "word", " ".join(map(str, fields["lines"]))
    alternatives = fields.get("alternatives")
    if isinstance(alternatives, list) and alternatives and isinstance(alternatives[0], dict):
        content = alternatives[0].get("content")  # Amazon Transcribe
        return "word", content.strip() if isinstance(content, str) else None
    return "", None


def _times(fields: "Mapping[str, Any]") -> tuple[float | None, float | None, float | None]:
    """(start, end, unit in seconds) of an entry, each None where it does not say."""
    pair = fields.get("timestamp") or fields.get("timestamps")
    if isinstance(pair, list) and len(pair) == 2:
        return _number(pair[0])[0], _number(pair[1])[0], 1.0
    spans = fields.get("offsets")
    if isinstance(spans, dict):  # whisper.cpp
        return _number(spans.get("from"))[0], _number(spans.get("to"))[0], 1e-3
    start, unit_s, named_s = _first(fields, STARTS)
    end, _, _ = _first(fields, ENDS)
    if start is None and end is not None and isinstance(fields.get("endtime"), str):
        return 0.0, end, 1.0  # Google leaves out zeros
    return start, end, unit_s if unit_s is not None else named_s


def _first(fields: "Mapping[str, Any]", names: "tuple[str, ...]") -> tuple[float | None, float | None, float | None]:
    """(number, unit that its text says, unit that its field's name says) of the first field that is there."""
    for name in names:
        for ending, named_s in UNITS_S.items():
            value = fields.get(name + ending)
            if value is None or (name in PLACES_IN_TEXT and not isinstance(value, (str, dict))):
                continue
            number, unit_s = _number(value)
            if number is not None:
                return number, unit_s, unit_s or named_s
    return None, None, None


def _number(value: Any) -> tuple[float | None, float | None]:
    """A number, and its unit in seconds where it says one: 1.3, "1.3s", "00:00:01,300", {"seconds": 1, "nanos": 0}."""
    if isinstance(value, dict):
        parts = seconds(value.get("seconds") or 0), seconds(value.get("nanos") or 0, 1e-9)
        return (sum(parts), 1.0) if value.keys() <= {"seconds", "nanos"} else (None, None)
    if isinstance(value, str):
        says_its_unit = value.endswith("s") or CLOCK.fullmatch(value.strip())
        return seconds(value.removesuffix("s")), 1.0 if says_its_unit else None
    if value is None or isinstance(value, (bool, list)):
        return None, None
    return seconds(value), None


def _timed(entries: "list[Entry]", duration_s: float) -> list[Interval]:
    """Entries as stretches in seconds, one after the other."""
    unit_s = next((each.unit_s for each in entries if each.unit_s), None) or _unit_s(entries, duration_s)
    timed = [(each.text, *_span(each, unit_s)) for each in entries if each.text or each.start is not None]
    return one_after_the_other(timed, duration_s)


def _span(entry: Entry, unit_s: float) -> tuple[float | None, float | None]:
    start_s = entry.start * unit_s if entry.start is not None else None
    if start_s is not None and entry.end is None and entry.length is not None:
        return start_s, start_s + entry.length * (entry.length_unit_s or unit_s)
    return start_s, entry.end * unit_s if entry.end else None


def _unit_s(entries: "list[Entry]", duration_s: float) -> float:
    """Of times without one: by the step from one to the next, and whether they fit the sound as seconds."""
    times = sorted({each.start for each in entries if each.start is not None})
    last = max([*times, *(each.end for each in entries if each.end)], default=0.0)
    steps = [after - before for before, after in pairwise(times)] or [last]
    step = statistics.median(steps)
    if step >= MIN_TICKS:
        return TICK_S
    return 1e-3 if step >= MIN_MS and last > duration_s + 1.0 and all(map(math.isfinite, times)) else 1.0
