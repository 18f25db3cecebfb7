# SPDX-License-Identifier: GPL-3.0-or-later
"""Corrections of what was heard, phoneme by phoneme; going there, and hearing it. All can be bound to keys."""

from typing import Any, ClassVar

import bpy
from bpy.props import EnumProperty, IntProperty, StringProperty

from .. import compat
from ..baking.tempo import AT_SPEED
from ..data import corrections
from ..data.heard import PHONEME_ITEMS
from ..data.line_strips import heard_part, sounding_strip, start_frame
from ..data.lines import active_line
from ..data.requests import sound_of
from ..faces.open_face import find_face
from ..styletalk import track_edits
from ..styletalk.errors import StyleTalkError
from ..styletalk.phonemes import PhonemeTrack
from .explained import ExplainedOperator

NOTHING_HEARD = "Nothing was heard of this line yet. Bake it first."
OTHER_WORDS = "These are the words of another sound or text. Bake the line again."
NO_SOUND_LIBRARY = "This Blender's Python has no sound library. Play the timeline instead."
_playing: list[Any] = []
"""The handle of what is being heard: it would fall silent if it were let go."""


def frame_of(context: Any, line: Any, time_s: float) -> float:
    """The frame of the scene on which a second of the line's sound is heard."""
    render = context.scene.render
    return _begins(line, context.scene) + time_s * render.fps / render.fps_base


def time_at_playhead(context: Any, line: Any) -> float:
    """The second of the line's sound that is heard at the playhead."""
    render = context.scene.render
    return (context.scene.frame_current - _begins(line, context.scene)) * render.fps_base / render.fps


def _begins(line: Any, scene: Any) -> int:
    """The frame on which the line's sound begins. At the scene's start the face does, and the bake says where its sound
    is."""
    return line.start_frame if line.start == "SCENE" and line.baked else start_frame(line, scene)


def line_of(context: Any) -> Any | None:
    """The active line of the selected face."""
    face = find_face(context.object)
    return active_line(face) if face is not None else None


def heard_reason(context: Any) -> str:
    """Why there is nothing to look at or to go to, or ""."""
    line = line_of(context)
    if line is None:
        return "Select a face with a line."
    return "" if line.heard.version else NOTHING_HEARD


class HeardOperator(ExplainedOperator):
    """Base of what looks at the words and phonemes of the active line."""

    bl_options: ClassVar[set[str]] = {"REGISTER"}

    @classmethod
    def disabled_reason(cls, context: bpy.types.Context) -> str:
        """Why there is nothing to do it with, or ""."""
        return heard_reason(context)


class GoingOperator(HeardOperator):
    """Base of what selects and moves the playhead: steps of undo that follow each other are one, as Blender's own."""

    bl_options: ClassVar[set[str]] = {"REGISTER", "UNDO_GROUPED"}
    bl_undo_group = "StyleTalk Playhead"


class CorrectingOperator(HeardOperator):
    """Base of what corrects them: one step of undo."""

    bl_options: ClassVar[set[str]] = {"REGISTER", "UNDO"}

    @classmethod
    def disabled_reason(cls, context: bpy.types.Context) -> str:
        """Why nothing can be corrected, or ""."""
        reason = heard_reason(context)
        line = line_of(context)
        return reason or ("" if corrections.is_current(line) else OTHER_WORDS)

    def execute(self, context: bpy.types.Context) -> set[str]:
        """Correct the track, or say in a sentence why not."""
        line = line_of(context)
        group = line.heard  # type: ignore[union-attr]
        try:
            track, place = self.corrected(context, line, corrections.track_of(group), group.active_phoneme)
        except StyleTalkError as error:
            self.report({"ERROR"}, str(error))
            return {"CANCELLED"}
        corrections.correct(line, track)
        group.active_phoneme = max(0, min(place, len(group.phonemes) - 1))
        return {"FINISHED"}

    def corrected(self, context: Any, line: Any, track: PhonemeTrack, place: int) -> tuple[PhonemeTrack, int]:
        """The corrected track, and the phoneme that is selected then. Raises TrackEditError."""
        raise NotImplementedError


class STYLETALK_OT_phoneme_split(CorrectingOperator):
    """Make two phonemes of the selected one, both half as long. Give one another symbol, and the mouth says both"""

    bl_idname = "styletalk.phoneme_split"
    bl_label = "Split Phoneme"

    def corrected(self, context: Any, line: Any, track: PhonemeTrack, place: int) -> tuple[PhonemeTrack, int]:
        """The second half is selected."""
        return track_edits.split(track, place), place + 1


class STYLETALK_OT_phoneme_merge(CorrectingOperator):
    """Let the selected phoneme last to the end of the next one, which the mouth says no more"""

    bl_idname = "styletalk.phoneme_merge"
    bl_label = "Merge with Next"

    def corrected(self, context: Any, line: Any, track: PhonemeTrack, place: int) -> tuple[PhonemeTrack, int]:
        """The merged one stays selected."""
        return track_edits.merged_with_next(track, place), place


class STYLETALK_OT_phoneme_remove(CorrectingOperator):
    """Remove the selected phoneme. The mouth is at rest in its time, or goes over to the next one"""

    bl_idname = "styletalk.phoneme_remove"
    bl_label = "Remove Phoneme"

    def corrected(self, context: Any, line: Any, track: PhonemeTrack, place: int) -> tuple[PhonemeTrack, int]:
        """The next one is selected."""
        return track_edits.removed(track, place), place


class STYLETALK_OT_phoneme_insert(CorrectingOperator):
    """Let the mouth say another phoneme from the playhead on: in a pause, or for the rest of the phoneme there"""

    bl_idname = "styletalk.phoneme_insert"
    bl_label = "Insert Phoneme at Playhead"

    symbol: EnumProperty(  # type: ignore[valid-type]
        name="Phoneme", description="What the mouth says there", items=PHONEME_ITEMS[1:]
    )

    def corrected(self, context: Any, line: Any, track: PhonemeTrack, place: int) -> tuple[PhonemeTrack, int]:
        """The new one is selected."""
        return track_edits.inserted(track, time_at_playhead(context, line), self.symbol)


class STYLETALK_OT_phoneme_step(GoingOperator):
    """Select the next or previous phoneme and go there with the playhead"""

    bl_idname = "styletalk.phoneme_step"
    bl_label = "Next Phoneme"

    direction: EnumProperty(  # type: ignore[valid-type]
        name="Direction", description="Which phoneme is selected",
        items=(("NEXT", "Next", "The next phoneme"), ("PREVIOUS", "Previous", "The one before")),
    )  # fmt: skip

    def execute(self, context: bpy.types.Context) -> set[str]:
        """From the selected one; at either end of the line it stays there."""
        line: Any = line_of(context)
        step = 1 if self.direction == "NEXT" else -1
        return _show_phoneme(context, line, line.heard.active_phoneme + step)


class STYLETALK_OT_phoneme_at_playhead(GoingOperator):
    """Select the phoneme that is said at the playhead"""

    bl_idname = "styletalk.phoneme_at_playhead"
    bl_label = "Select Phoneme at Playhead"

    def execute(self, context: bpy.types.Context) -> set[str]:
        """Or the first one, before all of them."""
        line: Any = line_of(context)
        line.heard.active_phoneme = max(0, corrections.phoneme_at(line.heard, time_at_playhead(context, line)))
        return {"FINISHED"}


class STYLETALK_OT_heard_show(GoingOperator):
    """Go with the playhead to where this is said"""

    bl_idname = "styletalk.heard_show"
    bl_label = "Go There"

    what: EnumProperty(  # type: ignore[valid-type]
        items=(("WORD", "Word", ""), ("PHONEME", "Phoneme", "")), options={"HIDDEN"}
    )
    place: IntProperty(options={"HIDDEN"})  # type: ignore[valid-type]

    def execute(self, context: bpy.types.Context) -> set[str]:
        """A word with its first phoneme."""
        line: Any = line_of(context)
        group = line.heard
        if self.what == "PHONEME":
            return _show_phoneme(context, line, self.place)
        if not 0 <= self.place < len(group.words):
            return {"CANCELLED"}
        word = group.words[self.place]
        group.active_word = self.place
        group.active_phoneme = max(0, corrections.phoneme_at(group, word.start_s))
        context.scene.frame_set(round(frame_of(context, line, word.start_s)))
        return {"FINISHED"}


class STYLETALK_OT_heard_play(HeardOperator):
    """Hear the sound of the selected word or phoneme"""

    bl_idname = "styletalk.heard_play"
    bl_label = "Hear It"

    what: EnumProperty(  # type: ignore[valid-type]
        items=(("WORD", "Word", ""), ("PHONEME", "Phoneme", "")), options={"HIDDEN"}
    )

    def execute(self, context: bpy.types.Context) -> set[str]:
        """Play its stretch of the sound, or say why not."""
        line: Any = line_of(context)
        group = line.heard
        items, place = (group.words, group.active_word) if self.what == "WORD" else _phonemes(group)
        aud = compat.audio_library()
        if aud is None:
            self.report({"WARNING"}, NO_SOUND_LIBRARY)
            return {"CANCELLED"}
        if not 0 <= place < len(items):
            return {"CANCELLED"}
        try:
            _playing[:] = [aud.Device().play(played(context, aud, line, items[place]))]
        except (aud.error, StyleTalkError) as error:
            self.report({"ERROR"}, f"The sound cannot be played: {error}")
            return {"CANCELLED"}
        return {"FINISHED"}


class STYLETALK_OT_word_change(CorrectingOperator):
    """Let another word be said in the time of the selected one. Bake then: only the lips around it change"""

    bl_idname = "styletalk.word_change"
    bl_label = "Change Word"

    word: StringProperty(name="Word", description="What is said; empty for nothing")  # type: ignore[valid-type]

    def corrected(self, context: Any, line: Any, track: PhonemeTrack, place: int) -> tuple[PhonemeTrack, int]:
        """The word, without phonemes until the next bake."""
        number = line.heard.active_word
        if not 0 <= number < len(track.words):
            raise StyleTalkError("No word is selected. Select one in the list.")
        return track_edits.with_word(track, number, self.word), place


def _phonemes(group: Any) -> tuple[Any, int]:
    return group.phonemes, group.active_phoneme


def played_part(context: Any, line: Any, item: Any) -> tuple[float, float]:
    """From where to where a word or phoneme is heard in the sound's file, in seconds: a trimmed strip begins later, and
    a retimed one plays it faster or slower."""
    part = heard_part(line, context.scene)
    return part.within(item.start_s, item.end_s).in_file if part is not None else (item.start_s, item.end_s)


def played(context: Any, aud: Any, line: Any, item: Any) -> Any:
    """A word or phoneme as an `aud.Sound`, as fast as its strip plays it. Raises LineError."""
    first_s, last_s = played_part(context, line, item)
    sound, speed = _sound(aud, line).limit(first_s, last_s), (last_s - first_s) / (item.end_s - item.start_s)
    if abs(speed - 1.0) < AT_SPEED:
        return sound
    strip = sounding_strip(line, context.scene)
    return compat.at_speed(sound, speed, strip is not None and compat.keeps_pitch(strip))


def _sound(aud: Any, line: Any) -> Any:
    """The line's sound, also one that this .blend carries inside."""
    path = sound_of(line)
    packed = next((each for each in bpy.data.sounds if each.packed_file and each.filepath == line.audio), None)
    return packed.factory if packed is not None else aud.Sound(str(path))


def _show_phoneme(context: Any, line: Any, place: int) -> set[str]:
    group = line.heard
    if not 0 <= place < len(group.phonemes):
        return {"CANCELLED"}
    group.active_phoneme = place
    context.scene.frame_set(round(frame_of(context, line, group.phonemes[place].start_s)))
    return {"FINISHED"}


classes = (
    STYLETALK_OT_phoneme_split, STYLETALK_OT_phoneme_merge, STYLETALK_OT_phoneme_remove, STYLETALK_OT_phoneme_insert,
    STYLETALK_OT_phoneme_step, STYLETALK_OT_phoneme_at_playhead, STYLETALK_OT_heard_show, STYLETALK_OT_heard_play,
    STYLETALK_OT_word_change,
)  # fmt: skip
