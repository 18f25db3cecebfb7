# SPDX-License-Identifier: Apache-2.0
"""Alignment files: published `*_seq.json` and Praat TextGrid, read and written; Rhubarb's TSV and JSON, read.

All times are seconds of the sound; only `*_seq.json` holds labels per frame, one frame late by convention.
"""

import json
import math
import reprlib
from collections.abc import Callable, Iterable
from dataclasses import replace
from functools import partial
from pathlib import Path
from typing import Any

from ...errors import PhonemeFileError
from ...files.json_text import parse_json
from ...files.reading import UnusableContent, existing_file, explaining
from ...files.text import read_text
from ...files.writing import check_ending, check_writable, written_whole
from ...phonemes import SILENCE, PhonemeSegment, PhonemeTrack, WordSegment
from .symbol_tables import RHUBARB
from .symbols import phoneme_symbol, sampa_symbol
from .textgrid import Interval, read_textgrid, textgrid_text

SAMPA_TIERS = ("mau",)
PHONE_TIERS = ("phones", "phone", "phonemes", "phoneme", *SAMPA_TIERS, "segments")
WORD_TIERS = ("words", "word", "ort-mau", "ort")
RHUBARB_NOTE = "Rhubarb tells nine mouth shapes apart, not forty phonemes: lips follow more coarsely."


def read_alignment(path: Path, duration_s: float) -> PhonemeTrack:
    """The phoneme track in an alignment file of a sound that lasts duration_s. Raises PhonemeFileError."""
    path = Path(path)
    readers = {".json": _read_json, ".textgrid": _read_textgrid, ".tsv": _read_rhubarb_tsv, ".txt": _read_rhubarb_tsv}
    reader = readers.get(path.suffix.lower())
    if reader is None:
        raise PhonemeFileError(
            f"{path.name} is not an alignment that can be read. Give *_seq.json, TextGrid, Rhubarb's .tsv or .json."
        )
    existing_file(path, "alignment file", PhonemeFileError)
    with explaining(partial(_unusable, path)):
        try:
            track = reader(read_text(path), duration_s)
            return replace(track, duration_s=duration_s)  # which says whether it is of this sound
        except PhonemeFileError as error:
            raise PhonemeFileError(f"{path.name}: {error}") from error


def _unusable(path: Path, reason: str) -> PhonemeFileError:
    return PhonemeFileError(
        f"{path.name} is not an alignment that can be used ({reason}). Correct it or export it again."
    )


def alignment_writer(path: Path) -> Callable[[Path, PhonemeTrack], None]:
    """What writes `path`: .TextGrid (Praat) or .json (published labels). Raises OutputError, before the work."""
    check_ending(path, ".TextGrid", ".json")
    check_writable(path)
    return write_seq if path.suffix.lower() == ".json" else write_textgrid


def write_seq(path: Path, track: PhonemeTrack, rows: int | None = None) -> None:
    """Write published labels (a JSON list of integers at 30 fps, one frame late). Raises OutputError."""
    with written_whole(path) as temporary:
        temporary.write_text(json.dumps(track.labels(rows).tolist()), encoding="utf-8")


def write_textgrid(path: Path, track: PhonemeTrack) -> None:
    """Write a Praat TextGrid (long text format) with the tiers words and phones. Raises OutputError."""
    tiers = {
        "words": [Interval(word.start_s, word.end_s, word.word) for word in track.words],
        "phones": [Interval(s.start_s, s.end_s, s.phoneme) for s in track.segments if s.phoneme != SILENCE],
    }
    with written_whole(path) as temporary:
        temporary.write_text(textgrid_text(tiers, track.duration_s), encoding="utf-8")


def _read_json(text: str, duration_s: float) -> PhonemeTrack:
    content = parse_json(text)
    if isinstance(content, list):
        return _from_labels(content)
    if isinstance(content, dict) and isinstance(content.get("mouthCues"), list):
        return _from_rhubarb((cue["start"], cue["end"], cue["value"]) for cue in content["mouthCues"])
    raise UnusableContent("it is neither a list of labels nor Rhubarb's JSON")


def _from_labels(labels: list[Any]) -> PhonemeTrack:
    if not all(type(label) is int for label in labels):
        raise UnusableContent("it holds values that are not whole numbers, one label per frame at 30 fps")
    return PhonemeTrack.from_labels(labels, method="published labels")


def _read_textgrid(text: str, duration_s: float) -> PhonemeTrack:
    tiers = read_textgrid(text)
    name = _tier(tiers, PHONE_TIERS)
    if name is None:
        names = ", ".join(reprlib.repr(tier) for tier in list(tiers)[:5]) or "none"
        raise UnusableContent(f"it has no tier named phones; its tiers: {names}")
    symbol_of = sampa_symbol if _kind(name) in SAMPA_TIERS else phoneme_symbol
    segments = []
    for interval in tiers[name]:
        symbol = symbol_of(interval.text)
        if symbol is None:
            raise UnusableContent(
                f"the symbol {reprlib.repr(interval.text)} at {interval.start_s:.2f} s is neither ARPAbet nor IPA"
            )
        segments.append((interval.start_s, interval.end_s, symbol))
    word_tier = _tier({tier: each for tier, each in tiers.items() if _speaker(tier) == _speaker(name)}, WORD_TIERS)
    words = (WordSegment(i.text, i.start_s, i.end_s) for i in tiers.get(word_tier or "", ()) if i.text.strip())
    note = _other_speakers(tiers, name)
    return _track(segments, "TextGrid", note, tuple(word for word in words if word.end_s != word.start_s))


def _tier(tiers: Iterable[str], kinds: tuple[str, ...]) -> str | None:
    """The first tier of one of these kinds, with or without a speaker before it, as in "ann - phones"."""
    return next((tier for kind in kinds for tier in tiers if _kind(tier) == kind), None)


def _kind(tier: str) -> str:
    return tier.lower().split(" - ")[-1].strip()


def _speaker(tier: str) -> str:
    return tier.lower().rpartition(" - ")[0].strip()


def _other_speakers(tiers: Iterable[str], used: str) -> str:
    """What to tell of phoneme tiers that are left out, or ""."""
    others = [tier for tier in tiers if tier != used and _kind(tier) == _kind(used)]
    return f"Only the tier {used} was read, not {', '.join(others[:5])}." if others else ""


def _read_rhubarb_tsv(text: str, duration_s: float) -> PhonemeTrack:
    """Lines of "start<TAB>shape"; each lasts until the next, the last until the sound ends."""
    cues = []
    for number, line in enumerate(text.splitlines(), start=1):
        if not line.strip():
            continue
        fields = line.split()
        if len(fields) != 2:
            raise UnusableContent(f"line {number} is not a time and a mouth shape")
        cues.append(fields)
    ends = [start for start, _ in cues[1:]] + [max(duration_s, _seconds(cues[-1][0]))] if cues else []
    return _from_rhubarb((start, end, shape) for (start, shape), end in zip(cues, ends, strict=True))


def _from_rhubarb(cues: Iterable[tuple[Any, Any, Any]]) -> PhonemeTrack:
    segments = []
    try:
        for start, end, shape in cues:
            segments.append((_seconds(start), _seconds(end), RHUBARB[shape]))
    except (KeyError, TypeError) as error:
        raise UnusableContent("it has a cue without a mouth shape of Rhubarb's") from error
    return _track(segments, "Rhubarb mouth shapes", RHUBARB_NOTE)


def _seconds(value: Any) -> float:
    try:
        seconds = float(value)
    except (TypeError, ValueError):
        seconds = math.nan
    if not 0 <= seconds < math.inf:
        raise UnusableContent(f"the time {reprlib.repr(value)} is not a number of seconds")
    return seconds


def _track(
    timed: list[tuple[float, float, str]], method: str, note: str = "", words: tuple[WordSegment, ...] = ()
) -> PhonemeTrack:
    """Segments of no length are dropped; they are how some programs write a mark."""
    segments = tuple(PhonemeSegment(symbol, start, end) for start, end, symbol in timed if end != start)
    if not any(segment.phoneme != SILENCE for segment in segments):
        raise UnusableContent("it has no phonemes in it")
    return PhonemeTrack(segments, max(each.end_s for each in (*segments, *words)), method, note, words)
