# SPDX-License-Identifier: GPL-3.0-or-later
"""Characters of the animator's own. Each check gets a fresh, empty scene; its docstring says what must hold."""

from pathlib import Path

import bpy
import numpy as np
from common import add_line, bake, gentle, raises
from harness import submodule
from mathutils import Vector

SHAPES = ("jawOpen", "mouthClose", "mouthSmileLeft", "mouthSmileRight", "mouthPucker", "mouthFunnel", "eyeBlinkLeft",
          "eyeBlinkRight", "browInnerUp", "mouthLowerDownLeft", "mouthLowerDownRight", "mouthUpperUpLeft",
          "mouthUpperUpRight", "mouthStretchLeft", "mouthStretchRight")  # fmt: skip
UPPER, LOWER = 13, 14
"""Landmarks in the middle of the lips."""


def face_model(addon):
    return submodule(addon, "styletalk.face.model").open_face()


def z_up(points):
    return np.stack([points[..., 0], -points[..., 2], points[..., 1]], axis=-1)


def character(addon, names=SHAPES, name="Hero", shift=0.0):
    """Somebody else's head: the open face's geometry with ARKit shapes under other names, selected and active."""
    model, arkit = face_model(addon), submodule(addon, "styletalk.face.retarget").ARKIT_NAMES
    mesh = bpy.data.meshes.new(name)
    mesh.from_pydata(z_up(model.mean).tolist(), [], model.triangles.tolist())
    hero = bpy.data.objects.new(name, mesh)
    bpy.context.collection.objects.link(hero)
    hero.location.x = shift
    hero.shape_key_add(name="Basis")
    for shape, own in zip(SHAPES, names, strict=True):
        key = hero.shape_key_add(name=own, from_mix=False)
        key.value = 0.0  # 5.0 makes them at 1
        key.data.foreach_set("co", z_up(model.mean + model.arkit[arkit.index(shape)]).astype(np.float32).ravel())
    bpy.context.view_layer.update()
    select(hero)
    return hero


def select(thing):
    for each in bpy.context.view_layer.objects:
        each.select_set(each == thing)
    bpy.context.view_layer.objects.active = thing


def parted_mm(addon, hero):
    """How far the lips' middle is apart on the evaluated mesh, in millimetres; 0 where they pass into each other."""
    model = face_model(addon)
    shown = hero.evaluated_get(bpy.context.evaluated_depsgraph_get()).data
    points = np.empty(3 * len(shown.vertices), np.float32)
    shown.vertices.foreach_get("co", points)
    marks = model.landmarks_mediapipe
    corners = points.reshape(-1, 3)[model.triangles[marks.triangles[[UPPER, LOWER]]]]
    upper, lower = np.einsum("nk,nkd->nd", marks.weights[[UPPER, LOWER]], corners)
    return 1000 * max(0.0, float(upper[2] - lower[2]))


def table(hero):
    return {shape.name: shape.shows for shape in hero.styletalk_character.shapes}


def curves(addon, keys):
    return {each.data_path for each in submodule(addon, "compat").action_fcurves(keys.animation_data)}


def check_a_character_talks(addon, inputs):
    """One button tells its shapes apart, one bake opens and shuts its mouth as the open face's does."""
    hero = character(addon, [f"Hero_{shape[0].upper()}{shape[1:]}" for shape in SHAPES])
    assert bpy.ops.styletalk.use_character() == {"FINISHED"}
    assert table(hero)["Hero_JawOpen"] == "jawOpen" and len(hero.styletalk.lines) == 1
    assert all(shape.measured for shape in hero.styletalk_character.shapes)
    scene, baked, rest, inputs = bpy.context.scene, [], parted_mm(addon, hero), gentle(addon, inputs)
    bake(addon, inputs, hero)
    for frame in range(scene.frame_start, scene.frame_end + 1, 3):
        scene.frame_set(frame)
        baked.append(parted_mm(addon, hero) - rest)
    bpy.ops.styletalk.add_face()
    own, wanted = bpy.context.object, []
    rest = parted_mm(addon, own)
    bake(addon, inputs, own)
    for frame in range(scene.frame_start, scene.frame_end + 1, 3):
        scene.frame_set(frame)
        wanted.append(parted_mm(addon, own) - rest)
    assert np.ptp(baked) > 5, np.ptp(baked)
    assert np.corrcoef(baked, wanted)[0, 1] > 0.95, np.corrcoef(baked, wanted)[0, 1]
    baked, wanted = np.array(baked), np.array(wanted)
    missed = np.abs(baked - np.maximum(wanted, 0))[wanted < 10]  # wider than that its one jaw does not open
    assert len(missed) > 5 and missed.max() < 2.5, missed


def check_what_was_measured_is_used(addon, inputs):
    """A head whose jaw opens less than half as far opens its mouth as far."""
    apart = []
    for share in (1.0, 0.4):
        hero = character(addon, name=f"Hero {share}", shift=3 * share)
        keys = hero.data.shape_keys.key_blocks
        for point, rest in zip(keys["jawOpen"].data, keys["Basis"].data, strict=True):
            point.co = rest.co + share * (point.co - rest.co)
        bpy.ops.styletalk.use_character()
        bake(addon, inputs, hero)
        scene = bpy.context.scene
        frames = range(scene.frame_start, scene.frame_end + 1, 3)
        apart.append([(scene.frame_set(frame), parted_mm(addon, hero))[1] for frame in frames])
    full, small = np.array(apart) - np.min(apart)
    modest = full < 8
    assert modest.sum() > 5 and np.abs(small - full)[modest].max() < 2, (full, small)


def check_a_key_that_is_gone_is_said(addon, inputs):
    """A key that was renamed since is named in the report; the others talk."""
    hero = character(addon)
    bpy.ops.styletalk.use_character()
    hero.data.shape_keys.key_blocks["jawOpen"].name = "Jaw"
    assert "gone or renamed: jawOpen" in str(bake(addon, inputs, hero))


def check_parts_follow(addon, inputs):
    """Teeth that have one of the shape keys move with the head; those of a head that stands elsewhere do not."""
    hero, teeth, other = character(addon), character(addon, name="Teeth"), character(addon, name="Other", shift=2.0)
    select(hero)
    bpy.ops.styletalk.use_character()
    bake(addon, inputs, hero)
    assert curves(addon, teeth.data.shape_keys) == curves(addon, hero.data.shape_keys)
    assert other.data.shape_keys.animation_data is None


def check_editing_curves_is_finished_for_all_parts(addon, inputs):
    """Edit Curves opens the keys of head, teeth and armature; Finish Editing closes all, and all are baked again."""
    hero, teeth = character(addon), character(addon, name="Teeth")
    rig = bpy.data.objects.new("Rig", bpy.data.armatures.new("Rig"))
    bpy.context.collection.objects.link(rig)
    select(rig)
    bpy.ops.object.mode_set(mode="EDIT")
    bone = rig.data.edit_bones.new("head")
    bone.head, bone.tail = (0, 0, 0), (0, 0, 0.1)
    bpy.ops.object.mode_set(mode="OBJECT")
    for mesh in (hero, teeth):
        mesh.vertex_groups.new(name="head").add(range(len(mesh.data.vertices)), 1.0, "REPLACE")
        mesh.modifiers.new("Armature", "ARMATURE").object = rig
    select(hero)
    bpy.ops.styletalk.use_character()
    bake(addon, inputs, hero, frame=1)
    bake(addon, inputs, hero, frame=400, line=add_line(addon, hero))
    animated = [each.animation_data for each in (hero.data.shape_keys, teeth.data.shape_keys, rig)]
    for _ in range(2):
        assert bpy.ops.styletalk.edit_curves() == {"FINISHED"} and all(each.use_tweak_mode for each in animated)
        raises(lambda: bake(addon, inputs, hero, frame=1), "Finish Editing")
        assert bpy.ops.styletalk.finish_curves() == {"FINISHED"} and not any(each.use_tweak_mode for each in animated)
    action_of, line = submodule(addon, "baking.nla").action_of, hero.styletalk.lines[0].identity
    blocks = (hero.data.shape_keys, teeth.data.shape_keys)
    before = [action_of(block, line) for block in blocks]
    bake(addon, inputs, hero, frame=1)
    assert all(action_of(block, line) not in (None, old) for block, old in zip(blocks, before, strict=True))


def check_keys_that_are_not_ours(addon, inputs):
    """Shape keys without a meaning keep their animation, and a slider's range is kept to."""
    hero = character(addon, ["HairWind", *SHAPES[1:]])
    jaw = hero.data.shape_keys.key_blocks[SHAPES[4]]
    jaw.slider_max = 0.25
    wind = hero.data.shape_keys.key_blocks["HairWind"]
    for point, rest in zip(wind.data, hero.data.shape_keys.key_blocks["Basis"].data, strict=True):
        point.co = rest.co + Vector((0, max(0.0, rest.co.y), 0))  # it moves the back of the head
    wind.value = 0.5
    wind.keyframe_insert("value", frame=1)
    bpy.ops.styletalk.use_character()
    bake(addon, inputs, hero)
    scene = bpy.context.scene
    for frame in range(scene.frame_start, scene.frame_end + 1, 7):
        scene.frame_set(frame)
        assert abs(wind.value - 0.5) < 1e-6 and jaw.value <= 0.25 + 1e-6, (wind.value, jaw.value)


def check_strange_names(addon, inputs):
    """Shapes whose names nobody knows are told by what they move; those that move like nothing are said; a row filled
    by hand talks; a row that says nonsense is one sentence."""
    hero = character(addon, [f"Key {number}" for number in range(len(SHAPES))])
    keys = hero.data.shape_keys.key_blocks
    noise = np.random.default_rng(0).normal(0, 0.01, 3 * len(hero.data.vertices)).astype(np.float32)
    rest = np.empty_like(noise)
    keys["Basis"].data.foreach_get("co", rest)
    keys["Key 4"].data.foreach_set("co", rest + noise)
    bpy.ops.styletalk.use_character()
    rows = hero.styletalk_character.shapes
    told = [shape for number, shape in enumerate(SHAPES) if number != 4]
    assert [row.shows for row in rows if row.name != "Key 4"] == told
    assert not rows["Key 4"].shows and all(row.reason for row in rows)
    for row in rows:
        row.shows = ""
    raises(lambda: bake(addon, inputs, hero), "None of the face's shapes is known")
    rows[0].shows = "jawopen 0.8, mouthPucker 0.1"
    bake(addon, inputs, hero)
    assert len(curves(addon, hero.data.shape_keys)) == 1
    rows[1].shows = "jawOpn"
    raises(lambda: bake(addon, inputs, hero), "Key 1 shows “jawOpn”", "none of the 52 ARKit names")


def check_forgetting(addon, inputs):
    """A table is not forgotten while lines play; afterwards the mesh is one like others."""
    hero = character(addon)
    bpy.ops.styletalk.use_character()
    bake(addon, inputs, hero)
    assert not bpy.ops.styletalk.forget_character.poll()
    bpy.ops.styletalk.line_remove()
    assert bpy.ops.styletalk.forget_character() == {"FINISHED"}
    assert submodule(addon, "faces.targets").target_of(hero) is None


def check_tables_as_files(addon, inputs):
    """A table is saved, changed and taken back; another face's is refused and changes nothing."""
    hero = character(addon)
    bpy.ops.styletalk.use_character()
    path = Path(inputs["folder"]) / "hero.json"
    before = table(hero)
    assert bpy.ops.styletalk.save_mapping(filepath=str(path)) == {"FINISHED"}
    hero.styletalk_character.shapes[0].shows = ""
    assert bpy.ops.styletalk.load_mapping(filepath=str(path)) == {"FINISHED"}
    assert table(hero) == before
    other = character(addon, [f"Key {number}" for number in range(len(SHAPES))], name="Other")
    bpy.ops.styletalk.use_character()
    own = table(other)
    raises(lambda: bpy.ops.styletalk.load_mapping(filepath=str(path)), "for another face")
    assert table(other) == own


def check_a_shape_is_shown(addon, inputs):
    """The eye in a row shows that shape alone, and once more rest."""
    hero = character(addon)
    bpy.ops.styletalk.use_character()
    keys = hero.data.shape_keys.key_blocks
    keys["mouthPucker"].value = 0.7
    bpy.ops.styletalk.show_shape(shape="jawOpen")
    assert keys["jawOpen"].value == 1 and keys["mouthPucker"].value == 0
    bpy.ops.styletalk.show_shape(shape="jawOpen")
    assert keys["jawOpen"].value == 0


def check_meshes_that_cannot_talk(addon, inputs):
    """Nothing selected, no shape keys, our own face, a linked mesh: the button is grey and says why."""
    operators = submodule(addon, "operators.characters")
    reason = operators.STYLETALK_OT_use_character.disabled_reason
    assert "Select the character's mesh" in reason(bpy.context)
    bpy.ops.mesh.primitive_cube_add()
    assert "has no shape keys" in reason(bpy.context)
    bpy.ops.styletalk.add_face()
    assert "talking face already" in reason(bpy.context)
