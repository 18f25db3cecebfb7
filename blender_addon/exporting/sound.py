# SPDX-License-Identifier: GPL-3.0-or-later
"""The lines' sound beside an export: one wave file that begins with the clip and lasts as long."""

import contextlib
import math
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import bpy

from .. import compat
from ..baking.sound_strips import strips_of_face
from ..styletalk.errors import OutputError
from ..styletalk.files.writing import written_whole
from .recording import Frames
from .stage import remove, shown

SOUND_ENDING = ".wav"


def no_sound_reason(scene: Any, face: Any) -> str:
    """Why there is no sound to write, or ""."""
    if not compat.has_sound():
        return "No sound was written: this Blender was built without its sound library."
    strips = _heard(scene, face)
    retimed = next((strip.name for strip in strips if compat.retiming_keys(strip)), "")
    if retimed:
        return f"No sound was written: the strip “{retimed}” is retimed. Blender writes it by Render > Render Audio."
    return "" if strips else "No sound was written: none of the lines has a strip that is heard."


def write_sound(context: Any, face: Any, frames: Frames, path: Path) -> None:
    """Mix the strips of the face's lines. Raises OutputError."""
    strips = _heard(context.scene, face)
    with written_whole(path) as temporary, _sound_scene(context.scene, strips, frames) as scene, shown(context, scene):
        try:
            bpy.ops.sound.mixdown(
                filepath=str(temporary), check_existing=False, container="WAV", codec="PCM", format="S16"
            )  # fmt: skip
        except RuntimeError as error:
            raise OutputError(f"Cannot write {path}: Blender could not mix the sound. Check the strips.") from error


def _heard(scene: Any, face: Any) -> list[Any]:
    return [strip for strip in strips_of_face(scene, face) if not strip.mute]


@contextlib.contextmanager
def _sound_scene(original: Any, strips: list[Any], frames: Frames) -> Iterator[Any]:
    """A scene with these strips alone, at the original's rate, for strips begin on whole frames of that."""
    scene = bpy.data.scenes.new("Sound")
    try:
        scene.render.fps, scene.render.fps_base = original.render.fps, original.render.fps_base
        scene.frame_start, scene.frame_end = 0, math.ceil((frames.count - 1) * frames.step)
        editor = scene.sequence_editor_create()
        for channel, strip in enumerate(strips, start=1):
            _copy_strip(editor, strip, channel, frames)
        yield scene
    finally:
        remove(bpy.data.scenes, scene)


def _copy_strip(editor: Any, strip: Any, channel: int, frames: Frames) -> None:
    sound = strip.sound
    copy = compat.strips(editor).new_sound(strip.name, bpy.path.abspath(sound.filepath), channel, 1)
    loaded, copy.sound = copy.sound, sound  # which may be packed into this .blend
    if loaded.users == 0:
        bpy.data.sounds.remove(loaded)
    copy.frame_start = strip.frame_start - frames.first
    copy.frame_offset_start, copy.frame_offset_end = strip.frame_offset_start, strip.frame_offset_end
    copy.volume = strip.volume
    if hasattr(strip, "speed_factor"):
        copy.speed_factor = strip.speed_factor
