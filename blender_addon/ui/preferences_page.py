# SPDX-License-Identifier: GPL-3.0-or-later
"""The page of the add-on in Blender's preferences. Only draws."""

from typing import Any

import bpy

from ..data import cache, python_checks
from ..data.preferences import external_python
from ..operators.preferences import (
    STYLETALK_OT_clear_cache,
    STYLETALK_OT_copy_doctor,
    STYLETALK_OT_doctor,
    STYLETALK_OT_try_python,
    found,
)
from ..translations import translated
from .drawing import draw_label, draw_sentence

NOTHING_SET = "Nothing needs to be set. Lines are animated in Blender's own Python."
TRYING = "The External Python is being tried…"
NOT_TRIED = "The External Python was not tried yet. Press Try It."
WORKS = "Everything runs in the External Python. Empty the field to go back to Blender's own."


def draw_preferences(ours: Any, layout: Any, context: bpy.types.Context) -> None:
    """Defaults, where lines are animated, the cache, and a look at the installation."""
    _draw_python_state(ours, layout, context)
    column = _box(layout, "New lines and scenes")
    for name in ("style", "intensity", "rate"):
        column.prop(ours, name)
    _draw_python(ours, layout)
    _draw_cache(ours, layout)
    _draw_doctor(layout, context)


def _box(layout: Any, title: str) -> Any:
    column = layout.box().column()
    column.label(text=title)
    column.use_property_split = True
    column.use_property_decorate = False
    return column


def _draw_python_state(ours: Any, layout: Any, context: bpy.types.Context) -> None:
    """What the External Python answered; a tick only where it did, and can be used."""
    python = external_python(ours)
    if python is None:
        draw_sentence(layout, context, NOTHING_SET, "INFO")
        return
    answer = python_checks.answer_of(python)
    if answer is None:
        is_trying = python_checks.is_trying()
        draw_sentence(layout, context, TRYING if is_trying else NOT_TRIED, "SORTTIME" if is_trying else "QUESTION")
    elif answer.works:
        draw_sentence(layout, context, f"{WORKS} {answer.said}".strip(), "CHECKMARK")
    else:
        sentence = f"The External Python cannot be used ({answer.said}): Blender's own is used instead."
        draw_sentence(layout, context, sentence, "ERROR")


def _draw_python(ours: Any, layout: Any) -> None:
    column = _box(layout, "Advanced: faces from video, PyTorch and graphics cards")
    row = column.row(align=True)
    row.prop(ours, "worker_python")
    row.operator(STYLETALK_OT_try_python.bl_idname)
    for name in ("engine", "device"):
        row = column.row()
        row.enabled = bool(ours.worker_python)
        row.prop(ours, name)


def _draw_cache(ours: Any, layout: Any) -> None:
    column = _box(layout, "Former bakes")
    column.prop(ours, "cache_folder")
    column.prop(ours, "cache_mb")
    files, size = cache.size()
    row = column.row()
    draw_label(row, f"The cache holds {files} bakes, {size / 1e6:.1f} MB.")
    row.operator(STYLETALK_OT_clear_cache.bl_idname, icon="TRASH")


def _draw_doctor(layout: Any, context: bpy.types.Context) -> None:
    box = layout.box()
    row = box.row()
    row.operator(STYLETALK_OT_doctor.bl_idname, icon="VIEWZOOM")
    row.operator(STYLETALK_OT_copy_doctor.bl_idname, icon="COPYDOWN")
    for each in found:
        told = " ".join(filter(None, (f"{translated(each.what)}: {translated(each.found)}.", translated(each.advice))))
        draw_sentence(box, context, told, "ERROR" if each.advice else "CHECKMARK")
