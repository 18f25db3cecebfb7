# SPDX-License-Identifier: Apache-2.0
"""The portrait for a pass: as it was saved, or fitted to a photo and kept for the next time."""

from dataclasses import replace
from pathlib import Path

from ..animation import FaceAnimation
from ..errors import PortraitError, StyleTalkError
from ..files.reading import existing_file
from ..kept_hearing import file_sha256
from ..progress import Progress, silent
from .portrait import Portrait

PORTRAIT_ENDING = ".npz"
KEPT_NAME = "portrait.npz"
CAPTURED = "captured"
"""The style of an animation that was tracked."""


def check_photo(photo: Path) -> None:
    """Ask before long work. Raises PortraitError where no file is there, or a portrait that cannot be read."""
    existing_file(photo, "photo", PortraitError)
    if photo.suffix.lower() == PORTRAIT_ENDING:
        Portrait.load(photo)


def portrait_for(photo: Path, folder: Path, progress: Progress = silent) -> Portrait:
    """The portrait of a photo, which is kept as KEPT_NAME in `folder`; or the portrait that `photo` is itself.

    Raises PortraitError and whatever the fit raises.
    """
    portrait = fitted(photo, folder, progress)
    keep(portrait, photo, folder)
    return portrait


def fitted(photo: Path, folder: Path, progress: Progress = silent) -> Portrait:
    """`portrait_for`, but what is fitted is not kept, and `folder` need not be there."""
    if photo.suffix.lower() == PORTRAIT_ENDING:
        return Portrait.load(photo)
    found = _kept(folder / KEPT_NAME)
    if found is not None and found.metadata.get("sha256") == file_sha256(photo):
        return found
    from .photo import portrait_of

    return portrait_of(photo, progress)


def keep(portrait: Portrait, photo: Path, folder: Path) -> None:
    """Keep the portrait of a photo in `folder` for the next time, unless it is there. Raises OutputError."""
    if photo.suffix.lower() == PORTRAIT_ENDING:
        return
    found = _kept(folder / KEPT_NAME)
    if found is None or found.metadata.get("sha256") != portrait.metadata.get("sha256"):
        portrait.save(folder / KEPT_NAME)


def rows_for(portrait: Portrait, rows: FaceAnimation) -> FaceAnimation:
    """The rows of a film as the portrait counts them: those that were tracked in a film count from where its person's
    lips meet, all others from where the open face's do."""
    if rows.metadata.get("style") != CAPTURED:
        return rows
    from .photo.calibration import counted_from

    return replace(rows, coefficients=counted_from(portrait, rows.coefficients))


def _kept(path: Path) -> Portrait | None:
    try:
        return Portrait.load(path) if path.is_file() else None
    except StyleTalkError:
        return None
