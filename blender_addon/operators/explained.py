# SPDX-License-Identifier: GPL-3.0-or-later
"""What all operators share: a grey button says why, and reports are in the user's language."""

import bpy

from ..translations import translated


class Operator(bpy.types.Operator):
    """Base of operators that report something."""

    def report(self, type: set[str], message: str) -> None:  # type: ignore[override]
        """As Blender's own, in the language of its interface."""
        super().report(type, translated(message))


class ExplainedOperator(Operator):
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
            cls.poll_message_set(translated(reason))
        return not reason
