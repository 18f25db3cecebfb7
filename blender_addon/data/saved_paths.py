# SPDX-License-Identifier: GPL-3.0-or-later
"""Paths in a saved .blend begin beside it: it can be moved with its sounds, and does not say whose machine made it.

Blender does so for its own data-blocks alone, and not when a file is saved for the first time. Who turns off Blender's
preference Relative Paths keeps full paths.
"""

import os
from collections.abc import Callable, Iterator
from functools import partial
from typing import Any

import bpy

from .. import compat
from ..baking.sound_strips import our_sounds
from ..faces.open_face import is_face
from .lines import find_line

PASS_PATHS = ("photo", "checkpoint", "folder")
LINE_PATHS = ("audio", "style_file", "words_file", "pose_file", "style_changes")
_before: list[tuple[Callable[[], Any], str, str]] = []
"""(what finds the owner, property, path) of all that the saving has changed. Looked up again, for until 3.6 nobody says
that a file could not be saved, and the owner may be deleted or undone before the next time."""
_saved = [""]
"""The file that is being saved."""


@bpy.app.handlers.persistent
def make_relative(file: str | None = None, *_: Any) -> None:
    """To be called before `file` is saved; until 3.6 Blender itself does not say which, and means the open one."""
    if file is None and _before:
        return  # headless has said it already
    restore()
    saved = _saved[0] = bpy.data.filepath if file is None else file
    if not saved or not bpy.context.preferences.filepaths.use_relative_paths:
        return
    for find, name, folder in _places(os.path.dirname(saved)):
        owner = find()
        path = getattr(owner, name)
        full = bpy.path.abspath(path)
        try:
            relative = bpy.path.relpath(full, start=folder) if os.path.isabs(full) else path
        except ValueError:  # Windows: on another drive
            continue
        if relative != path:
            _before.append((find, name, path))
            setattr(owner, name, relative)


@bpy.app.handlers.persistent
def restore_after_copy(*_: Any) -> None:
    """To be called after a file was saved: where it is not the open one, that keeps its own paths."""
    if bpy.data.filepath == _saved[0]:
        _before.clear()
    restore()


@bpy.app.handlers.persistent
def restore(*_: Any) -> None:
    """Take back what `make_relative` did."""
    while _before:
        find, name, path = _before.pop()
        owner = find()
        if owner is not None:
            setattr(owner, name, path)


def _places(folder: str) -> Iterator[tuple[Callable[[], Any], str, str]]:
    """(what finds the owner, property, folder that its relative paths begin in), once the file lies in `folder`."""
    faces = [each for each in bpy.data.objects if is_face(each) and each.library is None]
    passes = [partial(_pass, face.name) for face in faces]
    lines = [partial(_line, face.name, line.identity) for face in faces for line in face.styletalk.lines]
    yield from ((line, name, folder) for line in lines for name in LINE_PATHS)
    yield from ((each, name, folder) for each in passes for name in PASS_PATHS)
    # Blender itself turns these from the open file's folder to the new one
    present = os.path.dirname(bpy.data.filepath) or folder
    sounds = {sound for scene in bpy.data.scenes for sound in our_sounds(scene) if sound.library is None}
    yield from ((partial(_local, "sounds", sound.name), "filepath", present) for sound in sounds)


def _local(kind: str, name: str) -> Any | None:
    """The data-block of that name that is no other file's. kind: "objects" or "sounds"."""
    return next((each for each in getattr(bpy.data, kind) if each.name == name and each.library is None), None)


def _line(face_name: str, identity: str) -> Any | None:
    face = _local("objects", face_name)
    return find_line(face, identity) if face is not None else None


def _pass(face_name: str) -> Any | None:
    face = _local("objects", face_name)
    return face.styletalk_pass if face is not None else None


def attach() -> None:
    """Have Blender call these."""
    bpy.app.handlers.save_pre.append(make_relative)
    bpy.app.handlers.save_post.append(restore_after_copy)
    compat.SAVE_FAILED.append(restore)


def detach() -> None:
    """The mirror of `attach`."""
    compat.SAVE_FAILED.remove(restore)
    bpy.app.handlers.save_post.remove(restore_after_copy)
    bpy.app.handlers.save_pre.remove(make_relative)
