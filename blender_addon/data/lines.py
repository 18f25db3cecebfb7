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

from ..compat import PATH_OPTIONS
from ..styletalk.request import LANGUAGES, MAX_INTENSITY, MAX_LEAD_S
from ..styletalk.styles.presets import preset_names
from .heard import StyleTalkHeard

CUSTOM_STYLE = "FILE"
CUSTOM_POSE = "FILE"
FROM_VIDEO = "VIDEO"
"""Words of a line whose face was seen in a video: there are none."""


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
    suggested: StringProperty(options={"HIDDEN"})
    start: EnumProperty(
        name="Start",
        description="Where in the scene the line begins",
        items=(
            ("PLAYHEAD", "Playhead", "Begin where the playhead is when Bake is pressed, and stay there"),
            ("FRAME", "Frame", "Begin on a frame of your choice"),
        ),
    )
    start_frame: IntProperty(name="Start Frame", description="The frame on which the sound begins", default=1)


class FaceSettings(LineOptions, bpy.types.PropertyGroup):
    """What a face holds; lives on the mesh object. Its own options are those of a line saved by version 0.1.0."""

    version: IntProperty(options={"HIDDEN"})
    lines: CollectionProperty(type=StyleTalkLine)
    active: IntProperty(name="Line", description="The line whose settings are shown")


def add_line(face: Any) -> Any:
    """A new line at the end of the list, which becomes the active one."""
    settings = face.styletalk
    line = settings.lines.add()
    line.identity = uuid.uuid4().hex
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
    """What the animator knows a line by: its sound's file name without the ending, or that of the video."""
    if line.words == FROM_VIDEO and not line.audio:
        return line.film or "No sound"
    return PurePath(line.audio.replace("\\", "/").removeprefix("//")).stem or "No sound"


def start_frame(line: Any, scene: Any) -> int:
    """The frame on which the line would begin if it were baked now."""
    return scene.frame_current if line.start == "PLAYHEAD" else line.start_frame


classes = (StyleTalkLine, FaceSettings)


def attach() -> None:
    """Hang the settings on objects."""
    bpy.types.Object.styletalk = PointerProperty(type=FaceSettings)


def detach() -> None:
    """The mirror of `attach`."""
    del bpy.types.Object.styletalk
