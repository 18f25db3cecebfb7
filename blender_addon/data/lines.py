# SPDX-License-Identifier: GPL-3.0-or-later
# Blender declares properties as annotations
# pyright: reportInvalidTypeForm=false
"""What the animator sets: the lines of speech of a face, each with its sound, style, words and place in time.

Options that bear the name of a field of AnimationRequest go into the request as they are; see `requests`.
"""

import uuid
import zlib
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

from ..baking import hand_edits, heard, nla
from ..compat import OVERRIDDEN_GROUP, PATH_OPTIONS, overridable
from ..faces.own_keys import COEFFICIENTS, KINDS, give_keys
from ..faces.targets import target_of
from ..styletalk.request import LANGUAGES, MAX_INTENSITY, MAX_LEAD_S
from ..styletalk.styles.presets import preset_names
from .heard import StyleTalkHeard

CUSTOM_STYLE = "FILE"
CUSTOM_POSE = "FILE"
FROM_VIDEO = "VIDEO"
"""Words of a line whose face was seen in a video: there are none."""
NO_SOUND = "No sound"
MAX_BLEND = 1000
NEW_LINES_MM = 0.25
"""Key error of lines that are added: no eye sees it, and what is left of the keys can be edited."""


def _style_items() -> list[tuple[str, str, str, str, int]]:
    """Presets in their own order, then a file. Numbers come from names: a saved choice survives new presets.

    A list, not a callback: bpy 4.2 and 4.3 crash when Python ends once a class with an enum callback was registered.
    """
    presets = [(name, name.capitalize(), f"The preset {name}", "NONE", _number(name)) for name in preset_names()]
    own = (CUSTOM_STYLE, "Style File…", "A style of your own, .npz or .mat", "FILE", _number(CUSTOM_STYLE))
    return [*presets, own]


def _number(name: str) -> int:
    """24 bits: menus carry an enum's number as a 32-bit float."""
    return zlib.crc32(name.encode()) & 0xFFFFFF


def key_number(name: str) -> int:
    """What keys of the style say for that one. F-curves of whole numbers are right up to 22 bits, `_number` is not."""
    return _number(name) & 0x3FFFFF


def _key_items() -> list[tuple[str, str, str, str, int]]:
    return [(name, label, said, icon, key_number(name)) for name, label, said, icon, _ in _style_items()]


@overridable
class LineOptions:
    """How a line is spoken. Until version 0.1.0 a face had one line, and these stood in its own settings."""

    audio: StringProperty(
        name="Audio", description="The line of speech: a sound or video file", subtype="FILE_PATH", options=PATH_OPTIONS
    )
    style: EnumProperty(name="Style", description="How the line is spoken", items=_style_items())
    style_file: StringProperty(
        name="Style File",
        description="A style clip: .npz, or a published .mat",
        subtype="FILE_PATH",
        options=PATH_OPTIONS,
    )
    intensity: FloatProperty(
        name="Intensity", description="0 is neutral, 1 the style as it is", default=1.0, min=0.0, max=MAX_INTENSITY
    )
    words: EnumProperty(
        name="Words",
        description="Where the words of the line come from",
        items=(
            ("AUTO", "Recognise", "English words are found by themselves, other languages heard without"),
            ("TEXT", "Text", "A text of this .blend holds what is said"),
            ("TEXT_FILE", "Text File", "A text file, or subtitles, hold what is said"),
            ("ALIGNMENT", "Alignment File", "A file says when each phoneme is spoken"),
            (FROM_VIDEO, "None, from Video", "The face was seen in a video; nothing is read from the sound"),
        ),
    )
    transcript: PointerProperty(name="Text", description="What is said", type=bpy.types.Text)
    language: EnumProperty(
        name="Language",
        description="Of the text. Choose it where the report under Bake names another",
        items=(
            ("auto", "Automatic", "As its words show"),
            *((code, name, f"The text is in {name}") for code, name in LANGUAGES.items()),
        ),
    )
    words_file: StringProperty(
        name="File",
        description="The transcript (.txt or subtitles), or the alignment",
        subtype="FILE_PATH",
        options=PATH_OPTIONS,
    )
    pose: EnumProperty(
        name="Head",
        description="How the head moves",
        items=(
            ("auto", "Automatic", "The head moves with the speech"),
            ("none", "Still", "The head stays at rest"),
            (CUSTOM_POSE, "Pose File…", "Take the head's pose from a file"),
        ),
    )
    pose_file: StringProperty(
        name="Pose File",
        description="A published .mat, or an animation .npz",
        subtype="FILE_PATH",
        options=PATH_OPTIONS,
    )
    sync_offset_ms: FloatProperty(
        name="Sync (ms)",
        description="Offset of the face: positive makes it later than the sound",
        soft_min=-200,
        soft_max=200,
    )
    seed: IntProperty(name="Seed", description="Decides blinks, gaze, head motion and micro-movement", min=0)


def _follow_strip(line: Any, context: Any) -> None:
    """Let the line follow the strip that was chosen by its name, and speak its sound."""
    scene = context.scene
    strip = next((each for each in heard.sound_strips(scene) if each.name == line.strip), None)
    if strip is not None and line.identity not in heard.speakers_of(strip):
        heard.mark(scene, strip, line.identity)
    if strip is not None and strip.sound is not None:
        line.audio = heard.path_of(strip)


def _blend(line: Any, context: Any) -> None:
    """Blend the line's strips anew."""
    target = target_of(line.id_data)
    for block in target.blocks() if target is not None and not target.refusal() else ():
        nla.set_blends(block, line.identity, (line.blend_in, line.blend_out))


@overridable
class StyleTalkLine(LineOptions, bpy.types.PropertyGroup):
    """One line of speech of a face. baked: see `baked`. film: the name of the video in which it was seen."""

    identity: StringProperty(options={"HIDDEN"})
    heard: PointerProperty(type=StyleTalkHeard)
    baked: StringProperty(options={"HIDDEN"})
    film: StringProperty(options={"HIDDEN"})
    blinks: BoolProperty(name="Blinks", description="Blink while speaking", default=True)
    gaze: BoolProperty(name="Gaze", description="Let the eyes wander a little", default=True)
    lead_in_s: FloatProperty(
        name="Lead-In", description="Seconds in which the expression comes, before the first word",
        default=0.4, min=0.0, max=MAX_LEAD_S, subtype="TIME_ABSOLUTE",
    )  # fmt: skip
    lead_out_s: FloatProperty(
        name="Lead-Out", description="Seconds in which the expression goes, after the last word",
        default=0.6, min=0.0, max=MAX_LEAD_S, subtype="TIME_ABSOLUTE",
    )  # fmt: skip
    swell: BoolProperty(
        name="Swell", description="Let the style grow on stressed words and at the ends of phrases", default=True
    )
    accents: BoolProperty(name="Accents", description="Let brows and lids accent stressed words", default=True)
    micro_movement: BoolProperty(
        name="Micro-Movement", description="Let brows and lids never be quite still", default=True
    )
    follow_voice: BoolProperty(
        name="Follow Voice", description="More intensity where the voice is raised, less where it is low or whispers"
    )
    use_curve: BoolProperty(
        name="My Curve",
        description="Bake with the intensity as its F-curve on the shape keys says, which you may have edited",
    )
    second_style: StringProperty(
        name="Second Style", description="A preset or a style file that is blended with the style", options={"HIDDEN"}
    )
    style_blend: FloatProperty(
        name="Blend", description="How much of the second style: 0 none, 1 nothing else. It can be keyed",
        default=0.5, min=0.0, max=1.0,
    )  # fmt: skip
    style_key: EnumProperty(
        name="Style Key",
        description="Set a key (I, or the dot) and the line is spoken in this style from that frame on",
        items=_key_items(),
    )
    style_markers: BoolProperty(
        name="Style Markers",
        description="Markers of the timeline that are named like a style, as in “happy 1.3”, change it from there on",
        default=True,
    )
    style_changes: StringProperty(
        name="Style Changes", description="A .csv or .json of seconds and styles, as the command line takes it",
        subtype="FILE_PATH", options=PATH_OPTIONS,
    )  # fmt: skip
    suggested: StringProperty(options={"HIDDEN"})
    start: EnumProperty(
        name="Start",
        description="Where in the scene the line begins",
        items=(
            ("PLAYHEAD", "Playhead", "Begin where the playhead is when Bake is pressed, and stay there"),
            ("FRAME", "Frame", "Begin on a frame of your choice"),
            ("SCENE", "Scene Start", "The face begins to move on the scene's first frame, its sound after the lead-in"),
            ("STRIP", "Sound Strip", "Speak what is heard of a strip of the sequencer, where it lies, and follow it"),
        ),
    )
    start_frame: IntProperty(name="Start Frame", description="The frame on which the sound begins", default=1)
    strip: StringProperty(
        name="Sound Strip",
        description="The strip of the sequencer that is spoken. It stays yours",
        update=_follow_strip,
    )
    lips_mm: FloatProperty(
        name="Key Error (mm)",
        description="How far the lips may be off for the sake of fewer keys with handles; 0: a key on every frame",
        default=0.0, min=0.0, max=5.0, soft_max=1.0, step=5, precision=2,
    )  # fmt: skip
    output: EnumProperty(
        name="Output",
        description="What Bake makes of the line",
        items=(
            ("AUTO", "Automatic", "The active action while the face has one line, an NLA strip from the second on"),
            ("NLA", "NLA Strip", "A strip on the track StyleTalk, also where the line is alone"),
            ("ACTION", "New Action", "A new action becomes the active one, above all strips of the NLA"),
            (
                "INTO",
                "Active Action",
                "A copy of your active action gets the line's curves and becomes the active one; its other curves go "
                "on, and your action itself stays as it is. On a skeleton always a strip",
            ),
        ),
    )
    edits: EnumProperty(
        name="Hand Edits",
        description="What the next bake does with keys that you have added, moved, changed or deleted",
        items=(
            (
                hand_edits.KEEP,
                "Kept",
                "They stay exactly as they are, and the bake goes over to them within some frames",
            ),
            (
                hand_edits.OFFSETS,
                "Moved to Offsets",
                "The offset layer gets what they differ by, and adds it to every bake. On the neck and bones they stay",
            ),
            (hand_edits.REPLACE, "Replaced", "The bake writes over them. They stay in the old take"),
        ),
    )
    edit_fade: IntProperty(
        name="Cross-Fade",
        description="Frames over which the baked keys beside one of yours go over from the curve as you see it to the "
        "new bake",
        default=hand_edits.FADE, min=0, max=MAX_BLEND, soft_max=30,
    )  # fmt: skip
    blend_in: IntProperty(
        name="Blend In", description="Frames in which the line comes in over what plays before. 0: as the pauses allow",
        min=0, max=MAX_BLEND, update=_blend,
    )  # fmt: skip
    blend_out: IntProperty(
        name="Blend Out", description="Frames in which the line goes while another still plays. 0: as the pauses allow",
        min=0, max=MAX_BLEND, update=_blend,
    )  # fmt: skip


def _give_keys(settings: Any, _context: Any) -> None:
    """The face has the shape keys that were chosen."""
    give_keys(settings.id_data)


@overridable
class FaceSettings(LineOptions, bpy.types.PropertyGroup):
    """What a face holds; lives on the mesh object. Its own options are those of a line saved by version 0.1.0."""

    version: IntProperty(options={"HIDDEN"})
    speaks_as: StringProperty(
        name="Speaks As",
        description="Sound strips and markers whose name begins so are this character's. Empty: its object's name",
    )
    channel: IntProperty(
        name="Channel", description="Sound strips on this channel of the sequencer are this character's. 0: none",
        min=0, max=128,
    )  # fmt: skip
    keys: EnumProperty(
        name="Keys", description="Which shape keys of the head lines are baked on. Bake them again after a change",
        items=KINDS, default=COEFFICIENTS, update=_give_keys,
    )  # fmt: skip
    lines: CollectionProperty(type=StyleTalkLine)
    active: IntProperty(name="Line", description="The line whose settings are shown")


def add_line(face: Any) -> Any:
    """A new line at the end of the list, which becomes the active one."""
    settings = face.styletalk
    line = settings.lines.add()
    line.identity = line.name = uuid.uuid4().hex  # by their names Blender keeps apart what is added to an override
    line.lips_mm = NEW_LINES_MM
    settings.active = len(settings.lines) - 1
    return line


def active_line(face: Any) -> Any | None:
    """The line whose settings the panel shows."""
    settings = face.styletalk
    return settings.lines[settings.active] if 0 <= settings.active < len(settings.lines) else None


def find_line(face: Any, identity: str) -> Any | None:
    """The line of that identity, wherever it stands in the list by now."""
    return next((line for line in face.styletalk.lines if line.identity == identity), None)


def line_name(line: Any) -> str:
    """What the animator knows a line by: its sound's file name without the ending, or that of the video. Of several
    with the same name, the second one has a 2 behind it."""
    name, earlier = _own_name(line), 0
    for other in line.id_data.styletalk.lines:
        if other.identity == line.identity:
            break
        earlier += _own_name(other) == name
    return f"{name} {earlier + 1}" if earlier and name != NO_SOUND else name


def _own_name(line: Any) -> str:
    if line.words == FROM_VIDEO and not line.audio:
        return line.film or NO_SOUND
    return PurePath(line.audio.replace("\\", "/").removeprefix("//")).stem or NO_SOUND


classes = (StyleTalkLine, FaceSettings)


def attach() -> None:
    """Hang the settings on objects."""
    bpy.types.Object.styletalk = PointerProperty(type=FaceSettings, **OVERRIDDEN_GROUP)


def detach() -> None:
    """The mirror of `attach`."""
    del bpy.types.Object.styletalk
