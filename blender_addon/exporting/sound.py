# SPDX-License-Identifier: GPL-3.0-or-later
"""The lines' sound beside an export: one wave file that begins with the clip and lasts as long."""

import contextlib
import math
import wave
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import bpy

from .. import compat
from ..baking.sound_strips import strips_of_face
from ..styletalk.errors import OutputError
from ..styletalk.files.writing import check_not_read, written_whole
from .recording import Frames
from .stage import remove, shown

SOUND_ENDING = ".wav"
SHORT_S = 0.25
"""A mix that is shorter than the clip by more than this is not whole: its end is a whole block of samples."""


class MixError(OutputError):
    """Blender did not mix the sound; what else was to be written is there."""


def no_sound_reason(scene: Any, face: Any) -> str:
    """Why there is no sound to write, or ""."""
    if not compat.has_sound():
        return "No sound was written: this Blender was built without its sound library."
    strips = _heard(scene, face)
    retimed = next((strip.name for strip in strips if compat.retiming_keys(strip)), "")
    if retimed:
        return f"No sound was written: the strip “{retimed}” is retimed. Blender writes it by Render > Render Audio."
    return "" if strips else "No sound was written: none of the lines has a strip that is heard."


def lost_sound_reason(face: Any, path: Path) -> str:
    """Why no mix may be written to `path`, or "": somebody who exports hello.glb beside hello.wav would lose that."""
    used = [bpy.path.abspath(sound.filepath, library=sound.library) for sound in bpy.data.sounds]
    used += [bpy.path.abspath(line.audio) for line in face.styletalk.lines]
    try:
        check_not_read(path, used)
    except OutputError:
        return f"No sound was written: {path.name} is a sound of this file. Give the export another name."
    return ""


def write_sound(context: Any, face: Any, frames: Frames, path: Path) -> None:
    """Mix the strips of the face's lines. Raises MixError where Blender cannot, OutputError where nothing can be
    written."""
    strips, seconds = _heard(context.scene, face), frames.count / frames.fps
    with written_whole(path) as temporary, _sound_scene(context.scene, strips, frames) as scene, shown(context, scene):
        try:
            _mix_down(temporary)
        except RuntimeError as error:
            raise MixError("No sound was written: Blender could not mix it. Check the sound strips.") from error
        written = _seconds_of(temporary)
        if written < seconds - SHORT_S:
            raise MixError(
                f"No sound was written: Blender mixed {written:.1f} of {seconds:.1f} s. Write it by Render > Render "
                "Audio."
            )


def _mix_down(path: Path) -> None:
    bpy.ops.sound.mixdown(filepath=str(path), check_existing=False, container="WAV", codec="PCM", format="S16")


def _seconds_of(path: Path) -> float:
    """How long a wave file is that Blender wrote: some builds write its beginning alone, or nothing. Endless for one of
    which that cannot be told."""
    try:
        with wave.open(str(path)) as file:
            return file.getnframes() / file.getframerate()
    except wave.Error:  # of more than two channels
        return math.inf
    except (EOFError, FileNotFoundError):
        return 0.0


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
