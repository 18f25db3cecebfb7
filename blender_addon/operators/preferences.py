# SPDX-License-Identifier: GPL-3.0-or-later
"""The buttons of the preferences: try the External Python, empty the cache, look at the installation, copy that."""

from typing import Any, ClassVar

import bpy

from ..data import cache, doctor, python_checks
from ..data.preferences import external_python, preferences
from ..styletalk.errors import StyleTalkError
from .explained import ExplainedOperator, Operator

found: list[doctor.Row] = []
"""What was seen when the installation was last looked at."""


class STYLETALK_OT_try_python(ExplainedOperator):
    """Start the External Python and see whether it can animate lines"""

    bl_idname = "styletalk.try_python"
    bl_label = "Try It"
    bl_options: ClassVar[set[str]] = {"INTERNAL"}

    @classmethod
    def disabled_reason(cls, context: bpy.types.Context) -> str:
        """Why there is nothing to try, or ""."""
        ours = preferences(context)
        if ours is None or external_python(ours) is None:
            return "No External Python is named, and none is needed."
        return "It is being tried. Wait a moment." if python_checks.is_trying() else ""

    def execute(self, context: bpy.types.Context) -> set[str]:
        """The answer stands below the field when it comes."""
        python: Any = external_python(preferences(context))
        python_checks.begin(python)
        return {"FINISHED"}


class STYLETALK_OT_clear_cache(ExplainedOperator):
    """Remove all former bakes from the cache. Faces stay as they are; corrected lines are solved whole once"""

    bl_idname = "styletalk.clear_cache"
    bl_label = "Clear"
    bl_options: ClassVar[set[str]] = {"INTERNAL"}

    @classmethod
    def disabled_reason(cls, context: bpy.types.Context) -> str:
        """Why there is nothing to remove, or ""."""
        return "" if cache.size()[0] else "The cache is empty."

    def execute(self, context: bpy.types.Context) -> set[str]:
        """Remove them, and say how many they were."""
        try:
            count = cache.clear()
        except StyleTalkError as error:
            self.report({"ERROR"}, str(error))
            return {"CANCELLED"}
        self.report({"INFO"}, f"Removed {count} former bake{'s' if count > 1 else ''} from the cache.")
        return {"FINISHED"}


class STYLETALK_OT_doctor(Operator):
    """See what this installation has and what is missing: versions, sound, face, External Python, cache"""

    bl_idname = "styletalk.doctor"
    bl_label = "Check the Installation"

    def execute(self, context: bpy.types.Context) -> set[str]:
        """The preferences show what was found."""
        found[:] = doctor.examine()
        wanting = sum(bool(row.advice) for row in found)
        if wanting:
            self.report({"WARNING"}, f"{wanting} things want a look: the add-on's preferences say which.")
        else:
            self.report({"INFO"}, "The installation is complete.")
        return {"FINISHED"}


class STYLETALK_OT_copy_doctor(ExplainedOperator):
    """Copy what was found to the clipboard, for whoever helps"""

    bl_idname = "styletalk.copy_doctor"
    bl_label = "Copy to Clipboard"
    bl_options: ClassVar[set[str]] = {"INTERNAL"}

    @classmethod
    def disabled_reason(cls, context: bpy.types.Context) -> str:
        """Why there is nothing to copy, or ""."""
        return "" if found else "Press Check the Installation first."

    def execute(self, context: bpy.types.Context) -> set[str]:
        """As text, in English."""
        context.window_manager.clipboard = doctor.as_text(found)
        self.report({"INFO"}, "What was found is on the clipboard.")
        return {"FINISHED"}


classes = (STYLETALK_OT_try_python, STYLETALK_OT_clear_cache, STYLETALK_OT_doctor, STYLETALK_OT_copy_doctor)
