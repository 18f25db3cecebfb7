# SPDX-License-Identifier: GPL-3.0-or-later
"""Bare heads. Each check gets a fresh, empty scene; its docstring says what must hold."""

from types import MethodType, SimpleNamespace
from unittest import mock

import bpy
import numpy as np
from checks_characters import curves, face_model, select, z_up
from common import bake, core_samples, first_line, gentle, mesh_now, raises
from harness import submodule


def part(name, points, triangles):
    """A mesh without shape keys of some of the open face's triangles."""
    used, numbers = np.unique(triangles, return_inverse=True)
    mesh = bpy.data.meshes.new(name)
    mesh.from_pydata(z_up(points[used]).tolist(), [], numbers.reshape(-1, 3).tolist())
    made = bpy.data.objects.new(name, mesh)
    bpy.context.collection.objects.link(made)
    return made


def bare_head(addon):
    """Somebody's head in parts: skin, which is selected, teeth and lashes, in centimetres and scaled back."""
    model = face_model(addon)
    parts = {
        name: part(name, 100 * model.mean, model.triangles[model.region_triangles(*regions)])
        for name, regions in (("Skin", ("skin", "lips", "mouth")), ("Teeth", ("teeth",)), ("Lashes", ("lashes",)))
    }
    for each in parts.values():
        each.scale = (0.01, 0.01, 0.01)
    bpy.context.view_layer.update()
    select(parts["Skin"])
    return parts


def key_names(thing):
    keys = thing.data.shape_keys
    return [] if keys is None else [key.name for key in keys.key_blocks][1:]


def moved(thing, name):
    """(V, 3) what a shape key moves, in the object's own units."""
    keys = thing.data.shape_keys.key_blocks
    points = np.array([[point.co[:] for point in keys[each].data] for each in (name, "Basis")])
    return points[0] - points[1]


def check_a_bare_head_is_made_to_talk(addon, inputs):
    """One button gives it and its parts shape keys and shows the landmarks; one undo would take it back; a line
    bakes onto it; made again, the landmarks that were moved count, and the line stays."""
    parts = bare_head(addon)
    skin, arkit = parts["Skin"], submodule(addon, "styletalk.face.arkit_names").ARKIT_NAMES
    assert bpy.ops.styletalk.make_shapes() == {"FINISHED"}
    assert key_names(skin) == list(arkit) and skin.data.shape_keys.key_blocks["jawOpen"].value == 0
    model = face_model(addon)
    own = np.unique(model.triangles[model.region_triangles("skin", "lips", "mouth")])
    for name in ("jawOpen", "eyeBlinkLeft", "mouthSmileRight"):
        expected = 100 * z_up(model.arkit[arkit.index(name), own])
        made = moved(skin, name)
        assert np.abs(made - expected).max() < 0.25 * np.abs(expected).max(), name
    assert "jawOpen" in key_names(parts["Teeth"]) and "eyeBlinkLeft" not in key_names(parts["Teeth"])
    assert {"eyeBlinkLeft", "eyeBlinkRight"} <= set(key_names(parts["Lashes"]))
    assert len([each for each in skin.children if "styletalk_landmark" in each]) == 8
    assert "lids close" in skin["styletalk_quality"]
    assert bpy.ops.styletalk.face_sheet() == {"FINISHED"} and bpy.data.images["Skin face shapes"].size[0] > 1000
    assert {shape.shows for shape in skin.styletalk_character.shapes} == set(arkit)
    bake(addon, inputs, skin)
    assert curves(addon, parts["Teeth"].data.shape_keys)
    before = moved(skin, "mouthPucker")
    next(each for each in skin.children if each.get("styletalk_landmark") == "chin").location.z -= 1.0
    bpy.context.view_layer.update()
    assert bpy.ops.styletalk.make_shapes() == {"FINISHED"}
    assert np.abs(moved(skin, "mouthPucker") - before).max() > 1e-4 and key_names(skin) == list(arkit)
    assert curves(addon, skin.data.shape_keys) and len(skin.styletalk.lines) == 1


def check_parts_beside_a_character_are_given_its_shapes(addon, inputs):
    """Teeth without shape keys get those of the face that move them, under the names that the face has."""
    parts = bare_head(addon)
    skin, teeth = parts["Skin"], parts["Teeth"]
    model, arkit = face_model(addon), submodule(addon, "styletalk.face.arkit_names").ARKIT_NAMES
    own = np.unique(model.triangles[model.region_triangles("skin", "lips", "mouth")])
    names = ("jawOpen", "mouthSmileLeft", "mouthSmileRight", "eyeBlinkLeft", "eyeBlinkRight", "mouthPucker")
    skin.shape_key_add(name="Basis")
    for number, name in enumerate(names):
        key = skin.shape_key_add(name=f"Key {number}", from_mix=False)
        key.value = 0.0
        points = 100 * z_up((model.mean + model.arkit[arkit.index(name)])[own])
        key.data.foreach_set("co", points.astype(np.float32).ravel())
    assert bpy.ops.styletalk.use_character() == {"FINISHED"}
    assert [shape.shows for shape in skin.styletalk_character.shapes] == list(names)
    assert bpy.ops.styletalk.make_rest() == {"FINISHED"}
    assert key_names(teeth) == ["Key 0"] and {"Key 3", "Key 4"} <= set(key_names(parts["Lashes"]))
    assert np.abs(moved(teeth, "Key 0")).max() > 1.5  # centimetres
    assert not bpy.ops.styletalk.make_rest.poll()


def check_meshes_without_a_face_are_one_sentence(addon, inputs):
    """A cube, a mesh with shape keys, landmarks that lack one: a reason, and nothing is changed."""
    bpy.ops.mesh.primitive_cube_add()
    cube = bpy.context.object
    raises(bpy.ops.styletalk.make_shapes, "No face was found")
    assert cube.data.shape_keys is None and not cube.children
    raises(bpy.ops.styletalk.click_landmarks, "clicked in a window")
    skin = bare_head(addon)["Skin"]
    assert bpy.ops.styletalk.find_landmarks() == {"FINISHED"}
    bpy.data.objects.remove(next(each for each in skin.children if each.get("styletalk_landmark") == "chin"))
    raises(bpy.ops.styletalk.make_shapes, "“chin” is missing")
    assert skin.data.shape_keys is None
    assert bpy.ops.styletalk.forget_landmarks() == {"FINISHED"} and not skin.children
    skin.shape_key_add(name="Basis")
    skin.shape_key_add(name="Mine")
    assert not bpy.ops.styletalk.make_shapes.poll()


def check_a_bare_head_can_have_the_64_directions(addon, inputs):
    """Chosen in the panel, a head gets the 64 directions and what a line moves beside them; what is baked are the
    coefficients, and the mesh moves as the open face; chosen otherwise, the keys are others."""
    skin, rows = bare_head(addon)["Skin"], submodule(addon, "styletalk.rigs.directions")
    skin.styletalk_character.made_keys = "COEFFICIENTS"
    assert bpy.ops.styletalk.make_shapes() == {"FINISHED"}
    assert key_names(skin) == [*rows.DIRECTIONS, *rows.BESIDE]
    assert skin.data.shape_keys.key_blocks["exp_00"].slider_min == -10
    inputs, first_line(skin).lips_mm = gentle(addon, inputs), 0.0
    bake(addon, inputs, skin)
    samples, vertices = core_samples(addon, inputs)
    model, weights = face_model(addon), submodule(addon, "styletalk.rigs.weights")
    own = np.unique(model.triangles[model.region_triangles("skin", "lips", "mouth")])
    wide = weights.own_gaps(samples.coefficients, weights.arkit_extras(samples)).max(axis=1) > 0.06
    assert wide.any()
    for frame in np.flatnonzero(wide)[::4]:
        bpy.context.scene.frame_set(bpy.context.scene.frame_start + int(frame))
        keys = skin.data.shape_keys.key_blocks
        shown = [keys[name].value for name in rows.DIRECTIONS]
        off = np.abs(np.array(shown) - samples.coefficients[frame])
        assert off.max() < 1e-4, (frame, off.argmax(), off.max(), shown[off.argmax()])
        away = np.linalg.norm(mesh_now(skin) / 100 - vertices[frame, own], axis=1)
        assert np.percentile(away, 90) < 0.0015, (frame, np.percentile(away, [50, 90, 99, 100]))
    skin.styletalk_character.made_keys = "BOTH"
    assert bpy.ops.styletalk.make_shapes() == {"FINISHED"}
    table = {shape.name: shape for shape in skin.styletalk_character.shapes}
    assert len(table) == 116 and not table["jawOpen"].enabled and table["exp_05"].enabled
    assert table["eyeBlinkLeft"].enabled and table["browInnerUp"].enabled
    skin.styletalk_character.made_keys = "ARKIT"
    assert bpy.ops.styletalk.make_shapes() == {"FINISHED"}
    table = {shape.name: shape for shape in skin.styletalk_character.shapes}
    off = [(each.name, each.reason) for each in table.values() if not each.enabled]
    assert len(key_names(skin)) == len(table) == 52 and table["jawOpen"].enabled and len(off) < 2, (
        len(key_names(skin)),
        off,
    )


def check_clicking_ends_where_the_head_is_gone(addon, inputs):
    """A head that is deleted while its landmarks are clicked, or a view that is closed, ends that in a sentence."""
    operator, said = submodule(addon, "operators.click_landmarks").STYLETALK_OT_click_landmarks, []
    for name, area in (("No Such Head", mock.Mock()), (new_cube().name, None)):
        this = SimpleNamespace(_name=name, report=lambda kinds, text: said.append(text))
        this._head, this._end = (MethodType(getattr(operator, each), this) for each in ("_head", "_end"))
        event = SimpleNamespace(type="MOUSEMOVE", value="NOTHING", ctrl=False, alt=False, oskey=False)
        assert operator.modal(this, SimpleNamespace(area=area), event) == {"CANCELLED"}
    assert len(said) == 2 and all("Press Click Landmarks again" in text for text in said)


def new_cube():
    bpy.ops.mesh.primitive_cube_add()
    return bpy.context.object
