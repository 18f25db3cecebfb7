# SPDX-License-Identifier: GPL-3.0-or-later
"""People, hair, lights and materials of the open face."""

import dataclasses
from pathlib import Path

import bpy
import numpy as np
from common import bake, core_samples, mesh_now, raises, worst_error
from harness import submodule


def check_people_with_hair(addon, inputs):
    heads = []
    for person, hair in (("MEAN", "NONE"), ("OLD_WOMAN", "SHORT"), ("YOUNG_MAN", "CROPPED")):
        assert bpy.ops.styletalk.add_face(person=person, hair=hair) == {"FINISHED"}
        face = bpy.context.object
        heads.append([tuple(v.co) for v in face.data.vertices[:50]])
        beside = [each for each in face.parent.children if each.name.startswith(f"{face.name} Hair")]
        assert len(beside) == (hair != "NONE")
        assert all(len(each.data.vertices) > 300 and each.location == face.location for each in beside)
    assert heads[0] != heads[1] != heads[2], "three people"


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
