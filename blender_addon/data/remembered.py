# SPDX-License-Identifier: GPL-3.0-or-later
"""After a bake: what was heard becomes the line's, unless the animator corrected it meanwhile; before one: what was
corrected becomes a file for the worker."""

import tempfile
from pathlib import Path
from typing import Any

import bpy

from ..styletalk.animation import FaceAnimation
from ..styletalk.errors import OutputError
from ..styletalk.speech.formats.alignment_files import write_textgrid
from . import corrections, kept_animations
from .baked import settings_of


def remember(line: Any, animation: FaceAnimation, settings: str) -> str:
    """Keep what was heard with the line. settings: what the animation was made with, see `data.baked`.

    Returns the settings of the bake, in which corrections count as the bake has understood them.
    """
    if settings != settings_of(line):
        return settings
    group, was_corrected = line.heard, corrections.has_corrections(line)
    missed = animation.metadata.get("missed_closures", [])
    method = group.method if was_corrected else animation.track.method
    try:
        corrections.fill(group, animation.track, [tuple(each) for each in missed])
    except TypeError:  # of a character that is overridden, whose lists Blender 5.0 lets nobody add to
        return settings
    group.method, group.corrected, group.source = method, was_corrected, corrections.source_of(line)
    group.kept = kept_animations.keep(animation) if "audio_sha256" in animation.metadata else ""
    return settings_of(line)


def method_of(line: Any, animation: FaceAnimation) -> str:
    """How the phonemes of a bake were found, for the report."""
    return "corrected by hand" if corrections.has_corrections(line) else animation.track.method


def corrected_file(line: Any, name: str) -> Path:
    """The corrections of a line as a TextGrid in Blender's own temporary folder. Raises OutputError."""
    try:
        folder = Path(tempfile.mkdtemp(dir=bpy.app.tempdir))
    except OSError as error:
        raise OutputError(f"The phonemes cannot be handed on: {error.strerror}. Is the disk full?") from error
    path = folder / f"{bpy.path.clean_name(name)}.TextGrid"
    write_textgrid(path, corrections.track_of(line.heard))
    return path


def former_bake(line: Any) -> Path | None:
    """The line's last bake, for what its corrections do not change."""
    return kept_animations.find(line.heard.kept) if line.heard.kept else None
