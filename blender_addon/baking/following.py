# SPDX-License-Identifier: GPL-3.0-or-later
"""Where a sound strip is moved, its line moves with it.

Nothing is remembered that undo would not take back: an action says where its sound began when it was baked, its NLA
strip by how much it was moved since, and the sound strip where it is now. What differs is made equal.
"""

from collections.abc import Iterator
from typing import Any

import bpy

from ..faces.open_face import is_face
from ..faces.targets import target_of
from . import nla, pass_strips
from .heard import SPEAKS, Heard, heard, rate, sound_strips, strip_refusal
from .sound_strips import FACE_MARK, IDENTITY, linked_strip
from .tweaking import is_tweaked

_seen: dict[str, list[tuple[str, float]]] = {}
"""Where the marked strips of each scene were when they were last looked at."""


@bpy.app.handlers.persistent
def follow_strips(scene: Any, depsgraph: Any = None) -> None:
    """To be called when something in a scene has changed: costs nothing unless a strip of a line was moved."""
    if depsgraph is not None and not depsgraph.id_type_updated("SCENE"):
        return
    if bpy.app.is_job_running("RENDER"):
        return  # it reads the data that would change
    marked = [strip for strip in sound_strips(scene) if SPEAKS in strip or FACE_MARK in strip]
    now = [(strip.name, heard(strip, rate(scene)).origin) for strip in marked]
    if now == _seen.get(scene.name, []):
        return
    faces = [each for each in scene.objects if is_face(each)]
    for face in faces:
        follow(scene, face)
    if not any(map(_is_being_edited, faces)):  # whose lines go where their strips are when that has ended
        _seen[scene.name] = now


@bpy.app.handlers.persistent
def follow_after_undo(*_: Any) -> None:
    """Undo and redo may have taken back a strip and not its line, or the other way round."""
    _seen.clear()
    for scene in bpy.data.scenes:
        follow_strips(scene)


@bpy.app.handlers.persistent
def forget(*_: Any) -> None:
    """Another file was opened."""
    _seen.clear()


def follow(scene: Any, face: Any) -> None:
    """Move the lines of a face to where their sound strips are."""
    target = target_of(face)
    if target is None or target.refusal():
        return
    for line, strip in _linked(scene, face):
        if strip_refusal(strip, rate(scene)):
            continue
        now = heard(strip, rate(scene))
        moved = [nla.move(block, line.identity, now.origin) for block in target.blocks()]
        if any(moved):
            _say(line, now)
            pass_strips.follow(scene, face.get(IDENTITY, ""), line.identity, now.start_frame)


def _is_being_edited(face: Any) -> bool:
    target = target_of(face)
    return target is not None and any(map(is_tweaked, target.blocks()))


def _linked(scene: Any, face: Any) -> Iterator[tuple[Any, Any]]:
    """(line, its sound strip) for each baked line of a face that has one."""
    for line in face.styletalk.lines:
        strip = linked_strip(scene, face, line)
        if strip is not None:
            yield line, strip


def _say(line: Any, now: Heard) -> None:
    """Let the panel show the line where it is; it is baked there as much as it was before."""
    before, line.start_frame = line.start_frame, now.start_frame
    if line.baked.endswith(f"@{before}"):
        line.baked = f"{line.baked.removesuffix(str(before))}{now.start_frame}"


def attach() -> None:
    """Have Blender call us."""
    bpy.app.handlers.depsgraph_update_post.append(follow_strips)
    bpy.app.handlers.undo_post.append(follow_after_undo)
    bpy.app.handlers.redo_post.append(follow_after_undo)
    bpy.app.handlers.load_pre.append(forget)


def detach() -> None:
    """The mirror of `attach`."""
    forget()
    bpy.app.handlers.load_pre.remove(forget)
    bpy.app.handlers.redo_post.remove(follow_after_undo)
    bpy.app.handlers.undo_post.remove(follow_after_undo)
    bpy.app.handlers.depsgraph_update_post.remove(follow_strips)
