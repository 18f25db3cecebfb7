# SPDX-License-Identifier: GPL-3.0-or-later
"""An animator's own character: tell its shape keys apart, look at them, keep and share the table."""

from pathlib import Path
from typing import Any, ClassVar

import bpy
from bpy.props import StringProperty

from .. import pump
from ..baking import nla
from ..data.characters import mapping_of, write_mapping
from ..data.migration import bring_up_to_date
from ..faces.channels import carrier, closed
from ..faces.characters import CharacterTarget, able_to_talk, shape_key_names, tell_apart
from ..faces.choosing import instance_refusal
from ..faces.open_face import FACE_MARK, find_face, is_character
from ..faces.showing import show_alone
from ..styletalk.errors import RigError, StyleTalkError
from ..styletalk.rigs.mapping import RigMapping
from .explained import ExplainedOperator

MAPPING_ENDING = ".json"
_SELECT = "Select the character's mesh: the one with the mouth's shape keys. Or its armature."


class STYLETALK_OT_use_character(ExplainedOperator):
    """Tell the shape keys of this mesh, or the poses of this armature, apart, so that lines can be baked onto it"""

    bl_idname = "styletalk.use_character"
    bl_label = "Use This Character"
    bl_options: ClassVar[set[str]] = {"REGISTER", "UNDO"}

    @classmethod
    def disabled_reason(cls, context: bpy.types.Context) -> str:
        """Why that object cannot talk, or ""."""
        thing: Any = context.object
        if thing is not None and FACE_MARK in thing:
            return "This is a talking face already."
        if thing is not None and able_to_talk(thing) is not None:
            return ""
        if thing is None or thing.type not in ("MESH", "ARMATURE"):
            return instance_refusal(thing) or _SELECT
        if thing.type == "MESH" and not shape_key_names(thing):
            return (
                closed(thing)
                or f"“{thing.name}” has no shape keys. Choose the mesh that has them, or press Make Face Shapes."
            )
        return closed(thing) or closed(thing.data)

    def execute(self, context: bpy.types.Context) -> set[str]:
        """Fill the table, and give the character its first line."""
        mesh: Any = find_face(context.object) or able_to_talk(context.object)
        try:
            mapping = tell_apart(mesh)
        except RigError as error:
            self.report({"ERROR"}, str(error))
            return {"CANCELLED"}
        bring_up_to_date(mesh)
        _make_active(context, mesh)
        known, strange = (
            len(mapping.used),
            len(mapping.rows) - sum(bool(row.weights or row.negative) for row in mapping.rows),
        )
        if not known:
            self.report({"WARNING"}, "No shape key has a name that is known. Say in the table what they show.")
        elif mesh.type == "ARMATURE":
            self.report({"INFO"}, f"{known} poses will talk. Change any of them and press Store Pose as Shape.")
        else:
            self.report({"INFO"}, f"{known} shape keys will talk; {strange} mean nothing to StyleTalk.")
        pump.push_undo(self.bl_label)
        return {"FINISHED"}


def _make_active(context: bpy.types.Context, face: Any) -> None:
    """Show the face's lines where another part of the character was selected, which does not lead to it."""
    layer: Any = context.view_layer
    if find_face(context.object) != face and face.name in layer.objects:
        layer.objects.active = face


class _CharacterOperator(ExplainedOperator):
    """Grey where the selected object is no character, and no part or armature of one."""

    @classmethod
    def disabled_reason(cls, context: bpy.types.Context) -> str:
        """Why there is no table here, or ""."""
        face = find_face(context.object)
        return "" if is_character(face) else "Select a character first, and press Use This Character."


class STYLETALK_OT_forget_character(_CharacterOperator):
    """Forget the table. Shape keys and what was baked stay as they are"""

    bl_idname = "styletalk.forget_character"
    bl_label = "Forget Shape Keys"
    bl_options: ClassVar[set[str]] = {"REGISTER", "UNDO"}

    @classmethod
    def disabled_reason(cls, context: bpy.types.Context) -> str:
        """Lines that play need the table."""
        reason = super().disabled_reason(context)
        if reason:
            return reason
        mesh: Any = find_face(context.object)
        keys = carrier(mesh)
        plays = keys is not None and any(nla.plays(keys, line.identity) for line in mesh.styletalk.lines)
        return "Remove the lines that are baked onto the character first." if plays else ""

    def execute(self, context: bpy.types.Context) -> set[str]:
        """It is a mesh like others again."""
        mesh: Any = find_face(context.object)
        mesh.styletalk_character.shapes.clear()
        pump.push_undo(self.bl_label)
        return {"FINISHED"}


class STYLETALK_OT_show_shape(_CharacterOperator):
    """Show what the shape key does, alone; once more: back to rest"""

    bl_idname = "styletalk.show_shape"
    bl_label = "Show Shape Key"
    bl_options: ClassVar[set[str]] = {"REGISTER", "UNDO", "INTERNAL"}

    shape: StringProperty(options={"HIDDEN", "SKIP_SAVE"})  # type: ignore[valid-type]

    def execute(self, context: bpy.types.Context) -> set[str]:
        """Set it to its end on every mesh that has it, and all others of the table to zero."""
        mesh: Any = find_face(context.object)
        try:
            show_alone(CharacterTarget(mesh), self.shape)
        except RigError as error:
            self.report({"ERROR"}, str(error))
            return {"CANCELLED"}
        pump.push_undo(self.bl_label)
        return {"FINISHED"}


class _MappingFile:
    """A file selector for tables."""

    filepath: StringProperty(name="File Path", description="The table's file", subtype="FILE_PATH")  # type: ignore[valid-type]
    filter_glob: StringProperty(default="*.json", options={"HIDDEN"})  # type: ignore[valid-type]

    def invoke(self, context: bpy.types.Context, event: bpy.types.Event) -> set[str]:
        """Ask which file."""
        if not self.filepath:
            self.filepath = f"{find_face(context.object).name}{MAPPING_ENDING}"  # type: ignore[union-attr]
        context.window_manager.fileselect_add(self)  # type: ignore[arg-type]
        return {"RUNNING_MODAL"}


class STYLETALK_OT_save_mapping(_MappingFile, _CharacterOperator):
    """Save the table as a file, for other scenes and for colleagues"""

    bl_idname = "styletalk.save_mapping"
    bl_label = "Save Table…"

    def execute(self, context: bpy.types.Context) -> set[str]:
        """Write it, whole or not at all."""
        path = Path(bpy.path.abspath(self.filepath))
        path = path if path.suffix == MAPPING_ENDING else path.with_name(path.name + MAPPING_ENDING)
        try:
            mapping_of(find_face(context.object)).save(path)
        except StyleTalkError as error:
            self.report({"ERROR"}, str(error))
            return {"CANCELLED"}
        self.report({"INFO"}, f"Saved {path.name}.")
        return {"FINISHED"}


class STYLETALK_OT_load_mapping(_MappingFile, _CharacterOperator):
    """Take the table of a file, as far as this character has its shape keys"""

    bl_idname = "styletalk.load_mapping"
    bl_label = "Load Table…"
    bl_options: ClassVar[set[str]] = {"REGISTER", "UNDO"}

    def execute(self, context: bpy.types.Context) -> set[str]:
        """Replace the table, or change nothing."""
        mesh: Any = find_face(context.object)
        try:
            mapping = RigMapping.load(Path(bpy.path.abspath(self.filepath))).fitted_to(CharacterTarget(mesh).names())
        except StyleTalkError as error:
            self.report({"ERROR"}, str(error))
            return {"CANCELLED"}
        write_mapping(mesh, mapping)
        pump.push_undo(self.bl_label)
        return {"FINISHED"}


classes = (
    STYLETALK_OT_use_character,
    STYLETALK_OT_forget_character,
    STYLETALK_OT_show_shape,
    STYLETALK_OT_save_mapping,
    STYLETALK_OT_load_mapping,
)
