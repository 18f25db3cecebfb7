# SPDX-License-Identifier: GPL-3.0-or-later
"""A photoreal pass as a strip of pictures in the sequencer, above the line's sound and in time with its baked face."""

import os
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import bpy

from .. import compat
from .sound_strips import CHANNELS, FACE_MARK, STRIP_LINE, strips_of

PASS_MARK = "styletalk_pass"
"""Custom property of our strips of pictures: how many frames after the sound's beginning their first one is shown."""
_CHOSEN = (
    "mute", "lock", "blend_type", "blend_alpha", "color_multiply", "color_saturation", "use_flip_x", "use_flip_y",
)  # fmt: skip
_PLACED = {
    "transform": ("offset_x", "offset_y", "scale_x", "scale_y", "rotation"),
    "crop": ("min_x", "max_x", "min_y", "max_y"),
}
"""What an animator sets of a strip; where it lies in the picture counts for pictures of the same size."""


@dataclass(frozen=True)
class Place:
    """Where the pictures of a line go. owner: the identity of its face; line: its own; name: of the new strip.
    sound_frame: the scene's frame on which its sound begins; first_frame: how much later the first frame of the whole
    pass is shown, usually below 0."""

    owner: str
    line: str
    name: str
    sound_frame: int
    first_frame: int


def add(scene: Any, place: Place, folder: Path, files: list[str], first: int) -> Any:
    """Show pictures as a strip, instead of the one that the line had before. Returns it.

    files: names in `folder`, in order; the first one is frame `first` of the whole pass, counted from 1.
    """
    editor = scene.sequence_editor or scene.sequence_editor_create()
    before = passes_of(scene, place.owner, place.line)
    channel = before[0].channel if before else _channel_above(scene, editor, place)
    strips = compat.strips(editor)
    chosen = _chosen(before[0]) if before else {}
    for strip in before:
        strips.remove(strip)
    later = place.first_frame + first - 1
    path = str(folder / files[0])
    strip = strips.new_image(place.name, _stored(path), channel, place.sound_frame + later, fit_method="FIT")
    for name in files[1:]:
        strip.elements.append(name)
    strip.frame_final_duration = len(files)
    strip[FACE_MARK], strip[STRIP_LINE], strip[PASS_MARK] = place.owner, place.line, later
    _choose(strip, chosen)
    compat.set_sequencer_scene(scene)
    return strip


def _chosen(strip: Any) -> dict[str, Any]:
    """What the animator has set of a strip, by the path of each setting, and the size of its pictures."""
    placed = [f"{part}.{name}" for part, names in _PLACED.items() for name in names]
    return {"": _size(strip), **{path: strip.path_resolve(path) for path in (*_CHOSEN, *placed)}}


def _choose(strip: Any, chosen: dict[str, Any]) -> None:
    is_as_large = chosen.get("") == _size(strip)
    for path, value in chosen.items():
        part, _, name = path.rpartition(".")
        if name and (is_as_large or not part):
            setattr(strip.path_resolve(part) if part else strip, name, value)


def _size(strip: Any) -> tuple[int, int]:
    return strip.elements[0].orig_width, strip.elements[0].orig_height


def remove_all(scene: Any) -> None:
    """Let renders show the scene: strips of pictures are rendered instead of it, in 3.4 black where they are muted."""
    editor = scene.sequence_editor
    for strip in list(compat.strips(editor)) if editor is not None else ():
        if PASS_MARK in strip:
            compat.strips(editor).remove(strip)


def passes_of(scene: Any, owner: str, line: str) -> list[Any]:
    """The strips of pictures of a line, but for those in meta strips."""
    editor = scene.sequence_editor
    found = [strip for strip in compat.strips(editor) if PASS_MARK in strip] if editor is not None else []
    return [strip for strip in found if (strip[FACE_MARK], strip.get(STRIP_LINE)) == (owner, line)]


def follow(scene: Any, owner: str, line: str, sound_frame: int) -> None:
    """Move the pictures of a line to where its sound begins now."""
    for strip in passes_of(scene, owner, line):
        strip.frame_start = sound_frame + strip[PASS_MARK]


def _channel_above(scene: Any, editor: Any, place: Place) -> int:
    """The first channel without a strip above the line's sound; where there is none, Blender finds a gap itself."""
    sounds = [strip.channel for strip in strips_of(scene, place.owner, place.line)]
    taken = {strip.channel for strip in compat.strips(editor)}
    lowest = max(sounds, default=max(taken, default=0)) + 1
    return next((channel for channel in range(lowest, CHANNELS + 1) if channel not in taken), CHANNELS)


def _stored(path: str) -> str:
    """As the .blend keeps its own paths."""
    if not (bpy.data.filepath and bpy.context.preferences.filepaths.use_relative_paths):
        return path
    try:
        return bpy.path.relpath(path)
    except ValueError:  # Windows: on another drive
        return os.path.abspath(path)
