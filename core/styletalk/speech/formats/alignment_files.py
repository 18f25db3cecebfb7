# SPDX-License-Identifier: Apache-2.0
"""Alignment files of any maker → a phoneme track; ours, published `*_seq.json` and Praat's TextGrid, written.

What a file is, its content tells, not its name. All times are seconds of the sound; only `*_seq.json` holds labels per
frame, one frame late by convention.
"""

import json
import os
import re
from collections.abc import Callable
from dataclasses import dataclass, replace
from functools import partial
from pathlib import Path

from ...errors import PhonemeFileError
from ...files.reading import UnusableContent, existing_file, explaining
from ...files.text import read_text
from ...files.writing import check_ending, check_writable, written_whole
from ...files.xml_text import parse_xml
from ...phonemes import SILENCE, PhonemeTrack
from ..text.subtitles import are_subtitles, subtitles
from .elan import read_elan
from .json_alignments import read_json_alignment
from .label_lines import looks_like_labels, read_labels
from .mouths import read_moho, read_papagayo, rhubarb_xml
from .spoken import Interval, Spoken, one_after_the_other
from .textgrid import CHRONOLOGICAL, read_textgrid, textgrid_text
from .tracks import track_of

_JSON = re.compile(r'\{|\[\s*(?:[\[{"\]\-\d]|true|false|null|$)')
HEAD = 400
"""Characters by which a format is told."""


@dataclass(frozen=True)
class Format:
    """A format of alignments. is_one: told by a text and its head. read: (text, duration_s, part) → what is said."""

    name: str
    is_one: Callable[[str, str], object]
    read: Callable[[str, float, str], Spoken | PhonemeTrack]


def read_alignment(path: Path, duration_s: float) -> PhonemeTrack:
    """The phoneme track in an alignment file of a sound that lasts duration_s. Raises PhonemeFileError.

    path: of several tiers or speakers, one is read; "FILE#NAME" names it. The track's note says what was left out.
    """
    path, part = _file_and_part(Path(path))
    existing_file(path, "alignment file", PhonemeFileError)
    with explaining(partial(_unusable, path)):
        text = read_text(path)
        format_ = next((each for each in FORMATS if each.is_one(text, text[:HEAD].lstrip("\ufeff \t\n"))), None)
        if format_ is None:
            raise PhonemeFileError(
                f"{path.name} is not an alignment that can be read. Give {', '.join(each.name for each in FORMATS)}. "
                "Text without times is a transcript."
            )
        try:
            found = format_.read(text, duration_s, part)
            track = track_of(found) if isinstance(found, Spoken) else found
            return replace(track, duration_s=duration_s)  # which says whether it is of this sound
        except PhonemeFileError as error:
            raise PhonemeFileError(f"{path.name}: {error}") from error


def _file_and_part(path: Path) -> tuple[Path, str]:
    """ "two.TextGrid#ann" → the file, and whose words in it; unless a file has that name itself."""
    file, _, part = path.name.rpartition("#")
    return (path.parent / file, part.strip()) if file and not os.path.exists(path) else (path, "")


def _unusable(path: Path, reason: str) -> PhonemeFileError:
    return PhonemeFileError(
        f"{path.name} is not an alignment that can be used ({reason}). Correct it or export it again."
    )


def _read_xml(text: str, duration_s: float, part: str) -> Spoken:
    root = parse_xml(text)
    if root.tag == "rhubarbResult":
        return rhubarb_xml(root)
    if root.tag == "ANNOTATION_DOCUMENT":
        return read_elan(root, part)
    raise UnusableContent(f"its XML is of {root.tag[:40]}, neither ELAN's nor Rhubarb's")


def _read_subtitles(text: str, duration_s: float, part: str) -> Spoken:
    shown = [(each.text, each.start_s, each.end_s) for each in subtitles(text)]
    return Spoken("subtitles", words=one_after_the_other(shown, duration_s))


FORMATS = (
    Format("a Praat TextGrid", lambda _, head: "ooTextFile" in head or CHRONOLOGICAL in head, read_textgrid),
    Format("ELAN's .eaf", lambda _, head: head.startswith("<"), _read_xml),
    Format("a switch file of Moho", lambda _, head: head.startswith("MohoSwitch"), read_moho),
    Format("a project of Papagayo", lambda _, head: head.startswith("lipsync version"), read_papagayo),
    Format("subtitles", lambda text, _: are_subtitles(text), _read_subtitles),
    Format("JSON with times", lambda _, head: _JSON.match(head), read_json_alignment),
    Format("Rhubarb's files, or lines of start, end and label", lambda text, _: looks_like_labels(text), read_labels),
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
