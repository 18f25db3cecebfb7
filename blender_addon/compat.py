# SPDX-License-Identifier: GPL-3.0-or-later
"""Every place where Blender 3.4 to 5.2 differ, and nowhere else. Features are asked for before versions."""

from typing import Any

import bpy
import numpy as np


def new_action(owner: Any, id_type: str, name: str) -> tuple[Any, Any]:
    """Give `owner` a new action; return (action, its F-curve collection).

    id_type: "OBJECT" or "KEY"; `ID.id_type` is missing in 3.4.
    4.4 brought slots, 5.0 took `action.fcurves` away. The slot is assigned by hand: Blender picks one by itself only
    where names happen to match, and an action without slot moves nothing and says nothing.
    """
    animation_data = owner.animation_data or owner.animation_data_create()
    action = bpy.data.actions.new(name)
    if not hasattr(action, "slots"):
        action.id_root = id_type
        animation_data.action = action
        return action, action.fcurves
    slot = action.slots.new(id_type=id_type, name=owner.name)
    strip = action.layers.new("Layer").strips.new(type="KEYFRAME")
    animation_data.action = action
    animation_data.action_slot = slot  # after the action, which resets it
    return action, strip.channelbag(slot, ensure=True).fcurves


def action_fcurves(owner: Any) -> list[Any]:
    """The F-curves that move `owner` through its action."""
    animation_data = owner.animation_data
    if animation_data is None or animation_data.action is None:
        return []
    action = animation_data.action
    if not hasattr(action, "slots"):
        return list(action.fcurves)
    bags = [strip.channelbag(animation_data.action_slot) for layer in action.layers for strip in layer.strips]
    return [fcurve for bag in bags if bag is not None for fcurve in bag.fcurves]


def shape_key_points(key: Any) -> Any:
    """The coordinates of a shape key: `points` (4.1 and newer) is fifty times as fast as `data`."""
    return getattr(key, "points", key.data)


def strips(sequence_editor: Any) -> Any:
    """All strips: `strips` from 4.4, `sequences` until 4.5. An empty collection is falsy, hence hasattr."""
    return sequence_editor.strips if hasattr(sequence_editor, "strips") else sequence_editor.sequences


def all_strips(sequence_editor: Any) -> list[Any]:
    """Strips inside meta strips as well."""
    if hasattr(sequence_editor, "strips_all"):
        return list(sequence_editor.strips_all)
    return list(sequence_editor.sequences_all)


def set_movie_output(render: Any) -> None:
    """H.264 and AAC in an .mp4. From 5.0 a movie format is refused until the media type is VIDEO."""
    settings = render.image_settings
    if hasattr(settings, "media_type"):
        settings.media_type = "VIDEO"
    settings.file_format = "FFMPEG"
    render.ffmpeg.format = "MPEG4"
    render.ffmpeg.codec = "H264"
    render.ffmpeg.constant_rate_factor = "HIGH"
    render.ffmpeg.ffmpeg_preset = "GOOD"
    render.ffmpeg.audio_codec = "AAC"
    render.ffmpeg.audio_bitrate = 160


def has_sound() -> bool:
    """Whether this Blender was built with its sound library: the bpy 4.2.0 wheel was not."""
    try:
        import aud  # noqa: F401
    except ImportError:
        return False
    return True


def draw_progress(layout: Any, fraction: float, text: str, fallback: tuple[Any, str]) -> None:
    """A progress bar: `layout.progress` from 4.0, before that a greyed slider of property `fallback`."""
    if hasattr(layout, "progress"):
        layout.progress(factor=fraction, text=text)
        return
    row = layout.row()
    row.enabled = False
    row.prop(*fallback, text=text, slider=True)


def session_uid(data_block: Any) -> int | None:
    """A number that names a data-block as long as the file is open, whatever it is renamed to (4.2 and newer)."""
    return getattr(data_block, "session_uid", None)


def use_nodes(material: Any) -> None:
    """Materials have nodes from the start in 5.0, where setting the switch is deprecated."""
    if material.node_tree is None:
        material.use_nodes = True


def is_pip_module() -> bool:
    """Whether Blender runs as the `bpy` module of a Python, where no program file stands behind it."""
    return not bpy.app.binary_path


def enum_number(type_name: str, property_name: str, identifier: str) -> int:
    """The integer behind an enum item, which `foreach_set` wants."""
    return getattr(bpy.types, type_name).bl_rna.properties[property_name].enum_items[identifier].value


def set_linear_keys(fcurve: Any, frames: np.ndarray, values: np.ndarray) -> None:
    """Fill an empty F-curve: (N,) frames, rising, and (N,) values, linear in between.

    Raises ValueError for arrays that do not go together; `foreach_set` would speak of an internal error.
    """
    if frames.shape != values.shape or frames.ndim != 1:
        raise ValueError(f"{frames.shape} frames for {values.shape} values")
    points = fcurve.keyframe_points
    points.add(len(frames))
    points.foreach_set("co", np.column_stack([frames, values]).astype(np.float32).ravel())
    linear = enum_number("Keyframe", "interpolation", "LINEAR")
    points.foreach_set("interpolation", np.full(len(frames), linear, np.int32))
    fcurve.update()  # new points have their handles at the origin
