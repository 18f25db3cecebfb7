# SPDX-License-Identifier: GPL-3.0-or-later
"""Cancel everything that is under way: for the status bar, where no line is selected."""

import bpy

from .. import session
from .explained import ExplainedOperator


class STYLETALK_OT_cancel_all(ExplainedOperator):
    """Stop all work on lines that is under way or waits. What is baked already stays, nothing else is changed"""

    bl_idname = "styletalk.cancel_all"
    bl_label = "Cancel All"

    @classmethod
    def disabled_reason(cls, context: bpy.types.Context) -> str:
        """Why there is nothing to stop, or ""."""
        return "" if under_way() else "Nothing is being worked on."

    def execute(self, context: bpy.types.Context) -> set[str]:
        """Stop every job; the pump says so."""
        jobs = under_way()
        for job in jobs:
            session.queue.cancel(job)
        self.report({"INFO"}, f"The work on {len(jobs)} line{'s' if len(jobs) > 1 else ''} was cancelled.")
        return {"FINISHED"}


def under_way() -> list[session.Job]:
    """The jobs that are not finished, in their order."""
    return [job for job in session.queue.jobs if not job.finished]


classes = (STYLETALK_OT_cancel_all,)
