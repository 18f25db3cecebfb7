# SPDX-License-Identifier: GPL-3.0-or-later
"""The sound of a line as a strip of the sequencer, in time with the baked face."""

import contextlib
import os
import uuid
from contextlib import ExitStack
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import bpy

from .. import compat
from ..faces.channels import change
from .heard import SPEAKS, followed, heard, mark, rate, sound_strips, speakers_of, unmark
from .tempo import AS_RECORDED, Tempo

FACE_MARK = "styletalk_face"
"""Custom property of our strips: the identity of the face whose line it is."""
STRIP_LINE = "styletalk_line"
"""Custom property of our strips: the identity of the line, which a duplicated face shares with its original."""
IDENTITY = "styletalk_id"
"""Custom property of a face with a line: random, for names change."""
IDENTITY_NAME = "styletalk_id_name"
"""Custom property beside it: the face's name at its last bake. A duplicate has the same, and another name."""
SYNC_MARK = "styletalk_sync"
"""Custom property of a scene: playback was put in sync with the sound once; who changes it back has chosen."""
CHANNELS = 128
"""How many the sequencer has."""


@dataclass(frozen=True)
class Sound:
    """A line's sound. owner: the identity of its face; line: its own; is_relative: whether paths begin beside the
    .blend. strip: the name of the animator's strip that it is heard from; skipped_s: what that cuts off its start;
    tempo: how fast it plays."""

    path: Path
    owner: str
    line: str
    is_relative: bool = False
    strip: str = ""
    skipped_s: float = 0.0
    tempo: Tempo = AS_RECORDED


def add(scene: Any, sound: Sound, start_frame: int, undo: ExitStack) -> str:
    """Put the sound on a free channel so that it begins on `start_frame`. Returns a sentence where it cannot, or "".

    Strips that the same line had before are muted, not removed. Where the sound is heard from there already, on a strip
    of the animator's, none is added. `undo` takes all back.
    """
    if not compat.has_sound():
        return "No sound strip was added: this Blender was built without its sound library."
    editor = scene.sequence_editor
    if editor is None:
        editor = scene.sequence_editor_create()
        undo.callback(scene.sequence_editor_clear)
    ours = strips_of(scene, sound.owner, sound.line)
    present = _present(scene, ours, sound, start_frame)
    for strip in ours:
        undo.callback(setattr, strip, "mute", strip.mute)
        strip.mute = strip != present
    if present is not None and present not in ours:
        _follow(scene, present, sound.line, undo)
    if present is not None or sound.strip:
        return ""
    strips, channel = compat.strips(editor), _free_channel(editor)
    try:
        strip = strips.new_sound(sound.path.stem, _stored_path(sound), channel, start_frame)
    except RuntimeError as error:
        return f"No sound strip was added ({_first_line(error)})."
    strip.frame_start = start_frame  # Blender 3.4 puts a sound later whose times in the file begin late
    undo.callback(strips.remove, strip)
    strip[FACE_MARK], strip[STRIP_LINE] = sound.owner, sound.line
    return ""


def keep_in_sync(scene: Any, undo: ExitStack) -> str:
    """Let playback follow the sound where it never was told otherwise. Returns a sentence where that is done, or ""."""
    if scene.sync_mode != "NONE" or SYNC_MARK in scene:
        return ""
    scene[SYNC_MARK] = True
    undo.callback(scene.pop, SYNC_MARK, None)
    change(undo, scene, "sync_mode", "AUDIO_SYNC")
    return "Playback follows the sound now (Sync to Audio)."


def _present(scene: Any, ours: list[Any], sound: Sound, start_frame: int) -> Any | None:
    """The strip from which a line is heard already."""
    theirs = (strip for strip in sound_strips(scene) if FACE_MARK not in strip and strip.sound is not None)
    if sound.strip:
        return next((strip for strip in sound_strips(scene) if strip.name == sound.strip), None)
    heard_already = (strip for strip in theirs if not strip.mute and heard(strip, rate(scene)).part is None)
    return next((strip for strip in (*ours, *heard_already) if _holds(strip, sound.path, start_frame)), None)


def _follow(scene: Any, strip: Any, line: str, undo: ExitStack) -> None:
    """Let the line follow a strip of the animator's."""
    for each in sound_strips(scene):
        before = each.get(SPEAKS)
        undo.callback(each.pop, SPEAKS, None) if before is None else undo.callback(each.__setitem__, SPEAKS, before)
    mark(scene, strip, line)


def strips_of(scene: Any, owner: str, line: str) -> list[Any]:
    """The sound strips of a line."""
    marks = (owner, line)
    return [strip for strip in _our_strips(scene) if (strip[FACE_MARK], strip.get(STRIP_LINE)) == marks]


def linked_strip(scene: Any, face: Any, line: Any) -> Any | None:
    """The strip that a baked line goes with: that it follows, or the only one of ours that is heard."""
    strip = followed(scene, line.identity, line.strip)
    if line.start == "STRIP":
        return strip
    ours = [each for each in strips_of(scene, face.get(IDENTITY, ""), line.identity) if not each.mute]
    if ours:
        return ours[0] if len(ours) == 1 else None
    return strip


def strips_of_face(scene: Any, face: Any) -> list[Any]:
    """The sound strips of all lines of a face, those of the animator's that they follow as well."""
    lines = {line.identity for line in face.styletalk.lines}
    return [strip for strip in _spoken(scene) if strip.get(FACE_MARK) == face.get(IDENTITY, "") or _speak(strip, lines)]


def _speak(strip: Any, lines: set[str]) -> bool:
    return FACE_MARK not in strip and not lines.isdisjoint(speakers_of(strip))


def remove(scene: Any, owner: str, line: str) -> None:
    """Take the sound strips of a line out of the scene; those in meta strips are muted, the animator's left alone."""
    take_away(scene, owner, line, follows=False)


def take_away(scene: Any, owner: str, line: str, follows: bool) -> None:
    """The same for a line that stays. follows: whether the animator chose a strip for it, and it goes on following."""
    if not follows:
        unmark(scene, line)
    for strip in strips_of(scene, owner, line):
        strip.mute = True
        with contextlib.suppress(RuntimeError):
            compat.strips(scene.sequence_editor).remove(strip)


def pack_sounds(scene: Any) -> None:
    """Put the sounds of our strips into the .blend, so that it plays wherever it goes."""
    for strip in _spoken(scene):
        if strip.sound.packed_file is None and strip.sound.library is None:
            strip.sound.pack()


def our_sounds(scene: Any) -> list[Any]:
    """The sounds of our strips, in the order of the strips."""
    return [strip.sound for strip in _our_strips(scene)]


def is_heard(scene: Any) -> bool:
    """Whether a strip of ours can be heard, or one of the animator's that a line follows."""
    return any(not strip.mute for strip in _spoken(scene))


def face_identity(face: Any) -> str:
    """What the strips of `face` are marked with; a new one where it has none yet, or that of the face it was made from.

    It holds from `remember_identity` on.
    """
    shared = any(other != face and other.get(IDENTITY) == face.get(IDENTITY) for other in bpy.data.objects)
    is_copy = shared and face.get(IDENTITY_NAME) != face.name
    return uuid.uuid4().hex if IDENTITY not in face or is_copy else face[IDENTITY]


def remember_identity(face: Any, identity: str) -> None:
    """Mark a face whose line was baked with sound."""
    face[IDENTITY], face[IDENTITY_NAME] = identity, face.name


def _our_strips(scene: Any) -> list[Any]:
    return [strip for strip in sound_strips(scene) if FACE_MARK in strip and strip.sound is not None]


def _spoken(scene: Any) -> list[Any]:
    """Our strips, and those of the animator's that a line follows."""
    theirs = (strip for strip in sound_strips(scene) if FACE_MARK not in strip and strip.sound is not None)
    return [*_our_strips(scene), *(strip for strip in theirs if speakers_of(strip))]


def _holds(strip: Any, path: Path, start_frame: int) -> bool:
    found = bpy.path.abspath(strip.sound.filepath, library=strip.sound.library)
    return os.path.realpath(found) == os.path.realpath(path) and round(strip.frame_start) == start_frame


def _stored_path(sound: Sound) -> str:
    """As the .blend keeps its own paths."""
    if not (sound.is_relative and bpy.data.filepath):
        return str(sound.path)
    try:
        return bpy.path.relpath(str(sound.path))
    except ValueError:  # Windows: on another drive
        return str(sound.path)


def _free_channel(editor: Any) -> int:
    """The first channel without a strip: nothing is pushed aside. Where all are taken, Blender finds a gap itself."""
    taken = {strip.channel for strip in compat.strips(editor)}
    return next((channel for channel in range(1, CHANNELS + 1) if channel not in taken), CHANNELS)


def _first_line(error: Exception) -> str:
    return str(error).replace("Error: ", "").strip().splitlines()[0].rstrip(".")
