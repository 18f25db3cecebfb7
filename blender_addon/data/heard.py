# SPDX-License-Identifier: GPL-3.0-or-later
# Blender declares properties as annotations
# pyright: reportInvalidTypeForm=false
"""What was heard of a line, as the .blend keeps it with the line: words and phonemes, which the animator may correct.

Each thing that can be corrected stands here twice: as it was, and as the list shows and takes it. `corrections` reads
what was changed from the difference. Callbacks would be simpler, but bpy 4.2 crashes when Python ends once a class
with one was registered.
"""

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

from ..compat import overridable
from ..styletalk.phonemes import PHONEMES, SILENCE
from ..styletalk.request import MAX_INTENSITY

UNKNOWN = -1.0
"""The confidence of a word that nobody has listened for."""
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
PHONEME_ITEMS = [(each, each, f"As in “{word}”") for each, word in zip(SYMBOLS, _EXAMPLES, strict=True)]


@overridable
class StyleTalkWord(bpy.types.PropertyGroup):
    """A word from start_s to end_s. text: as its phonemes say it; word: as the list shows and takes it.
    style: a preset or the path of a style file that this word is spoken in; "" as the line."""

    text: StringProperty(options={"HIDDEN"})
    start_s: FloatProperty(options={"HIDDEN"})
    end_s: FloatProperty(options={"HIDDEN"})
    confidence: FloatProperty(options={"HIDDEN"}, default=UNKNOWN)
    word: StringProperty(
        name="Word",
        description="What is said. After a change, bake: the lips speak it, and all other words stay where they are",
    )
    style: StringProperty(options={"HIDDEN"})
    style_intensity: FloatProperty(
        name="Intensity", description="How strong the style of this word is", default=1.0, min=0.0, max=MAX_INTENSITY
    )


@overridable
class StyleTalkPhoneme(bpy.types.PropertyGroup):
    """A phoneme that was `was`, from start_s to end_s; symbol, start and end: as the list shows and takes them.

    missed_mm: between lips that should have met in the last bake; 0: they did.
    """

    was: StringProperty(options={"HIDDEN"})
    start_s: FloatProperty(options={"HIDDEN"})
    end_s: FloatProperty(options={"HIDDEN"})
    missed_mm: FloatProperty(options={"HIDDEN"})
    symbol: EnumProperty(
        name="Phoneme",
        description="What the mouth says here, in ARPAbet",
        items=PHONEME_ITEMS,
    )
    start: FloatProperty(
        name="Start (s)",
        description="Where the mouth begins to say it, in seconds of the sound. A neighbour that touches it goes along",
        precision=3,
        step=1,
    )
    end: FloatProperty(
        name="End (s)",
        description="Where the mouth ends to say it, in seconds of the sound. A neighbour that touches it goes along",
        precision=3,
        step=1,
    )


@overridable
class StyleTalkHeard(bpy.types.PropertyGroup):
    """What was heard of a line. version: see `corrections.VERSION`. method, note, duration_s: as in PhonemeTrack.

    source: see `corrections.source_of`. kept: the last bake, see `kept_animations`. corrected: whether the animator has
    changed something that the lists show as it is now.
    """

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
        name="Show in Timeline", description="Draw the phonemes of the active line over the timeline", default=True
    )
    details: BoolProperty(
        name="Details", description="Show all that the report of the bake says: how words were found, errors, edits"
    )
    live: BoolProperty(
        name="Live",
        description="Bake again by itself when the active line was changed and rests for a moment, as sliders do",
    )


def selected_word(line: Any) -> Any | None:
    """The word of a line's list that buttons mean."""
    words, place = line.heard.words, line.heard.active_word
    return words[place] if 0 <= place < len(words) else None


classes = (StyleTalkWord, StyleTalkPhoneme, StyleTalkHeard, StyleTalkView)


def attach() -> None:
    """Hang the view's settings on scenes; what is heard hangs on lines."""
    bpy.types.Scene.styletalk_view = PointerProperty(type=StyleTalkView)


def detach() -> None:
    """The mirror of `attach`."""
    del bpy.types.Scene.styletalk_view
