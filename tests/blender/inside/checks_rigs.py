# SPDX-License-Identifier: GPL-3.0-or-later
"""What a character's file says, what of it is chosen, and meshes that nothing can be told of."""

import bpy
import numpy as np
from checks_characters import SHAPES, character, face_model, parted_mm, select, table, z_up
from common import bake, first_line, raises
from harness import submodule

VOWELS = ("aa", "ih", "ou", "ee", "oh")
UNKNOWN = tuple(f"Key {number}" for number in range(len(SHAPES)))


def use():
    return bpy.ops.styletalk.use_character()


def row_of(hero, name):
    return next(shape for shape in hero.styletalk_character.shapes if shape.name == name)


def on_armature(*meshes):
    """An armature that deforms them."""
    armature = bpy.data.objects.new("Rig", bpy.data.armatures.new("Rig"))
    bpy.context.collection.objects.link(armature)
    for mesh in meshes:
        mesh.modifiers.new("Armature", "ARMATURE").object = armature
    return armature


def check_the_file_is_believed_before_names(addon, inputs):
    """VRM expressions that an importer left on the armature name shapes whose own names say nothing."""
    hero = character(addon, UNKNOWN)
    armature = on_armature(hero)
    binds = {name: [{"node": {"mesh_object_name": hero.name}, "index": f"Key {k}", "weight": 1.0}]
             for k, name in enumerate(VOWELS)}  # fmt: skip
    preset = {name: {"morph_target_binds": bind} for name, bind in binds.items()}
    preset["happy"] = {"morph_target_binds": [{"index": "Key 9"}], "override_mouth": 1}
    armature.data["vrm_addon_extension"] = {"vrm1": {"expressions": {"preset": preset}}}
    bpy.context.view_layer.update()
    use()
    assert "jawOpen 0.6" in table(hero)["Key 0"] and "mouthPucker" in table(hero)["Key 2"], table(hero)
    assert "VRM says “aa”" in row_of(hero, "Key 0").reason
    assert not row_of(hero, "Key 9").enabled and "nothing else moves the mouth" in row_of(hero, "Key 9").reason


def check_a_vrchat_descriptor_is_believed(addon, inputs):
    """Its list of visemes, as JSON in a custom property; nonsense beside it is passed over."""
    hero = character(addon, UNKNOWN)
    hero["VRCAvatarDescriptor"] = '{"lipSync": 3, "VisemeBlendShapes": ["", "Key 4", "Key 5", "nobody"]}'
    hero["other"] = "{broken"
    hero["vrm"] = 7
    use()
    assert "VRChat" in row_of(hero, "Key 4").reason and table(hero)["Key 4"] and table(hero)["Key 5"]


def check_the_head_is_found(addon, inputs):
    """Pressed on the armature, on a body without shape keys, or on an empty above them, the head's mesh is used; hidden
    or not."""
    bpy.ops.mesh.primitive_cube_add()
    body = bpy.context.object
    hero = character(addon)
    armature = on_armature(hero, body)
    hero.hide_set(True)
    for pressed in (armature, body):
        select(pressed)
        use()
        assert table(hero)["jawOpen"] == "jawOpen", pressed
        hero.styletalk_character.shapes.clear()
        hero.styletalk.lines.clear()
    above = bpy.data.objects.new("Character", None)
    bpy.context.collection.objects.link(above)
    armature.parent, hero.parent = above, above
    select(above)
    use()
    assert table(hero)["jawOpen"] == "jawOpen"


def check_an_instance_is_said(addon, inputs):
    """An instance of a collection names the collection to select in; a linked duplicate talks as well."""
    hero = character(addon)
    collection = bpy.data.collections.new("Cast")
    collection.objects.link(hero)
    shown = bpy.data.objects.new("Shown", None)
    shown.instance_type, shown.instance_collection = "COLLECTION", collection
    bpy.context.collection.objects.link(shown)
    select(shown)
    reason = submodule(addon, "operators.characters").STYLETALK_OT_use_character.disabled_reason(bpy.context)
    assert "only shows a collection" in reason and "Cast" in reason, reason
    double = bpy.data.objects.new("Double", hero.data)
    bpy.context.collection.objects.link(double)
    select(double)
    use()
    bake(addon, inputs, double)
    assert hero.data.shape_keys.animation_data.action is not None


def check_sizes_and_mirrors(addon, inputs):
    """Centimetres, a scaled and a mirrored object, and a head that is turned: sides and openings are the same."""
    found = []
    for scale in ((1, 1, 1), (100, 100, 100), (0.01, 0.01, 0.01), (-1, 1, 1)):
        hero = character(addon, name=f"Hero {scale}")
        hero.scale = scale
        bpy.context.view_layer.update()
        use()
        found.append(row_of(hero, "jawOpen").opening)
        side = "mouthSmileRight" if scale[0] < 0 else "mouthSmileLeft"
        assert table(hero)["mouthSmileLeft"] == side, (scale, table(hero))
    assert np.ptp(found) < 0.01 and found[0] > 0.4, found


def check_meshes_that_cannot_be_told(addon, inputs):
    """Absolute shape keys, points that are nowhere, two heads in one mesh: one sentence each, and nothing changed."""
    hero = character(addon)
    hero.data.shape_keys.use_relative = False
    raises(use, "are absolute. Switch Relative on")
    hero.data.shape_keys.use_relative = True
    two, other = character(addon, name="Two", shift=3.0), character(addon, name="Other", shift=4.0)
    select(two)
    other.select_set(True)
    bpy.ops.object.join()
    raises(use, "holds two heads")
    assert not two.styletalk_character.shapes
    select(hero)
    hero.data.shape_keys.key_blocks["mouthPucker"].data[5].co.x = float("nan")
    raises(use, "mouthPucker", "without a place")
    assert not hero.styletalk_character.shapes and not hero.styletalk.lines


def check_odd_shape_keys(addon, inputs):
    """One shape key; a basis that is not first and keys relative to another; a thousand keys: all talk."""
    one = character(addon, name="One")
    for key in one.data.shape_keys.key_blocks[2:]:
        one.shape_key_remove(key)
    use()
    bake(addon, inputs, one)
    hero = character(addon, name="Odd", shift=3)
    keys = hero.data.shape_keys.key_blocks
    smile, pucker = keys["mouthSmileLeft"], keys["mouthPucker"]
    smile.relative_key = pucker
    for point, base, rest in zip(smile.data, pucker.data, keys["Basis"].data, strict=True):
        point.co = point.co + base.co - rest.co
    keys["Basis"].name, keys["jawOpen"].name = "Rest", "Basis_jawOpen"
    use()
    assert row_of(hero, "mouthSmileLeft").enabled and row_of(hero, "Basis_jawOpen").opening > 0.4, table(hero)
    assert abs(row_of(hero, "mouthSmileLeft").opening) < 0.1


def check_a_thousand_keys(addon, inputs):
    """A small mesh with a thousand of them talks with those that are known."""
    hero = character(addon, name="Many")
    for number in range(1000 - len(SHAPES)):
        hero.shape_key_add(name=f"wrinkle_{number}", from_mix=False).value = 0.0
    use()
    assert len(hero.styletalk_character.shapes) == 1000
    bake(addon, inputs, hero)


def check_sliders_without_room(addon, inputs):
    """A slider that holds its shape on is said; one that leaves no room is out of use, and the others talk; a table's
    key that loses its room later is named, and nothing is baked; what is muted is said."""
    hero = character(addon)
    jaw, pucker = (hero.data.shape_keys.key_blocks[name] for name in ("jawOpen", "mouthPucker"))
    pucker.slider_min, pucker.slider_max, jaw.slider_min = -1.0, 0.0, 0.5
    use()
    assert not row_of(hero, "mouthPucker").enabled and "no room" in row_of(hero, "mouthPucker").reason
    jaw.mute = True
    first_line(hero).lips_mm = 0.0  # all keys: fewer take time
    said = str(bake(addon, inputs, hero))
    assert "do not reach 0 stay on: jawOpen. Set" in said and "Muted shape keys do not move: jawOpen." in said, said
    other = character(addon, name="Later", shift=3.0)
    use()
    jaw = other.data.shape_keys.key_blocks["jawOpen"]
    jaw.slider_max, jaw.slider_min = 3.0, 2.0
    raises(lambda: bake(addon, inputs, other), "The range of the shape key jawOpen leaves it no room")
    assert other.data.shape_keys.animation_data is None or other.data.shape_keys.animation_data.action is None


def check_what_is_no_face(addon, inputs):
    """A cube with a key, bones that are no face's, points beyond all measure, points that lose their place later, and
    another mesh under the table: one sentence each, and nothing baked."""
    bpy.ops.mesh.primitive_cube_add()
    cube = bpy.context.object
    cube.shape_key_add(name="Basis")
    cube.shape_key_add(name="Wag", from_mix=False).data[0].co.z += 1.0
    use()
    raises(lambda: bake(addon, inputs, cube), "None of the face's shapes is known")
    rig = on_armature()
    select(rig)
    raises(use, "No bone of “Rig” is known to be a jaw or lips")
    assert not rig.styletalk_character.shapes
    hero = character(addon)
    basis = hero.data.shape_keys.key_blocks["Basis"].data[5].co
    kept, basis.x = basis.x, 1e30
    raises(use, "beyond all measure")
    assert not hero.styletalk_character.shapes
    basis.x = kept
    use()
    hero.data.shape_keys.key_blocks["mouthPucker"].data[5].co.x = float("nan")
    first_line(hero).lips_mm = 0.25
    raises(lambda: bake(addon, inputs, hero), "The shape key mouthPucker has points without a place")
    other = character(addon, UNKNOWN, name="Other", shift=3.0)
    hero.data = other.data
    raises(lambda: bake(addon, inputs, hero), "for another face")
    assert not bpy.data.actions


def check_lips_that_rest_apart_are_shut(addon, inputs):
    """A head whose lips rest a millimetre apart shuts them where the animation says B."""
    hero = character(addon)
    keys = hero.data.shape_keys.key_blocks
    model = face_model(addon)
    part = 0.04 * z_up(model.arkit[submodule(addon, "styletalk.face.retarget").ARKIT_NAMES.index("jawOpen")]).astype(
        np.float32
    )
    for key in keys:
        points = np.empty(3 * len(key.data), np.float32)
        key.data.foreach_get("co", points)
        key.data.foreach_set("co", points + part.ravel())
    hero.data.vertices.foreach_set("co", (z_up(model.mean).astype(np.float32) + part).ravel())
    bpy.context.view_layer.update()
    rest = parted_mm(addon, hero)
    use()
    assert hero.styletalk_character.has_rest and max(hero.styletalk_character.rest_gaps) > 0.01
    bake(addon, inputs, hero)
    scene = bpy.context.scene
    apart = [(scene.frame_set(frame), parted_mm(addon, hero))[1] for frame in range(scene.frame_start, scene.frame_end)]
    assert min(apart) < rest - 0.5, (rest, min(apart))
