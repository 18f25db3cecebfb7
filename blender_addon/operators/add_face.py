# SPDX-License-Identifier: GPL-3.0-or-later
"""Add > Mesh > Talking Face, and lights and a camera for it."""

import dataclasses
from typing import ClassVar

import bpy
from bpy.props import EnumProperty

from ..data.migration import bring_up_to_date
from ..faces.hair import COLOURS, CUTS, add_hair
from ..faces.lights import add_lights
from ..faces.open_face import add_face, find_face
from ..styletalk.errors import StyleTalkError
from ..styletalk.face.model import FaceModel, open_face
from ..styletalk.face.people import PEOPLE, people
from .explained import ExplainedOperator

NOBODY, BALD = "MEAN", "NONE"


def _items(names: tuple[str, ...]) -> list[tuple[str, str, str]]:
    return [(name.upper(), name.replace("_", " ").capitalize(), "") for name in names]


_PERSONS = [(NOBODY, "Mean", "The mean of all"), *_items(PEOPLE)]
_HAIR = [(BALD, "None", ""), *_items(tuple(CUTS))]
_COLOURS = _items(tuple(COLOURS))


class STYLETALK_OT_add_face(ExplainedOperator):
    """Add a head that can talk, with a shape key for each expression coefficient, blinks, gaze and tongue"""

    bl_idname = "styletalk.add_face"
    bl_label = "Talking Face"
    bl_options: ClassVar[set[str]] = {"REGISTER", "UNDO"}

    person: EnumProperty(name="Person", items=_PERSONS)  # type: ignore[valid-type]
    hair: EnumProperty(name="Hair", items=_HAIR)  # type: ignore[valid-type]
    hair_colour: EnumProperty(name="Hair Colour", items=_COLOURS)  # type: ignore[valid-type]

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
        try:
            model = _model_of(self.person)
            face = add_face(context, model)
            if self.hair != BALD:
                add_hair(face, model, self.hair, self.hair_colour)
            bring_up_to_date(face)
        except StyleTalkError as error:
            self.report({"ERROR"}, str(error))
            return {"CANCELLED"}
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


def _model_of(person: str) -> FaceModel:
    """The open face as that person. Raises FaceModelError."""
    model = open_face()
    if person == NOBODY:
        return model
    return dataclasses.replace(model, mean=model.shape(people()[person.lower()]))


def draw_menu(self: bpy.types.Menu, context: bpy.types.Context) -> None:
    """The entries in Add > Mesh."""
    self.layout.operator(STYLETALK_OT_add_face.bl_idname, icon="USER")
    self.layout.operator(STYLETALK_OT_add_lights.bl_idname, icon="LIGHT_AREA")


classes = (STYLETALK_OT_add_face, STYLETALK_OT_add_lights)
