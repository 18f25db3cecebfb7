# SPDX-License-Identifier: Apache-2.0
"""The add-on's folder, put together from the parts that lie in a checkout, an installed package or an add-on."""

import os
import re
import shutil
from collections.abc import Iterator
from pathlib import Path

from ..errors import OutputError
from ..files.shipped import PACKAGE, shipped_folder

ADDON_ID = "styletalk_blender"
BESIDE = ("bfm_assets", "LICENSES")
"""Folders that an installed package carries inside and an add-on beside it."""
LEFT_OUT = ("blender_addon", *BESIDE)
"""Of the package: what has its own place in the add-on."""
IGNORED_NAMES = ("__pycache__", ".DS_Store")
IGNORED_SUFFIXES = (".pyc", ".pyo", ".blend1")


def assemble(destination: Path) -> Path:
    """Make the folder `destination` the add-on's, anew where it is one already. Returns it.

    Raises OutputError where it holds anything else.
    """
    root = Path(destination)
    if root.is_dir() and any(root.iterdir()):
        if manifest_value(root, "id") != ADDON_ID:
            raise OutputError(f"{root} is not empty, and is not the add-on's folder. Choose another.")
        shutil.rmtree(root)
    for source, relative in sorted(_sources(), key=lambda pair: pair[1].as_posix()):
        target = root / relative
        target.parent.mkdir(parents=True, exist_ok=True)
        shutil.copyfile(source, target)
    return root


def manifest_value(root: Path, key: str) -> str:
    """The text that blender_manifest.toml in `root` has under `key`; "" where there is none."""
    manifest = root / "blender_manifest.toml"
    text = manifest.read_text(encoding="utf-8") if manifest.is_file() else ""
    found = re.search(rf'^{key} = "([^"]*)"', text, re.MULTILINE)
    return found[1] if found else ""


def _sources() -> Iterator[tuple[Path, Path]]:
    """(file, its place in the add-on). The link to the package is not followed: on Windows it may be a text file."""
    addon = _addon_folder()
    for relative in _files(addon):
        if relative.parts[0] not in ("styletalk", *BESIDE):
            yield addon / relative, relative
    for relative in _files(PACKAGE):
        if not relative.as_posix().startswith(LEFT_OUT):
            yield PACKAGE / relative, "styletalk" / relative
    for name in BESIDE:
        folder = shipped_folder(name)
        for relative in _files(folder):
            yield folder / relative, name / relative


def _addon_folder() -> Path:
    """The add-on's own files: this copy of the package may lie inside the add-on itself."""
    if manifest_value(PACKAGE.parent, "id") == ADDON_ID:
        return PACKAGE.parent
    return shipped_folder("blender_addon")


def _files(folder: Path) -> Iterator[Path]:
    """Paths of files under `folder`, relative to it. Links to folders are not followed."""
    for parent, folders, names in os.walk(folder):
        folders[:] = [name for name in folders if name not in IGNORED_NAMES]
        for name in names:
            if name not in IGNORED_NAMES and not name.endswith(IGNORED_SUFFIXES) and not name.startswith(".styletalk-"):
                yield (Path(parent) / name).relative_to(folder)
