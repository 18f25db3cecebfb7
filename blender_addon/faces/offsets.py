# SPDX-License-Identifier: GPL-3.0-or-later
"""The offset layer: sliders that add to whatever is baked, and that no bake touches.

Each slider is a custom property of the face object, so that its keys lie in the object's own action under its name,
away from the actions of lines. It drives twins of the shape keys, which Blender adds to the keys that are baked. The
drivers are simple expressions: they work where scripts are not allowed, and without this add-on.
"""

from contextlib import suppress
from typing import Any

import bpy
import numpy as np

from .. import compat
from ..styletalk.face.model import open_face
from ..styletalk.face.person import person
from .channels import OFFSET, closed, is_offset, shape_keys
from .characters import CharacterTarget
from .identity import shown_identity
from .offset_controls import BY_NAME, OffsetError, Pull, controls_of, pulls_of
from .open_face import SLIDER_LIMIT, columns_of, is_character, to_blender
from .own_keys import arkit_columns, can_choose
from .shape_points import points_of

MAX_NAME_BYTES = 63
"""Of shape keys and custom properties."""


def refusal(face: Any) -> str:
    """Why a face cannot have the offset layer, as a sentence, or ""."""
    if face is None:
        return "Select a talking face or a character first."
    if face.type != "MESH" or shape_keys(face) is None:
        return f"“{face.name}” is made of bones: pose them, for offsets need shape keys."
    if face.mode == "EDIT":
        return "Leave the edit mode first (Tab)."
    for block in (face, *(part for mesh in _meshes(face) for part in (mesh.data, mesh.data.shape_keys))):
        if block.override_library is not None or closed(block):
            return (
                closed(block) or f"“{block.name}” is an override, which takes no new shape keys. Make it local first."
            )
    return ""


def add_offset(face: Any, name: str, frame: float, value: float) -> None:
    """Add `value` to what the offset of that name is on a frame of the scene, and key it there. Raises OffsetError.

    name: a control, or a shape key of the face. A value of 0 keys what is there: on both sides of a change that is to
    stay where it is.
    """
    ensure(face, (name,))
    curve = curve_of(face, name)
    before = curve.evaluate(frame) if curve is not None else face[OFFSET + name]
    face[OFFSET + name] = float(before + value)
    if not face.keyframe_insert(path_of(name), frame=frame):
        raise OffsetError(f"Blender would not key the offset “{name}” of “{face.name}”. Is its action linked?")
    curve = curve_of(face, name)
    if curve is not None:
        face[OFFSET + name] = float(curve.evaluate(bpy.context.scene.frame_current))
    face.update_tag()


def add_layer(face: Any) -> int:
    """Give a face all sliders that it has shapes for; return how many. Raises OffsetError."""
    names = [control.name for control in controls_of(face)]
    if not names and not refusal(face):
        raise OffsetError(f"“{face.name}” has no shapes for jaw, lips, lids or brows: there is nothing to offset.")
    ensure(face, names)
    return len(names)


def ensure(face: Any, names: "tuple[str, ...] | list[str]") -> None:
    """Let a face have these sliders, with their twins and drivers. Raises OffsetError, before anything is made."""
    reason = refusal(face)
    if reason:
        raise OffsetError(reason)
    pulls = {name: pulls_of(face, name) for name in names}
    for name in names:
        if not pulls[name]:
            raise OffsetError(f"“{face.name}” has no shape for the offset “{name}”.")
        if (
            max(len((OFFSET + each).encode()) for each in (name, *(pull.shape for pull in pulls[name])))
            > MAX_NAME_BYTES
        ):
            raise OffsetError(f"The name “{name}” is too long for an offset. Shorten the shape key's name.")
    compat.ensure_own_action(face, "OBJECT")
    for name in (each for each in names if OFFSET + each not in face):
        _add_property(face, name)
    for shape in dict.fromkeys(pull.shape for each in pulls.values() for pull in each):
        _add_twins(face, shape)


def names_of_offsets(face: Any) -> tuple[str, ...]:
    """The sliders that a face has, in the order of the controls, after them those of single shape keys."""
    if face is None:
        return ()
    found = [key.removeprefix(OFFSET) for key, _ in face.items() if key.startswith(OFFSET)]
    return (*(name for name in BY_NAME if name in found), *(name for name in found if name not in BY_NAME))


def path_of(name: str) -> str:
    """The data path of a slider on the face object."""
    return f'["{bpy.utils.escape_identifier(OFFSET + name)}"]'


def curve_of(face: Any, name: str) -> Any | None:
    """The F-curve of a slider in the face object's active action."""
    return next((each for each in compat.action_fcurves(face.animation_data) if each.data_path == path_of(name)), None)


def reset(face: Any) -> int:
    """All sliders to zero, without their keys. Returns how many there are."""
    names = names_of_offsets(face)
    compat.remove_fcurves(face.animation_data, {path_of(name) for name in names})
    for name in names:
        face[OFFSET + name] = 0.0
    face.update_tag()
    return len(names)


def remove_layer(face: Any) -> None:
    """Take sliders, keys, twins and drivers away. Raises OffsetError."""
    reason = refusal(face)
    if reason:
        raise OffsetError(reason)
    reset(face)
    remove_sliders(face, names_of_offsets(face))


def remove_sliders(face: Any, names: tuple[str, ...]) -> None:
    """Take some sliders away, with their keys and the twins that no other slider drives."""
    compat.remove_fcurves(face.animation_data, {path_of(name) for name in names})
    for name in names:
        del face[OFFSET + name]
    driven = {pull.shape for name in names_of_offsets(face) for pull in pulls_of(face, name)}
    for mesh in _meshes(face):
        keys = mesh.data.shape_keys
        for key in [key for key in keys.key_blocks if is_offset(keys, key.name)]:
            if key.name.removeprefix(OFFSET) not in driven:
                keys.driver_remove(_value_path(key.name))
                mesh.shape_key_remove(key)
    for shape in driven if names else ():
        _add_twins(face, shape)


def _meshes(face: Any) -> tuple[Any, ...]:
    """Those whose shape keys move together."""
    if not is_character(face):
        return (face,)
    return tuple(mesh for mesh in CharacterTarget(face).meshes() if shape_keys(mesh) is not None)


def _add_property(face: Any, name: str) -> None:
    face[OFFSET + name] = 0.0
    control = BY_NAME.get(name)
    reach = 1.0 if control is not None else SLIDER_LIMIT
    what = control.what if control is not None else f"Adds to the shape key {name}"
    face.id_properties_ui(OFFSET + name).update(
        min=-reach, max=reach, soft_min=-1.0, soft_max=1.0, default=0.0, description=f"{what}. No bake touches it"
    )
    with suppress(TypeError, RuntimeError):  # not every property may be set on overrides of every version
        face.property_overridable_library_set(path_of(name), True)


def _add_twins(face: Any, shape: str) -> None:
    """A twin of that shape key on each mesh that has it, driven by all sliders that move it."""
    pulls = [(name, pull) for name in names_of_offsets(face) for pull in pulls_of(face, name) if pull.shape == shape]
    for mesh in _meshes(face):
        keys = mesh.data.shape_keys
        if OFFSET + shape not in keys.key_blocks and not _add_twin(mesh, shape):
            continue
        _drive(face, keys, OFFSET + shape, pulls)


def _add_twin(mesh: Any, shape: str) -> bool:
    """A shape key that moves what `shape` moves. Returns whether the mesh has such a shape."""
    keys = mesh.data.shape_keys
    source = keys.key_blocks.get(shape)
    if source is None and not can_choose(mesh):
        return False
    points = points_of(source) if source is not None else _own_points(mesh, shape)
    twin = mesh.shape_key_add(name=OFFSET + shape, from_mix=False)
    compat.shape_key_points(twin).foreach_set("co", points.astype(np.float32).ravel())
    twin.slider_min, twin.slider_max, twin.value = -SLIDER_LIMIT, SLIDER_LIMIT, 0.0
    source = mesh.data.shape_keys.key_blocks.get(shape)  # adding one may have moved the others
    if source is not None:
        twin.relative_key, twin.vertex_group, twin.interpolation = (
            source.relative_key, source.vertex_group, source.interpolation,
        )  # fmt: skip
    return True


def _own_points(mesh: Any, shape: str) -> np.ndarray:
    """(V, 3) of a shape that our own head does not have as a key."""
    model = person(open_face(), shown_identity(mesh))
    delta = next(each[1] for each in (*arkit_columns(model), *columns_of(model)) if each[0] == shape)
    return points_of(mesh.data.shape_keys.reference_key) + to_blender(delta)


def _drive(face: Any, keys: Any, twin: str, pulls: list[tuple[str, Pull]]) -> None:
    """Let sliders drive a twin, by an expression that Blender evaluates without Python."""
    keys.driver_remove(_value_path(twin))
    driver = keys.driver_add(_value_path(twin)).driver
    driver.type = "SCRIPTED"
    terms = []
    for number, (name, pull) in enumerate(pulls):
        variable = driver.variables.new()
        variable.name, variable.type = f"v{number}", "SINGLE_PROP"
        variable.targets[0].id_type, variable.targets[0].id = "OBJECT", face
        variable.targets[0].data_path = path_of(name)
        value = {0: "v{}", 1: "max(v{}, 0)", -1: "min(v{}, 0)"}[pull.way].format(number)
        terms.append(f"{pull.gain:.6g} * {value}")
    driver.expression = " + ".join(terms)


def _value_path(name: str) -> str:
    return f'key_blocks["{bpy.utils.escape_identifier(name)}"].value'
