# SPDX-License-Identifier: Apache-2.0
"""The add-on's folder, put together from the parts that lie in a checkout, an installed package or an add-on."""

import importlib.metadata
import os
import re
import shutil
from collections.abc import Iterator
from pathlib import Path

from ..errors import OutputError
from ..files.shipped import PACKAGE, shipped_folder

ADDON_ID = "styletalk_blender"
DISTRIBUTION = "styletalk-blender"
LICENCES = ("LICENSE", "LICENSE-APACHE-2.0.txt", "LICENSE-GPL-3.0.txt", "LICENSE-CC0-1.0.txt")
LICENCE_NOTE = """\
StyleTalk for Blender is under three licences, by folder. Every source file says which in its first line.

styletalk/                                Apache-2.0
everything beside styletalk/              GPL-3.0-or-later
bfm_assets/, styletalk/styles/presets/    CC0-1.0

The texts are at https://spdx.org/licenses/ under these names.
"""
"""What an add-on says where this installation has lost the texts."""
LEFT_OUT = ("render/photoreal", "blender_addon", "bfm_assets")
"""Of the package: what needs torch, and what an installed package carries inside and an add-on beside it."""
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
    if not any((root / name).is_file() for name in LICENCES):
        (root / "LICENSE").write_text(LICENCE_NOTE, encoding="utf-8", newline="\n")
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
        if relative.parts[0] not in ("styletalk", "bfm_assets"):
            yield addon / relative, relative
    for relative in _files(PACKAGE):
        if not relative.as_posix().startswith(LEFT_OUT):
            yield PACKAGE / relative, "styletalk" / relative
    assets = shipped_folder("bfm_assets")
    for relative in _files(assets):
        yield assets / relative, "bfm_assets" / relative
    for licence in _licences():
        yield licence, Path(licence.name)


def _addon_folder() -> Path:
    """The add-on's own files: this copy of the package may lie inside the add-on itself."""
    if manifest_value(PACKAGE.parent, "id") == ADDON_ID:
        return PACKAGE.parent
    return shipped_folder("blender_addon")


def _licences() -> list[Path]:
    """This project's licence texts: the checkout's, else those that were installed with the package.

    Beside an installed package lie other packages' files, and what is called LICENSE there is one of theirs.
    """
    checkout = PACKAGE.parent.parent
    project = checkout / "pyproject.toml"
    if project.is_file() and f'name = "{DISTRIBUTION}"' in project.read_text(encoding="utf-8", errors="replace"):
        return [checkout / name for name in LICENCES if (checkout / name).is_file()]
    try:
        files = importlib.metadata.files(DISTRIBUTION) or []
    except importlib.metadata.PackageNotFoundError:
        return []
    # dist-info/LICENSE, or dist-info/licenses/LICENSE from newer setuptools
    installed = [each for each in files if each.name in LICENCES and each.parts[0].endswith(".dist-info")]
    return [path for path in map(Path, (each.locate() for each in installed)) if path.is_file()]


def _files(folder: Path) -> Iterator[Path]:
    """Paths of files under `folder`, relative to it. Links to folders are not followed."""
    for parent, folders, names in os.walk(folder):
        folders[:] = [name for name in folders if name not in IGNORED_NAMES]
        for name in names:
            if name not in IGNORED_NAMES and not name.endswith(IGNORED_SUFFIXES) and not name.startswith(".styletalk-"):
                yield (Path(parent) / name).relative_to(folder)
