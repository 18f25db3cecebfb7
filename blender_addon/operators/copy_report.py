# SPDX-License-Identifier: GPL-3.0-or-later
"""Copy Report: what went wrong, for whoever looks into it."""

import bpy

from .. import session
from .explained import ExplainedOperator


class STYLETALK_OT_copy_report(ExplainedOperator):
    """Copy versions and details of the last failure to the clipboard"""

    bl_idname = "styletalk.copy_report"
    bl_label = "Copy Report"

    @classmethod
    def disabled_reason(cls, context: bpy.types.Context) -> str:
        """Why there is nothing to copy, or ""."""
        return "" if session.latest_report() else "Nothing has failed."

    def execute(self, context: bpy.types.Context) -> set[str]:
        """Put the report on the clipboard."""
        context.window_manager.clipboard = session.latest_report()
        self.report({"INFO"}, "The report is on the clipboard.")
        return {"FINISHED"}


classes = (STYLETALK_OT_copy_report,)
