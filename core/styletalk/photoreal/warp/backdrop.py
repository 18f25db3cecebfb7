# SPDX-License-Identifier: Apache-2.0
"""What stays behind a head that moves: the photo's own background, and behind the person what lies around it.

Without it the background beside the head goes along with it, and straight lines bend.
"""

from dataclasses import dataclass

import numpy as np

from .grid import extended
from .sampling import resized

PERSON, FRINGE_M = 24, 0.004
"""Pixels that are the person's by so much of 255 are drawn anew in the background, and so far round them."""
FILLED_PX = 512
"""The longer side of what is drawn anew: it has no detail."""
MOVED_PX = 1.5
"""Over this way of what lies before it the drawn background comes up, so that a photo that rests is the photo."""


@dataclass(frozen=True, eq=False)
class Backdrop:
    """photo, plate: (H, W, 3) uint8, with the person and without. hole: (H, W) bool, where they differ."""

    photo: np.ndarray
    plate: np.ndarray
    hole: np.ndarray

    def behind(
        self, person: np.ndarray, box: tuple[int, int, int, int], moved: np.ndarray | None = None
    ) -> np.ndarray:  # fmt: skip
        """(h, w, 3) uint8: the person (h, w, 4) in a box of the frame, the last of which says how much of each pixel it
        is, before the background. moved: (h, w) pixels by which that comes from elsewhere; None: far.
        """
        left, top, right, bottom = box
        photo, plate = self.photo[top:bottom, left:right], self.plate[top:bottom, left:right]
        share = person[..., 3]
        made = np.where((share > 0)[..., None], person[..., :3], photo)
        mixed = np.flatnonzero((share < 255) & ((share > 0) | self.hole[top:bottom, left:right]))
        own = photo.reshape(-1, 3)[mixed].astype(np.float32)
        known = 1.0 if moved is None else np.minimum(moved.ravel()[mixed, None] / MOVED_PX, 1)
        behind = own + (plate.reshape(-1, 3)[mixed] - own) * known
        before = share.ravel()[mixed, None].astype(np.float32) / 255
        colours = behind + (person.reshape(-1, 4)[mixed, :3] - behind) * before
        made.reshape(-1, 3)[mixed] = colours + 0.5
        return made


def backdrop(photo: np.ndarray, matte: np.ndarray, scale: float) -> Backdrop:
    """The background of a photo (H, W, 3) uint8 of which `matte` (H, W) uint8 says what is the person. scale: pixels a
    metre.
    """
    height, width = matte.shape
    hole = _wider(matte > PERSON, round(FRINGE_M * scale) + 1)
    factor = min(1.0, FILLED_PX / max(height, width))
    size = (max(2, round(width * factor)), max(2, round(height * factor)))
    known = resized((~hole * np.uint8(255))[..., None], *size)[..., 0] > 250
    filled = extended(resized(photo, *size).astype(np.float32), known)
    large = resized(np.clip(filled + 0.5, 0, 255).astype(np.uint8), width, height)
    return Backdrop(photo, np.where(hole[..., None], large, photo), hole)


def _wider(where: np.ndarray, times: int) -> np.ndarray:
    """(H, W) bool, so many pixels wider to all sides."""
    for axis in (0, 1):
        padded = np.pad(where, [(times, times) if k == axis else (0, 0) for k in (0, 1)])
        count = np.cumsum(padded, axis=axis, dtype=np.int32)
        zero = np.zeros_like(np.take(count, [0], axis=axis))
        count = np.concatenate([zero, count], axis=axis)
        length = where.shape[axis]
        ends = np.take(count, np.arange(length) + 2 * times + 1, axis=axis)
        where = ends > np.take(count, np.arange(length), axis=axis)
    return where
