# SPDX-License-Identifier: GPL-3.0-or-later
"""Export for… without a window: the preset is known by the file's ending."""

from pathlib import Path
from typing import Any

import addon_utils

from ..exporting.formats import FORMATS, Format
from ..exporting.run import ExportOptions, ExportReport, export_face
from ..styletalk.errors import OutputError
from ..styletalk.files.writing import check_ending, check_writable

BUILT_IN = {".glb": "io_scene_gltf2", ".fbx": "io_scene_fbx"}
"""Blender's own add-ons that write these: without a window nobody else can switch them on."""


def check_export(path: Path) -> None:
    """Before the work rather than after it. Raises OutputError."""
    reason = _format(path).unavailable()
    if reason:
        raise OutputError(f"Cannot write {path}: {reason}")
    check_writable(path)


def export(context: Any, face: Any, path: Path) -> ExportReport:
    """Write the face with its lines. Raises OutputError, RigError."""
    return export_face(context, face, _format(path), path, ExportOptions())


def _format(path: Path) -> Format:
    """The first preset whose files end so, with what Blender needs for it switched on. Raises OutputError."""
    by_ending = {ending: form for form in reversed(FORMATS) for ending in form.endings if ending != ".json"}
    check_ending(path, *sorted(by_ending))
    ending = path.suffix.lower()
    if ending in BUILT_IN:
        addon_utils.enable(BUILT_IN[ending])
    return by_ending[ending]
