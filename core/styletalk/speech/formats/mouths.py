# SPDX-License-Identifier: Apache-2.0
"""Mouth shapes in time: Rhubarb's TSV, JSON and XML, switch files of Moho, projects of Papagayo."""

import math
from collections.abc import Iterable, Mapping, Sequence
from typing import Any
from xml.etree.ElementTree import Element

from ...files.reading import UnusableContent
from .spoken import Interval, Spoken, check_count, seconds, until_next
from .symbol_tables import AZURE, OCULUS, POLLY, PRESTON_BLAIR, RHUBARB

RHUBARB_NOTE = "Rhubarb tells nine mouth shapes apart, not forty phonemes: lips follow more coarsely."
SHAPES_NOTE = "Mouth shapes tell less than forty phonemes: lips follow more coarsely."
_AZURE = {str(number): phoneme for number, phoneme in enumerate(AZURE)}
MOUTH_SETS = {"Rhubarb": RHUBARB, "Preston Blair": PRESTON_BLAIR, "Oculus": OCULUS, "Azure": _AZURE, "Polly": POLLY}
MOHO_RATES = (24.0, 25.0, 30.0, 48.0, 50.0, 60.0)
"""Frames a second that a switch file may have; it does not say which. The first is what Moho and Rhubarb take."""


def mouth_set(labels: Iterable[str]) -> Mapping[str, str] | None:
    """The set of mouth shapes that all labels are of, or None where they must be phonemes."""
    different = {label for label in labels if label}
    found = next((shapes for shapes in MOUTH_SETS.values() if different and different <= shapes.keys()), None)
    small = {shape.lower(): phoneme for shape, phoneme in PRESTON_BLAIR.items()}
    if found is None and different & {"ai", "mbp", "fv", "wq", "Rest", "REST", "ETC"}:
        small |= {label: small[label.lower()] for label in different if label.lower() in small}
        return small if different <= small.keys() else None
    return found


def rhubarb(cues: Iterable[tuple[Any, Any, Any]]) -> Spoken:
    """Rhubarb's cues, (start, end, shape) each. Raises UnusableContent for shapes of others."""
    try:
        shapes = [Interval(seconds(start), seconds(end), str(shape)) for start, end, shape in cues]
    except TypeError as error:
        raise UnusableContent("it has a cue without a mouth shape of Rhubarb's") from error
    if any(each.text not in RHUBARB for each in shapes):
        raise UnusableContent("it has a cue without a mouth shape of Rhubarb's")
    return Spoken("Rhubarb mouth shapes", shapes, symbols=RHUBARB, note=RHUBARB_NOTE)


def rhubarb_xml(root: Element) -> Spoken:
    """Rhubarb's XML: mouthCue elements with start and end."""
    return rhubarb((cue.get("start"), cue.get("end"), (cue.text or "").strip()) for cue in root.iter("mouthCue"))


def shapes_in_lines(lines: Sequence[tuple[float, str]], duration_s: float, method: str) -> Spoken:
    """Lines of (start_s, label) as TSV files have them: Rhubarb's, another set's, or phonemes."""
    cues = until_next(lines, duration_s)
    shapes = mouth_set(label for _, label in lines)
    if shapes is RHUBARB:
        return rhubarb((each.start_s, each.end_s, each.text) for each in cues)
    return Spoken(method, cues, symbols=shapes, note=SHAPES_NOTE if shapes else "")


def read_moho(text: str, duration_s: float, part: str) -> Spoken:
    """A switch file of Moho: "frame shape" lines. part: the frames a second, where not 24."""
    check_count(text.count("\n"))
    lines = [line.split(None, 1) for line in text.split("\n")[1:] if line.strip()]
    if not lines or any(len(line) != 2 for line in lines):
        raise UnusableContent("it has a line that is not a frame and a mouth shape")
    frames = [(seconds(frame), label.strip()) for frame, label in lines]
    if frames[0][0] >= 1 and frames[0][0] == math.floor(frames[0][0]):
        frames = [(frame - 1, label) for frame, label in frames]  # Moho counts from 1
    last = frames[-1][0]
    rate = _rate(part) or next((rate for rate in MOHO_RATES if last / rate <= duration_s + 0.5), MOHO_RATES[-1])
    spoken = shapes_in_lines([(frame / rate, label) for frame, label in frames], duration_s, "Moho switch file")
    note = f"{spoken.note} {rate:g} frames a second were taken; for another rate, say 25, add #25 to the file's name."
    return Spoken(spoken.method, spoken.phones, symbols=spoken.symbols, note=note.strip())


def _rate(part: str) -> float | None:
    try:
        rate = float(part)
    except ValueError:
        return None
    return rate if 1 <= rate <= 1000 else None


def read_papagayo(text: str, duration_s: float, part: str) -> Spoken:
    """A project of Papagayo: its voices, phrases, words and phonemes in frames. part: a voice's name."""
    check_count(text.count("\n"))
    lines = iter([line.strip() for line in text.split("\n")][1:])
    try:
        _ = next(lines)
        rate, length = seconds(next(lines)), seconds(next(lines))
        voices = [_voice(lines) for _ in range(_count(next(lines)))]
    except StopIteration:
        raise UnusableContent("it breaks off") from None
    return _of_voice(voices, rate, length, part)


def read_papagayo_json(content: "dict[str, Any]", part: str) -> Spoken:
    """The same project as JSON."""
    voices = []
    for voice in content["voices"]:
        words = [word for phrase in voice.get("phrases", ()) for word in phrase.get("words", ())]
        frames = [(seconds(p["frame"]), str(p["text"])) for word in words for p in word.get("phonemes", ())]
        spans = [(str(w["text"]), seconds(w["start_frame"]), seconds(w["end_frame"])) for w in words]
        voices.append((str(voice.get("name", "")), frames, spans))
    return _of_voice(voices, seconds(content["fps"]), seconds(content["sound_duration"]), part)


_Voice = tuple[str, list[tuple[float, str]], list[tuple[str, float, float]]]
"""A voice's name, its phonemes by frame, and its words with their first and last frame."""


def _voice(lines: Any) -> _Voice:
    name, _ = next(lines), next(lines)
    frames: list[tuple[float, str]] = []
    words: list[tuple[str, float, float]] = []
    for _ in range(_count(next(lines))):
        _ = next(lines), next(lines), next(lines)
        for _ in range(_count(next(lines))):
            word, first, last, count = next(lines).rsplit(None, 3)
            words.append((word, seconds(first), seconds(last)))
            for _ in range(_count(count)):
                frame, label = next(lines).split(None, 1)
                frames.append((seconds(frame), label))
    return name, frames, words


def _count(text: str) -> int:
    return int(seconds(text))


def _of_voice(voices: "list[_Voice]", rate: float, length: float, part: str) -> Spoken:
    spoken = [voice for voice in voices if voice[1] and part.lower() in ("", voice[0].lower())]
    if not spoken or rate < 1:
        raise UnusableContent(f"it has no mouths{' of ' + part if part else ''}, or no rate")
    name, frames, words = spoken[0]
    others = [voice[0] for voice in voices if voice[1] and voice[0] != name]
    phones = _closed_between_words(until_next(sorted(frames), length), words)
    shapes = mouth_set(each.text for each in phones)
    note = SHAPES_NOTE if shapes else ""
    if others:
        note += f" Only the voice {name[:40]} was read, not {', '.join(others)[:60]}: add #{others[0][:40]} for that."
    return Spoken("Papagayo", [_timed(each, rate) for each in phones], symbols=shapes, note=note.strip())


def _closed_between_words(phones: "list[Interval]", words: "list[tuple[str, float, float]]") -> list[Interval]:
    """The last mouth of a word ends with the word: a frame after its last one."""
    ends = sorted(last + 1 for _, _, last in words)
    kept, at = [], 0
    for each in phones:
        while at < len(ends) and ends[at] <= each.start_s:
            at += 1
        end = min(each.end_s, ends[at]) if at < len(ends) else each.end_s
        kept.append(Interval(each.start_s, max(end, each.start_s), each.text))
    return kept


def _timed(frames: Interval, rate: float) -> Interval:
    return Interval(frames.start_s / rate, frames.end_s / rate, frames.text)
