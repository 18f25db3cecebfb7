# SPDX-License-Identifier: GPL-3.0-or-later
"""What the animator sets for a face's line, and what the panel shows of a job."""

import zlib

import bpy
from bpy.props import BoolProperty, EnumProperty, FloatProperty, IntProperty, PointerProperty, StringProperty

from .styletalk.styles.presets import preset_names

CUSTOM_STYLE = "FILE"
MAX_INTENSITY = 2.0


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


class FaceSettings(bpy.types.PropertyGroup):
    """One line of speech for one face; lives on the mesh object."""

    audio: StringProperty(  # type: ignore[valid-type]
        name="Audio", description="The line of speech: a sound or video file", subtype="FILE_PATH"
    )
    style: EnumProperty(name="Style", description="How the line is spoken", items=_style_items())  # type: ignore[valid-type]
    style_file: StringProperty(  # type: ignore[valid-type]
        name="Style File", description="A style clip: .npz, or a published .mat", subtype="FILE_PATH"
    )
    intensity: FloatProperty(  # type: ignore[valid-type]
        name="Intensity", description="0 is neutral, 1 the style as it is", default=1.0, min=0.0, max=MAX_INTENSITY
    )
    words: EnumProperty(  # type: ignore[valid-type]
        name="Words",
        description="Where the words of the line come from",
        items=(
            ("AUTO", "Recognise", "Listen to the sound"),
            ("TEXT", "Text", "A text of this .blend holds what is said"),
            ("TEXT_FILE", "Text File", "A text file holds what is said"),
            ("ALIGNMENT", "Alignment File", "A file says when each phoneme is spoken"),
        ),
    )
    transcript: PointerProperty(name="Text", description="What is said", type=bpy.types.Text)  # type: ignore[valid-type]
    words_file: StringProperty(  # type: ignore[valid-type]
        name="File", description="The transcript (.txt) or the alignment", subtype="FILE_PATH"
    )
    pose: EnumProperty(  # type: ignore[valid-type]
        name="Head",
        description="How the head moves",
        items=(
            ("auto", "Automatic", "The head moves with the speech"),
            ("none", "Still", "The head stays at rest"),
            ("FILE", "Pose File…", "Take the head's pose from a file"),
        ),
    )
    pose_file: StringProperty(  # type: ignore[valid-type]
        name="Pose File", description="A published .mat, or an animation .npz", subtype="FILE_PATH"
    )
    sync_offset_ms: FloatProperty(  # type: ignore[valid-type]
        name="Sync Offset (ms)", description="Positive makes the face later than the sound", soft_min=-200, soft_max=200
    )
    seed: IntProperty(name="Seed", description="Decides blinks and head movement", min=0)  # type: ignore[valid-type]


class JobState(bpy.types.PropertyGroup):
    """What the panel shows of the job at work, and of the last one that failed; lives on the window manager."""

    running: BoolProperty()  # type: ignore[valid-type]
    fraction: FloatProperty(min=0.0, max=1.0, subtype="FACTOR")  # type: ignore[valid-type]
    stage: StringProperty()  # type: ignore[valid-type]
    message: StringProperty()  # type: ignore[valid-type]
    failed: BoolProperty()  # type: ignore[valid-type]
    report: StringProperty()  # type: ignore[valid-type]


classes = (FaceSettings, JobState)


def attach() -> None:
    """Hang the settings on objects and the job's state on the window manager."""
    bpy.types.Object.styletalk = PointerProperty(type=FaceSettings)
    bpy.types.WindowManager.styletalk_job = PointerProperty(type=JobState, options={"SKIP_SAVE"})


def detach() -> None:
    """The mirror of `attach`."""
    del bpy.types.WindowManager.styletalk_job
    del bpy.types.Object.styletalk
