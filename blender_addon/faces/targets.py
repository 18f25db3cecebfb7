# SPDX-License-Identifier: GPL-3.0-or-later
"""What stands between an animation's samples and F-curves: which channels of which data-blocks a face has."""

import contextlib
import math
from collections.abc import Iterator
from contextlib import ExitStack
from dataclasses import dataclass
from typing import Any

import numpy as np

from ..styletalk.motion.resample import SceneSamples
from .channels import (
    Channel,
    Part,
    change,
    closed,
    intensity_channel,
    keep_intensity,
    shape_key_channel,
    shape_key_conflicts,
)
from .characters import CharacterTarget
from .open_face import (
    NECK_ROTATION_MODE,
    find_face,
    find_neck,
    is_character,
    to_blender,
)
from .own_keys import COEFFICIENTS, kind_of, misfit_of, missing_keys, names_of, ranges_of, unused_keys, values_of

ROOM = 0.1
"""Curves through few keys swing a little beyond their samples."""
NECK_REST = "styletalk_rest"
"""Custom property of the neck: where it is without a pose, since the bake animates its location."""


@dataclass(frozen=True)
class FaceTarget:
    """The talking face of Add > Mesh: shape keys, and a neck that carries the head's pose where it still has one.

    Baking knows nothing else of a face: another rig has the same methods.
    """

    mesh: Any

    def refusal(self) -> str:
        """Why nothing can be baked onto it, as a sentence; empty where all is well. Cheap: panels ask for it."""
        for block in (self.mesh, self.mesh.data, *self.blocks()):
            reason = closed(block)
            if reason:
                return reason
        missing = missing_keys(self.mesh)
        if missing:
            again = "Bring it back" if kind_of(self.mesh) == COEFFICIENTS else "Choose its Keys again"
            return f"“{self.mesh.name}” lacks the shape key {missing[0]}. {again}, or add a new talking face."
        return ""

    def blocks(self) -> tuple[Any, ...]:
        """The data-blocks that are animated: the shape keys and the neck."""
        return tuple(block for block in (self.mesh.data.shape_keys, find_neck(self.mesh)) if block is not None)

    def parts(self, samples: SceneSamples) -> tuple[Part, ...]:
        """What `samples` become, for each of the `blocks`: a channel for each shape key, six for the neck."""
        channels = (*_key_channels(self.mesh, samples), *intensity_channel(samples))
        keys = Part(self.mesh.data.shape_keys, "KEY", self.mesh.name, channels)
        neck = find_neck(self.mesh)
        if neck is None:
            return (keys,)
        return keys, Part(neck, "OBJECT", neck.name, tuple(_neck_channels(neck, samples.head_pose)))

    def prepare(self, undo: ExitStack, parts: tuple[Part, ...]) -> None:
        """Widen sliders that `parts` go beyond, for Blender holds F-curves to them; let the keys of the other kind
        rest; remember the neck's rest. Each change is taken back by `undo`.
        """
        blocks = self.mesh.data.shape_keys.key_blocks
        for name, low, high in _sliders(self.mesh, parts):
            change(undo, blocks[name], "slider_min", min(blocks[name].slider_min, low))
            change(undo, blocks[name], "slider_max", max(blocks[name].slider_max, high))
        for name in unused_keys(self.mesh):
            change(undo, blocks[name], "value", 0.0)
        keep_intensity(undo, self.mesh.data.shape_keys)
        neck = find_neck(self.mesh)
        if neck is not None:
            change(undo, neck, "rotation_mode", NECK_ROTATION_MODE)
            if NECK_REST not in neck:
                neck[NECK_REST] = list(neck.location)
                undo.callback(neck.pop, NECK_REST)

    def rest(self) -> None:
        """All sliders at zero, the neck where it stood before the first bake."""
        for name in (*names_of(self.mesh), *unused_keys(self.mesh)):
            self.mesh.data.shape_keys.key_blocks[name].value = 0.0
        neck = find_neck(self.mesh)
        if neck is not None:
            neck.location, neck.rotation_euler = _neck_rest(neck), (0.0, 0.0, 0.0)
            neck.pop(NECK_REST, None)  # from now on the animator may put the pivot elsewhere

    def conflicts(self) -> Iterator[str]:
        """A sentence for each setting that wins over its F-curves: absolute, muted and pinned shape keys."""
        yield from shape_key_conflicts(self.mesh, names_of(self.mesh))

    def other_keys(self) -> tuple[str, ...]:
        """The shape keys of its own on which it is not baked now, but may have been."""
        return unused_keys(self.mesh)

    def remarks(self, samples: SceneSamples, parts: tuple[Part, ...]) -> str:
        """How far what is baked is from what was meant, as a sentence, or ""."""
        values = {channel.name: channel.values for channel in parts[0].channels}
        return str(misfit_of(self.mesh, samples, values) or "")


Target = FaceTarget | CharacterTarget


def target_of(candidate: Any) -> Target | None:
    """What can be animated of that object; a face's neck or root stands for the face."""
    face = find_face(candidate)
    if face is None:
        return None
    return CharacterTarget(face) if is_character(face) else FaceTarget(face)


def refusal(candidate: Any) -> str:
    """Why nothing can be baked onto that object, as a sentence; empty where all is well."""
    if candidate is None:
        return "No object is selected. Select a talking face, or add one with Add > Mesh > Talking Face."
    target = target_of(candidate)
    if target is None:
        if candidate.type == "MESH" and candidate.data.shape_keys is not None:
            return f"“{candidate.name}” has shape keys of its own. Press Use This Character, and it can speak."
        return f"“{candidate.name}” is not a talking face. Select one, or add one with Add > Mesh > Talking Face."
    return target.refusal()


def _sliders(mesh: Any, parts: tuple[Part, ...]) -> Iterator[tuple[str, float, float]]:
    """(name, least, greatest) that the slider of each key must reach: of coefficients as far as Blender allows, of
    named shapes no further than a whole step beyond what is baked, for sliders are there to be dragged."""
    if kind_of(mesh) == COEFFICIENTS:
        yield from ranges_of(mesh)
        return
    channels = {channel.name: channel.values for channel in parts[0].channels}
    for name, _, _ in ranges_of(mesh):
        yield name, math.floor(channels[name].min() - ROOM), math.ceil(channels[name].max() + ROOM)


def _key_channels(mesh: Any, samples: SceneSamples) -> Iterator[Channel]:
    values = values_of(mesh, samples)
    for name, low, high in ranges_of(mesh):
        yield shape_key_channel(name, values[name], low, high)


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
