# SPDX-License-Identifier: Apache-2.0
"""Subtitles → their lines and times: SubRip, WebVTT, YouTube's SBV, (Advanced) SubStation Alpha, lyrics (.lrc)."""

import re
from dataclasses import dataclass
from itertools import islice

from ...files.limits import MAX_SUBTITLES

_TIME = r"(?:(\d{1,4}):)?(\d{1,2}):(\d{1,2})(?:[.,](\d{1,3}))?"
_TIMES = re.compile(rf"^[ \t]*{_TIME}(?:[ \t]*-->[ \t]*|(?<=\.\d\d\d),){_TIME}(?![\d:])", re.MULTILINE)
_DIALOGUE = re.compile(r"^Dialogue:.*\d:\d", re.MULTILINE)
_LYRICS = re.compile(r"^\[(\d{1,3}):(\d\d)[.:](\d{2,3})\](.*)$", re.MULTILINE)
_ASS_TIME = re.compile(rf"\s*{_TIME}\s*$")
_NEVER_SHOWN = re.compile(r"\s*(?:WEBVTT|NOTE|STYLE|REGION)(?![^\s:])")
"""How the blocks of a WebVTT file begin that are comments or formatting."""
_BLANK_LINES = re.compile(r"\n[ \t]*\n")
_ROLLING = re.compile(r"<\d\d:\d\d:\d\d\.\d+>")
"""Times of words: captions that roll up show each line twice."""
_ASS_FIELDS = ("layer", "start", "end", "style", "name", "marginl", "marginr", "marginv", "effect", "text")
_DRAWING = re.compile(r"\{[^{}]*\\p[1-9]")


@dataclass(frozen=True)
class Subtitle:
    """What is shown between start_s and end_s; None where they are not known."""

    text: str
    start_s: float | None = None
    end_s: float | None = None


def subtitles(text: str) -> tuple[Subtitle, ...]:
    r"""What subtitles show, in order of time; () for another text. text: with lines that end in "\n".

    Of a file with more than MAX_SUBTITLES, one more than these.
    """
    shown = _substation(text) if _DIALOGUE.search(text) else ()
    return tuple(shown or _timed_blocks(text) or _lyrics(text))


def are_subtitles(text: str) -> bool:
    """Whether a text has a line of times as subtitles have them."""
    return (_DIALOGUE.search(text) or _TIMES.search(text) or _LYRICS.search(text)) is not None


def _substation(text: str) -> list[Subtitle]:
    fields, events = _ASS_FIELDS, False
    shown: dict[Subtitle, None] = {}  # layers show the same text twice
    for line in text.split("\n"):
        if len(shown) > MAX_SUBTITLES:
            break
        kind, _, rest = line.partition(":")
        if line.startswith("["):
            events = line.lower().startswith("[events]")
        elif kind == "Format" and events:
            fields = tuple(name.strip().lower() for name in rest.split(","))
        elif kind == "Dialogue":
            values = dict(zip(fields, rest.split(",", len(fields) - 1), strict=False))
            start, end = (_ASS_TIME.match(values.get(name, "")) for name in ("start", "end"))
            said = values.get("text", "")
            if start and end and not _DRAWING.search(said):
                said = re.sub(r"\\[Nnh]", " ", re.sub(r"\{[^{}]*\}", "", said))
                shown[Subtitle(said, _seconds(start.groups()), _seconds(end.groups()))] = None
    return sorted(shown, key=lambda each: each.start_s or 0.0)


def _lyrics(text: str) -> list[Subtitle]:
    """Lines behind a time in brackets, each until the next; the last one's end is not known."""
    found = list(islice(_LYRICS.finditer(text), MAX_SUBTITLES + 1))
    if any(line.strip() and not line.startswith("[") for line in text.split("\n")):
        return []
    starts = [_seconds((None, *each.groups()[:3])) for each in found]
    ends = [*starts[1:], None] if starts else []
    return [Subtitle(each[4], start, end) for each, start, end in zip(found, starts, ends, strict=True)]


def _timed_blocks(text: str) -> list[Subtitle]:
    found = list(islice(_TIMES.finditer(text), MAX_SUBTITLES + 1))
    if not found:
        return []
    rolling, last_line = _ROLLING.search(text) is not None, ""
    shown = [Subtitle(_without_name("\n" + text[: found[0].start()]))]
    for this, following in zip(found, [*found[1:], None], strict=True):
        stop = following.start() if following else len(text)
        _, _, body = text[this.end() : stop].partition("\n")
        lines = [line for line in (_without_name(body) if following else _shown(body)).split("\n") if line.strip()]
        if rolling and lines and _plain(lines[0]) == last_line:
            del lines[0]
        last_line = _plain(lines[-1]) if lines else last_line
        shown.append(Subtitle("\n".join(lines), _seconds(this.groups()[:4]), _seconds(this.groups()[4:])))
    return [each for each in shown if each.text.strip()] or [Subtitle("")]  # their times are no words


def _without_name(body: str) -> str:
    """What stands above the times of a cue, without the cue's own name or number in the line before them."""
    above, line_end, name = body.rstrip("\n").rpartition("\n")
    after_blank = line_end and not above.rpartition("\n")[2].strip()
    named = not body.endswith("\n\n") and (name.strip().isdigit() or after_blank)
    return _shown(above if named else body)


def _shown(body: str) -> str:
    return "\n".join(block for block in _BLANK_LINES.split(body) if not _NEVER_SHOWN.match(block))


def _plain(line: str) -> str:
    return re.sub(r"<[^<>]*>", "", line).strip()


def _seconds(parts: "tuple[str | None, ...]") -> float:
    hours, minutes, seconds, fraction = parts
    return int(hours or 0) * 3600 + int(minutes or 0) * 60 + int(seconds or 0) + float(f"0.{fraction or 0}")
