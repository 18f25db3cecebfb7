# SPDX-License-Identifier: GPL-3.0-or-later
"""F-curves to be, and what all targets have to say about the data-blocks that carry them."""

import math
from collections.abc import Iterator, Sequence
from contextlib import ExitStack
from dataclasses import dataclass
from typing import Any

import bpy
import numpy as np

from ..styletalk.motion.resample import SceneSamples

BEING_EDITED = "Curves of this face are being edited. Press Finish Editing in the StyleTalk panel."
OFFSET = "Offset "
"""How the names of sliders of the offset layer begin, and those of the shape keys that they drive."""
INTENSITY = "styletalk_intensity"
"""Custom property of the shape keys: how strong the style is, animated by each line."""


@dataclass(frozen=True)
class Channel:
    """One F-curve to be.

    name: for sentences. values: (N,) float32. low, high: what Blender holds the values to.
    """

    name: str
    data_path: str
    index: int
    values: np.ndarray
    low: float = -math.inf
    high: float = math.inf


@dataclass(frozen=True)
class Part:
    """A data-block that is animated. id_type: "KEY" or "OBJECT"; name: for its actions."""

    owner: Any
    id_type: str
    name: str
    channels: tuple[Channel, ...] = ()


def shape_key_channel(name: str, values: np.ndarray, low: float, high: float) -> Channel:
    """The curve of a shape key's value."""
    return Channel(name, f'key_blocks["{bpy.utils.escape_identifier(name)}"].value', 0, values, low, high)


def intensity_channel(samples: SceneSamples) -> Iterator[Channel]:
    """The style's strength as a curve to look at and to edit; it moves nothing by itself."""
    if samples.intensity is not None:
        yield Channel("intensity", f'["{INTENSITY}"]', 0, samples.intensity)


def keep_intensity(undo: ExitStack, keys: Any) -> None:
    """Give shape keys the property that the curve animates; `undo` takes it away again."""
    if INTENSITY not in keys:
        keys[INTENSITY] = 1.0
        undo.callback(keys.pop, INTENSITY)


def shape_keys(thing: Any) -> Any | None:
    """The shape keys of an object; None where it has none, as an armature."""
    return getattr(thing.data, "shape_keys", None)


def is_offset(keys: Any, name: str) -> bool:
    """Whether a shape key is one of the offset layer: driven, and named after the one whose twin it is."""
    if not name.startswith(OFFSET) or keys.animation_data is None:
        return False
    path = f'key_blocks["{bpy.utils.escape_identifier(name)}"].value'
    return any(driver.data_path == path for driver in keys.animation_data.drivers)


def carrier(face: Any) -> Any | None:
    """What of a face carries its lines for certain: the shape keys, or the armature of a face made of bones."""
    return face if face.type == "ARMATURE" else shape_keys(face)


def closed(block: Any) -> str:
    """Why Blender would not let a data-block be animated now, or ""."""
    data = getattr(block, "animation_data", None)
    if reason := foreign(block):
        return reason
    if data is not None and data.use_tweak_mode:
        return BEING_EDITED
    return ""


def foreign(block: Any) -> str:
    """Why Blender lets a data-block be animated in another file alone, or ""."""
    if block is None:
        return ""
    if block.library is not None and isinstance(block, (bpy.types.Mesh, bpy.types.Key)):
        return f"The mesh “{block.name}” is linked from another file. Press Make Editable in the StyleTalk panel."
    if block.library is not None:
        return (
            f"“{block.name}” is linked from another file. Override it (Object > Library Override > Make), or make it "
            "local (Object > Relations > Make Local)."
        )
    if block.override_library is not None and getattr(block.override_library, "is_system_override", False):
        return f"“{block.name}” is an override that is not editable yet. Press Make Editable in the StyleTalk panel."
    return ""


def own_data(thing: Any) -> None:
    """Let the shape keys of a library override be its own too: Blender leaves those of its mesh in the other file."""
    if thing.override_library is not None and thing.data.library is not None and shape_keys(thing) is not None:
        thing.data.override_create(remap_local_usages=True)


def shape_key_conflicts(mesh: Any, names: Sequence[str]) -> Iterator[str]:
    """A sentence for each setting of a mesh that wins over F-curves: absolute, muted and pinned shape keys."""
    keys = mesh.data.shape_keys
    if not keys.use_relative:
        yield f"The shape keys of “{mesh.name}” are absolute: switch Relative on to see the line."
    muted = [name for name in names if keys.key_blocks[name].mute]
    if muted:
        yield f"Muted shape keys do not move: {some(muted)}."
    if mesh.show_only_shape_key:
        yield f"“{mesh.name}” shows one shape key alone: switch Shape Key Lock (the pin) off to see the line."


def some(names: list[str], most: int = 3) -> str:
    """The first few names, and how many more there are."""
    shown = ", ".join(names[:most])
    return f"{shown} and {len(names) - most} more" if len(names) > most else shown


def change(undo: ExitStack, thing: Any, name: str, value: Any) -> None:
    """Set a property, and have `undo` set it back."""
    before = getattr(thing, name)
    if before != value:
        undo.callback(setattr, thing, name, before)
        setattr(thing, name, value)
