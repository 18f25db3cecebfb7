# SPDX-License-Identifier: GPL-3.0-or-later
"""Another person for a talking face: at random, or the mean again."""

import random
from typing import Any, ClassVar

import bpy

from ..data.persons import set_person
from ..faces.identity import identity_problem
from ..faces.open_face import find_face
from ..styletalk.errors import StyleTalkError
from ..styletalk.face.people import SLIDERS
from .explained import ExplainedOperator

MAX_SEED = 9999


class _PersonOperator(ExplainedOperator):
    """Grey where no talking face of ours is selected."""

    @classmethod
    def disabled_reason(cls, context: bpy.types.Context) -> str:
        """Why that face cannot become another person, or ""."""
        return identity_problem(find_face(context.object))

    def set(self, context: bpy.types.Context, **settings: Any) -> set[str]:
        """Set the face's person as a whole, or report why not."""
        try:
            set_person(find_face(context.object), **settings)
        except StyleTalkError as error:
            self.report({"ERROR"}, str(error))
            return {"CANCELLED"}
        return {"FINISHED"}


class STYLETALK_OT_random_person(_PersonOperator):
    """Add another person at random to the sliders, out of 80 ways in which faces differ"""

    bl_idname = "styletalk.random_person"
    bl_label = "Random Person"
    bl_options: ClassVar[set[str]] = {"REGISTER", "UNDO"}

    seed: bpy.props.IntProperty(  # type: ignore[valid-type]
        name="Seed", description="Which person at random", min=0, max=MAX_SEED
    )

    def invoke(self, context: bpy.types.Context, event: bpy.types.Event) -> set[str]:
        """Each press is another one."""
        self.seed = random.randint(0, MAX_SEED)
        return self.execute(context)

    def execute(self, context: bpy.types.Context) -> set[str]:
        """That seed, in full."""
        return self.set(context, seed=self.seed, chance=1.0)


class STYLETALK_OT_mean_person(_PersonOperator):
    """Set all sliders of the face to zero"""

    bl_idname = "styletalk.mean_person"
    bl_label = "Reset Face"
    bl_options: ClassVar[set[str]] = {"REGISTER", "UNDO"}

    def execute(self, context: bpy.types.Context) -> set[str]:
        """The mean face; colours and hair stay."""
        return self.set(context, chance=0.0, **{slider.name: 0.0 for slider in SLIDERS})


classes = (STYLETALK_OT_random_person, STYLETALK_OT_mean_person)
