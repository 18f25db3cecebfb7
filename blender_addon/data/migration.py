# SPDX-License-Identifier: GPL-3.0-or-later
"""Settings as older versions saved them become those of this one."""

from typing import Any

import bpy

from ..baking.nla import LINE_MARK
from ..baking.sound_strips import FACE_MARK, IDENTITY, STRIP_LINE
from ..compat import all_strips
from ..faces.channels import carrier
from ..faces.open_face import find_neck, is_face
from .lines import LineOptions, add_line, line_name

VERSION = 2
"""Of the settings on a face. 0: none, or those of StyleTalk 0.1.0, which kept one line and no version."""


def bring_up_to_date(face: Any) -> None:
    """Give a face that has no lines yet its first one, filled with what 0.1.0 saved."""
    settings = face.styletalk
    if settings.version >= VERSION or face.library is not None:
        return
    old = [name for name in LineOptions.__annotations__ if settings.is_property_set(name)]
    if old and face.override_library is not None:
        return  # what the other file says cannot be taken out of it
    line = add_line(face)
    for name in old:
        setattr(line, name, getattr(settings, name))
        settings.property_unset(name)
    if old:
        line.lips_mm = 0.0  # as it was baked then
        _place(face, line)
    settings.version = VERSION


@bpy.app.handlers.persistent
def bring_file_up_to_date(*_: Any) -> None:
    """All faces of the file that was opened."""
    for each in bpy.data.objects:
        if is_face(each):
            bring_up_to_date(each)


def attach() -> None:
    """Bring the file up to date that is open, and each that is opened."""
    bpy.app.handlers.load_post.append(bring_file_up_to_date)
    if not bpy.app.background:
        # the file that is open already cannot be touched before Blender has enabled the add-on; and 4.2 to 4.5 do not
        # survive the end of Python once a timer was dropped by loading a file, as those are that are not persistent
        bpy.app.timers.register(bring_file_up_to_date, first_interval=0.0, persistent=True)


def detach() -> None:
    """The mirror of `attach`."""
    if bpy.app.timers.is_registered(bring_file_up_to_date):
        bpy.app.timers.unregister(bring_file_up_to_date)
    bpy.app.handlers.load_post.remove(bring_file_up_to_date)


def _place(face: Any, line: Any) -> None:
    """0.1.0 let every line begin with the scene. Its strip and actions are those of `line` from now on."""
    scene = next((each for each in bpy.data.scenes if face.name in each.objects), bpy.context.scene)
    line.start, line.start_frame = "FRAME", scene.frame_start
    for owner in (carrier(face), find_neck(face)):
        action = owner.animation_data.action if owner is not None and owner.animation_data is not None else None
        if action is not None and action.library is None and line_name(line) in action.name:
            action[LINE_MARK] = line.identity
    for strip in all_strips(scene.sequence_editor) if scene.sequence_editor is not None else ():
        if strip.get(FACE_MARK) == face.get(IDENTITY, "") and STRIP_LINE not in strip:
            strip[STRIP_LINE] = line.identity
