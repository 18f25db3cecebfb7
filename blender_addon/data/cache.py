# SPDX-License-Identifier: GPL-3.0-or-later
"""The folder in which former bakes are kept: where it lies, how much it holds and may hold, and how it is emptied."""

import contextlib
import re
from pathlib import Path
from typing import Any

import bpy

from .. import __package__ as ADDON
from ..styletalk.errors import OutputError

FOLDER = "styletalk_lines"
DEFAULT_MB = 64
"""Of all together: ten seconds of a line are about 0.1 MB."""
_NAME = re.compile(r"[0-9a-f]{20}\.npz")


def folder() -> Path:
    """The folder of the preferences, by default below Blender's folder for the user's data; made where it is not there.

    Raises OutputError.
    """
    chosen = _preferred("cache_folder", "")
    found = bpy.path.abspath(chosen) if chosen else bpy.utils.user_resource("DATAFILES", path=FOLDER, create=True)
    if not found:
        raise OutputError("Blender has no folder for the user's data.")
    try:
        Path(found).mkdir(parents=True, exist_ok=True)
    except OSError as error:
        raise OutputError(f"The cache folder {found} cannot be used: {error.strerror}. Choose another.") from error
    return Path(found)


def max_bytes() -> int:
    """How much it may hold."""
    return int(_preferred("cache_mb", DEFAULT_MB)) * 1_000_000


def size() -> tuple[int, int]:
    """(files, bytes) that it holds now."""
    with contextlib.suppress(OSError, OutputError):
        sizes = [path.stat().st_size for path in kept_files()]
        return len(sizes), sum(sizes)
    return 0, 0


def kept_files() -> list[Path]:
    """What we keep there: nothing else of the folder is ours. Raises OutputError."""
    return [path for path in folder().glob("*.npz") if _NAME.fullmatch(path.name)]


def clear() -> int:
    """Remove what is kept; return how many files that were. Raises OutputError."""
    found = kept_files()
    for path in found:
        try:
            path.unlink()
        except OSError as error:
            raise OutputError(f"Cannot delete {path}: {error.strerror}. Check its rights.") from error
    return len(found)


def _preferred(name: str, default: Any) -> Any:
    entry = bpy.context.preferences.addons.get(ADDON)
    return getattr(entry.preferences, name, default) if entry is not None else default
