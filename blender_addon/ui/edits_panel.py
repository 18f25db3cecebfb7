# SPDX-License-Identifier: GPL-3.0-or-later
"""What was edited by hand since the bake, what the next one does with it, and the way back. Only draws."""

from typing import Any

import bpy

from ..baking.edits_seen import seen_edits
from ..baking.hand_edits import EditedChannel
from ..data.lines import active_line
from ..faces.channels import some
from ..faces.open_face import find_face
from ..operators.edit_curves import (
    STYLETALK_OT_edit_curves,
    STYLETALK_OT_finish_curves,
    has_strips,
    is_open,
)
from ..operators.edits import STYLETALK_OT_edits_select, STYLETALK_OT_edits_step, STYLETALK_OT_revert
from .drawing import LinePanel, draw_sentence

MOST_CHANNELS = 8
"""Named in the panel; the rest is counted."""
MOST_FRAMES = 2


def draw_edits(layout: Any, context: bpy.types.Context, face: Any, line: Any) -> None:
    """Beside Bake: how many keys were edited by hand, and what Bake will do with them; nothing where there are none."""
    if is_open(face):
        layout.operator(STYLETALK_OT_finish_curves.bl_idname, icon="CHECKMARK")
    elif has_strips(face, line):
        layout.operator(STYLETALK_OT_edit_curves.bl_idname, icon="GRAPH")
    edits = seen_edits(face, line)
    if edits.keys:
        box = layout.box().column(align=True)
        draw_sentence(box, context, f"{edits.summary} will be:", "KEYFRAME_HLT")
        row = box.row(align=True)
        row.prop(line, "edits", text="")
        row.operator(STYLETALK_OT_edits_step.bl_idname, text="", icon="PREV_KEYFRAME").back = True
        row.operator(STYLETALK_OT_edits_step.bl_idname, text="", icon="NEXT_KEYFRAME")
        row.operator(STYLETALK_OT_edits_select.bl_idname, text="", icon="RESTRICT_SELECT_OFF")


class STYLETALK_PT_edits(LinePanel):
    """Keys of the line that were edited by hand, channel by channel, and Revert."""

    bl_idname = "STYLETALK_PT_edits"
    bl_label = "Hand Edits"

    def draw(self, context: bpy.types.Context) -> None:
        """The channels with their frames; the cross-fade; Revert."""
        layout, face = self.layout, find_face(context.object)
        line: Any = active_line(face)
        column = layout.column()
        column.use_property_split = True
        column.use_property_decorate = False
        column.prop(line, "edits")
        column.prop(line, "edit_fade")
        edits = seen_edits(face, line)
        list_ = layout.column(align=True)
        for number, channel in enumerate(edits.channels[:MOST_CHANNELS]):
            _draw_channel(list_, number, channel)
        if len(edits.channels) > MOST_CHANNELS:
            list_.label(text=f"and {len(edits.channels) - MOST_CHANNELS} more channels")
        if not edits.keys:
            draw_sentence(layout, context, "No key was edited by hand since the bake.", "INFO")
        if edits.own:
            draw_sentence(layout, context, f"Yours beside the line, always kept: {some(list(edits.own))}.", "INFO")
        layout.operator(STYLETALK_OT_revert.bl_idname, text="Revert", icon="LOOP_BACK")


def _draw_channel(column: Any, number: int, channel: EditedChannel) -> None:
    """A channel's name, the first of its edited frames as buttons, and one that selects its keys."""
    cells = column.split(factor=0.4, align=True)
    cells.label(text=channel.name)
    row = cells.row(align=True)
    for frame in channel.frames[:MOST_FRAMES]:
        row.operator(STYLETALK_OT_edits_step.bl_idname, text=f"{frame:g}").frame = repr(frame)
    if len(channel.frames) > MOST_FRAMES:
        row.label(text=f"+{len(channel.frames) - MOST_FRAMES}")
    row.operator(STYLETALK_OT_edits_select.bl_idname, text="", icon="RESTRICT_SELECT_OFF").channel = number


classes = (STYLETALK_PT_edits,)
