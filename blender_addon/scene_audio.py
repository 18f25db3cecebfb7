# SPDX-License-Identifier: GPL-3.0-or-later
"""The line of speech as a sound strip, in time with the baked face."""

import os
import uuid
from pathlib import Path
from typing import Any

import bpy

from . import compat

STRIP_MARK = "styletalk_face"
"""Custom property of our strips: the identity of the face whose line it is."""
IDENTITY = "styletalk_id"
"""Custom property of a face with a line: random, for names change."""
IDENTITY_NAME = "styletalk_id_name"
"""Custom property beside it: the face's name at its last bake. A duplicate has the same, and another name."""
CHANNELS = 128
"""How many the sequencer has."""


def add_line(scene: Any, face: Any, audio: Path, start_frame: int) -> str:
    """Put the sound on a free channel so that it begins on `start_frame`. Returns a sentence where it cannot, or "".

    The strip of an earlier line of the same face is muted, not removed: two lines at once help nobody, and a lost one
    neither.
    """
    if not compat.has_sound():
        return "No sound strip was added: this Blender was built without its sound library."
    editor = scene.sequence_editor or scene.sequence_editor_create()
    identity = _identity(scene, face)
    ours = _strips_of(editor, identity)
    present = _same_line(ours, audio, start_frame)
    _mute_other_lines(ours, present)
    if present is not None:
        present.mute = False
        return ""
    try:
        strip = compat.strips(editor).new_sound(audio.stem, str(audio), _free_channel(editor), start_frame)
    except RuntimeError as error:
        return f"No sound strip was added ({_first_line(error)})."
    strip[STRIP_MARK] = identity
    return ""


def pack_sounds(scene: Any) -> None:
    """Put the sounds of our strips into the .blend, so that it plays wherever it goes."""
    if scene.sequence_editor is None:
        return
    for strip in compat.all_strips(scene.sequence_editor):
        if strip.type == "SOUND" and STRIP_MARK in strip and strip.sound.packed_file is None:
            strip.sound.pack()


def has_line(scene: Any) -> bool:
    """Whether a strip of ours can be heard."""
    return scene.sequence_editor is not None and any(
        strip.type == "SOUND" and not strip.mute for strip in compat.all_strips(scene.sequence_editor)
    )


def _identity(scene: Any, face: Any) -> str:
    """What the strips of `face` are marked with. A duplicated face gets one of its own at its first bake."""
    shared = any(other != face and other.get(IDENTITY) == face.get(IDENTITY) for other in scene.objects)
    is_copy = shared and face.get(IDENTITY_NAME) != face.name
    if IDENTITY not in face or is_copy:
        face[IDENTITY] = uuid.uuid4().hex
    face[IDENTITY_NAME] = face.name
    return face[IDENTITY]


def _strips_of(editor: Any, identity: str) -> list[Any]:
    return [
        strip
        for strip in compat.all_strips(editor)
        if strip.type == "SOUND" and strip.get(STRIP_MARK) == identity and strip.sound is not None
    ]


def _same_line(ours: list[Any], audio: Path, start_frame: int) -> Any | None:
    for strip in ours:
        path = bpy.path.abspath(strip.sound.filepath, library=strip.sound.library)
        if os.path.realpath(path) == os.path.realpath(audio) and round(strip.frame_start) == start_frame:
            return strip
    return None


def _mute_other_lines(ours: list[Any], present: Any | None) -> None:
    for strip in ours:
        if strip != present:
            strip.mute = True


def _free_channel(editor: Any) -> int:
    """The first channel without a strip: nothing is pushed aside. Where all are taken, Blender finds a gap itself."""
    taken = {strip.channel for strip in compat.strips(editor)}
    return next((channel for channel in range(1, CHANNELS + 1) if channel not in taken), CHANNELS)


def _first_line(error: Exception) -> str:
    return str(error).replace("Error: ", "").strip().splitlines()[0].rstrip(".")
