# SPDX-License-Identifier: GPL-3.0-or-later
"""The add-on's preferences. None must be set: a Python outside of Blender is for PyTorch and graphics cards."""

import sys
from typing import Any

import bpy
from bpy.props import EnumProperty, StringProperty

from .. import __package__ as ADDON
from ..jobs import interpreters

NOTHING_SET = "Nothing needs to be set. Lines are animated in Blender's own Python."
THERE = "Everything runs in the External Python. Empty the field to go back to Blender's own."


class StyleTalkPreferences(bpy.types.AddonPreferences):
    """Found under the add-on's own name, which differs between an add-on and an extension."""

    bl_idname = ADDON

    worker_python: StringProperty(  # type: ignore[valid-type]
        name="External Python",
        description="Empty: Blender's own Python. Or the python program of an environment with PyTorch",
        subtype="FILE_PATH",
    )
    device: EnumProperty(  # type: ignore[valid-type]
        name="Device",
        description="Where the networks compute",
        items=(("auto", "Automatic", ""), ("cpu", "Processor", ""), ("cuda", "Graphics Card", "")),
    )

    def draw(self, context: bpy.types.Context) -> None:
        """The fields; the device only where there is something to choose."""
        self.layout.label(text=THERE if self.worker_python else NOTHING_SET, icon="INFO")
        column = self.layout.box().column()
        column.label(text="Advanced: faces from video, PyTorch and graphics cards")
        column.prop(self, "worker_python")
        row = column.row()
        row.enabled = bool(self.worker_python)
        row.prop(self, "device")


def preferences(context: bpy.types.Context) -> Any | None:
    """The preferences, or None where the add-on was started without being enabled (`--addons`, headless)."""
    entry = context.preferences.addons.get(ADDON)
    return entry.preferences if entry is not None else None


def worker_place(context: bpy.types.Context, chosen: str = "") -> interpreters.WorkerPlace:
    """Where the worker runs; `chosen` (a command-line flag) wins over the preference."""
    ours = preferences(context)
    preferred = bpy.path.abspath(ours.worker_python) if ours is not None and ours.worker_python else ""
    return interpreters.worker_place(chosen or preferred, sys.executable or "", bpy.app.binary_path)


def device(context: bpy.types.Context) -> str:
    """Where the networks compute: a choice that Blender's own Python does not have."""
    ours = preferences(context)
    return ours.device if ours is not None and ours.worker_python else "auto"


classes = (StyleTalkPreferences,)
