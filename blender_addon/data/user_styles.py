# SPDX-License-Identifier: GPL-3.0-or-later
"""The styles that the animator has made: files in Blender's folder for the user's data, where they outlast updates."""

import os
import re
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

import bpy
import numpy as np

from ..jobs.job import Job
from ..styletalk.errors import OutputError, StyleError, StyleTalkError
from ..styletalk.face.model import open_face
from ..styletalk.face.portrait import portrait
from ..styletalk.files.writing import written_whole
from ..styletalk.styles.clip import StyleClip
from ..styletalk.styles.library import read_style
from ..styletalk.styles.presets import preset_names
from .lines import CUSTOM_STYLE

FOLDER = "styletalk_styles"
ENDING = ".npz"
FROM_ACTION, SEEN = "the action", "seen in it"
"""What a style that was made so says that it is made of, at the beginning or at the end."""
MAX_NAME = 60
"""Characters of a file's name that are taken from a film's or a style's."""
THUMBNAIL_PX = 96


@dataclass(frozen=True)
class StyleReport:
    """What came of a style from a film. notes: how much of it was seen, and what is near."""

    summary: str
    notes: tuple[str, ...] = ()

    def __str__(self) -> str:
        return " ".join((self.summary, *self.notes))


@dataclass(frozen=True)
class OwnStyle:
    """A file among the user's styles. problem: why it cannot be used, or "". thumbnail: (H, W, 3) uint8, or None.
    about: where it comes from, in a few words."""

    path: Path
    name: str
    problem: str = ""
    thumbnail: np.ndarray | None = None
    about: str = ""


_known: dict[Path, tuple[tuple[int, int], OwnStyle]] = {}
"""With each file's time and size when it was read: panels are drawn often."""


def styles_folder() -> Path:
    """Where the user's styles lie. Raises OutputError where Blender has no such folder."""
    folder = bpy.utils.user_resource("DATAFILES", path=FOLDER, create=True)
    if not folder:
        raise OutputError("Blender has no folder for the user's data. Set BLENDER_USER_DATAFILES or check its rights.")
    return Path(folder)


def own_styles() -> list[OwnStyle]:
    """All files among the user's styles by name, those that cannot be used as well, but hidden ones."""
    try:
        paths = [path for path in styles_folder().iterdir() if not path.name.startswith(".") and path.is_file()]
    except (OSError, OutputError):
        return []
    return sorted(map(own_style, paths), key=lambda style: (style.name.casefold(), style.path))


def named_style(name: str) -> str:
    """The preset or the path of the style of the user's that somebody calls so; "" for none. Capitals do not count."""
    wanted = name.strip().casefold()
    if wanted in preset_names():
        return wanted
    return next((str(own.path) for own in own_styles() if not own.problem and own.name.casefold() == wanted), "")


def own_style(path: Path) -> OwnStyle:
    """A file as one of the user's styles, read again only where it has changed."""
    try:
        found = path.stat()
    except (OSError, ValueError):  # the latter for a name that is none
        return OwnStyle(path, path.stem, f"{path.name} is not there any more.")
    mark = found.st_mtime_ns, found.st_size
    if path not in _known or _known[path][0] != mark:
        _known[path] = mark, _read(path)
    return _known[path][1]


def is_own(path: Path) -> bool:
    """Whether a file lies among the user's styles."""
    try:
        return Path(path).parent == styles_folder()
    except OutputError:
        return False


def keep_style(line: Any, job: Job) -> StyleReport:
    """Put a style that the worker has made among the user's, and let the line speak in it. Raises OutputError."""
    path = _free(styles_folder(), str(getattr(job.request, "name", "")))
    content = job.output.read_bytes()
    with written_whole(path) as temporary:
        temporary.write_bytes(content)
    line.style, line.style_file = CUSTOM_STYLE, str(path)
    return StyleReport(
        f"The line speaks in the style “{path.stem}” when it is baked next.", (job.note,) if job.note else ()
    )


def add_style(source: Path) -> Path:
    """Put a style file of any kind that is read among the user's. Raises StyleError, OutputError."""
    return put_style(read_style(source))


def put_style(style: StyleClip) -> Path:
    """Put a style among the user's, with a thumbnail, and a name that no other has. Raises OutputError."""
    if style.thumbnail is None:
        picture = portrait(open_face(), style.clip.mean(axis=0), THUMBNAIL_PX, style.upper())
        style = replace(style, thumbnail=picture)
    path = _free(styles_folder(), style.name)
    replace(style, name=_unused(style.name.strip() or path.stem)).save(path)
    return path


def rename_style(path: Path, name: str) -> None:
    """Call one of the user's styles otherwise; its file stays where lines look for it.

    Raises StyleError, OutputError.
    """
    if not (name := name.strip()):
        raise StyleError("A style needs a name. Type one.")
    taken = [each.name.casefold() for each in own_styles() if each.path != Path(path)]
    if name[:MAX_NAME].casefold() in (*taken, *preset_names()):
        raise StyleError(f"Another style is called “{name[:MAX_NAME]}”. Choose another name.")
    replace(StyleClip.load(_checked_own(path)), name=name[:MAX_NAME]).save(path)


def remove_style(path: Path) -> None:
    """Delete one of the user's styles. Raises OutputError."""
    try:
        _checked_own(path).unlink()
    except OSError as error:
        raise OutputError(f"Cannot delete {path}: {error.strerror}. Check its rights.") from error


def share_style(path: Path, target: Path) -> None:
    """Write one of the user's styles to a file for others, who add it. Raises OutputError."""
    try:
        content = _checked_own(path).read_bytes()
    except OSError as error:
        raise OutputError(f"Cannot read {path}: {error.strerror}. Check its rights.") from error
    with written_whole(target) as temporary:
        temporary.write_bytes(content)


def _checked_own(path: Path) -> Path:
    if not is_own(path) or not path.is_file():
        raise OutputError(f"{path.name} is none of your styles any more. Choose another.")
    return path


def _read(path: Path) -> OwnStyle:
    if path.suffix.lower() != ENDING:
        return OwnStyle(path, path.name, f"{path.name} is no {ENDING}: take it in with Add Style File.")
    try:
        style = StyleClip.load(path)
    except StyleTalkError as error:
        return OwnStyle(path, path.stem, str(error))
    return OwnStyle(path, style.name or path.stem, thumbnail=style.thumbnail, about=_origin(style))


def _origin(style: StyleClip) -> str:
    made_of = style.made_of
    if made_of.startswith(FROM_ACTION):
        return f"from {made_of}"
    if made_of.endswith(SEEN):
        return f"from the video {made_of.rpartition(', ')[0]}"
    return f"yours: {made_of}" if made_of else "yours"


def _unused(name: str) -> str:
    """The name, with a number where a preset or another of the user's styles has it: markers go by names."""
    taken = {each.name.casefold() for each in own_styles()} | set(preset_names())
    number, found = 1, name[:MAX_NAME]
    while found.casefold() in taken:
        number += 1
        found = f"{name[:MAX_NAME]} {number}"
    return found


def _free(folder: Path, name: str) -> Path:
    """A path after that name that nothing lies at, so that no style is lost."""
    stem = re.sub(r"[^\w -]+", "_", name)[:MAX_NAME].strip() or "style"
    number, path = 1, folder / f"{stem}{ENDING}"
    while os.path.lexists(path):
        number += 1
        path = folder / f"{stem} {number}{ENDING}"
    return path
