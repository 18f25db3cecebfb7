# SPDX-License-Identifier: GPL-3.0-or-later
"""What a face was like before its first bake, and the way back to it.

It stands on the data-blocks themselves, so undo, saving, renaming and appending take it along.
"""

import contextlib
import json
import math
from contextlib import ExitStack
from typing import Any

import bpy

from .. import compat
from ..faces.channels import INTENSITY, Part
from ..faces.targets import NECK_REST
from ..styletalk.files.json_text import parse_json
from . import nla
from .nla_layout import line_of, our_tracks
from .sound_strips import SYNC_MARK, is_heard

BEFORE_MARK, ACTION_MARK = "styletalk_before", "styletalk_before_action"
"""Custom properties of what carries bakes: JSON, see `_state`; and the action that was active."""
SCENE_MARK = "styletalk_before_scene"
"""Custom property of a face: JSON, what its bakes changed in the scene."""
_OF_ANIMATION = ("action_blend_type", "action_extrapolation", "action_influence", "use_nla")


def remember(parts: tuple[Part, ...], undo: ExitStack) -> None:
    """Note what carries the `parts` as it is, where no bake has changed it yet, and channels that are new to it. `undo`
    forgets it."""
    for part in parts:
        owner, first = part.owner, BEFORE_MARK not in part.owner
        if first and any(line_of(each) for each in _actions(owner)):
            continue  # an older version has baked it: what was before is not known any more
        state = _state(owner) if first else known(owner)
        if state is None:
            continue
        present = {path: value for path, value in _values(part).items() if path not in state["values"]}
        if not first and not present:
            continue
        for mark in (BEFORE_MARK, ACTION_MARK):
            _restored_by(undo, owner, mark)
        state["values"].update(present)
        owner[BEFORE_MARK] = json.dumps(state)
        if first and owner.animation_data is not None and owner.animation_data.action is not None:
            owner[ACTION_MARK] = owner.animation_data.action


def _restored_by(undo: ExitStack, owner: Any, name: str) -> None:
    if name in owner:
        undo.callback(owner.__setitem__, name, owner[name])
    else:
        undo.callback(owner.pop, name, None)


def _actions(owner: Any) -> list[Any]:
    data = owner.animation_data
    strips = [strip.action for track in data.nla_tracks for strip in track.strips] if data is not None else []
    return [*strips, data.action] if data is not None else []


def _state(owner: Any) -> dict[str, Any]:
    data = owner.animation_data
    slot = compat.action_slot(data) if data is not None else None
    return {
        "action": data.action.name if data is not None and data.action is not None else "",
        "slot": slot.identifier if slot is not None else "",
        "animation": {name: getattr(data, name) for name in _OF_ANIMATION} if data is not None else None,
        "tracks": [track.name for track in data.nla_tracks] if data is not None else [],
        "absent": [name for name in (INTENSITY, NECK_REST) if name not in owner],
        "values": {},
    }


def _values(part: Part) -> dict[str, Any]:
    """The values that a bake moves or widens, by path: [index, value], or the whole value."""
    found = {}
    paths = dict.fromkeys(channel.data_path for channel in part.channels)
    sliders = (path.removesuffix(".value") + end for path in paths for end in (".slider_min", ".slider_max"))
    # a rotation mode that is set turns what was set before it; a range that is set holds it
    for path in ("rotation_mode", *paths, *(sliders if part.id_type == "KEY" else ())):
        with contextlib.suppress(ValueError, AttributeError):
            value = part.owner.path_resolve(path)
            found[path] = list(value) if hasattr(value, "__len__") and not isinstance(value, str) else value
    return found


def known(owner: Any) -> dict[str, Any] | None:
    """What is remembered of a data-block; None where that is nothing, or damaged."""
    with contextlib.suppress(TypeError, ValueError):
        state = parse_json(owner.get(BEFORE_MARK, ""))
        if isinstance(state, dict) and all(isinstance(state.get(name), kind) for name, kind in _KINDS.items()):
            return state
    return None


_KINDS = {"action": str, "slot": str, "animation": (dict, type(None)), "tracks": list, "absent": list, "values": dict}


def bring_back(owner: Any) -> str:
    """Let a data-block be as it was before its first bake. Returns a sentence about what cannot be, or "".

    Our actions stay in the file, as do tracks, strips and actions that the animator has made since.
    """
    state, before = known(owner), owner.get(ACTION_MARK)
    lines = {line_of(action) for action in _actions(owner)} - {""}
    for identity in lines:
        nla.take_away(owner, identity)
    if state is None:
        return ""
    said = _bring_back_action(owner, before, state)
    for name in (*state["absent"], BEFORE_MARK, ACTION_MARK):
        owner.pop(str(name), None)
    for path, value in state["values"].items():
        _set(owner, path, value)
    return said


def _bring_back_action(owner: Any, before: Any | None, state: dict[str, Any]) -> str:
    data, said = owner.animation_data, ""
    if data is None:
        return said
    for track in [track for track in data.nla_tracks if track.name not in state["tracks"]]:
        if before is not None and [strip.action for strip in track.strips] == [before]:
            data.nla_tracks.remove(track)  # where we had put it
    if nla.is_shared(owner):
        return said  # its action was the animator's all the time
    if data.action is not None and data.action != before:
        data.action.use_fake_user = True
        said = f"Your action “{data.action.name}” of “{owner.name}” is newer: it is kept, and no longer active."
    slots = {slot.identifier: slot for slot in getattr(before, "slots", ())}
    compat.assign_action(data, before, slots.get(state["slot"]))
    for name, value in (state["animation"] or {}).items():
        with contextlib.suppress(AttributeError, TypeError, ValueError):
            setattr(data, name, value)
    if state["action"] and before is None:
        said = f"Your action “{state['action']}” of “{owner.name}” was deleted meanwhile and cannot be brought back."
    nothing = data.action is None and not len(data.nla_tracks) and not len(data.drivers)
    if state["animation"] is None and nothing:
        owner.animation_data_clear()
    return said


def _set(owner: Any, path: str, value: Any) -> None:
    """Set a value by its path; what is not there any more is passed over."""
    if path.startswith("["):
        if path.strip("[]\"'") in owner:
            owner[path.strip("[]\"'")] = value
        return
    holder, _, name = path.rpartition(".")
    numbers = value if isinstance(value, list) else [value]
    if not all(isinstance(each, str) or (isinstance(each, (int, float)) and math.isfinite(each)) for each in numbers):
        return
    with contextlib.suppress(ValueError, AttributeError, TypeError):
        setattr(owner.path_resolve(holder) if holder else owner, name, value)


def remember_scene(face: Any, scene: Any, was: tuple[int, str], undo: ExitStack) -> None:
    """Note what a bake of `face` changed in a scene. was: its last frame and its sync mode before."""
    said = known_scene(face) or {"scene": scene.name, "frame_end": was[0], "sync": was[1]}
    _restored_by(undo, face, SCENE_MARK)
    face[SCENE_MARK] = json.dumps({**said, "now": scene.frame_end})


def known_scene(face: Any) -> dict[str, Any] | None:
    """What is remembered of the scene; None where that is nothing, or damaged."""
    with contextlib.suppress(TypeError, ValueError):
        said = parse_json(face.get(SCENE_MARK, ""))
        if isinstance(said, dict) and isinstance(said.get("frame_end"), int) and isinstance(said.get("scene"), str):
            return said
    return None


def bring_back_scene(face: Any) -> None:
    """Let the scene of the first bake of `face` end and play as before it, where nobody has changed that since."""
    said = known_scene(face)
    face.pop(SCENE_MARK, None)
    scene = next((each for each in bpy.data.scenes if said and each.name == said["scene"] and not each.library), None)
    if said is None or scene is None:
        return
    if scene.frame_end == said.get("now"):
        scene.frame_end = said["frame_end"]
    if said.get("sync") == "NONE" and scene.sync_mode == "AUDIO_SYNC" and not is_heard(scene):
        scene.sync_mode = "NONE"
        scene.pop(SYNC_MARK, None)


def is_baked(owner: Any) -> bool:
    """Whether there is a way back: something of ours plays on a data-block, or what was before is known."""
    return known(owner) is not None or any(line_of(action) for action in _actions(owner)) or bool(_empty(owner))


def _empty(owner: Any) -> list[Any]:
    data = owner.animation_data
    return [track for track in our_tracks(data) if not track.strips] if data is not None else []
