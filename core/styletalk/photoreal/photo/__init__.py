# SPDX-License-Identifier: Apache-2.0
"""A photo becomes a portrait: read, its face found and fitted, its expression calibrated. Needs MediaPipe, Pillow."""

from pathlib import Path
from typing import Any

import numpy as np

from ... import __version__
from ...progress import Progress, silent
from ..portrait import Portrait
from .calibration import mouth_is_closed, reference
from .face import find_face
from .fit import Fit, fit_landmarks
from .lids import lids_shown
from .matte import person_matte
from .picture import Picture, read_picture

WIDE_OPEN_M = 0.012
"""From here on a mouth that closes has to shrink its own inside visibly."""

HALF_SHUT = 0.6
"""Below this share of an eye at rest too little of it is seen to open it."""


def portrait_of(path: Path, progress: Progress = silent, at: tuple[float, float] | None = None) -> Portrait:
    """The portrait of the person in a photo.

    at: a pixel of the face that is meant, where the photo shows several; the largest is taken where it is clearly so.
    Raises PortraitError, MissingPackageError, whatever `progress` raises.
    """
    path = Path(path)
    progress(0.0, "reading the photo")
    picture = read_picture(path)
    progress(0.2, "looking for the face")
    landmarks, notes = find_face(picture, at, path.name)
    progress(0.8, "fitting the face")
    fit = fit_landmarks(landmarks)
    lids = lids_shown(landmarks, fit.expression)
    return Portrait(
        picture.pixels, picture.alpha, landmarks.astype(np.float32), fit.identity,
        reference(fit.expression, fit.gap_m, lids), fit.rotation, fit.scale, fit.offset, fit.gap_m,
        _metadata(path, picture, fit, lids, [*picture.notes, *notes]),
        person_matte(picture.pixels, landmarks, fit.scale) if picture.alpha is None else None,
    )  # fmt: skip


def _metadata(path: Path, picture: Picture, fit: Fit, lids: float, notes: list[str]) -> dict[str, Any]:
    if fit.gap_m > WIDE_OPEN_M:
        notes.append(
            "The mouth is wide open: expect blurred lips and teeth where it closes. A photo with lips closed or a "
            "little apart gives a better pass."
        )
    if lids < HALF_SHUT:
        notes.append(
            "The eyes are hardly open in the photo: a pass cannot open them. Give a photo with open eyes where they "
            "shall be seen."
        )
    return {
        "source": path.name, "sha256": picture.sha256, "lips_closed": mouth_is_closed(fit.gap_m),
        "residual_px": round(fit.residual_px, 3), "notes": notes,
        "versions": {"styletalk": __version__, "numpy": np.__version__},
    }  # fmt: skip
