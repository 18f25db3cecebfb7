# SPDX-License-Identifier: GPL-3.0-or-later
"""A grey button says why."""

import bpy


class ExplainedOperator(bpy.types.Operator):
    """Base of operators that are grey where `disabled_reason` has something to say; the tooltip says it."""

    @classmethod
    def disabled_reason(cls, context: bpy.types.Context) -> str:
        """Why the button is grey, or ""."""
        raise NotImplementedError

    @classmethod
    def poll(cls, context: bpy.types.Context) -> bool:
        """Whether there is no such reason."""
        reason = cls.disabled_reason(context)
        if reason:
            cls.poll_message_set(reason)
        return not reason
