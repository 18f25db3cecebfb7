# SPDX-License-Identifier: GPL-3.0-or-later
"""A scene of its own for an export: copies of the objects, with what they did as one plain action for each.

Exporters understand few of the ways in which a scene can be animated, and each other ones. On the stage there is but
one: keys on every frame, the first of them frame 0. The user's scene has no part in it, and the stage is struck at the
end whatever happens.
"""

import contextlib
from collections.abc import Iterator
from contextlib import ExitStack
from dataclasses import dataclass, field
from typing import Any

import bpy
import numpy as np
from mathutils import Matrix, Quaternion, Vector

from .. import compat
from .recording import Recording

STILL = 1e-6
"""What moves less than this gets no keys."""
SLIDER_LIMIT = 10.0
Curve = tuple[str, int, np.ndarray]
"""A data path, an index, and its values on the frames from 0 on."""


@dataclass(frozen=True)
class Stage:
    """scene: the temporary scene. copies: by the user's object, the one that stands for it. name: of the clip.

    undo: takes away what is added to the stage.
    """

    scene: Any
    name: str
    recording: Recording
    undo: ExitStack
    copies: dict[Any, Any] = field(default_factory=dict)

    def write_curves(self, owner: Any, id_type: str, curves: list[Curve]) -> None:
        """One action on `owner`, with a linear curve for each, keyed on every frame from 0."""
        if not curves:
            return
        action, fcurves = compat.new_action(id_type, self.name, owner.name)
        self.undo.callback(remove, bpy.data.actions, action)
        for path, index, values in curves:
            curve = fcurves.new(data_path=path, index=index)
            compat.set_linear_keys(curve, np.arange(len(values), dtype=np.float32), np.asarray(values, np.float32))
        compat.assign_action(owner.animation_data or owner.animation_data_create(), action)

    @contextlib.contextmanager
    def shown(self, context: Any) -> Iterator[None]:
        """Within it the stage is the scene that operators work on, with all of it selected."""
        layer = self.scene.view_layers[0]
        for each in self.scene.objects:
            each.select_set(True, view_layer=layer)
        layer.objects.active = next(iter(self.copies.values()), None)
        with shown(context, self.scene):
            yield


@contextlib.contextmanager
def shown(context: Any, scene: Any) -> Iterator[None]:
    """Within it `scene` is the one that operators work on."""
    window = context.window
    if window is None:
        with context.temp_override(scene=scene, view_layer=scene.view_layers[0]):
            yield
        return
    before = window.scene, window.view_layer
    window.scene = scene
    try:
        yield
    finally:
        window.scene, window.view_layer = before


@contextlib.contextmanager
def staged(recording: Recording, name: str, keeps_modifiers: bool = False) -> Iterator[Stage]:
    """Build the stage, and strike it afterwards. keeps_modifiers: for formats that write what the modifiers make."""
    with ExitStack() as undo:
        undo.callback(_drop_keys, set(bpy.data.shape_keys))
        scene = bpy.data.scenes.new(name)
        undo.callback(remove, bpy.data.scenes, scene)
        _set_up(scene, recording)
        stage = Stage(scene, name, recording, undo)
        for thing in recording.worlds:
            _copy(stage, thing)
        for thing, copy in stage.copies.items():
            _attach(stage, thing, copy, keeps_modifiers)
            _animate(stage, thing, copy)
        yield stage


def _set_up(scene: Any, recording: Recording) -> None:
    scene.frame_start, scene.frame_end = 0, recording.frames.count - 1
    scene.render.fps, scene.render.fps_base = recording.frames.fps, 1.0
    units = bpy.context.scene.unit_settings
    for name in ("system", "scale_length"):
        setattr(scene.unit_settings, name, getattr(units, name))


def _copy(stage: Stage, thing: Any) -> None:
    """A copy under the name of the original, which lends it meanwhile; no animation, constraints or drivers."""
    undo, data = stage.undo, thing.data
    if data is not None:  # to be removed after its object, which would go with it
        data = data.copy()
        undo.callback(remove, _collection_of(data), data)
        data.animation_data_clear()
    copy = thing.copy()
    undo.callback(remove, bpy.data.objects, copy)
    borrow_name(thing, copy, undo)
    if data is not None:
        copy.data = data
        borrow_name(thing.data, data, undo)
    copy.animation_data_clear()
    copy.constraints.clear()
    copy.parent = None
    if copy.type == "ARMATURE":
        for bone in copy.pose.bones:
            while bone.constraints:
                bone.constraints.remove(bone.constraints[0])
            bone.custom_shape = None
    keys = copy.data.shape_keys if copy.type == "MESH" else None
    if keys is not None:
        keys.animation_data_clear()
        copy.show_only_shape_key = False
    stage.scene.collection.objects.link(copy)
    copy.hide_viewport = copy.hide_render = False
    stage.copies[thing] = copy


def _collection_of(data: Any) -> Any:
    return bpy.data.meshes if isinstance(data, bpy.types.Mesh) else bpy.data.armatures


def borrow_name(original: Any, copy: Any, undo: ExitStack) -> None:
    """Exporters write names; the copy shall not be “Hero.001”."""
    if original.library is not None or original.override_library is not None:
        return
    name = original.name
    original.name = f"{name[:50]} (exported)"
    undo.callback(setattr, original, "name", name)
    copy.name = name
    undo.callback(setattr, copy, "name", f"{name[:50]} (copy)")


def _attach(stage: Stage, thing: Any, copy: Any, keeps_modifiers: bool) -> None:
    """Hang a copy where the original hangs, without what stands between them but the transform."""
    parent = stage.copies.get(thing.parent)
    copy.parent = parent
    if parent is not None:
        on_bone = thing in stage.recording.joints
        copy.parent_type, copy.parent_bone = ("BONE", thing.parent_bone) if on_bone else ("OBJECT", "")
    copy.matrix_parent_inverse = Matrix.Identity(4)
    copy.rotation_mode = "QUATERNION"
    copy.delta_location, copy.delta_rotation_quaternion = (0.0, 0.0, 0.0), (1.0, 0.0, 0.0, 0.0)
    copy.delta_scale = (1.0, 1.0, 1.0)
    for modifier in list(copy.modifiers):
        if modifier.type == "ARMATURE" and modifier.object in stage.copies:
            modifier.object = stage.copies[modifier.object]
        elif copy.data.shape_keys is not None and not keeps_modifiers:
            copy.modifiers.remove(modifier)  # an exporter that applies it would lose the shape keys


def _animate(stage: Stage, thing: Any, copy: Any) -> None:
    recording = stage.recording
    curves = list(_transform_curves(copy, "", _locals(stage, thing)))
    if not curves:  # 3.4's glTF takes the length of what has no keys from all actions of the file
        curves = [("location", axis, np.full(recording.frames.count, copy.location[axis])) for axis in range(3)]
    for name, bases in recording.bones.get(thing, {}).items():
        curves += animate_bone(copy, name, bases)
    stage.write_curves(copy, "OBJECT", curves)
    values = recording.keys.get(thing)
    if values is not None:
        set_keys(stage, copy, values)


def animate_bone(skeleton: Any, name: str, bases: list[Matrix]) -> list[Curve]:
    """Pose a bone as in the first frame; return the curves of its way from there. bases: from its rest."""
    bone = skeleton.pose.bones[name]
    bone.rotation_mode = "QUATERNION"
    return list(_transform_curves(bone, f'pose.bones["{bpy.utils.escape_identifier(name)}"].', bases))


def set_keys(stage: Stage, copy: Any, values: np.ndarray) -> None:
    """Let a copy's shape keys have (N, K) values, over as many frames; those that never move none but the first."""
    curves = []
    for key, track in zip(copy.data.shape_keys.key_blocks, values.T, strict=True):
        low, high = min(float(track.min()), 0.0), max(float(track.max()), 1.0)
        key.slider_min, key.slider_max = max(low, -SLIDER_LIMIT), min(high, SLIDER_LIMIT)
        key.value = float(track[0])
        if np.ptp(track) > STILL:
            curves.append((f'key_blocks["{bpy.utils.escape_identifier(key.name)}"].value', 0, track))
    stage.write_curves(copy.data.shape_keys, "KEY", curves)


def _locals(stage: Stage, thing: Any) -> list[Matrix]:
    """Where it is, seen from what its copy hangs on."""
    worlds = stage.recording.worlds
    if thing.parent not in stage.copies:
        return worlds[thing]
    holds = stage.recording.joints.get(thing) or worlds[thing.parent]
    return [hold.inverted_safe() @ world for hold, world in zip(holds, worlds[thing], strict=True)]


def _transform_curves(owner: Any, prefix: str, matrices: list[Matrix]) -> Iterator[Curve]:
    """Set `owner` to the first matrix; yield the curves of what moves after it."""
    parts = [matrix.decompose() for matrix in matrices]
    owner.location, owner.rotation_quaternion, owner.scale = (part.copy() for part in parts[0])
    rotations = _continuous([rotation for _, rotation, _ in parts])
    for name, tracks in (
        ("location", np.array([place for place, _, _ in parts])),
        ("rotation_quaternion", rotations),
        ("scale", np.array([scale for _, _, scale in parts])),
    ):
        if np.ptp(tracks, axis=0).max(initial=0.0) > STILL:
            yield from ((f"{prefix}{name}", index, track) for index, track in enumerate(tracks.T))


def _continuous(rotations: list[Quaternion]) -> np.ndarray:
    """(N, 4): of the two quaternions of a turn the one that is nearer to the turn before."""
    found = [rotations[0]]
    for rotation in rotations[1:]:
        found.append(-rotation if rotation.dot(found[-1]) < 0 else rotation)
    return np.array([Vector(each) for each in found])


def remove(collection: Any, block: Any) -> None:
    """Take a block out of the file, if it is still there."""
    with contextlib.suppress(ReferenceError):  # a mesh goes with its last object in some versions
        collection.remove(block)


def _drop_keys(before: set[Any]) -> None:
    """Shape keys that a mesh has given up stay behind in 3.4."""
    bpy.data.batch_remove([keys for keys in bpy.data.shape_keys if keys not in before])
