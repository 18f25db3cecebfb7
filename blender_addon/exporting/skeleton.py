# SPDX-License-Identifier: GPL-3.0-or-later
"""A skeleton for what has none: Unreal plays morph targets on skeletal meshes alone."""

from typing import Any

import bpy
from mathutils import Matrix

from ..faces.open_face import NECK, ROLE_MARK, ROOT
from .recording import Recording
from .stage import Stage, animate_bone, remove

BONES = {ROOT: "root", NECK: "head"}
BONE_LENGTH_M = 0.1


def put_on_skeleton(context: Any, stage: Stage) -> None:
    """Where nothing on the stage has bones: the empties of our face become two, and carry all of its meshes.

    Bones stand as the empties stand in the first frame, and move as those move.
    """
    seen = stage.recording
    empties = {thing.get(ROLE_MARK): thing for thing in stage.copies if thing.type == "EMPTY"}
    if any(thing.type == "ARMATURE" for thing in stage.copies) or not {ROOT, NECK} <= set(empties):
        return
    root, neck = empties[ROOT], empties[NECK]
    armature = bpy.data.armatures.new("Skeleton")
    stage.undo.callback(remove, bpy.data.armatures, armature)
    skeleton = bpy.data.objects.new("Skeleton", armature)
    stage.undo.callback(remove, bpy.data.objects, skeleton)
    stage.scene.collection.objects.link(skeleton)
    _make_bones(context, stage, skeleton, {ROOT: seen.worlds[root][0], NECK: seen.worlds[neck][0]})
    _move_bones(stage, skeleton, seen, root, neck)
    for thing, copy in list(stage.copies.items()):
        if copy.type == "MESH":
            _bind(stage, copy, skeleton, seen.worlds[thing][0])
    for thing in (neck, root):
        stage.scene.collection.objects.unlink(stage.copies[thing])
    name, stage.copies[root].name = stage.copies[root].name, "Set Aside"
    skeleton.name = name
    stage.undo.callback(setattr, skeleton, "name", "Skeleton")
    del stage.copies[root], stage.copies[neck]


def _make_bones(context: Any, stage: Stage, skeleton: Any, places: dict[str, Matrix]) -> None:
    with stage.shown(context):
        stage.scene.view_layers[0].objects.active = skeleton
        bpy.ops.object.mode_set(mode="EDIT")
        made = {}
        for role, place in places.items():
            bone = skeleton.data.edit_bones.new(BONES[role])
            bone.head, bone.tail = (0.0, 0.0, 0.0), (0.0, 0.0, BONE_LENGTH_M)
            bone.transform(place)
            made[role] = bone
        made[NECK].parent = made[ROOT]
        bpy.ops.object.mode_set(mode="OBJECT")


def _move_bones(stage: Stage, skeleton: Any, seen: Recording, root: Any, neck: Any) -> None:
    """A bone's basis is what has happened to it since its rest, beyond what its parent did."""
    curves = []
    parent = [Matrix.Identity(4)] * seen.frames.count
    for role, thing in ((ROOT, root), (NECK, neck)):
        rest = skeleton.data.bones[BONES[role]].matrix_local
        since = [world @ seen.worlds[thing][0].inverted_safe() for world in seen.worlds[thing]]
        own = [rest.inverted_safe() @ up.inverted_safe() @ now @ rest for up, now in zip(parent, since, strict=True)]
        curves += animate_bone(skeleton, BONES[role], own)
        parent = since
    stage.write_curves(skeleton, "OBJECT", curves)


def _bind(stage: Stage, copy: Any, skeleton: Any, place: Matrix) -> None:
    """Let all of a mesh follow the head's bone."""
    copy.animation_data_clear()
    copy.parent, copy.matrix_world = skeleton, place
    group = copy.vertex_groups.get(BONES[NECK]) or copy.vertex_groups.new(name=BONES[NECK])
    group.add(range(len(copy.data.vertices)), 1.0, "REPLACE")
    modifier = copy.modifiers.new("Skeleton", "ARMATURE")
    modifier.object = skeleton
