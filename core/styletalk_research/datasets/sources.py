# SPDX-License-Identifier: Apache-2.0
"""Which files under a folder hold faces: one file a clip, or a folder of one file a frame."""

import os
from collections import defaultdict
from collections.abc import Iterable
from pathlib import Path, PurePosixPath

from .arrays import rows_in

MATRIX_ENDINGS, BLENDSHAPE_ENDINGS = (".mat", ".npy"), (".csv", ".npy")
FILM_ENDINGS = (".mp4", ".mov", ".avi", ".webm", ".mkv", ".m4v")


def files_below(root: Path, made: Path) -> list[PurePosixPath]:
    """Every file below, relative to the root, in order; hidden ones and labels that we made (`made`) left aside.

    Links to folders are followed, as data often lies on another disk; no folder is entered twice.
    """
    found, seen = [], set()
    for folder, below, names in os.walk(root, followlinks=True):
        real = os.path.realpath(folder)
        if real in seen or Path(folder) == made:
            below.clear()
            continue
        seen.add(real)
        below[:] = sorted(name for name in below if not name.startswith("."))
        place = PurePosixPath(Path(folder).relative_to(root).as_posix())
        found += [place / name for name in names if not name.startswith(".")]
    return sorted(found)


def face_sources(root: Path, files: Iterable[PurePosixPath], kind: str) -> list[PurePosixPath]:
    """The files, or folders of frames, that hold the faces of data of this kind."""
    endings = {"blendshapes": BLENDSHAPE_ENDINGS, "film": FILM_ENDINGS}.get(kind, MATRIX_ENDINGS)
    faces = [file for file in files if file.suffix.lower() in endings]
    if kind in ("blendshapes", "film"):
        return faces
    folders = _folders_of_frames(root, faces)
    return sorted([file for file in faces if file.parent not in folders] + list(folders))


def _folders_of_frames(root: Path, faces: list[PurePosixPath]) -> set[PurePosixPath]:
    """Folders whose .mat files are all numbered and hold one frame each, as Deep3DFaceRecon writes a video's frames.

    MEAD numbers its clips alike, so the first file decides.
    """
    groups: dict[PurePosixPath, list[PurePosixPath]] = defaultdict(list)
    for face in faces:
        groups[face.parent].append(face)
    return {
        folder
        for folder, group in groups.items()
        if folder.name
        and len(group) > 1
        and rows_in(root / group[0]) == 1
        and all(face.suffix.lower() == ".mat" and face.stem.isdigit() for face in group)
    }
