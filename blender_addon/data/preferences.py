# SPDX-License-Identifier: GPL-3.0-or-later
"""The add-on's preferences: which Python runs the worker."""

from pathlib import Path
from typing import Any

import bpy
from bpy.props import EnumProperty, StringProperty

from .. import __package__ as ADDON
from ..jobs.interpreters import NoWorkerPython, WorkerPlace, package_folder, worker_python

ADDON_FOLDER = Path(__file__).parents[1]


class StyleTalkPreferences(bpy.types.AddonPreferences):
    """Found under the add-on's own name, which differs between an add-on and an extension."""

    bl_idname = ADDON

    worker_python: StringProperty(  # type: ignore[valid-type]
        name="Worker Python",
        description="The python program of an environment in which styletalk-blender is installed",
        subtype="FILE_PATH",
    )
    device: EnumProperty(  # type: ignore[valid-type]
        name="Device",
        description="Where the networks compute",
        items=(("auto", "Automatic", ""), ("cpu", "Processor", ""), ("cuda", "Graphics Card", "")),
    )

    def draw(self, context: bpy.types.Context) -> None:
        """The fields, and which interpreter would be used as they stand."""
        column = self.layout.column()
        column.prop(self, "worker_python")
        column.prop(self, "device")
        try:
            found = worker_python(bpy.path.abspath(self.worker_python), ADDON_FOLDER)
            column.label(text=f"The worker runs in {found}", icon="CHECKMARK")
        except NoWorkerPython as error:
            column.label(text=str(error), icon="ERROR")


def preferences(context: bpy.types.Context) -> Any | None:
    """The preferences, or None where the add-on was started without being enabled (`--addons`, headless)."""
    entry = context.preferences.addons.get(ADDON)
    return entry.preferences if entry is not None else None


def worker_place(context: bpy.types.Context, chosen: str = "") -> WorkerPlace:
    """Where the worker runs; `chosen` (a command-line flag) wins over the preference. Raises NoWorkerPython."""
    ours = preferences(context)
    preferred = bpy.path.abspath(ours.worker_python) if ours is not None and ours.worker_python else ""
    return WorkerPlace(worker_python(chosen or preferred, ADDON_FOLDER), package_folder(ADDON_FOLDER))


def device(context: bpy.types.Context) -> str:
    """Where the networks compute."""
    ours = preferences(context)
    return ours.device if ours is not None else "auto"


classes = (StyleTalkPreferences,)
