# SPDX-License-Identifier: GPL-3.0-or-later
"""The line of speech as a sound strip, in time with the baked face."""

import os
from pathlib import Path
from typing import Any

import bpy

from . import compat

STRIP_MARK = "styletalk_face"
"""Custom property of our strips: the name of the face whose line it is."""
CHANNELS = 128
"""How many the sequencer has."""
CHANNELS = 128


def add_line(scene: Any, face: Any, audio: Path, start_frame: int) -> str:
    """Put the sound on a free channel so that it begins on `start_frame`. Returns a sentence where it cannot, or "".

    The strip of an earlier line of the same face is muted, not removed: two lines at once help nobody, and a lost one
    neither.
    """
    if not compat.has_sound():
        return "No sound strip was added: this Blender was built without its sound library."
    editor = scene.sequence_editor or scene.sequence_editor_create()
    present = _same_line(editor, face, audio, start_frame)
    _mute_other_lines(editor, face, present)
    if present is not None:
        present.mute = False
        return ""
    try:
        strip = compat.strips(editor).new_sound(audio.stem, str(audio), _free_channel(editor), start_frame)
    except RuntimeError as error:
        return f"No sound strip was added ({_first_line(error)})."
    strip[STRIP_MARK] = face.name
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


def _our_strips(editor: Any, face: Any) -> list[Any]:
    return [
        strip
        for strip in compat.all_strips(editor)
        if strip.type == "SOUND" and strip.get(STRIP_MARK) == face.name and strip.sound is not None
    ]


def _same_line(editor: Any, face: Any, audio: Path, start_frame: int) -> Any | None:
    for strip in _our_strips(editor, face):
        path = bpy.path.abspath(strip.sound.filepath, library=strip.sound.library)
        if os.path.realpath(path) == os.path.realpath(audio) and round(strip.frame_start) == start_frame:
            return strip
    return None


def _mute_other_lines(editor: Any, face: Any, present: Any | None) -> None:
    for strip in _our_strips(editor, face):
        if strip != present:
            strip.mute = True


def _free_channel(editor: Any) -> int:
    """The first channel without a strip: nothing is pushed aside. Where all are taken, Blender finds a gap itself."""
    taken = {strip.channel for strip in compat.strips(editor)}
    return next((channel for channel in range(1, CHANNELS + 1) if channel not in taken), CHANNELS)


def _first_line(error: Exception) -> str:
    return str(error).replace("Error: ", "").strip().splitlines()[0].rstrip(".")
