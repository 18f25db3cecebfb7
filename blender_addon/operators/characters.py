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
from ..faces.channels import closed
from ..faces.characters import CharacterTarget, shape_key_names, tell_apart
from ..faces.open_face import FACE_MARK, is_character
from ..styletalk.errors import RigError, StyleTalkError
from ..styletalk.rigs.mapping import RigMapping
from .explained import ExplainedOperator

MAPPING_ENDING = ".json"


class STYLETALK_OT_use_character(ExplainedOperator):
    """Tell the shape keys of this mesh apart by their names, so that lines can be baked onto it"""

    bl_idname = "styletalk.use_character"
    bl_label = "Use This Character"
    bl_options: ClassVar[set[str]] = {"REGISTER", "UNDO"}

    @classmethod
    def disabled_reason(cls, context: bpy.types.Context) -> str:
        """Why that object cannot talk, or ""."""
        mesh: Any = context.object
        if mesh is None or mesh.type != "MESH":
            return "Select the character's mesh: the one with the mouth's shape keys."
        if FACE_MARK in mesh:
            return "This is a talking face already."
        if not shape_key_names(mesh):
            return f"“{mesh.name}” has no shape keys. Choose the mesh that has them, or press Make Face Shapes."
        return closed(mesh) or closed(mesh.data)

    def execute(self, context: bpy.types.Context) -> set[str]:
        """Fill the table, and give the character its first line."""
        mesh: Any = context.object
        try:
            mapping = tell_apart(mesh)
        except RigError as error:
            self.report({"ERROR"}, str(error))
            return {"CANCELLED"}
        bring_up_to_date(mesh)
        known, strange = (
            len(mapping.used),
            len(mapping.rows) - sum(bool(row.weights or row.negative) for row in mapping.rows),
        )
        if not known:
            self.report({"WARNING"}, "No shape key has a name that is known. Say in the table what they show.")
        else:
            self.report({"INFO"}, f"{known} shape keys will talk; {strange} mean nothing to StyleTalk.")
        pump.push_undo(self.bl_label)
        return {"FINISHED"}


class _CharacterOperator(ExplainedOperator):
    """Grey where the selected object is no character."""

    @classmethod
    def disabled_reason(cls, context: bpy.types.Context) -> str:
        """Why there is no table here, or ""."""
        return "" if is_character(context.object) else "Select a character first, and press Use This Character."


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
        mesh: Any = context.object
        keys = mesh.data.shape_keys
        plays = keys is not None and any(nla.plays(keys, line.identity) for line in mesh.styletalk.lines)
        return "Remove the lines that are baked onto the character first." if plays else ""

    def execute(self, context: bpy.types.Context) -> set[str]:
        """It is a mesh like others again."""
        mesh: Any = context.object
        mesh.styletalk_character.shapes.clear()
        pump.push_undo(self.bl_label)
        return {"FINISHED"}


class STYLETALK_OT_show_shape(_CharacterOperator):
    """Show what the shape key does, alone; once more: back to rest"""

    bl_idname = "styletalk.show_shape"
    bl_label = "Show Shape Key"
    bl_options: ClassVar[set[str]] = {"REGISTER", "UNDO", "INTERNAL"}

    shape: StringProperty(options={"SKIP_SAVE"})  # type: ignore[valid-type]

    def execute(self, context: bpy.types.Context) -> set[str]:
        """Set it to its end on every mesh that has it, and all others of the table to zero."""
        mesh: Any = context.object
        blocks = [each.data.shape_keys.key_blocks for each in CharacterTarget(mesh).meshes() if each.data.shape_keys]
        wanted = next((keys[self.shape] for keys in blocks if self.shape in keys), None)
        if wanted is None:
            self.report({"ERROR"}, f"The mesh has no shape key “{self.shape}” any more. Press Tell Apart Again.")
            return {"CANCELLED"}
        shown = wanted.value < wanted.slider_max - 1e-6
        names = {shape.name for shape in mesh.styletalk_character.shapes}
        for key in (key for keys in blocks for key in keys if key.name in names):
            alone = shown and key.name == self.shape
            key.value = key.slider_max if alone else max(0.0, key.slider_min)
        pump.push_undo(self.bl_label)
        return {"FINISHED"}


class _MappingFile:
    """A file selector for tables."""

    filepath: StringProperty(subtype="FILE_PATH")  # type: ignore[valid-type]
    filter_glob: StringProperty(default="*.json", options={"HIDDEN"})  # type: ignore[valid-type]

    def invoke(self, context: bpy.types.Context, event: bpy.types.Event) -> set[str]:
        """Ask which file."""
        if not self.filepath:
            self.filepath = f"{context.object.name}{MAPPING_ENDING}"  # type: ignore[union-attr]
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
            mapping_of(context.object).save(path)
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
        mesh: Any = context.object
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
