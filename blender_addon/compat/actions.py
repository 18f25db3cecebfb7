# SPDX-License-Identifier: GPL-3.0-or-later
"""Actions, their slots and F-curve collections: 4.4 gave actions slots, 5.0 took their F-curves."""

from typing import Any

import bpy


def new_action(id_type: str, name: str, slot_name: str) -> tuple[Any, Any]:
    """A new action for data-blocks of `id_type`, used by none; return (action, its F-curve collection).

    id_type: "OBJECT" or "KEY"; `ID.id_type` is missing in 3.4. 4.4 brought slots, 5.0 took `action.fcurves` away.
    """
    action = bpy.data.actions.new(name)
    if not hasattr(action, "slots"):
        action.id_root = id_type
        return action, action.fcurves
    slot = action.slots.new(id_type=id_type, name=slot_name)
    strip = action.layers.new("Layer").strips.new(type="KEYFRAME")
    return action, strip.channelbag(slot, ensure=True).fcurves


def assign_action(user: Any, action: Any | None, slot: Any = None) -> None:
    """Make `action` that of an animation_data or an NLA strip, with its own slot unless another is given.

    Blender picks a slot by itself only where names happen to match, and an action without one moves nothing.
    """
    user.action = action
    if action is not None and getattr(action, "slots", None):
        user.action_slot = slot or own_slot(action)  # after the action, which resets it


def ensure_own_action(owner: Any, id_type: str) -> None:
    """Give a data-block an action of its own where it has none. From 4.4 on Blender would key an object in the action
    of its shape keys, which is a line's, and goes when that is baked again."""
    if "slots" not in bpy.types.Action.bl_rna.properties:
        return
    data = owner.animation_data or owner.animation_data_create()
    if data.action is None and not data.use_tweak_mode:
        assign_action(data, new_action(id_type, f"{owner.name}Action", owner.name)[0])


def action_slot(user: Any) -> Any | None:
    """The slot that an animation_data or an NLA strip uses of its action (4.4 and newer)."""
    return getattr(user, "action_slot", None)


def lacks_slot(user: Any) -> bool:
    """Whether an animation_data or an NLA strip has an action and moves nothing: without a slot, from 4.4."""
    return user.action is not None and hasattr(user, "action_slot") and user.action_slot is None


def action_fcurves(user: Any) -> list[Any]:
    """The F-curves that move a data-block through its animation_data or an NLA strip."""
    if user is None or user.action is None:
        return []
    action = user.action
    if not hasattr(action, "slots"):
        return list(action.fcurves)
    if user.action_slot is None:
        return []
    bags = [strip.channelbag(user.action_slot) for layer in action.layers for strip in layer.strips]
    return [fcurve for bag in bags if bag is not None for fcurve in bag.fcurves]


def fcurve_collections(user: Any) -> list[Any]:
    """The collections in which the F-curves of an animation_data or an NLA strip lie, to remove some."""
    if user is None or user.action is None:
        return []
    if not hasattr(user.action, "slots"):
        return [user.action.fcurves]
    if user.action_slot is None:
        return []
    bags = [strip.channelbag(user.action_slot) for layer in user.action.layers for strip in layer.strips]
    return [bag.fcurves for bag in bags if bag is not None]


def remove_fcurves(user: Any, paths: set[str]) -> None:
    """Take the F-curves of these data paths out of what moves a data-block through its animation_data."""
    for fcurves in fcurve_collections(user):
        for curve in [each for each in fcurves if each.data_path in paths]:
            fcurves.remove(curve)


def all_fcurves(action: Any | None) -> list[Any]:
    """The F-curves of an action, of whatever slot."""
    if action is None:
        return []
    if not hasattr(action, "slots"):
        return list(action.fcurves)
    return [
        curve for layer in action.layers for strip in layer.strips for bag in strip.channelbags for curve in bag.fcurves
    ]


SLOT_MARK = "styletalk_slot"
"""Custom property of our actions: the handle of the slot that is ours, where that is not the first."""


def remember_slot(action: Any, slot: Any | None) -> None:
    """Let an action know which slot is ours."""
    if slot is not None:
        action[SLOT_MARK] = slot.handle


def own_slot(action: Any) -> Any | None:
    """The slot of an action that is ours: the first one, which we make, or that in which the animator's action was
    active; None where there are no slots."""
    slots = list(getattr(action, "slots", ()))
    return next((slot for slot in slots if slot.handle == action.get(SLOT_MARK)), slots[0] if slots else None)


def same_slot(action: Any, slot: Any | None) -> Any | None:
    """The slot of that handle in an action of which one is a copy."""
    return next(
        (each for each in getattr(action, "slots", ()) if slot is not None and each.handle == slot.handle), None
    )


def own_fcurves(action: Any) -> Any | None:
    """The F-curve collection of that slot; None where it has none."""
    if not hasattr(action, "slots"):
        return action.fcurves
    slot = own_slot(action)
    bags = (strip.channelbag(slot) for layer in action.layers for strip in layer.strips if slot is not None)
    return next((bag.fcurves for bag in bags if bag is not None), None)
