# SPDX-License-Identifier: GPL-3.0-or-later
"""What the animator has corrected of what was heard: the lists of a line as a track, and back.

Corrections are the animator's from then on: bakes use them in place of what is heard, for as long as the sound and the
words that the line is told to speak are the same.
"""

import hashlib
from collections.abc import Mapping, Sequence
from pathlib import PurePath
from typing import Any

import bpy
import numpy as np

from ..styletalk import track_edits
from ..styletalk.phonemes import SILENCE, PhonemeSegment, PhonemeTrack, WordSegment
from .heard import NOISE, SYMBOLS, UNKNOWN
from .line_strips import heard_part

VERSION = 1
"""Of what is kept with a line. 0: nothing was heard yet."""
LOW_CONFIDENCE = 0.65
"""A word that is heard less surely asks to be looked at: docs/words-and-phonemes.md."""


def source_of(line: Any) -> str:
    """A digest of what decides the words of a line: corrections belong to these and to no others."""
    told = line.transcript.as_string() if line.words == "TEXT" and line.transcript is not None else ""
    if line.words in ("TEXT_FILE", "ALIGNMENT"):
        told = _file_name(line.words_file)
    part = heard_part(line, bpy.context.scene)
    heard = "" if part is None else " ".join(f"{second:.3f}" for second in part.rounded())
    return _digest(_file_name(line.audio), line.words, told, line.language, heard)


def is_current(line: Any) -> bool:
    """Whether what was heard is of the sound and the words that the line has now."""
    return line.heard.version > 0 and line.heard.source == source_of(line)


def has_corrections(line: Any) -> bool:
    """Whether a bake is to use what the animator has corrected."""
    return line.heard.version > 0 and is_corrected(line.heard) and is_current(line)


def is_corrected(group: Any) -> bool:
    """Whether something is other than it was heard."""
    words, phonemes = group.words, group.phonemes
    is_other = any(each.word != each.text for each in words) or any(each.symbol != each.was for each in phonemes)
    return group.corrected or is_other or _has_moved(phonemes)


def corrections_of(line: Any) -> str:
    """A digest of the animator's corrections, or "" where there are none that count."""
    if not has_corrections(line):
        return ""
    phonemes = line.heard.phonemes
    numbers = [np.round(_numbers(phonemes, name), 4).tobytes().hex() for name in ("start", "end", "symbol")]
    return _digest(*numbers, *(each.word for each in line.heard.words))


def track_of(group: Any) -> PhonemeTrack:
    """The words and phonemes as a track, as they are corrected; words without text are none."""
    segments = tuple(PhonemeSegment(each.symbol, each.start_s, each.end_s) for each in group.phonemes)
    words = tuple(_word(each) for each in group.words if each.text)
    track = PhonemeTrack(segments, group.duration_s, group.method, group.note, words)
    for place, each in enumerate(group.phonemes):
        if each.start != each.start_s:
            track = track_edits.with_start(track, place, each.start)
        if each.end != each.end_s:
            track = track_edits.with_end(track, place, each.end)
    shown = [each for each in group.words if each.text]
    for place in reversed(range(len(shown))):
        if shown[place].word != shown[place].text:
            track = track_edits.with_word(track, place, shown[place].word)
    return track


def fill(group: Any, track: PhonemeTrack, missed: Sequence[tuple[float, float]] = ()) -> None:
    """Let the lists show a track. missed: (start_s, gap_mm) of closures with open lips."""
    gaps_mm = {round(start_s, 3): gap_mm for start_s, gap_mm in missed}
    group.version, group.duration_s = VERSION, track.duration_s
    group.method, group.note = track.method, track.note
    _fill_words(group.words, track)
    _fill_phonemes(group.phonemes, track, gaps_mm)
    group.active_word = max(0, min(group.active_word, len(group.words) - 1))
    group.active_phoneme = max(0, min(group.active_phoneme, len(group.phonemes) - 1))


def correct(line: Any, track: PhonemeTrack) -> None:
    """Let the lists show a track that the animator has made of what was heard."""
    missed = [(each.start_s, each.missed_mm) for each in line.heard.phonemes if each.missed_mm]
    fill(line.heard, track, missed)
    line.heard.source, line.heard.corrected = source_of(line), True
    redraw()


def settle(group: Any) -> bool:
    """After a boundary was moved in a list, let its neighbour go along and both stay in order. Returns whether any was.

    Everything stays at its place in memory: Blender may be in the middle of dragging one of these numbers.
    """
    if not _has_moved(group.phonemes):
        return False
    words = [(each, each.word) for each in group.words]
    for each, _ in words:
        each.word = each.text
    track = track_of(group)
    for each, word in words:
        each.word = word
    for each, segment in zip(group.phonemes, track.segments, strict=True):
        each.start_s, each.end_s = segment.start_s, segment.end_s
        each.start, each.end = each.start_s, each.end_s
    group.corrected = True
    return True


def forget(group: Any) -> None:
    """The animator has corrected nothing; the lists go on showing what they show."""
    track = track_of(group)
    fill(group, track)
    group.corrected = False


def is_doubtful(word: Any) -> bool:
    """Whether a word of the list asks to be looked at."""
    return word.word == word.text and 0.0 <= word.confidence < LOW_CONFIDENCE


def word_of(group: Any, phoneme: Any) -> Any | None:
    """The word that a phoneme of the list belongs to."""
    middle_s = (phoneme.start_s + phoneme.end_s) / 2
    return next((each for each in group.words if each.start_s <= middle_s < each.end_s), None)


def phoneme_at(group: Any, time_s: float) -> int:
    """The place of the phoneme that is said at a time, or of the last one before it; -1 before the first."""
    return sum(each.start_s <= time_s + track_edits.SAME_S for each in group.phonemes) - 1


def redraw() -> None:
    """Show a correction wherever words and phonemes are seen."""
    for window in bpy.context.window_manager.windows:
        for area in window.screen.areas:
            if area.type in ("VIEW_3D", "DOPESHEET_EDITOR"):
                area.tag_redraw()


def _word(item: Any) -> WordSegment:
    return WordSegment(item.text, item.start_s, item.end_s, item.confidence if item.confidence >= 0.0 else None)


def _fill_words(items: Any, track: PhonemeTrack) -> None:
    styled = [((each.start_s, each.end_s), (each.style, each.style_intensity)) for each in items if each.style]
    items.clear()
    for word in track.words:
        item = items.add()
        middle_s = (word.start_s + word.end_s) / 2
        found = (style for (start_s, end_s), style in styled if start_s <= middle_s < end_s)
        item.style, item.style_intensity = next(found, ("", 1.0))
        item.text = item.word = word.word
        item.start_s, item.end_s = word.start_s, word.end_s
        item.confidence = UNKNOWN if word.confidence is None else word.confidence


def _fill_phonemes(items: Any, track: PhonemeTrack, gaps_mm: Mapping[float, float]) -> None:
    """Pauses are what is left out, as PhonemeTrack has them."""
    items.clear()
    for segment in track.segments:
        if segment.phoneme in (SILENCE, NOISE):
            continue
        item = items.add()
        item.symbol = item.was = segment.phoneme
        item.start_s, item.end_s = segment.start_s, segment.end_s
        item.start, item.end = item.start_s, item.end_s
        item.missed_mm = gaps_mm.get(round(segment.start_s, 3), 0.0)


def _has_moved(phonemes: Any) -> bool:
    """Whether some begin or end elsewhere than they did."""
    pairs = (("start", "start_s"), ("end", "end_s"))
    return any(np.any(_numbers(phonemes, shown) != _numbers(phonemes, was)) for shown, was in pairs)


def _numbers(phonemes: Any, name: str) -> np.ndarray:
    """(N,) float64: that property of all phonemes; of symbols their number."""
    if name == "symbol":
        return np.array([SYMBOLS.index(each.symbol) for each in phonemes], np.float64)
    found = np.empty(len(phonemes), np.float32)
    phonemes.foreach_get(name, found)
    return found.astype(np.float64)


def _file_name(path: str) -> str:
    return PurePath(path.replace("\\", "/")).name  # folders change as a .blend is saved or moved


def _digest(*parts: str) -> str:
    return hashlib.sha256("\0".join(parts).encode("utf-8", "replace")).hexdigest()[:16]
