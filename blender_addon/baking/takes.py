# SPDX-License-Identifier: GPL-3.0-or-later
"""Earlier bakes: actions of ours that nothing plays any more, kept by a fake user alone."""

from typing import Any

import bpy

from .nla import LINE_MARK


def old_takes(identities: set[str], others: set[str]) -> list[Any]:
    """Earlier bakes of the lines with these identities, and of lines that are gone. others: the lines that are there
    beside them, whose takes stay."""
    ours = [action for action in bpy.data.actions if LINE_MARK in action and action.library is None]
    kept = others - identities
    return [action for action in ours if action.users == int(action.use_fake_user) and action[LINE_MARK] not in kept]


def remove_takes(actions: list[Any]) -> int:
    """Remove actions; return how many."""
    count = len(actions)
    bpy.data.batch_remove(actions)
    return count
