# SPDX-License-Identifier: GPL-3.0-or-later
"""People, hair, lights and materials of the open face."""

import bpy


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
