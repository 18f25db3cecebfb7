# SPDX-License-Identifier: GPL-3.0-or-later
"""What a scene shows of some objects, frame by frame: from actions, NLA strips, drivers and constraints alike."""

import contextlib
import math
from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import Any

import numpy as np
from mathutils import Matrix

from ..baking.nla import our_tracks
from ..faces.targets import target_of

MAX_FRAMES = 60_000
"""Half an hour at 30 a second: beyond, a file would not fit into memory."""


@dataclass(frozen=True)
class Frames:
    """Evenly spaced moments of a scene.

    first: the scene's frame of the first one. step: how many of the scene's frames lie between two. fps: how many
    moments a second; whole, because exporters do not agree about fractions. count: how many there are.
    """

    first: float
    step: float
    fps: int
    count: int

    @classmethod
    def between(cls, scene: Any, first: float, last: float, fps: int | None = None) -> "Frames":
        """From a scene's frame to another one. fps: by default the scene's own, as a whole number."""
        rate = scene.render.fps / scene.render.fps_base
        fps = fps or max(1, round(rate))
        step = rate / fps
        return cls(first, step, fps, math.floor((last - first) / step + 1e-3) + 1)

    def places(self) -> Iterator[tuple[int, float]]:
        """(frame, subframe) of each."""
        for number in range(self.count):
            place = round(self.first + number * self.step, 6)
            yield math.floor(place), place - math.floor(place)


@dataclass(frozen=True)
class Recording:
    """What was seen, for N frames.

    worlds: by object, its N matrices in the world. keys: by mesh, the values (N, K) of its shape keys, the first of
    them the reference. bones: by skeleton and bone, N matrices from the bone's rest, as `matrix_basis`.
    joints: by object that hangs on a bone, the N places of that bone's end in the world.
    """

    frames: Frames
    worlds: dict[Any, list[Matrix]] = field(default_factory=dict)
    keys: dict[Any, np.ndarray] = field(default_factory=dict)
    bones: dict[Any, dict[str, list[Matrix]]] = field(default_factory=dict)
    joints: dict[Any, list[Matrix]] = field(default_factory=dict)


def frames_of_lines(
    scene: Any, face: Any, span: tuple[float, float] | None = None, fps: int | None = None
) -> Frames:  # fmt: skip
    """From the first to the last key of the face's lines, unless `span` says from where to where."""
    if span is None:
        target = target_of(face)
        spans = [each for block in (target.blocks() if target is not None else ()) if (each := baked_span(block))]
        starts, ends = zip(*(spans or [(scene.frame_start, scene.frame_end)]), strict=True)
        span = math.floor(min(starts)), math.ceil(max(ends))
    return Frames.between(scene, *span, fps)


def baked_span(block: Any) -> tuple[float, float] | None:
    """The first and the last frame of what moves a data-block: its action, and our strips."""
    data = block.animation_data
    if data is None:
        return None
    spans = [(strip.frame_start, strip.frame_end) for track in our_tracks(data) for strip in track.strips]
    if data.action is not None:
        spans.append(tuple(data.action.frame_range))
    return (min(start for start, _ in spans), max(end for _, end in spans)) if spans else None


def record(context: Any, objects: tuple[Any, ...], frames: Frames) -> Recording:
    """Play the scene once and write down what the objects do. Do it within `as_it_was`."""
    seen = Recording(frames)
    scene = context.scene
    for place, part in frames.places():
        scene.frame_set(place, subframe=part)
        depsgraph = context.evaluated_depsgraph_get()
        for each in objects:
            _see(seen, each, depsgraph)
    return Recording(frames, seen.worlds, {mesh: np.array(rows) for mesh, rows in seen.keys.items()}, seen.bones,
                     seen.joints)  # fmt: skip


def _see(seen: Recording, thing: Any, depsgraph: Any) -> None:
    shown = thing.evaluated_get(depsgraph)
    seen.worlds.setdefault(thing, []).append(shown.matrix_world.copy())
    if thing.parent_type == "BONE" and thing.parent is not None and thing.parent_bone in thing.parent.pose.bones:
        skeleton = thing.parent.evaluated_get(depsgraph)
        bone = skeleton.pose.bones[thing.parent_bone]
        end = skeleton.matrix_world @ bone.matrix @ Matrix.Translation((0.0, bone.length, 0.0))
        seen.joints.setdefault(thing, []).append(end)
    if thing.type == "MESH" and thing.data.shape_keys is not None:
        blocks = thing.data.shape_keys.evaluated_get(depsgraph).key_blocks
        values = np.empty(len(blocks), np.float32)
        blocks.foreach_get("value", values)
        seen.keys.setdefault(thing, []).append(values)  # type: ignore[union-attr, arg-type]
    if thing.type == "ARMATURE":
        bones = seen.bones.setdefault(thing, {})
        for bone in shown.pose.bones:
            basis = shown.convert_space(pose_bone=bone, matrix=bone.matrix, from_space="POSE", to_space="LOCAL")
            bones.setdefault(bone.name, []).append(basis.copy())


@contextlib.contextmanager
def as_it_was(scene: Any, objects: tuple[Any, ...]) -> Iterator[None]:
    """Afterwards the scene is on its frame again, and what the animator set without a key is as he set it."""
    frame, part = scene.frame_current, scene.frame_subframe
    before = [(thing, name, _copied(getattr(thing, name))) for thing, name in _settable(objects)]
    try:
        yield
    finally:
        scene.frame_set(frame, subframe=part)
        for thing, name, value in before:
            if _copied(getattr(thing, name)) != value:
                setattr(thing, name, value)


def _settable(objects: tuple[Any, ...]) -> Iterator[tuple[Any, str]]:
    transforms = ("location", "rotation_euler", "rotation_quaternion", "rotation_axis_angle", "scale")
    for each in objects:
        things = [each, *(each.pose.bones if each.type == "ARMATURE" else ())]
        yield from ((thing, name) for thing in things for name in transforms)
        if each.type == "MESH" and each.data.shape_keys is not None:
            yield from ((key, "value") for key in each.data.shape_keys.key_blocks)


def _copied(value: Any) -> Any:
    return value if isinstance(value, float) else tuple(value)
