# SPDX-License-Identifier: GPL-3.0-or-later
# Blender declares properties as annotations
# pyright: reportInvalidTypeForm=false
"""What was heard of a line, as the .blend keeps it with the line: words and phonemes, which the animator may correct.

Corrections are the animator's from then on: bakes use them in place of what is heard, for as long as the sound and the
words that the line is told to speak are the same.
"""

import contextlib
import hashlib
from collections.abc import Iterator, Mapping, Sequence
from pathlib import PurePath
from typing import Any

import bpy
from bpy.props import (
    BoolProperty,
    CollectionProperty,
    EnumProperty,
    FloatProperty,
    IntProperty,
    PointerProperty,
    StringProperty,
)

from ..styletalk import track_edits
from ..styletalk.phonemes import PHONEMES, SILENCE, PhonemeSegment, PhonemeTrack, WordSegment

VERSION = 1
"""Of what is kept with a line. 0: nothing was heard yet."""
UNKNOWN = -1.0
"""The confidence of a word that nobody has listened for."""
LOW_CONFIDENCE = 0.65
"""A word that is heard less surely asks to be looked at: docs/words-and-phonemes.md."""
NOISE = "NSN"
"""A symbol that never occurs in labels: the mouth is at rest, as in a pause."""
SYMBOLS = (SILENCE, *(each for each in PHONEMES if each not in (SILENCE, NOISE)))
# fmt: off
_EXAMPLES = (
    "a pause", "odd", "at", "hut", "ought", "cow", "hide", "be", "cheese", "dee", "thee", "Ed", "hurt", "ate", "fee",
    "green", "he", "it", "eat", "gee", "key", "lee", "me", "knee", "ping", "oat", "toy", "pee", "read", "sea", "she",
    "tea", "theta", "hood", "two", "vee", "we", "yield", "zee", "seizure",
)
# fmt: on
_filling = False
"""Whether the add-on itself writes, and not the animator."""


@contextlib.contextmanager
def _written_by_us() -> Iterator[None]:
    global _filling
    before, _filling = _filling, True
    try:
        yield
    finally:
        _filling = before


def redraw() -> None:
    """Show a correction wherever words and phonemes are seen."""
    for window in bpy.context.window_manager.windows:
        for area in window.screen.areas:
            if area.type in ("VIEW_3D", "DOPESHEET_EDITOR"):
                area.tag_redraw()


def _group_of(item: Any) -> Any:
    """What was heard of the line that a word or phoneme belongs to."""
    path = item.path_from_id()
    for name in (".words[", ".phonemes["):
        path = path.rpartition(name)[0] or path
    return item.id_data.path_resolve(path)


def _place_of(items: Any, item: Any) -> int:
    return next(place for place, each in enumerate(items) if each == item)


def _symbol_changed(item: Any, context: Any) -> None:
    if not _filling:
        item.missed_mm = 0.0
        _group_of(item).corrected = True
        redraw()


def _set_start(item: Any, value: float) -> None:
    _move(item, track_edits.with_start, value)


def _set_end(item: Any, value: float) -> None:
    _move(item, track_edits.with_end, value)


def _move(item: Any, edit: Any, value: float) -> None:
    """Move a boundary of a phoneme, and its neighbour's where they touch."""
    group = _group_of(item)
    place = _place_of(group.phonemes, item)
    moved = edit(track_of(group), place, value)
    for each, segment in zip(group.phonemes, moved.segments, strict=True):
        each.start_s, each.end_s = segment.start_s, segment.end_s
    group.corrected = True
    redraw()


def _set_word(item: Any, value: str) -> None:
    """Another word: its phonemes are not known until the next bake. In place, for Blender holds on to the row."""
    if value.strip() == item.text:
        return
    group = _group_of(item)
    for place in reversed(range(len(group.phonemes))):
        phoneme = group.phonemes[place]
        if item.start_s <= (phoneme.start_s + phoneme.end_s) / 2 < item.end_s:
            group.phonemes.remove(place)
    item.text, item.confidence = value.strip(), UNKNOWN
    group.active_phoneme = max(0, min(group.active_phoneme, len(group.phonemes) - 1))
    group.corrected = True
    redraw()


class StyleTalkWord(bpy.types.PropertyGroup):
    """A word. text, start_s, end_s, confidence: as heard or corrected; `word` is what the list shows and takes."""

    text: StringProperty(options={"HIDDEN"})
    start_s: FloatProperty(options={"HIDDEN"})
    end_s: FloatProperty(options={"HIDDEN"})
    confidence: FloatProperty(options={"HIDDEN"}, default=UNKNOWN)
    word: StringProperty(
        name="Word",
        description="What is said. After a change, bake: the lips speak it, and all other words stay where they are",
        get=lambda self: self.text,
        set=_set_word,
    )


class StyleTalkPhoneme(bpy.types.PropertyGroup):
    """A phoneme from start_s to end_s. missed_mm: between lips that should have met in the last bake; 0: they did."""

    start_s: FloatProperty(options={"HIDDEN"})
    end_s: FloatProperty(options={"HIDDEN"})
    missed_mm: FloatProperty(options={"HIDDEN"})
    symbol: EnumProperty(
        name="Phoneme",
        description="What the mouth says here, in ARPAbet",
        items=[(each, each, f"As in “{word}”") for each, word in zip(SYMBOLS, _EXAMPLES, strict=True)],
        update=_symbol_changed,
    )
    start: FloatProperty(
        name="Start",
        description="Where the mouth begins to say it, in seconds of the sound. A neighbour that touches it goes along",
        get=lambda self: self.start_s,
        set=_set_start,
        precision=3,
        step=1,
        subtype="TIME_ABSOLUTE",
    )
    end: FloatProperty(
        name="End",
        description="Where the mouth ends to say it, in seconds of the sound. A neighbour that touches it goes along",
        get=lambda self: self.end_s,
        set=_set_end,
        precision=3,
        step=1,
        subtype="TIME_ABSOLUTE",
    )


class StyleTalkHeard(bpy.types.PropertyGroup):
    """What was heard of a line. method, note, duration_s: as in PhonemeTrack. source: see `source_of`. kept: the last
    bake, see `kept_animations`. corrected: whether the animator changed something."""

    version: IntProperty(options={"HIDDEN"})
    method: StringProperty(options={"HIDDEN"})
    note: StringProperty(options={"HIDDEN"})
    duration_s: FloatProperty(options={"HIDDEN"})
    source: StringProperty(options={"HIDDEN"})
    kept: StringProperty(options={"HIDDEN"})
    corrected: BoolProperty(options={"HIDDEN"})
    words: CollectionProperty(type=StyleTalkWord)
    phonemes: CollectionProperty(type=StyleTalkPhoneme)
    active_word: IntProperty(name="Word", description="The word that buttons mean")
    active_phoneme: IntProperty(name="Phoneme", description="The phoneme that buttons mean")


class StyleTalkView(bpy.types.PropertyGroup):
    """How the scene shows what is said, and when it bakes by itself."""

    show_strip: BoolProperty(
        name="Show in Timeline", description="Draw the phonemes of the active line over the timeline", default=True,
        update=lambda self, context: redraw(),
    )  # fmt: skip
    live: BoolProperty(
        name="Live",
        description="Bake again by itself when the active line was changed and rests for a moment, as sliders do",
    )


def source_of(line: Any) -> str:
    """A digest of what decides the words of a line: corrections belong to these and to no others."""
    told = line.transcript.as_string() if line.words == "TEXT" and line.transcript is not None else ""
    if line.words in ("TEXT_FILE", "ALIGNMENT"):
        told = PurePath(line.words_file.replace("\\", "/")).name
    sound = PurePath(line.audio.replace("\\", "/")).name  # folders change as a .blend is saved or moved
    return _digest(sound, line.words, told, line.language)


def is_current(line: Any) -> bool:
    """Whether what was heard is of the sound and the words that the line has now."""
    return line.heard.version > 0 and line.heard.source == source_of(line)


def has_corrections(line: Any) -> bool:
    """Whether a bake is to use what the animator has corrected."""
    return line.heard.corrected and is_current(line)


def corrections_of(line: Any) -> str:
    """A digest of the animator's corrections, or "" where there are none that count."""
    if not has_corrections(line):
        return ""
    track = track_of(line.heard)
    rounded = [(each.phoneme, round(each.start_s, 4), round(each.end_s, 4)) for each in track.segments]
    return _digest(*map(repr, rounded), *(each.word for each in track.words))


def track_of(group: Any) -> PhonemeTrack:
    """The words and phonemes as a track; words without text are none."""
    segments = tuple(PhonemeSegment(each.symbol, each.start_s, each.end_s) for each in group.phonemes)
    words = tuple(
        WordSegment(each.text, each.start_s, each.end_s, each.confidence if each.confidence >= 0.0 else None)
        for each in group.words
        if each.text
    )
    return PhonemeTrack(segments, group.duration_s, group.method, group.note, words)


def fill(group: Any, track: PhonemeTrack, missed: Sequence[tuple[float, float]] = ()) -> None:
    """Let the lists show a track. missed: (start_s, gap_mm) of closures with open lips."""
    gaps_mm = {round(start_s, 3): gap_mm for start_s, gap_mm in missed}
    with _written_by_us():
        group.version, group.duration_s = VERSION, track.duration_s
        group.method, group.note = track.method, track.note
        _fill_words(group.words, track)
        _fill_phonemes(group.phonemes, track, gaps_mm)
        group.active_word = max(0, min(group.active_word, len(group.words) - 1))
        group.active_phoneme = max(0, min(group.active_phoneme, len(group.phonemes) - 1))


def _fill_words(items: Any, track: PhonemeTrack) -> None:
    items.clear()
    for word in track.words:
        item = items.add()
        item.text, item.start_s, item.end_s = word.word, word.start_s, word.end_s
        item.confidence = UNKNOWN if word.confidence is None else word.confidence


def _fill_phonemes(items: Any, track: PhonemeTrack, gaps_mm: Mapping[float, float]) -> None:
    """Pauses are what is left out, as PhonemeTrack has them."""
    items.clear()
    for segment in track.segments:
        if segment.phoneme in (SILENCE, NOISE):
            continue
        item = items.add()
        item.symbol = segment.phoneme
        item.start_s, item.end_s = segment.start_s, segment.end_s
        item.missed_mm = gaps_mm.get(round(segment.start_s, 3), 0.0)


def correct(line: Any, track: PhonemeTrack) -> None:
    """Let the lists show a track that the animator has made of what was heard."""
    missed = [(each.start_s, each.missed_mm) for each in line.heard.phonemes if each.missed_mm]
    fill(line.heard, track, missed)
    line.heard.source, line.heard.corrected = source_of(line), True
    redraw()


def forget(line: Any) -> None:
    """Nothing was heard of the line."""
    group = line.heard
    group.words.clear()
    group.phonemes.clear()
    group.version, group.corrected, group.kept = 0, False, ""


def is_doubtful(word: Any) -> bool:
    """Whether a word of the list asks to be looked at."""
    return 0.0 <= word.confidence < LOW_CONFIDENCE


def word_of(group: Any, phoneme: Any) -> str:
    """The word that a phoneme of the list belongs to, or ""."""
    middle_s = (phoneme.start_s + phoneme.end_s) / 2
    return next((each.text for each in group.words if each.start_s <= middle_s < each.end_s), "")


def phoneme_at(group: Any, time_s: float) -> int:
    """The place of the phoneme that is said at a time, or of the last one before it; -1 before the first."""
    return sum(each.start_s <= time_s + track_edits.SAME_S for each in group.phonemes) - 1


def _digest(*parts: str) -> str:
    return hashlib.sha256("\0".join(parts).encode("utf-8", "replace")).hexdigest()[:16]


classes = (StyleTalkWord, StyleTalkPhoneme, StyleTalkHeard, StyleTalkView)


def attach() -> None:
    """Hang the view's settings on scenes; what is heard hangs on lines."""
    bpy.types.Scene.styletalk_view = PointerProperty(type=StyleTalkView)


def detach() -> None:
    """The mirror of `attach`."""
    del bpy.types.Scene.styletalk_view
