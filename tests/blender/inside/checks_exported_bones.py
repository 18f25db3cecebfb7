# SPDX-License-Identifier: GPL-3.0-or-later
"""Characters on bones for other programs: head and eyes as numbers, and VRM models. Each check gets
an empty scene."""

import importlib.util
import json
from pathlib import Path

import addon_utils
import bpy
import numpy as np
from checks_bones import armature, on_bones
from checks_characters import SHAPES, character, select
from checks_exports import everything, part, table_of
from common import first_line
from glb import Glb
from harness import submodule


def check_a_characters_head_and_eyes_are_in_the_csv(addon, inputs):
    """The angles of a head, its neck and its eyes, which bones turn, are those that core writes for the same animation,
    and a bake of the file turns the bones as before; a VRM Animation has the head's."""
    hero, rig = character(addon), armature(extra=[("neck", "spine", (0, 0, -0.15), (0, 0, -0.08))])
    on_bones(addon, hero, rig)
    select(hero)
    bpy.ops.styletalk.use_character()
    scene = bpy.context.scene
    scene.render.fps = 30
    first_line(hero).lips_mm = 0.0
    animation = part(addon, inputs, (0, 40))
    submodule(addon, "session").bake_line(scene, hero, first_line(hero), animation, 1)
    path, core = Path(inputs["folder"]) / "bones.csv", Path(inputs["folder"]) / "bones_core.csv"
    assert bpy.ops.styletalk.export_live_link(filepath=str(path), with_sound=False) == {"FINISHED"}
    submodule(addon, "styletalk.exports").write_live_link(animation, core)
    (header, found), (_, wanted) = table_of(path), table_of(core)
    first = int(scene.frame_start)  # the clip begins with its first key, core's with the sound
    frames = submodule(addon, "exporting.recording").frames_of_lines(scene, hero)
    found = found[max(0, round(first - frames.first)) :]
    rows = min(len(found), len(wanted))
    off = np.abs(found[:rows] - wanted[:rows])
    head, eyes = [header.index(f"Head{name}") - 2 for name in ("Yaw", "Pitch", "Roll")], header.index("LeftEyeYaw") - 2
    assert rows > 35 and np.abs(wanted[:, head]).max(axis=0).min() > 0.02 and np.abs(wanted[:, eyes]).max() > 0.1
    assert off[:, head].max() < 2e-3 and off[:, [eyes, eyes + 1, eyes + 3, eyes + 4]].max() < 2e-2, off.max(axis=0)
    before = _bones(rig, range(3, 33, 3))
    scene.frame_set(int(frames.first))
    assert bpy.ops.styletalk.bake_take(filepath=str(path)) == {"FINISHED"}
    apart = np.abs(_bones(rig, range(3, 33, 3)) - before).max()
    assert apart < 0.03, apart
    data = path.with_suffix(".vrma")
    assert bpy.ops.styletalk.export_vrm_animation(filepath=str(data), with_sound=False) == {"FINISHED"}
    glb = Glb(data)
    turns = np.array([glb._animated(glb.node_of("head"), "rotation", t, [0, 0, 0, 1]) for t in glb.times_s()])
    yaw = 2 * np.arctan2(turns[:, 1], turns[:, 3])
    assert np.corrcoef(-yaw[: len(found)], found[: len(yaw), head[0]])[0, 1] > 0.9 and "lookAt" in str(glb.json)
    return f"head {off[:, head].max():.4f}, eyes {off[:, eyes:].max():.4f} rad; bones again {apart:.4f}"


def _bones(rig, frames):
    """Which way head and eyes point."""
    found = []
    for frame in frames:
        bpy.context.scene.frame_set(frame)
        shown = rig.evaluated_get(bpy.context.evaluated_depsgraph_get()).pose.bones
        found.append([np.array(shown[name].matrix)[:3, :3] for name in ("head", "eye.L", "eye.R")])
    return np.array(found)


def check_a_character_becomes_a_vrm_model(addon, inputs):
    """With the VRM add-on (`pip install bpy-vrm-format`): a humanoid at rest with VRM's expressions and one for each
    shape, and beside it what these do. Without it, or a skeleton, it is said; the scene stays as it is."""
    form = submodule(addon, "exporting.formats").format_of("VRM")
    hero = character(addon)
    bpy.ops.styletalk.use_character()
    assert "no skeleton" in form.unsuitable(hero)
    if importlib.util.find_spec("io_scene_vrm") is None:
        assert "not enabled" in form.unavailable()
        return "no VRM add-on here"
    addon_utils.enable("io_scene_vrm", default_set=True)
    addon_utils.enable("io_scene_gltf2")
    bpy.ops.icyp.make_basic_armature()
    rig = bpy.context.object
    rig.data.vrm_addon_extension.spec_version = "1.0"
    hero.parent, hero.location = rig, rig.data.bones["head"].head_local
    hero.modifiers.new("Rig", "ARMATURE").object = rig
    hero.vertex_groups.new(name="head").add(range(len(hero.data.vertices)), 1.0, "REPLACE")
    select(hero)
    submodule(addon, "faces.characters").tell_apart(hero)
    first_line(hero).lips_mm = 0.0
    bpy.context.scene.render.fps = 30
    submodule(addon, "session").bake_line(bpy.context.scene, hero, first_line(hero), part(addon, inputs, (0, 40)), 1)
    bpy.context.scene.frame_set(12)
    before, path = everything(), Path(inputs["folder"]) / "hero.vrm"
    assert bpy.ops.styletalk.export_vrm(filepath=str(path), with_sound=False) == {"FINISHED"}
    now = everything()
    assert now == before, [(key, before[key], now[key]) for key in before if before[key] != now[key]]
    size = int.from_bytes(path.read_bytes()[12:16], "little")
    about = json.loads(path.read_bytes()[20 : 20 + size])["extensions"]["VRMC_vrm"]
    assert {"hips", "spine", "head", "leftFoot"} <= set(about["humanoid"]["humanBones"])
    wanted = {name[0].upper() + name[1:] for name in SHAPES}
    assert wanted == set(about["expressions"]["custom"])
    assert all(about["expressions"]["preset"][name]["morphTargetBinds"] for name in ("aa", "oh", "blinkLeft"))
    glb, start = Glb(path.with_suffix(".vrma")), bpy.context.scene
    for time_s in (0.2, 0.5, 0.9):
        first = submodule(addon, "exporting.recording").frames_of_lines(start, hero).first
        start.frame_set(round(first + 30 * time_s))
        found = glb._animated(glb.node_of("JawOpen"), "translation", time_s, None)[0]
        assert abs(found - hero.data.shape_keys.key_blocks["jawOpen"].value) < 1e-3
