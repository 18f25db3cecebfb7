# SPDX-License-Identifier: GPL-3.0-or-later
"""Characters of other files: a library override is made editable, its meshes' shape keys with it."""

from typing import Any, ClassVar

import bpy

from ..faces.open_face import find_face
from .explained import ExplainedOperator


class STYLETALK_OT_make_editable(ExplainedOperator):
    """Let this overridden character be baked onto: override its meshes too, whose shape keys carry the line"""

    bl_idname = "styletalk.make_editable"
    bl_label = "Make Editable"
    bl_options: ClassVar[set[str]] = {"REGISTER", "UNDO"}

    @classmethod
    def disabled_reason(cls, context: bpy.types.Context) -> str:
        """Why there is nothing to override, or ""."""
        face = find_face(context.object)
        if face is None or face.override_library is None:
            return "Override the character first: Object > Library Override > Make."
        return "" if _needed(face) else "The character is editable."

    def execute(self, context: bpy.types.Context) -> set[str]:
        """Override what is still linked of it."""
        for each in _family(find_face(context.object)):
            each.override_library.is_system_override = False
            if _has_linked_keys(each):
                each.data.override_create(remap_local_usages=True)
        return {"FINISHED"}


def can_be_editable(context: bpy.types.Context) -> bool:
    """Whether the button would help."""
    face = find_face(context.object)
    return face is not None and face.override_library is not None and _needed(face)


def _needed(face: Any) -> bool:
    return any(each.override_library.is_system_override or _has_linked_keys(each) for each in _family(face))


def _has_linked_keys(each: Any) -> bool:
    return each.type == "MESH" and each.data.library is not None and each.data.shape_keys is not None


def _family(face: Any) -> list[Any]:
    """The overridden objects that came from the other file together with a face, itself among them."""
    root = face.override_library.hierarchy_root
    overridden = [each for each in bpy.data.objects if each.override_library is not None]
    return [each for each in overridden if each == face or each.override_library.hierarchy_root == root]


classes = (STYLETALK_OT_make_editable,)
