# SPDX-License-Identifier: GPL-3.0-or-later
"""Export for…: the selected face with its lines, for another program. One operator for each preset, in one menu."""

from pathlib import Path
from typing import Any

import bpy
from bpy.props import BoolProperty, EnumProperty, StringProperty

from .. import outcomes
from ..exporting.formats import ARKIT, EXACT, FORMATS, OWN, Format
from ..exporting.run import ExportOptions, export_face, refusal
from ..faces.open_face import find_face
from ..styletalk.errors import StyleTalkError
from ..styletalk.face.live_link_file import APP, MIRRORED, PERSON
from .explained import ExplainedOperator


class _Export(ExplainedOperator):
    """Asks for a file and writes the selected face there."""

    form: Format

    filepath: StringProperty(  # type: ignore[valid-type]
        name="File Path", description="The file to write", subtype="FILE_PATH", options={"SKIP_SAVE"}
    )
    shapes: EnumProperty(  # type: ignore[valid-type]
        name="Shapes",
        description="Which shape keys our own face gets. A character keeps its own",
        items=(
            (EXACT, "ARKit, as seen", "The 52 ARKit shapes, and as many more as it takes to look as it does here"),
            (ARKIT, "ARKit", "The 52 ARKit shapes and three of the tongue: what other programs animate as well"),
            (OWN, "Coefficients", "The 64 signed coefficients: not for programs that hold shapes to 0 to 1"),
        ),
    )
    whole_scene: BoolProperty(  # type: ignore[valid-type]
        name="Whole Scene", description="All frames of the scene, not only those in which the lines play"
    )
    with_sound: BoolProperty(  # type: ignore[valid-type]
        name="Sound", description="Write the lines' sound beside it, as a .wav that begins with the clip", default=True
    )
    sides: EnumProperty(  # type: ignore[valid-type]
        name="Left Is",
        description="Whose left the columns of a Live Link Face CSV mean",
        items=(
            (PERSON, "The Person's", "Left is the person's left in every column"),
            (APP, "As in the App", "The same, but jaw and mouth sideways the other way round, as in takes of the app"),
            (MIRRORED, "Mirrored", "The other side in every column"),
        ),
    )

    @classmethod
    def disabled_reason(cls, context: bpy.types.Context) -> str:
        """Why the selected face cannot be exported so, or ""."""
        return refusal(context, find_face(context.object), cls.form)

    def invoke(self, context: bpy.types.Context, event: bpy.types.Event) -> set[str]:
        """Open the file browser, beside the .blend, with the face's name."""
        face: Any = find_face(context.object)
        self.filepath = bpy.path.clean_name(face.name) + self.form.endings[0]
        context.window_manager.fileselect_add(self)
        return {"RUNNING_MODAL"}

    def draw(self, context: bpy.types.Context) -> None:
        """The options that this preset has."""
        layout = self.layout
        layout.use_property_split = True
        if self.form.write is not None and not self.form.is_cache:
            layout.prop(self, "shapes")
        if self.form.identifier == "LIVE_LINK":
            layout.prop(self, "sides")
        layout.prop(self, "whole_scene")
        layout.prop(self, "with_sound")

    def execute(self, context: bpy.types.Context) -> set[str]:
        """Write it, or say in a sentence why not."""
        options = ExportOptions(self.shapes, self.whole_scene, self.with_sound, self.sides)
        path = Path(bpy.path.abspath(self.filepath or self.form.endings[0]))
        path = path if path.suffix else path.with_name(path.name + self.form.endings[0])
        try:
            report = export_face(context, find_face(context.object), self.form, path, options)
        except StyleTalkError as error:
            self.report({"ERROR"}, str(error))
            return {"CANCELLED"}
        except Exception as error:
            self.report({"ERROR"}, outcomes.unexpected(error).report)
            return {"CANCELLED"}
        self.report({"WARNING" if report.notes else "INFO"}, str(report))
        return {"FINISHED"}


def _operator(form: Format) -> type:
    """The operator of a preset: a menu can grey out and explain operators, not choices."""
    globs = ";".join(f"*{ending}" for ending in form.endings)
    members = {
        "__doc__": form.about,
        "__module__": __name__,
        "__annotations__": {"filter_glob": StringProperty(default=globs, options={"HIDDEN"})},
        "bl_idname": f"styletalk.export_{form.identifier.lower()}",
        "bl_label": form.name,
        "bl_options": {"REGISTER"},
        "form": form,
    }
    return type(f"STYLETALK_OT_export_{form.identifier.lower()}", (_Export,), members)


EXPORTS = tuple(_operator(form) for form in FORMATS)


class STYLETALK_MT_export(bpy.types.Menu):
    """The selected face and its lines for another program"""

    bl_idname = "STYLETALK_MT_export"
    bl_label = "Export for…"

    def draw(self, context: bpy.types.Context) -> None:
        """A row for each preset; what this Blender cannot write is grey, and says why."""
        self.layout.operator_context = "INVOKE_DEFAULT"
        for each in EXPORTS:
            self.layout.operator(each.bl_idname)


classes = (*EXPORTS, STYLETALK_MT_export)
