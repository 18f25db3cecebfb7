# SPDX-License-Identifier: GPL-3.0-or-later
"""The last bakes as files in Blender's folder for the user's data: what a corrected phoneme does not change comes from
there, also after the .blend was saved and opened again.

A file is named by its content, so that an undone bake finds the one before it.
"""

import contextlib
import hashlib
from pathlib import Path

from ..styletalk.animation import FaceAnimation
from ..styletalk.errors import OutputError
from . import cache

MOVING = ("coefficients", "head_pose", "blinks", "gaze", "tongue", "upper")


def keep(animation: FaceAnimation) -> str:
    """Keep an animation; return the name to find it by, "" where it cannot be kept: then lines are solved whole."""
    moving = (getattr(animation, each) for each in MOVING)
    arrays = *moving, *animation.track.as_arrays().values()
    begins = repr((animation.first_row, animation.sync_offset_s)).encode()
    name = hashlib.sha256(b"".join([begins, *(array.tobytes() for array in arrays)])).hexdigest()[:20]
    with contextlib.suppress(OSError, OutputError):
        path = cache.folder() / f"{name}.npz"
        if path.is_file():
            path.touch()
        else:
            animation.save(path)
        _prune()
        return name
    return ""


def find(name: str) -> Path | None:
    """The file of a kept animation, None where it is not there any more."""
    with contextlib.suppress(OSError, OutputError):
        path = cache.folder() / f"{name}.npz"
        return path if name.isalnum() and path.is_file() else None
    return None


def _prune() -> None:
    """Remove the files that were used longest ago, until the others take no more than the preferences allow."""
    found = sorted(((path.stat(), path) for path in cache.kept_files()), key=lambda each: -each[0].st_mtime_ns)
    total, most = 0, cache.max_bytes()
    for status, path in found:
        total += status.st_size
        if total > most:
            path.unlink()
