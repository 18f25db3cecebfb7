# SPDX-License-Identifier: Apache-2.0
"""What is seen between the lids: the photo's own eyeball, which stays with the skull and looks about a little."""

import numpy as np

from .limits import Pose, soft_clamp
from .openings import Opening, SkinPlaces, rigid_back, within
from .rims import Rims
from .sampling import Sampler

IRIS = (473, 468)
"""MediaPipe landmarks of the middle of the iris of the person's left and right eye."""
TURN = np.array([0.29, 0.19])
"""By how much of the eye's width the iris moves in a gaze of 1, across and up: measured on the open face."""
MAX_TURN = np.array([0.16, 0.07])
"""How far an iris is moved at most: the photo does not show what lies under the lids."""
SHUT = 0.22
"""An eye that is open by this share of the photo's is shut: the numbers hardly ever close one altogether."""
LID_SHADOW, SHADOW_FALLS = 0.6, 0.12
"""How dark the shadow of a lid is that is down, and how far it falls, in widths of the eye."""
LASHES, LASHES_PX = 0.018, 0.8
"""Half of how thick the line of lashes is where lids meet, in widths of the eye, and at least."""
LASHES_FROM, LASHES_END, LASH_DARK = 0.3, 0.12, 0.8
"""It comes from this openness on, ends over this share of the width, and is this much darker than the open lid's."""
MAX_WIDENING = 1.15
"""How much wider than in the photo an eye may open."""


def eyeball_colours(
    this: Opening, rims: Rims, at: SkinPlaces, photo: Sampler, pose: Pose, place: tuple[np.ndarray, float],
    look: np.ndarray, openness: float,
) -> np.ndarray:  # fmt: skip
    """(..., C) float32: the eyeball at places of the frame, where the lids have those rims.

    place: the neck's pixel (2,) and the eye's depth. look: (2,) x and y pixels by which the iris has moved.
    openness: of the eye, 1 as in the photo; a lid that comes down throws its shadow.
    """
    x, y = rigid_back(pose, place[0], place[1], at.across, at.down)
    x, y, _ = within(this.rims, x, y)
    if np.abs(look).max() > 1e-6:
        across = 0.5 * this.rims.width
        middle = (this.rims.upper + this.rims.lower).mean(0) / 2
        near = np.clip(1 - ((x - middle[0] - look[0]) ** 2 + (y - middle[1] - look[1]) ** 2) / across**2, 0, 1)
        x, y, _ = within(this.rims, x - look[0] * near, y - look[1] * near)
    colours, depth = photo.at(x, y), -rims.heights(at.across, at.down)[0]
    shadow = LID_SHADOW * max(0.0, 1 - openness) * np.exp(-np.maximum(depth, 0) / (SHADOW_FALLS * this.rims.width))
    colours[..., :3] *= (1 - shadow)[..., None]
    return colours


def lash_colour(rims: Rims, photo: Sampler) -> np.ndarray:
    """(C,) 0..255: the dark of the lashes along the upper lid, as the photo shows them."""
    down = rims.frame()[2] * rims.width
    points = np.concatenate([rims.upper[3:-3] + share * down for share in (-0.03, -0.015, 0.0)])
    seen = photo.at(points[:, 0], points[:, 1])
    return LASH_DARK * np.percentile(seen, 25, axis=0) + np.array([0, 0, 0, 255 * (1 - LASH_DARK)])[: photo.channels]


def with_lashes(
    colours: np.ndarray, rims: Rims, at: SkinPlaces, lashes: np.ndarray, openness: float
) -> np.ndarray:  # fmt: skip
    """Colours (..., C) at places, with the line of lashes (C,) where lids have met, or nearly."""
    met = 1 - min(openness / LASHES_FROM, 1.0)
    if not met:
        return colours
    above, below = rims.heights(at.across, at.down)
    origin, along, _ = rims.frame()
    share = ((at.across - origin[0]) * along[0] + (at.down - origin[1]) * along[1]) / max(rims.width, 1e-6)
    ends = np.clip(np.minimum(share, 1 - share) / LASHES_END, 0, 1)
    line = met * ends * np.exp(-(((above - below) / 2 / max(LASHES * rims.width, LASHES_PX)) ** 2))
    return colours + (np.minimum(colours, lashes) - colours) * line[..., None].astype(np.float32)


def iris_shift(gaze: np.ndarray, width: float) -> np.ndarray:
    """(2,) pixels by which a gaze (4,) (left, right, up, down of the person) moves the iris of an eye of that width."""
    turn = np.array([gaze[0] - gaze[1], gaze[3] - gaze[2]]) * TURN
    return soft_clamp(turn, MAX_TURN) * width


def lid_gap(rims_gap: np.ndarray, openness: float) -> np.ndarray:
    """(POINTS,) pixels between the lids of an eye that is open by that share of the photo's."""
    return np.maximum(rims_gap, 0) * openness


def openness_beside(now: np.ndarray, photo: np.ndarray, blinks: np.ndarray) -> np.ndarray:
    """(T, 2): how open each eye is, 1 as in the photo. now (T, 2), photo (2,): `eye_openness`; blinks (T, 2)."""
    ratio = ((now - blinks) / np.maximum(photo, 0.2) - SHUT) / (1 - SHUT)
    over = np.maximum(ratio - 1, 0)
    return np.where(ratio > 1, 1 + (MAX_WIDENING - 1) * np.tanh(over / (MAX_WIDENING - 1)), np.maximum(ratio, 0))
