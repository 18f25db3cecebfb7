# SPDX-License-Identifier: GPL-3.0-or-later
"""Our entries in Blender's menus, and Object > Lip Sync (StyleTalk), where its search (F3) finds what the panel has."""

from typing import Any

import bpy

from ..operators import add_face, add_face_model, bake_scene
from ..operators.add_face import STYLETALK_OT_add_face
from ..operators.bake import STYLETALK_OT_bake, STYLETALK_OT_bake_all, STYLETALK_OT_suggest, STYLETALK_OT_write_down
from ..operators.bake_scene import STYLETALK_OT_bake_scene
from ..operators.characters import STYLETALK_OT_use_character
from ..operators.first_steps import STYLETALK_OT_line_from_sound, STYLETALK_OT_try_demo
from ..operators.lines import STYLETALK_OT_line_add
from ..operators.timeline import STYLETALK_OT_fit_scene, STYLETALK_OT_remove_old_takes
from ..operators.transfer import STYLETALK_OT_make_shapes

ENTRIES = (
    (STYLETALK_OT_add_face, STYLETALK_OT_try_demo, STYLETALK_OT_line_from_sound),
    (STYLETALK_OT_use_character, STYLETALK_OT_make_shapes),
    (STYLETALK_OT_line_add, STYLETALK_OT_bake, STYLETALK_OT_bake_all, STYLETALK_OT_bake_scene),
    (STYLETALK_OT_suggest, STYLETALK_OT_write_down),
    (STYLETALK_OT_fit_scene, STYLETALK_OT_remove_old_takes),
)
"""In groups with a line between them."""


class STYLETALK_MT_object(bpy.types.Menu):
    """Talking faces, lip sync and speech: what the StyleTalk tab of the sidebar has as buttons"""

    bl_idname = "STYLETALK_MT_object"
    bl_label = "Lip Sync (StyleTalk)"

    def draw(self, context: bpy.types.Context) -> None:
        """The groups."""
        layout = self.layout
        layout.operator_context = "INVOKE_DEFAULT"
        for number, group in enumerate(ENTRIES):
            if number:
                layout.separator()
            for operator in group:
                layout.operator(operator.bl_idname)


def draw_menu(menu: Any, context: bpy.types.Context) -> None:
    """The entry in the Object menu."""
    menu.layout.separator()
    menu.layout.menu(STYLETALK_MT_object.bl_idname)


HUNG = (
    ("VIEW3D_MT_object", draw_menu), ("VIEW3D_MT_mesh_add", add_face.draw_menu),
    ("SEQUENCER_MT_context_menu", bake_scene.draw_menu), ("VIEW3D_MT_mesh_add", add_face_model.draw_menu),
)  # fmt: skip
"""(menu, what draws in it)."""


def attach() -> None:
    """Hang our entries into Blender's menus."""
    for menu, draw in HUNG:
        getattr(bpy.types, menu).append(draw)


def detach() -> None:
    """The mirror of `attach`."""
    for menu, draw in reversed(HUNG):
        getattr(bpy.types, menu).remove(draw)


classes = (STYLETALK_MT_object,)
