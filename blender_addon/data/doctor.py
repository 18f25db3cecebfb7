# SPDX-License-Identifier: GPL-3.0-or-later
"""What this installation has and what is missing, as rows and as a text to be sent to whoever helps."""

import platform
from dataclasses import dataclass
from pathlib import Path

import bpy
import numpy as np

from .. import compat
from ..styletalk import __version__
from ..styletalk.blas import slow_blas_note
from ..styletalk.errors import StyleTalkError
from ..styletalk.face.model import open_face
from ..styletalk.styles.presets import preset_names
from . import cache, python_checks
from .preferences import external_python, preferences


@dataclass(frozen=True)
class Row:
    """What was looked at, what was found, and what to do; advice is "" where all is well."""

    what: str
    found: str
    advice: str = ""

    def __str__(self) -> str:
        return " ".join(filter(None, (f"{self.what}: {self.found}.", self.advice)))


def examine() -> list[Row]:
    """Versions, Python, NumPy, sound, the face, the presets, the External Python and the cache."""
    return [
        Row("StyleTalk", __version__),
        Row("Blender", f"{bpy.app.version_string}, {platform.platform()}"),
        Row("Python", platform.python_version()),
        Row("NumPy", np.__version__, slow_blas_note()),
        _sound(), _face(), Row("Presets", f"{len(preset_names())}"), _external(), _cache(),
    ]  # fmt: skip


def as_text(rows: list[Row]) -> str:
    """In English, for whoever helps; the home folder's name is left out."""
    return "\n".join(map(str, rows)).replace(str(Path.home()), "~")


def _sound() -> Row:
    if compat.audio_library() is not None:
        return Row("Sound", "Blender reads sounds and videos")
    return Row("Sound", "this Blender has no sound library", "Lines must be .wav files.")


def _face() -> Row:
    try:
        return Row("Open face", f"{len(open_face().mean):,} vertices")
    except StyleTalkError as error:
        return Row("Open face", "unusable", str(error))


def _external() -> Row:
    ours = preferences(bpy.context)
    python = external_python(ours) if ours is not None else None
    if python is None:
        return Row("External Python", "none, and none is needed")
    answer = python_checks.answer_of(python)
    if answer is None:
        return Row("External Python", f"{python.command[0]}, not tried yet", "Press Try It.")
    if answer.works:
        return Row("External Python", f"{python.command[0]} works", answer.said)
    return Row(
        "External Python", f"{python.command[0]} cannot be used: {answer.said}", "Blender's own is used instead."
    )


def _cache() -> Row:
    try:
        files, size = cache.size()
        return Row("Cache", f"{files} bakes, {size / 1e6:.1f} MB in {cache.folder()}")
    except StyleTalkError as error:
        return Row("Cache", "unusable", str(error))
