# SPDX-License-Identifier: GPL-3.0-or-later
"""Add > Mesh > Talking Face from File: a face model that `styletalk import-bfm` or `import-ict` made."""

import dataclasses
from pathlib import Path
from typing import ClassVar

import bpy
from bpy.props import IntProperty, StringProperty

from ..data.migration import bring_up_to_date
from ..faces.open_face import add_face
from ..styletalk.errors import StyleTalkError
from ..styletalk.face.model import FaceModel
from ..styletalk.face.people import random_identity
from .add_face import STYLETALK_OT_add_face
from .explained import ExplainedOperator

NO_SEED = 0


class STYLETALK_OT_add_face_model(ExplainedOperator):
    """Add a head from a face model file, such as your Basel Face Model, that can talk like the open face"""

    bl_idname = "styletalk.add_face_model"
    bl_label = "Talking Face from File"
    bl_options: ClassVar[set[str]] = {"REGISTER", "UNDO"}

    filepath: StringProperty(  # type: ignore[valid-type]
        name="Face Model",
        description="A file that `styletalk import-bfm` or `styletalk import-ict` wrote",
        subtype="FILE_PATH",
    )
    filter_glob: StringProperty(default="*.npz", options={"HIDDEN"})  # type: ignore[valid-type]
    seed: IntProperty(  # type: ignore[valid-type]
        name="Person", description="0: the mean face; any other number: a person at random", default=NO_SEED, min=0
    )

    @classmethod
    def disabled_reason(cls, context: bpy.types.Context) -> str:
        """Why no face can be added here, or ""."""
        return STYLETALK_OT_add_face.disabled_reason(context)

    def invoke(self, context: bpy.types.Context, event: bpy.types.Event) -> set[str]:
        """Ask which file."""
        context.window_manager.fileselect_add(self)  # type: ignore[arg-type]
        return {"RUNNING_MODAL"}

    def execute(self, context: bpy.types.Context) -> set[str]:
        """Make the face at the 3D cursor, with its first line."""
        try:
            model = _person_of(FaceModel.load(Path(bpy.path.abspath(self.filepath))), self.seed)
            bring_up_to_date(add_face(context, model, model.name or "Talking Face"))
        except StyleTalkError as error:
            self.report({"ERROR"}, str(error))
            return {"CANCELLED"}
        return {"FINISHED"}


def _person_of(model: FaceModel, seed: int) -> FaceModel:
    """The model with a random person at rest, or as it is."""
    if seed == NO_SEED or not len(model.identity):
        return model
    return dataclasses.replace(model, mean=model.shape(random_identity(seed)))


def draw_menu(self: bpy.types.Menu, context: bpy.types.Context) -> None:
    """The entry in Add > Mesh."""
    self.layout.operator(STYLETALK_OT_add_face_model.bl_idname, text="Talking Face from File…", icon="FILE_FOLDER")


classes = (STYLETALK_OT_add_face_model,)
