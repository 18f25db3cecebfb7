# SPDX-License-Identifier: GPL-3.0-or-later
"""What is heard of a sound strip of the animator's, and which strip a line follows.

A strip is known by a mark on it, for names change; of several with the same mark, as cutting a strip makes them, by the
name that it had.
"""

import math
from dataclasses import dataclass
from typing import Any

import bpy

from .. import compat
from .retiming import retiming_refusal, tempo_of
from .tempo import Excerpt, Tempo

SPEAKS = "styletalk_speaks"
"""Custom property of the animator's strips: the identities of the lines that follow them, with spaces between."""


@dataclass(frozen=True)
class Heard:
    """start_frame: the scene's frame on which a strip's first moment is heard. origin: the frame on which its file
    would begin, or its content where it is retimed; from there, in seconds of the scene, from_s to to_s are heard.
    is_cut: whether that is not all of the file. tempo: which of its seconds those are."""

    start_frame: int
    origin: float
    from_s: float
    to_s: float
    is_cut: bool
    tempo: Tempo

    @property
    def part(self) -> Excerpt | None:
        """What is heard, or None for the whole sound as it is."""
        return Excerpt(self.from_s, self.to_s, self.tempo) if self.is_cut or self.tempo else None


def rate(scene: Any) -> float:
    """Frames a second; 29.97 is stored as 30 / 1.001."""
    return scene.render.fps / scene.render.fps_base


def heard(strip: Any, fps: float) -> Heard:
    """What is heard of a sound strip at `fps` frames a second; to_s is no more than from_s where that is nothing."""
    content, first, end, trimmed, _ = compat.sound_frames(strip)
    tempo = tempo_of(strip, fps)
    origin = content + (trimmed if tempo else 0) + getattr(strip, "sound_offset", 0.0) * fps
    meta = strip.parent_meta()
    if meta is not None:
        first, end = max(first, meta.frame_final_start), min(end, meta.frame_final_end)
    start = max(first, math.ceil(origin - 1e-3))
    from_s, to_s = (start - origin) / fps, (end - origin) / fps
    is_cut = from_s * fps >= 1 or compat.is_cut(strip) or meta is not None
    return Heard(start, origin, max(from_s, 0.0), to_s, is_cut, tempo)


def strip_refusal(strip: Any, fps: float) -> str:
    """Why no line can follow a strip, or ""."""
    if strip is None:
        return "The sound strip of the line is gone. Choose another under Sound Strip, or another Start."
    if strip.type != "SOUND" or strip.sound is None:
        return f"The strip “{strip.name}” has no sound. Choose a sound strip."
    reason = retiming_refusal(strip, fps)
    if reason:
        return reason
    found = heard(strip, fps)
    return "" if found.to_s > found.from_s else f"Nothing is heard of the strip “{strip.name}”. Widen it."


def sound_strips(scene: Any) -> list[Any]:
    """All sound strips of a scene, those in meta strips as well."""
    editor = scene.sequence_editor
    return [] if editor is None else [each for each in compat.all_strips(editor) if each.type == "SOUND"]


def followed(scene: Any, identity: str, name: str) -> Any | None:
    """The strip that the line of that identity follows. name: that the strip had."""
    marked = [strip for strip in sound_strips(scene) if identity in speakers_of(strip)]
    return next((strip for strip in marked if strip.name == name), marked[0] if marked else None)


def speakers_of(strip: Any) -> list[str]:
    """The identities of the lines that follow a strip."""
    return str(strip.get(SPEAKS, "")).split()


def mark(scene: Any, strip: Any, identity: str) -> None:
    """Let the line of that identity follow `strip`, and no other."""
    unmark(scene, identity)
    strip[SPEAKS] = " ".join([*speakers_of(strip), identity])


def unmark(scene: Any, identity: str) -> None:
    """Let the line of that identity follow no strip."""
    for each in sound_strips(scene):
        others = [other for other in speakers_of(each) if other != identity]
        if len(others) < len(speakers_of(each)):
            each[SPEAKS] = " ".join(others)


def path_of(strip: Any) -> str:
    """The file of a strip's sound as a path of this .blend."""
    sound = strip.sound
    return sound.filepath if sound.library is None else bpy.path.abspath(sound.filepath, library=sound.library)
