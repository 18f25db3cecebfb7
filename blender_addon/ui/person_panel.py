# SPDX-License-Identifier: GPL-3.0-or-later
"""The part of the panel about who a talking face is. Only draws."""

from typing import Any, ClassVar

import bpy

from ..faces.identity import identity_problem
from ..faces.open_face import find_face
from ..operators.person import STYLETALK_OT_mean_person, STYLETALK_OT_random_person
from ..styletalk.face.people import SLIDERS
from .drawing import TabPanel


class STYLETALK_PT_person(TabPanel):
    """Person, hair, colours and sliders of our own head."""

    bl_idname = "STYLETALK_PT_person"
    bl_label = "Face"
    bl_parent_id = "STYLETALK_PT_main"
    bl_options: ClassVar[set[str]] = {"DEFAULT_CLOSED"}

    @classmethod
    def poll(cls, context: bpy.types.Context) -> bool:
        """Only for faces that can become somebody else."""
        return not identity_problem(find_face(context.object))

    def draw(self, context: bpy.types.Context) -> None:
        """Who to begin with, chance, colours, and the sliders."""
        person: Any = find_face(context.object).styletalk_person  # type: ignore[union-attr]
        column = self.layout.column()
        column.use_property_split = True
        column.use_property_decorate = False
        for name in ("person", "hair", "hair_colour", "skin", "eyes", "stubble"):
            column.prop(person, name)
        row = self.layout.row(align=True)
        row.operator(STYLETALK_OT_random_person.bl_idname, icon="MOD_NOISE")
        row.operator(STYLETALK_OT_mean_person.bl_idname, text="", icon="LOOP_BACK")
        column = self.layout.column(align=True)
        for name in ("chance", *(slider.name for slider in SLIDERS)):
            column.prop(person, name)


classes = (STYLETALK_PT_person,)
