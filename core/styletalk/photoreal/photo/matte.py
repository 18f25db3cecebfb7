# SPDX-License-Identifier: Apache-2.0
"""Which pixels round a head are the person, by the segmentation that MediaPipe's wheels carry."""

import numpy as np

from ...tracking.people import person_mask

HALF_M = 0.27
"""What is looked at reaches so far from the middle of the face, to all sides."""
EDGE_SHARE = 0.06
"""Towards the ends of what is looked at, the person's pixels end over this share of it."""


def person_matte(pixels: np.ndarray, landmarks: np.ndarray, scale: float) -> np.ndarray | None:
    """(H, W) uint8: how much of each pixel of a photo is the person, near the face; None where that cannot be said.

    landmarks: (478, 3) pixels. scale: pixels a metre.
    """
    height, width = pixels.shape[:2]
    middle, half = landmarks[:, :2].mean(axis=0), HALF_M * scale
    left, top = (max(0, int(low)) for low in middle - half)
    right, bottom = (min(most, int(high)) for most, high in zip((width, height), middle + half, strict=True))
    found = person_mask(pixels[top:bottom, left:right])
    if found is None:
        return None
    matte = np.zeros((height, width), np.uint8)
    sides = (left > 0, right < width), (top > 0, bottom < height)
    across, down = (_ending(count, *ends) for count, ends in zip((right - left, bottom - top), sides, strict=True))
    matte[top:bottom, left:right] = np.clip(255 * found * across * down[:, None] + 0.5, 0, 255)
    return matte


def _ending(count: int, at_start: bool, at_end: bool) -> np.ndarray:
    """(count,) 1, falling to 0 towards the ends that are not the photo's own."""
    place, over = np.arange(count) + 0.5, max(EDGE_SHARE * count, 1.0)
    falls = [place / over] * at_start + [(count - place) / over] * at_end
    return np.clip(np.minimum.reduce([np.ones(count), *falls]), 0, 1)
