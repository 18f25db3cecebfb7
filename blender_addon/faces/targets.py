# SPDX-License-Identifier: GPL-3.0-or-later
"""What stands between an animation's samples and F-curves: which channels of which data-blocks a face has."""

import contextlib
import math
from collections.abc import Iterator
from contextlib import ExitStack
from dataclasses import dataclass
from typing import Any

import bpy
import numpy as np

from ..styletalk.motion.resample import SceneSamples
from .open_face import (
    EXPRESSION_KEYS,
    NECK_ROTATION_MODE,
    NEEDED_KEYS,
    OPTIONAL_KEYS,
    SLIDER_LIMIT,
    find_face,
    find_neck,
    missing_keys,
    present_keys,
    to_blender,
)

INTENSITY = "styletalk_intensity"
"""Custom property of the shape keys: how strong the style is, animated by each line."""
NECK_REST = "styletalk_rest"
"""Custom property of the neck: where it is without a pose, since the bake animates its location."""


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


@dataclass(frozen=True)
class FaceTarget:
    """The talking face of Add > Mesh: shape keys, and a neck that carries the head's pose where it still has one.

    Baking knows nothing else of a face: another rig has the same methods.
    """

    mesh: Any

    def refusal(self) -> str:
        """Why nothing can be baked onto it, as a sentence; empty where all is well. Cheap: panels ask for it."""
        for block in (self.mesh, self.mesh.data, *self.blocks()):
            reason = _closed(block)
            if reason:
                return reason
        missing = missing_keys(self.mesh)
        if missing:
            return f"“{self.mesh.name}” lacks the shape key {missing[0]}. Bring it back, or add a new talking face."
        return ""

    def blocks(self) -> tuple[Any, ...]:
        """The data-blocks that are animated: the shape keys and the neck."""
        return tuple(block for block in (self.mesh.data.shape_keys, find_neck(self.mesh)) if block is not None)

    def parts(self, samples: SceneSamples) -> tuple[Part, ...]:
        """What `samples` become, for each of the `blocks`: a channel for each shape key, six for the neck."""
        channels = (*_key_channels(self.mesh, samples), *_intensity_channel(samples))
        keys = Part(self.mesh.data.shape_keys, "KEY", self.mesh.name, channels)
        neck = find_neck(self.mesh)
        if neck is None:
            return (keys,)
        return keys, Part(neck, "OBJECT", neck.name, tuple(_neck_channels(neck, samples.head_pose)))

    def prepare(self, undo: ExitStack) -> None:
        """Widen sliders that the animator narrowed, for Blender holds F-curves to them; remember the neck's rest.

        Each change is taken back by `undo`.
        """
        for name, low, high in _key_ranges(self.mesh):
            key = self.mesh.data.shape_keys.key_blocks[name]
            _change(undo, key, "slider_min", min(key.slider_min, low))
            _change(undo, key, "slider_max", max(key.slider_max, high))
        keys = self.mesh.data.shape_keys
        if INTENSITY not in keys:
            keys[INTENSITY] = 1.0
            undo.callback(keys.pop, INTENSITY)
        neck = find_neck(self.mesh)
        if neck is not None:
            _change(undo, neck, "rotation_mode", NECK_ROTATION_MODE)
            if NECK_REST not in neck:
                neck[NECK_REST] = list(neck.location)
                undo.callback(neck.pop, NECK_REST)

    def rest(self) -> None:
        """All sliders at zero, the neck where it stood before the first bake."""
        for name, _, _ in _key_ranges(self.mesh):
            self.mesh.data.shape_keys.key_blocks[name].value = 0.0
        neck = find_neck(self.mesh)
        if neck is not None:
            neck.location, neck.rotation_euler = _neck_rest(neck), (0.0, 0.0, 0.0)

    def conflicts(self) -> Iterator[str]:
        """A sentence for each setting that wins over its F-curves: absolute, muted and pinned shape keys."""
        keys = self.mesh.data.shape_keys
        if not keys.use_relative:
            yield f"The shape keys of “{self.mesh.name}” are absolute: switch Relative on to see the line."
        muted = [name for name, _, _ in _key_ranges(self.mesh) if keys.key_blocks[name].mute]
        if muted:
            yield f"Muted shape keys do not move: {some(muted)}."
        if self.mesh.show_only_shape_key:
            yield f"“{self.mesh.name}” shows one shape key alone: switch Shape Key Lock (the pin) off to see the line."


def target_of(candidate: Any) -> FaceTarget | None:
    """What can be animated of that object; a face's neck or root stands for the face."""
    face = find_face(candidate)
    return FaceTarget(face) if face is not None else None


def refusal(candidate: Any) -> str:
    """Why nothing can be baked onto that object, as a sentence; empty where all is well."""
    if candidate is None:
        return "No object is selected. Select a talking face, or add one with Add > Mesh > Talking Face."
    target = target_of(candidate)
    if target is None:
        return f"“{candidate.name}” is not a talking face. Select one, or add one with Add > Mesh > Talking Face."
    return target.refusal()


def some(names: list[str], most: int = 3) -> str:
    """The first few names, and how many more there are."""
    shown = ", ".join(names[:most])
    return f"{shown} and {len(names) - most} more" if len(names) > most else shown


def _closed(block: Any) -> str:
    """Why Blender would not let a data-block be animated, or ""."""
    if block is None:
        return ""
    if block.library is not None:
        return f"“{block.name}” is linked from another file. Make it local first: Object > Relations > Make Local."
    if block.override_library is not None:
        return f"“{block.name}” is a library override. Make it local first: Object > Relations > Make Local."
    data = getattr(block, "animation_data", None)
    if data is not None and data.use_tweak_mode:
        return f"A strip of “{block.name}” is being tweaked in the NLA editor. Leave tweak mode (Tab) first."
    return ""


def _key_ranges(mesh: Any) -> Iterator[tuple[str, float, float]]:
    """(name, lowest value, highest value) of each shape key that is animated."""
    for name in present_keys(mesh):
        yield (name, -SLIDER_LIMIT, SLIDER_LIMIT) if name in EXPRESSION_KEYS else (name, 0.0, 1.0)


def _key_channels(mesh: Any, samples: SceneSamples) -> Iterator[Channel]:
    values = np.hstack([samples.coefficients, samples.blinks, samples.gaze, samples.tongue, samples.upper])
    columns = dict(zip(NEEDED_KEYS + OPTIONAL_KEYS, values.T, strict=True))
    for name, low, high in _key_ranges(mesh):
        path = f'key_blocks["{bpy.utils.escape_identifier(name)}"].value'
        yield Channel(name, path, 0, columns[name], low, high)


def _intensity_channel(samples: SceneSamples) -> Iterator[Channel]:
    """The style's strength as a curve to look at and to edit; it moves nothing by itself."""
    if samples.intensity is not None:
        yield Channel("intensity", f'["{INTENSITY}"]', 0, samples.intensity)


def _neck_channels(neck: Any, head_pose: np.ndarray) -> Iterator[Channel]:
    """The head's pose, around where the neck rests."""
    rotation, shift = neck_transforms(head_pose)
    for path, track in (("location", _neck_rest(neck) + shift), ("rotation_euler", rotation)):
        for axis in range(3):
            yield Channel(f"{path} of the neck", path, axis, track[:, axis])


def neck_transforms(head_pose: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """The neck's rotation_euler (N, 3) in NECK_ROTATION_MODE and its shift (N, 3) in metres, for (N, 6) head poses.

    A turn about core's z is one about Blender's −y, a turn about core's y one about Blender's z.
    """
    x, y, z = head_pose[:, 0], head_pose[:, 1], head_pose[:, 2]
    return np.column_stack([x, -z, y]), to_blender(head_pose[:, 3:6])


def _neck_rest(neck: Any) -> np.ndarray:
    """(3,) where the neck is without a pose: where it stood at the first bake, unless the file says nonsense of it."""
    with contextlib.suppress(TypeError, ValueError):
        stored = np.array([*neck.get(NECK_REST, ())], np.float32)
        if stored.shape == (3,) and np.isfinite(stored).all():
            return stored
    return np.asarray(neck.location, np.float32)


def _change(undo: ExitStack, thing: Any, name: str, value: Any) -> None:
    """Set a property, and have `undo` set it back."""
    before = getattr(thing, name)
    if before != value:
        undo.callback(setattr, thing, name, before)
        setattr(thing, name, value)
