# SPDX-License-Identifier: GPL-3.0-or-later
"""The styles that the animator has made: files in Blender's folder for the user's data, where they outlast updates."""

import os
import re
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import bpy

from ..jobs.job import Job
from ..styletalk.errors import OutputError
from ..styletalk.files.writing import written_whole
from .lines import CUSTOM_STYLE

FOLDER = "styletalk_styles"
MAX_NAME = 60
"""Characters of a file's name that are taken from a film's."""


@dataclass(frozen=True)
class StyleReport:
    """What came of a style from a film. notes: how much of it was seen, and what is near."""

    summary: str
    notes: tuple[str, ...] = ()

    def __str__(self) -> str:
        return " ".join((self.summary, *self.notes))


def styles_folder() -> Path:
    """Where the user's styles lie. Raises OutputError where Blender has no such folder."""
    folder = bpy.utils.user_resource("DATAFILES", path=FOLDER, create=True)
    if not folder:
        raise OutputError("Blender has no folder for the user's data. Set BLENDER_USER_DATAFILES or check its rights.")
    return Path(folder)


def keep_style(line: Any, job: Job) -> StyleReport:
    """Put a style that the worker has made among the user's, and let the line speak in it. Raises OutputError."""
    name = str(getattr(job.request, "name", ""))
    path = _free(styles_folder(), re.sub(r"[^\w -]+", "_", name)[:MAX_NAME].strip() or "style")
    content = job.output.read_bytes()
    with written_whole(path) as temporary:
        temporary.write_bytes(content)
    line.style, line.style_file = CUSTOM_STYLE, str(path)
    return StyleReport(
        f"The line speaks in the style “{path.stem}” when it is baked next.", (job.note,) if job.note else ()
    )


def _free(folder: Path, stem: str) -> Path:
    """A path that nothing lies at, so that no style is lost."""
    number, path = 1, folder / f"{stem}.npz"
    while os.path.lexists(path):
        number += 1
        path = folder / f"{stem} {number}.npz"
    return path
