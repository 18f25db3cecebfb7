# SPDX-License-Identifier: GPL-3.0-or-later
# Blender declares properties as annotations
# pyright: reportInvalidTypeForm=false
"""The add-on's preferences. None must be set: a Python outside of Blender is for PyTorch and graphics cards."""

import sys
from typing import Any

import bpy
from bpy.props import EnumProperty, FloatProperty, IntProperty, StringProperty

from .. import __package__ as ADDON
from .. import compat
from ..faces.open_face import is_face
from ..jobs import interpreters
from ..styletalk.request import MAX_INTENSITY, NEUTRAL_STYLE
from ..styletalk.styles.presets import preset_names
from . import cache, python_checks

RATES = (24, 25, 30, 50, 60)
"""Frames a second that a scene may be set to."""


def _try_python(ours: Any, context: Any) -> None:
    """A Python that was named is tried at once: what stands below the field is what it answered."""
    python = external_python(ours)
    if python is not None:
        python_checks.begin(python)


class StyleTalkPreferences(bpy.types.AddonPreferences):
    """Found under the add-on's own name, which differs between an add-on and an extension."""

    bl_idname = ADDON

    worker_python: StringProperty(
        name="External Python",
        description="Empty: Blender's own Python. Or the python program of an environment with PyTorch",
        subtype="FILE_PATH", update=_try_python,
    )  # fmt: skip
    engine: EnumProperty(
        name="Engine",
        description="What computes the networks that move the face. The results are the same",
        items=(
            ("auto", "Automatic", "NumPy for short lines, PyTorch for long ones and on graphics cards"),
            ("numpy", "NumPy", "Always NumPy, on the processor"),
            ("torch", "PyTorch", "Always PyTorch; a bake fails where the External Python lacks it"),
        ),
    )
    device: EnumProperty(
        name="Device",
        description="Where the networks compute",
        items=(
            ("auto", "Automatic", "A graphics card where PyTorch finds one, else the processor"),
            ("cpu", "Processor", "Always the processor"),
            ("cuda", "Graphics Card", "A graphics card of NVIDIA's, through PyTorch"),
        ),
    )
    style: EnumProperty(
        name="Style", description="The preset in which new lines speak",
        items=[(name, name.capitalize(), f"The preset {name}") for name in preset_names()], default=NEUTRAL_STYLE,
    )  # fmt: skip
    intensity: FloatProperty(
        name="Intensity", description="How strongly new lines show their style. 0 is neutral, 1 the style as it is",
        default=1.0, min=0.0, max=MAX_INTENSITY,
    )  # fmt: skip
    rate: EnumProperty(
        name="Frame Rate",
        description="Of a scene that gets its first talking face and has no animation and no strips yet",
        items=(
            ("SCENE", "As the Scene Has It", "Leave the scene's frame rate alone"),
            *((str(rate), f"{rate} fps", f"Set the scene to {rate} frames a second") for rate in RATES),
        ),
    )
    cache_folder: StringProperty(
        name="Cache Folder", subtype="DIR_PATH",
        description="Where former bakes are kept, so that a corrected word changes only the lips around it. Empty: "
        "Blender's folder for the user's data",
    )  # fmt: skip
    cache_mb: IntProperty(
        name="Cache Size (MB)", description="When the cache holds more, the lines that were baked longest ago leave it",
        default=cache.DEFAULT_MB, min=1, max=100_000,
    )  # fmt: skip

    def draw(self, context: bpy.types.Context) -> None:
        """See the module of that name."""
        from ..ui.preferences_page import draw_preferences

        draw_preferences(self, self.layout, context)


def preferences(context: bpy.types.Context) -> Any | None:
    """The preferences, or None where the add-on was started without being enabled (`--addons`, headless)."""
    entry = context.preferences.addons.get(ADDON)
    return entry.preferences if entry is not None else None


def external_python(ours: Any) -> interpreters.Interpreter | None:
    """The Python that the preferences name, None where they name none."""
    if not ours.worker_python:
        return None
    return interpreters.worker_place(bpy.path.abspath(ours.worker_python), "", "").interpreters[0]


def worker_place(context: bpy.types.Context, chosen: str = "") -> interpreters.WorkerPlace:
    """Where the worker runs; `chosen` (a command-line flag) wins over the preference."""
    ours = preferences(context)
    preferred = bpy.path.abspath(ours.worker_python) if ours is not None and ours.worker_python else ""
    return interpreters.worker_place(chosen or preferred, sys.executable or "", bpy.app.binary_path)


def device(context: bpy.types.Context) -> str:
    """Where the networks compute: a choice that Blender's own Python does not have."""
    ours = preferences(context)
    return ours.device if ours is not None and ours.worker_python else "auto"


def engine(context: bpy.types.Context) -> str:
    """What computes them: Blender's own Python has NumPy alone."""
    ours = preferences(context)
    return ours.engine if ours is not None and ours.worker_python else "auto"


def begin_line(context: bpy.types.Context, line: Any) -> Any:
    """Give a new line the style and intensity of the preferences; return it."""
    ours = preferences(context)
    if ours is not None:
        line.style, line.intensity = ours.style, ours.intensity
    return line


def begin_within_scene(line: Any, scene: Any) -> None:
    """Let a face's first line, where the playhead is on the scene's first frame, begin there with its lead-in, which
    would lie before the scene if the sound began there."""
    is_first = len(line.id_data.styletalk.lines) == 1 and not line.baked
    if is_first and line.start == "PLAYHEAD" and scene.frame_current == scene.frame_start:
        line.start = "SCENE"


def set_rate(context: bpy.types.Context) -> None:
    """Give a scene without anything that is timed the frame rate of the preferences."""
    ours, scene = preferences(context), context.scene
    editor = scene.sequence_editor
    if ours is None or ours.rate == "SCENE" or len(bpy.data.actions):
        return
    if not any(map(is_face, scene.objects)) and (editor is None or not compat.all_strips(editor)):
        scene.render.fps, scene.render.fps_base = int(ours.rate), 1.0


classes = (StyleTalkPreferences,)
