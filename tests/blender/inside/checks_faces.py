# SPDX-License-Identifier: GPL-3.0-or-later
"""People, hair, lights and materials of the open face."""

import dataclasses
from pathlib import Path

import bpy
import numpy as np
from common import bake, core_samples, first_line, mesh_now, points_of, raises, worst_error
from harness import submodule


def check_people_with_hair(addon, inputs):
    """Three people differ by millimetres, each with the hair that was asked for, within 25,000 vertices in all."""
    heads = []
    for person, hair in (("MEAN", "NONE"), ("OLD_WOMAN", "BOB"), ("YOUNG_MAN", "SHORT"), ("OLD_MAN", "CROPPED")):
        assert bpy.ops.styletalk.add_face(person=person, hair=hair, hair_colour="GREY") == {"FINISHED"}
        face = bpy.context.object
        heads.append(mesh_now(face))
        beside = [each for each in face.parent.children if each.name.startswith(f"{face.name} Hair")]
        assert len(beside) == (hair != "NONE")
        for each in beside:
            assert each.location == face.location and 3000 < len(each.data.vertices) < 25_000 - len(heads[0])
            points = points_in_core_axes(each)
            assert np.isfinite(points).all() and points[:, 1].min() > 0.03, "no hair below the neck"
    apart = [np.abs(a - b).max() for number, a in enumerate(heads) for b in heads[:number]]
    assert min(apart) > 0.005, apart


def check_a_face_becomes_another_person(addon, inputs):
    """Sliders move rest and keys alike, keep what was sculpted, and take hair along; back at zero all is as before."""
    bpy.ops.styletalk.add_face(hair="SHORT")
    face = bpy.context.object
    hair = next(each for each in face.parent.children if "Hair" in each.name)
    keys = face.data.shape_keys.key_blocks
    face.styletalk.keys = "COEFFICIENTS"  # beside the ARKit keys that it was added with
    keys["exp_03"].data[100].co.x += 0.01
    before = {name: points_of(keys[name]) for name in ("Basis", "exp_03", "jawOpen")}
    blink, hair_before = points_of(keys["blink_L"]) - points_of(keys["Basis"]), points_in_core_axes(hair)
    person = face.styletalk_person
    person.masculine, person.jaw_width = 1.0, 0.5
    moved = points_of(keys["Basis"]) - before["Basis"]
    assert np.abs(moved).max() > 0.005
    for name, points in before.items():
        assert np.abs(points_of(keys[name]) - points - moved).max() < 1e-6, name
    shorter = points_of(keys["blink_L"]) - points_of(keys["Basis"])
    assert np.linalg.norm(shorter) < np.linalg.norm(blink), "smaller eyes, shorter blinks"
    assert np.abs(points_of(keys["eyeBlinkLeft"]) - points_of(keys["blink_L"])).max() < 1e-6
    assert np.abs(points_in_core_axes(hair) - hair_before).max() > 0.003
    identity_module, model_module = submodule(addon, "styletalk.face.people"), submodule(addon, "styletalk.face.model")
    wanted = model_module.open_face().shape(identity_module.identity_of({"masculine": 1.0, "jaw_width": 0.5}))
    assert np.abs(mesh_now(face) - wanted).max() < 5e-4, "but for the lips, which were brought together"
    assert bpy.ops.styletalk.random_person(seed=5) == {"FINISHED"}
    assert np.abs(points_of(keys["Basis"]) - before["Basis"] - moved).max() > 0.001
    person.masculine = person.jaw_width = person.chance = 0.0
    for name, points in before.items():
        assert np.abs(points_of(keys[name]) - points).max() < 1e-6, name
    assert np.abs(points_in_core_axes(hair) - hair_before).max() < 1e-5


def check_a_person_is_saved(addon, inputs):
    """Who a face is stays with the file, and a line that was baked plays on another person."""
    bpy.ops.styletalk.add_face(person="OLD_MAN")
    face = bpy.context.object
    bake(addon, inputs, face)
    rest = points_of(face.data.shape_keys.key_blocks["Basis"])
    blend = str(Path(inputs["folder"]) / "person.blend")
    bpy.ops.wm.save_as_mainfile(filepath=blend)
    bpy.ops.wm.open_mainfile(filepath=blend)
    face = bpy.data.objects["Talking Face"]
    assert face.styletalk_person.age == 1.0 and face.styletalk_person.person == "OLD_MAN"
    face.styletalk_person.person = "YOUNG_WOMAN"
    assert np.abs(points_of(face.data.shape_keys.key_blocks["Basis"]) - rest).max() > 0.005
    face.styletalk_person.person = "OLD_MAN"
    assert np.abs(points_of(face.data.shape_keys.key_blocks["Basis"]) - rest).max() < 1e-6


def check_looks(addon, inputs):
    """Skin, eyes and hair are coloured at a touch; hair goes where it is switched off."""
    bpy.ops.styletalk.add_face(hair="SHORT")
    face = bpy.context.object
    colours = [tuple(each.color_srgb) for each in face.data.color_attributes["Colour"].data]
    face.styletalk_person.skin = 0.8
    darker = [tuple(each.color_srgb) for each in face.data.color_attributes["Colour"].data]
    assert sum(new[0] < old[0] - 0.1 for old, new in zip(colours, darker, strict=True)) > 3000
    assert sum(new == old for old, new in zip(colours, darker, strict=True)) > 3000, (
        "teeth and tongue keep their colour"
    )
    face.styletalk_person.hair = "NONE"
    assert not [each for each in face.parent.children if "Hair" in each.name]


def check_only_our_head_has_persons(addon, inputs):
    """Elsewhere the operators are grey with a reason, and the panel is not shown."""
    problem = submodule(addon, "faces.identity").identity_problem
    bpy.ops.mesh.primitive_cube_add()
    assert "Select a talking face" in problem(bpy.context.object)
    assert not bpy.ops.styletalk.random_person.poll()
    bpy.ops.styletalk.add_face()
    assert problem(bpy.context.object) == "" and bpy.ops.styletalk.random_person.poll()


def points_in_core_axes(mesh_object):
    points = np.empty(3 * len(mesh_object.data.vertices), np.float32)
    mesh_object.data.vertices.foreach_get("co", points)
    x, y, z = points.reshape(-1, 3).T
    return np.stack([x, z, -y], axis=1)


def check_lights_and_camera(addon, inputs):
    bpy.ops.styletalk.add_face()
    assert bpy.ops.styletalk.add_lights() == {"FINISHED"}
    scene = bpy.context.scene
    assert sum(each.type == "LIGHT" for each in scene.objects) == 3
    assert scene.camera is not None and scene.camera.type == "CAMERA"


def check_every_region_has_a_shader_that_is_linked(addon, inputs):
    bpy.ops.styletalk.add_face()
    for material in bpy.context.object.data.materials:
        output = next(node for node in material.node_tree.nodes if node.type == "OUTPUT_MATERIAL")
        assert output.inputs["Surface"].is_linked, material.name
        names = {node.bl_idname for node in material.node_tree.nodes}
        assert ("ShaderNodeVertexColor" in names) != ("ShaderNodeFresnel" in names), material.name


def check_a_face_model_of_the_users(addon, inputs):
    """A file of import-ict or import-bfm, here without eyes and tongue, becomes a face that talks and is saved."""
    model_module = submodule(addon, "styletalk.face.model")
    face_model = model_module.open_face()
    nothing = face_model.tongue[:0]
    other = dataclasses.replace(
        face_model, tongue=nothing, gaze=nothing, arkit=nothing, arkit_matrix=face_model.arkit_matrix[:0], name="Mine"
    )
    path = Path(inputs["folder"]) / "mine.npz"
    other.save(path)
    assert bpy.ops.styletalk.add_face_model(filepath=str(path)) == {"FINISHED"}
    face = bpy.context.object
    assert face.name == "Mine" and face.data.shape_keys.key_blocks[5].slider_min == -10
    assert "tongue_out" not in face.data.shape_keys.key_blocks
    first_line(face).lips_mm = 0.0
    bake(addon, inputs, face)
    samples, _ = core_samples(addon, inputs)
    expected = other.vertices(samples.coefficients, blinks=samples.blinks)
    assert worst_error(face, expected[:5], bpy.context.scene.frame_start) < 5e-5  # the file's float16
    bpy.ops.styletalk.add_face_model(filepath=str(path), seed=7)
    person = bpy.context.object
    assert np.abs(mesh_now(person) - other.mean).max() > 0.003, "another person"
    blend = str(Path(inputs["folder"]) / "mine.blend")
    bpy.ops.wm.save_as_mainfile(filepath=blend)
    path.unlink()
    bpy.ops.wm.open_mainfile(filepath=blend)
    assert len(bpy.data.objects["Mine"].styletalk.lines) == 1


def check_a_file_that_is_no_face_model(addon, inputs):
    """One sentence, and nothing in the scene."""
    before = len(bpy.data.objects)
    for path in (inputs["animation"], inputs["nowhere"]):
        raises(lambda path=path: bpy.ops.styletalk.add_face_model(filepath=path), "face model")
    assert len(bpy.data.objects) == before


def check_not_inside_the_cube(addon, inputs):
    """A head that would stand within another mesh or head stands beside it; else at the cursor, in a room too."""
    bpy.ops.mesh.primitive_cube_add(size=2.0)
    bpy.ops.styletalk.add_face()
    root = bpy.context.object.parent.parent
    assert root.location.x > 1.0 and root.location.y == root.location.z == 0.0, tuple(root.location)
    bpy.context.scene.cursor.location = (0.0, 5.0, 0.0)
    bpy.ops.styletalk.add_face()
    assert tuple(bpy.context.object.parent.parent.location) == (0.0, 5.0, 0.0)
    bpy.ops.styletalk.add_face()
    assert bpy.context.object.parent.parent.location.x > 0.2, "it stands within the other head"
    bpy.ops.mesh.primitive_cube_add(size=6.0, location=(0.0, 20.0, 0.0))
    bpy.context.scene.cursor.location = (0.0, 20.0, 0.0)
    bpy.ops.styletalk.add_face()
    assert tuple(bpy.context.object.parent.parent.location) == (0.0, 20.0, 0.0), "a room is there to stand in"
