# SPDX-License-Identifier: GPL-3.0-or-later
"""The scene, face and line that a run without a window works on."""

import os
from pathlib import Path
from typing import Any

import bpy

from ..baking.nla import action_of
from ..data.lines import add_line
from ..data.migration import bring_up_to_date
from ..data.requests import LineError
from ..faces import face_shapes
from ..faces.channels import carrier
from ..faces.characters import able_to_talk, tell_apart
from ..faces.open_face import find_face, is_face
from ..faces.own_keys import NEW_FACES, add_talking_face, can_choose
from ..faces.targets import refusal
from ..outcomes import SessionError


def open_scene(blend: Path | None, fps: float | None) -> bool:
    """Open the .blend; without one start with an empty scene. Returns whether the scene is new. Raises LineError."""
    if blend is not None:
        path = os.path.abspath(blend)
        try:
            bpy.ops.wm.open_mainfile(filepath=path, load_ui=False)
        except RuntimeError as error:
            raise LineError(f"{path} cannot be opened by Blender {bpy.app.version_string}. Choose another.") from error
    elif not bpy.data.filepath:
        bpy.ops.wm.read_homefile(use_empty=True)
    if fps is not None:
        render = bpy.context.scene.render
        render.fps = max(1, round(fps))
        render.fps_base = render.fps / fps
    return not bpy.data.filepath


def forget_home() -> None:
    """The file browsers of Blender's own screens show the user's home; let them show the scene's folder."""
    spaces = [space for screen in bpy.data.screens for area in screen.areas for space in area.spaces]
    for browser in (space.params for space in spaces if space.type == "FILE_BROWSER" and space.params is not None):
        browser.directory = b"/" * len(browser.directory)  # or what is longer than the next one would stay behind it
        browser.directory = b"//"


def find_or_add_face(context: Any, name: str | None, keys: str | None = None) -> Any:
    """The face to bake onto: the named one, the active one, the only one, or a new one. Raises SessionError.

    keys: which shape keys of its own it is to have; None: as it is.
    """
    face = _named(context, name) if name is not None else _only(context)
    if face is None:
        face = add_talking_face(context, keys or NEW_FACES)
    if keys is not None and not can_choose(face):
        raise SessionError(f"“{face.name}” has shape keys of its own: omit --keys, which is for the talking face.")
    if keys is not None:
        face.styletalk.keys = keys
    reason = refusal(face)
    if reason:
        raise SessionError(reason)
    bring_up_to_date(face)
    return face


def make_face_shapes(context: Any, name: str, kind: str) -> str:
    """Give the head of that name shape keys of a kind; say how well. Landmarks are the empties on it, or found.

    Raises SessionError and RigError, and has changed nothing then.
    """
    mesh = context.scene.objects.get(name)
    if mesh is None or mesh.type != "MESH":
        raise SessionError(f"There is no mesh “{name}” in the scene. Give the name of the head's mesh.")
    reason = face_shapes.refusal(mesh)
    if reason:
        raise SessionError(reason)
    mesh.styletalk_character.made_keys = kind.upper()
    quality = face_shapes.make_shapes(mesh)
    return " ".join([f"Made {len(face_shapes.names_to_make(mesh))} shape keys: {quality}.", *quality.doubts])


def find_first_line(face: Any, scene: Any) -> Any:
    """The line with which the scene begins: whose face begins to move on its first frame, or whose sound begins there,
    or a new one."""
    keys = carrier(face)
    for line in face.styletalk.lines if keys is not None else ():
        action = action_of(keys, line.identity)
        if action is not None and round(action.frame_range[0]) == scene.frame_start:
            return find_line_at(face, line.start_frame)
    return find_line_at(face, scene.frame_start)


def find_line_at(face: Any, start_frame: int) -> Any:
    """The line that begins there, one that has no sound yet, or a new one: a second take replaces the first."""
    lines = face.styletalk.lines
    there = (line for line in lines if line.start == "FRAME" and line.start_frame == start_frame)
    empty = (line for line in lines if line.start == "PLAYHEAD" and not line.audio)
    line = next(there, None) or next(empty, None) or add_line(face)
    line.start, line.start_frame = "FRAME", start_frame
    return line


def _named(context: Any, name: str) -> Any:
    candidate = context.scene.objects.get(name)
    if candidate is None:
        raise SessionError(f"There is no object “{name}” in the scene. Give the name of a talking face.")
    face = find_face(candidate)
    if face is None:
        face = able_to_talk(candidate)
        if face is not None:
            tell_apart(face)
    if face is None:
        raise SessionError(refusal(candidate))
    return face


def _only(context: Any) -> Any | None:
    """The active face, or the only one; None where there is none."""
    active = find_face(context.view_layer.objects.active)
    faces = [each for each in context.scene.objects if is_face(each)]
    if active is None and len(faces) > 1:
        names = ", ".join(f"“{each.name}”" for each in faces)
        raise SessionError(f"The scene has several talking faces ({names}). Choose one with --object.")
    return active or next(iter(faces), None)
