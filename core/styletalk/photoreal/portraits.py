# SPDX-License-Identifier: Apache-2.0
"""The portrait for a pass: as it was saved, or fitted to a photo and kept for the next time."""

from pathlib import Path

from ..errors import PortraitError, StyleTalkError
from ..files.reading import existing_file
from ..kept_hearing import file_sha256
from ..progress import Progress, silent
from .portrait import Portrait

PORTRAIT_ENDING = ".npz"
KEPT_NAME = "portrait.npz"


def check_photo(photo: Path) -> None:
    """Ask before long work. Raises PortraitError where no file is there, or a portrait that cannot be read."""
    existing_file(photo, "photo", PortraitError)
    if photo.suffix.lower() == PORTRAIT_ENDING:
        Portrait.load(photo)


def portrait_for(photo: Path, folder: Path, progress: Progress = silent) -> Portrait:
    """The portrait of a photo, which is kept as KEPT_NAME in `folder`; or the portrait that `photo` is itself.

    Raises PortraitError and whatever the fit raises.
    """
    if photo.suffix.lower() == PORTRAIT_ENDING:
        return Portrait.load(photo)
    kept = folder / KEPT_NAME
    found = _kept(kept)
    if found is not None and found.metadata.get("sha256") == file_sha256(photo):
        return found
    from .photo import portrait_of

    portrait = portrait_of(photo, progress)
    portrait.save(kept)
    return portrait


def _kept(path: Path) -> Portrait | None:
    try:
        return Portrait.load(path) if path.is_file() else None
    except StyleTalkError:
        return None
