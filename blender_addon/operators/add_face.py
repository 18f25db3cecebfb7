# SPDX-License-Identifier: GPL-3.0-or-later
"""Add > Mesh > Talking Face, and lights and a camera for it."""

from typing import ClassVar

import bpy
from bpy.props import EnumProperty

from ..data.lines import active_line
from ..data.migration import bring_up_to_date
from ..data.persons import COLOUR_ITEMS, HAIR_ITEMS, PERSON_ITEMS, set_person
from ..data.preferences import begin_line, set_rate
from ..faces.lights import add_lights
from ..faces.open_face import find_face
from ..faces.own_keys import KINDS, NEW_FACES, add_talking_face
from ..faces.placing import frame, step_aside
from ..styletalk.errors import StyleTalkError
from .explained import ExplainedOperator


class STYLETALK_OT_add_face(ExplainedOperator):
    """Add a head that can talk, with a shape key for each ARKit shape, or for each expression coefficient"""

    bl_idname = "styletalk.add_face"
    bl_label = "Talking Face"
    bl_options: ClassVar[set[str]] = {"REGISTER", "UNDO"}

    person: EnumProperty(name="Person", description="Who the head is", items=PERSON_ITEMS)  # type: ignore[valid-type]
    hair: EnumProperty(name="Hair", description="The hair it wears", items=HAIR_ITEMS)  # type: ignore[valid-type]
    hair_colour: EnumProperty(  # type: ignore[valid-type]
        name="Hair Colour", description="The colour of hair and brows", items=COLOUR_ITEMS
    )
    keys: EnumProperty(  # type: ignore[valid-type]
        name="Keys", description="Which shape keys the head is baked on", items=KINDS, default=NEW_FACES
    )

    @classmethod
    def disabled_reason(cls, context: bpy.types.Context) -> str:
        """Why no face can be added here, or ""."""
        if context.mode != "OBJECT":
            return "Leave the edit mode first (Tab): a talking face is an object of its own."
        if context.collection is None or context.collection.library is not None:
            return "The active collection is linked from another file. Choose another collection."
        return ""

    def execute(self, context: bpy.types.Context) -> set[str]:
        """Make the face at the 3D cursor, with its first line."""
        set_rate(context)
        try:
            face = add_talking_face(context, self.keys)
            hiding = step_aside(context, face.parent.parent, face)
            bring_up_to_date(face)
            begin_line(context, active_line(face))
            set_person(face, person=self.person, hair=self.hair, hair_colour=self.hair_colour)
        except StyleTalkError as error:
            self.report({"ERROR"}, str(error))
            return {"CANCELLED"}
        frame(context)
        if hiding:
            self.report({"INFO"}, f"The head stands beside “{hiding}”, which is at the 3D cursor.")
        return {"FINISHED"}


class STYLETALK_OT_add_lights(ExplainedOperator):
    """Light the selected talking face with three lamps and put a camera before it"""

    bl_idname = "styletalk.add_lights"
    bl_label = "Add Lights and Camera"
    bl_options: ClassVar[set[str]] = {"REGISTER", "UNDO"}

    @classmethod
    def disabled_reason(cls, context: bpy.types.Context) -> str:
        """Why there is nothing to light, or ""."""
        if context.mode != "OBJECT":
            return "Leave the edit mode first (Tab)."
        return "" if find_face(context.object) is not None else "Select a talking face first."

    def execute(self, context: bpy.types.Context) -> set[str]:
        """Put lights and camera into a collection of their own."""
        add_lights(context, find_face(context.object))
        return {"FINISHED"}


def draw_menu(self: bpy.types.Menu, context: bpy.types.Context) -> None:
    """The entries in Add > Mesh."""
    self.layout.operator(STYLETALK_OT_add_face.bl_idname, icon="USER")
    self.layout.operator(STYLETALK_OT_add_lights.bl_idname, icon="LIGHT_AREA")


classes = (STYLETALK_OT_add_face, STYLETALK_OT_add_lights)
