# SPDX-License-Identifier: GPL-3.0-or-later
"""Copy Report: what went wrong, for whoever looks into it."""

import bpy


class STYLETALK_OT_copy_report(bpy.types.Operator):
    """Copy versions and details of the last failure to the clipboard"""

    bl_idname = "styletalk.copy_report"
    bl_label = "Copy Report"

    @classmethod
    def poll(cls, context: bpy.types.Context) -> bool:
        """Grey where nothing failed."""
        if context.window_manager.styletalk_job.report:
            return True
        cls.poll_message_set("Nothing has failed.")
        return False

    def execute(self, context: bpy.types.Context) -> set[str]:
        """Put the report on the clipboard."""
        context.window_manager.clipboard = context.window_manager.styletalk_job.report
        self.report({"INFO"}, "The report is on the clipboard.")
        return {"FINISHED"}


classes = (STYLETALK_OT_copy_report,)
