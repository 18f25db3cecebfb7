# SPDX-License-Identifier: GPL-3.0-or-later
"""Bones of characters. Each check gets a fresh, empty scene; its docstring says what must hold."""

from pathlib import Path

import bpy
import numpy as np
from checks_characters import LOWER, SHAPES, UPPER, character, face_model, parted_mm, select, z_up
from common import bake, core_samples, curves_of, first_line, new_face, raises
from harness import submodule
from mathutils import Matrix, Quaternion

GAZE_DEG = 32.0
"""How far the open face's eyes turn to a side at a gaze of 1."""
EYE_X = 0.03
FRAMES, LAST = 5, 36
"""Every fifth frame is looked at, of those that the animation has at 24 a second."""


def armature(name="Rig", extra=()):
    """A root, a spine, a head, eyes and a jaw, each with a roll of its own; `extra`: (name, parent, head, tail)."""
    rig = bpy.data.objects.new(name, bpy.data.armatures.new(name))
    bpy.context.collection.objects.link(rig)
    select(rig)
    bpy.ops.object.mode_set(mode="EDIT")
    plan = (
        ("root", "", (0, 0, -1.6), (0, 0.2, -1.6), 0.0), ("spine", "root", (0, 0, -0.6), (0, 0, -0.1), 0.5),
        ("head", "spine", (0, 0.02, -0.08), (0, 0.02, 0.15), 1.3),
        ("jaw", "head", (0, 0.02, 0), (0, -0.09, -0.06), 0.4),
        ("eye.L", "head", (EYE_X, -0.05, 0.04), (EYE_X, -0.1, 0.04), 0.7),
        ("eye.R", "head", (-EYE_X, -0.05, 0.04), (-EYE_X, -0.1, 0.04), 2.1),
        *((*each, 0.3) for each in extra),
    )  # fmt: skip
    for bone, parent, head, tail, roll in plan:
        made = rig.data.edit_bones.new(bone)
        made.head, made.tail, made.roll = head, tail, roll
        made.parent = rig.data.edit_bones.get(parent)
    bpy.ops.object.mode_set(mode="OBJECT")
    return rig


def on_bones(addon, mesh, rig):
    """Hang a head on a rig: its jaw's region on the jaw, the rest on the head."""
    model = face_model(addon)
    opens = submodule(addon, "styletalk.face.retarget").ARKIT_NAMES.index("jawOpen")
    share = np.linalg.norm(model.arkit[opens], axis=1)
    share = share / share.max()
    mesh.parent = rig
    mesh.modifiers.new("Armature", "ARMATURE").object = rig
    for name, weights in (("jaw", share), ("head", 1 - share)):
        group = mesh.vertex_groups.new(name=name)
        for level in np.unique(weights.round(2)):
            group.add(np.flatnonzero(weights.round(2) == level).tolist(), float(level), "REPLACE")


def bare(addon):
    """The open face's geometry without shape keys."""
    mesh = bpy.data.meshes.new("Hero")
    model = face_model(addon)
    mesh.from_pydata(z_up(model.mean).tolist(), [], model.triangles.tolist())
    hero = bpy.data.objects.new("Hero", mesh)
    bpy.context.collection.objects.link(hero)
    return hero


def hero_on_rig(addon, **rig):
    hero = character(addon)
    bones = armature(**rig)
    on_bones(addon, hero, bones)
    select(hero)
    assert bpy.ops.styletalk.use_character() == {"FINISHED"}
    return hero, bones


def turn_of(rig, name):
    """How a bone is turned away from its rest, in the armature's space."""
    bone = rig.pose.bones[name]
    return (bone.matrix @ bone.bone.matrix_local.inverted()).to_quaternion()


def frames():
    """Some frames of the line, set in the scene, as their distance from the first."""
    scene = bpy.context.scene
    for offset in range(0, LAST, FRAMES):
        scene.frame_set(scene.frame_start + offset)
        yield offset


def bone_curves(addon, rig):
    tracks = rig.animation_data.nla_tracks
    strips = [strip for track in tracks for strip in track.strips]
    return [curve for strip in strips for curve in submodule(addon, "compat").action_fcurves(strip)]


def pose_jaw(rig, degrees):
    """Turn the jaw down, whatever its roll."""
    bone = rig.pose.bones["jaw"]
    axis = bone.bone.matrix_local.to_3x3().inverted() @ Matrix.Identity(3).col[0]
    bone.rotation_quaternion = Quaternion(axis, np.radians(degrees))


def check_a_bone_turns_the_head(addon, inputs):
    """A head's bone turns as the open face's neck does, whatever its roll, its mode and the armature's turn."""
    hero, rig = hero_on_rig(addon)
    assert hero.styletalk_character.head_bone == "head"
    rig.rotation_euler.z = 1.1
    first_line(hero).lips_mm = 0.0
    bake(addon, inputs, hero)
    turns = [turn_of(rig, "head") for _ in frames()]
    rig.pose.bones["head"].rotation_mode = "YXZ"
    bake(addon, inputs, hero)
    in_euler = [turn_of(rig, "head") for _ in frames()]
    face = new_face()
    bake(addon, inputs, face)
    wanted = [face.parent.matrix_world.to_quaternion() for _ in frames()]
    most = max(each.angle for each in wanted)
    assert most > 0.1, most
    for made in (turns, in_euler):
        off = [one.rotation_difference(other).angle for one, other in zip(made, wanted, strict=True)]
        assert min(max(each, 0) for each in off) < 2e-3 and max(min(each, 2 * np.pi - each) for each in off) < 2e-3, off


def check_left_is_left(addon, inputs):
    """A head that is turned to its left by 30 degrees looks to +x."""
    rig = armature()
    bones = submodule(addon, "faces.bones")
    motion = bones.head_motion(rig, "head", np.array([[0, np.radians(30), 0, 0, 0, 0]]))
    for channel in bones.bone_channels(rig.pose.bones["head"], motion):
        rig.pose.bones["head"].rotation_quaternion[channel.index] = channel.values[0]
    bpy.context.view_layer.update()
    ahead = turn_of(rig, "head") @ Matrix.Identity(3).col[1].copy() * -1
    assert abs(ahead.x - 0.5) < 1e-3 and abs(ahead.z) < 1e-3, ahead


def check_eyes_aim(addon, inputs):
    """Eyes' bones turn by as many degrees as the gaze says, to the same side; not where shapes turn them already."""
    hero, rig = hero_on_rig(addon)
    settings = hero.styletalk_character
    assert (settings.eye_left, settings.eye_right) == ("eye.L", "eye.R")
    bake(addon, inputs, hero)
    samples, _ = core_samples(addon, inputs)
    for offset in frames():
        left, right = samples.gaze[offset, :2]
        head = turn_of(rig, "head")
        for name in ("eye.L", "eye.R"):
            ahead = head.inverted() @ turn_of(rig, name) @ Matrix.Identity(3).col[1].copy() * -1
            yaw = np.degrees(np.arctan2(ahead.x, -ahead.y))
            assert abs(yaw - GAZE_DEG * (left - right)) < 0.1, (offset, yaw)
    keys = hero.data.shape_keys.key_blocks
    keys["mouthPucker"].name = "eyeLookOutLeft"
    submodule(addon, "faces.characters").tell_apart(hero, by_shape=False)  # which would see that it is no such thing
    bake(addon, inputs, hero)
    assert not any("eye" in curve.data_path for curve in bone_curves(addon, rig))


def check_a_body_goes_on(addon, inputs):
    """The animator's action stays the armature's, with its keys, and plays as before; where it moves the head too, both
    turns add. Without the line all is as it was."""
    hero, rig = hero_on_rig(addon)
    for name, angle in (("spine", 0.3), ("head", 0.2)):
        rig.pose.bones[name].rotation_quaternion = Quaternion((1, 0, 0), angle)
        rig.pose.bones[name].keyframe_insert("rotation_quaternion", frame=1)
    walk, count = rig.animation_data.action, len(curves_of(addon, rig))
    bpy.context.scene.frame_set(2)
    before, head = turn_of(rig, "spine").copy(), turn_of(rig, "head").copy()
    bake(addon, inputs, hero)
    moved = [turn_of(rig, "head").copy() for _ in frames()]
    assert rig.animation_data.action == walk and len(curves_of(addon, rig)) == count
    assert all(turn_of(rig, "spine").rotation_difference(before).angle < 1e-3 for _ in frames())
    assert max(one.rotation_difference(moved[0]).angle for one in moved) > 0.05
    assert {curve.data_path.split('"')[1] for curve in bone_curves(addon, rig)} <= {"head", "eye.L", "eye.R"}
    select(hero)
    bpy.ops.styletalk.line_remove()
    assert rig.animation_data.action_blend_type == "REPLACE" and not rig.animation_data.nla_tracks
    bpy.context.scene.frame_set(2)
    assert turn_of(rig, "head").rotation_difference(head).angle < 1e-3


def check_poses_are_shapes(addon, inputs):
    """A jaw posed and stored is a shape: the mouth opens and shuts with it, and what is posed anew replaces it."""
    hero, rig = bare(addon), armature()
    on_bones(addon, hero, rig)
    select(rig)
    raises(lambda: bpy.ops.styletalk.store_pose(), "No bone of “Rig” is posed")
    pose_jaw(rig, 20)
    rig.styletalk_character.pose_shape = "jaw"
    raises(lambda: bpy.ops.styletalk.store_pose(), "“jaw” is no shape")
    rig.styletalk_character.pose_shape = "jawOpen"
    assert bpy.ops.styletalk.store_pose() == {"FINISHED"}
    assert turn_of(rig, "jaw").angle < 1e-3 and bpy.data.actions["jawOpen"].asset_data is not None
    (row,) = rig.styletalk_character.shapes
    assert row.shows == "jawOpen" and row.opening > 0.2, row.opening
    pose_jaw(rig, 25)
    bpy.ops.styletalk.store_pose()
    assert len(rig.styletalk_character.shapes) == 1 and rig.styletalk_character.shapes[0].pose.name == "jawOpen.001"
    rig.styletalk_character.shapes[0].pose.name = "whatever"
    rest = parted_mm(addon, hero)
    bake(addon, inputs, rig)
    apart = np.array([parted_mm(addon, hero) - rest for _ in frames()])
    assert np.ptp(apart) > 5 and apart.min() < 1, apart
    (key_strip,) = (strip for track in rig.animation_data.nla_tracks for strip in track.strips)
    assert rig.animation_data.action is None and key_strip.action.name.startswith("Rig ")


def check_poses_of_the_file_are_found(addon, inputs):
    """Actions that are named as shapes, in any spelling, become rows; other animation and other rigs' poses do not."""
    hero, rig = bare(addon), armature()
    on_bones(addon, hero, rig)
    plan = ("Jaw_Open", (1,)), ("mouth_smile_L", (1,)), ("Blink_R", (1, 10)), ("Walk", (1,)), ("Smile", range(1, 9))
    for number, (name, keyed) in enumerate(plan):
        rig.animation_data_clear()
        pose_jaw(rig, 5 * number + 5)
        for frame in keyed:
            rig.pose.bones["jaw"].keyframe_insert("rotation_quaternion", frame=frame)
        rig.animation_data.action.name = name
        rig.animation_data.action.use_fake_user = True
    rig.animation_data_clear()
    bpy.data.actions["mouth_smile_L"]["styletalk_pose_of"] = hero
    select(rig)
    bpy.ops.styletalk.use_character()
    shown = {shape.name: shape.shows for shape in rig.styletalk_character.shapes if shape.pose.name in dict(plan)}
    assert shown == {"Jaw_Open": "jawOpen", "Blink_R": "eyeBlinkRight"}, shown


def check_a_face_of_bones_gets_poses(addon, inputs):
    """Lips, a jaw and lids in Rigify's names are enough: each shape moves them where it should, and lids meet."""
    lips = (("lip.T", 0.0, 0.002), ("lip.B", 0.0, -0.008), ("lips.L", 0.025, -0.003), ("lips.R", -0.025, -0.003))
    extra = [(name, "jaw" if name == "lip.B" else "head", (x, -0.1, z), (x, -0.11, z)) for name, x, z in lips]
    for side, sign in (("L", 1), ("R", -1)):
        for name, z in (("lid.T", 0.046), ("lid.B", 0.036)):
            place = (sign * EYE_X, -0.075, z)
            extra.append((f"{name}.{side}.002", "head", place, (place[0], -0.08, z)))
    rig = armature(extra=extra)
    select(rig)
    assert bpy.ops.styletalk.use_character() == {"FINISHED"}
    poses, bones = submodule(addon, "faces.poses"), rig.pose.bones
    stored = {shape.name: poses.StoredPose(shape.pose, shape.pose_frame) for shape in rig.styletalk_character.shapes}

    def moved(shape, *names):
        poses.rest(rig)
        poses.show(rig, stored[shape].read(rig))
        bpy.context.view_layer.update()
        return [np.array(bones[name].matrix.translation - bones[name].bone.head_local) for name in names]

    lower, upper = moved("jawOpen", "lip.B", "lip.T")
    assert lower[2] < -0.01 and abs(upper[2]) < 0.004, (lower, upper)
    left, right = moved("mouthSmileLeft", "lips.L", "lips.R")
    assert left[2] > 0.003 and left[0] > 0 and np.linalg.norm(right) < 0.3 * np.linalg.norm(left), (left, right)
    top, bottom, other = moved("eyeBlinkLeft", "lid.T.L.002", "lid.B.L.002", "lid.T.R.002")
    assert abs((top - bottom)[2] + 0.01) < 2e-3 and np.linalg.norm(other) < 1e-4, (top, bottom)
    poses.rest(rig)
    bake(addon, inputs, rig)


def check_what_wins_over_bones_is_said(addon, inputs):
    """Locked and constrained bones, a rest position, and a bone that is gone are named in the report."""
    hero, rig = hero_on_rig(addon)
    bones = rig.pose.bones
    bones["eye.L"].lock_rotation = (True, True, True)
    bones["head"].constraints.new("COPY_ROTATION").target = hero
    rig.data.pose_position = "REST"
    said = str(bake(addon, inputs, hero))
    assert "Locked bones of “Rig” stay as they are: eye.L" in said and "head (Copy Rotation)" in said, said
    assert "shows its rest position" in said, said
    hero.styletalk_character.head_bone = "Head"
    assert "gone or renamed: Head" in str(bake(addon, inputs, hero))


def check_linked_and_overridden(addon, inputs):
    """A linked character says what to do; an override of it talks, and still does when the file is opened again."""
    folder = Path(inputs["folder"])
    hero, rig = character(addon), armature()
    on_bones(addon, hero, rig)
    library, shot = str(folder / "library.blend"), str(folder / "shot.blend")
    bpy.ops.wm.save_as_mainfile(filepath=library)
    bpy.ops.wm.read_homefile(use_empty=True)
    with bpy.data.libraries.load(library, link=True) as (_, wanted):
        wanted.objects = ["Hero", "Rig"]
    objects = {each.name: each for each in bpy.data.objects}
    for each in objects.values():
        bpy.context.scene.collection.objects.link(each)
    select(objects["Hero"])
    reason = submodule(addon, "operators.characters").STYLETALK_OT_use_character.disabled_reason(bpy.context)
    assert "is linked from another file" in reason and "Library Override" in reason, reason
    own = {name: each.override_create(remap_local_usages=True) for name, each in objects.items()}
    select(own["Hero"])
    assert bpy.ops.styletalk.use_character() == {"FINISHED"}
    bake(addon, inputs, own["Hero"])
    assert SHAPES[0] in {shape.name for shape in own["Hero"].styletalk_character.shapes}
    bpy.context.scene.frame_set(20)
    before = own["Hero"].data.shape_keys.key_blocks["jawOpen"].value, turn_of(own["Rig"], "head").copy()
    bpy.ops.wm.save_as_mainfile(filepath=shot)
    bpy.ops.wm.open_mainfile(filepath=shot)
    hero, rig = (next(o for o in bpy.data.objects if o.name == name and o.library is None) for name in ("Hero", "Rig"))
    bpy.context.scene.frame_set(20)
    after = hero.data.shape_keys.key_blocks["jawOpen"].value, turn_of(rig, "head")
    assert abs(before[0] - after[0]) < 1e-4 and before[1].rotation_difference(after[1]).angle < 1e-3, (before, after)


def core_parted_mm(addon, inputs):
    """(N,) how much further the open face's upper lip is above the lower one than at rest, in each frame."""
    model = face_model(addon)
    marks = model.landmarks_mediapipe
    corners = model.triangles[marks.triangles[[UPPER, LOWER]]]
    _, moved = core_samples(addon, inputs)
    shown = [np.einsum("nk,nkd->nd", marks.weights[[UPPER, LOWER]], each[corners]) for each in (model.mean, *moved)]
    apart = np.array([1000 * (upper - lower)[1] for upper, lower in shown])
    return apart[1:] - apart[0]


def middle_of(mesh, group, sign):
    """The point in the middle of what a bone of a lip holds that lies lowest or highest (sign −1 or 1)."""
    index = mesh.vertex_groups[group].index
    held = [v for v in mesh.data.vertices if any(each.group == index and each.weight > 0.4 for each in v.groups)]
    return max((vertex for vertex in held if abs(vertex.co.x) < 1e-3), key=lambda vertex: sign * vertex.co.z).index


def check_a_rigify_face_talks(addon, inputs):
    """A generated Rigify face of bones alone opens its mouth as the open face does, and shuts it where that does."""
    if not inputs["rigify"]:
        return "skipped: ../shared is not beside the checkout"
    bpy.ops.wm.open_mainfile(filepath=inputs["rigify"], load_ui=False)
    rig = bpy.data.objects["rig"]
    select(rig)
    assert bpy.ops.styletalk.use_character() == {"FINISHED"}
    assert len(rig.styletalk_character.shapes) > 40 and rig.styletalk_character.head_bone == "head"
    head = bpy.data.objects["Head"]
    lips = [middle_of(head, f"DEF-lip.{part}.L", sign) for part, sign in (("T", -1), ("B", 1))]

    def parted():
        shown = head.evaluated_get(bpy.context.evaluated_depsgraph_get()).data.vertices
        return 1000 * (shown[lips[0]].co - shown[lips[1]].co).z

    inputs = {**inputs, "animation": inputs["spoken"]}
    rest, wanted = parted(), core_parted_mm(addon, inputs)
    rig.styletalk_character.head_bone = ""  # upright, so that up stays up
    bake(addon, inputs, rig)
    apart = np.array([parted() - rest for _ in frames()])
    wanted = wanted[:LAST:FRAMES]
    assert np.ptp(apart) > 5 and np.corrcoef(apart, wanted)[0, 1] > 0.95, (apart, wanted)
    assert apart[wanted < 1].max(initial=0.0) < 1.5, (apart, wanted)
    return f"r {np.corrcoef(apart, wanted)[0, 1]:.3f}"
