# SPDX-License-Identifier: Apache-2.0
"""What is seen between the lips: the photo's own inside as far as it shows one, and beyond it a drawn one."""

from dataclasses import dataclass

import numpy as np

from ..portrait import Portrait
from .flow import smooth_step
from .limits import Pose
from .openings import OpenedSkin, rigid_back, within
from .parts import Part, laid, lower_teeth, tongue, upper_teeth
from .photo_face import PhotoFace
from .rims import EYES, Rims, rims_of
from .sampling import Sampler

CAVITY = np.array([0.20, 0.09, 0.085])
"""The colour of the cavity in white light, sRGB 0..1."""
TEETH_ASIDE = 0.04
"""Where lips are looked at for their brightness: so far beside their rims, in widths of the mouth."""
FEATHER_PX = 1.5
CLOSED_PX = 2.0
"""A gap in the photo below this shows nothing that could be used."""
LIT_GAP = 0.22
"""A mouth that is open by this share of its width is lit as well as it will be."""
LIP_SHADOW = 0.07
"""How far the upper lip's shadow falls, in widths of the mouth."""
SKIN = (50, 280, 101, 330, 151, 108, 337)
"""MediaPipe landmarks on cheeks and forehead."""
TEETH_BELOW_SKIN, TEETH_ABOVE_SKIN = 1.5, 2.0
"""White in the photo's light lies between these multiples of the skin's brightness."""


@dataclass(frozen=True, eq=False)
class MouthInside:
    """parts: from the back to the front. tint: (3,) white in the photo's light. teeth: how much of the photo's own
    inside is teeth, 0..1. depth: of the teeth behind the neck's pixel. shown: (POINTS,) pixels, the photo's own gap.
    """

    parts: tuple[Part, ...]
    tint: np.ndarray
    teeth: float
    depth: float
    neck: np.ndarray
    rims: Rims
    shown: float


def mouth_inside(face: PhotoFace, portrait: Portrait, rims: Rims, photo: Sampler) -> MouthInside:
    """The inside of the mouth of a portrait whose lips have those rims."""
    tint = white_of(portrait, photo)
    parts = (tongue(face, tint), lower_teeth(face, rims, tint), upper_teeth(face, rims, tint))
    depth = float(np.median(parts[2].anchors[:, 2]))
    return MouthInside(parts, tint, _teeth_shown(rims, photo), depth, face.neck, rims, float(rims.gap().max()))


def white_of(portrait: Portrait, photo: Sampler) -> np.ndarray:
    """(3,) 0..255: how the photo shows white, by the whites of its eyes and its skin."""
    skin = portrait.landmarks[list(SKIN), :2]
    skin_rgb = np.median(photo.at(skin[:, 0], skin[:, 1])[:, :3], axis=0)
    seen = []
    for eye in EYES:
        rims = rims_of(portrait.landmarks, eye)
        for share in (0.4, 0.5, 0.6, 0.7):
            points = rims.upper[2:-2] * (1 - share) + rims.lower[2:-2] * share
            seen.append(photo.at(points[:, 0], points[:, 1])[:, :3])
    eyes = np.concatenate(seen)
    bright = eyes[np.argsort(eyes.mean(1))[-max(4, len(eyes) // 8) :]].mean(0)
    level = np.clip(bright.mean(), TEETH_BELOW_SKIN * skin_rgb.mean(), TEETH_ABOVE_SKIN * skin_rgb.mean())
    hue = 0.25 * bright / max(bright.mean(), 1) + 0.75
    return np.clip(level * hue, 30, 270)


def _teeth_shown(rims: Rims, photo: Sampler) -> float:
    """How much of what lies between the photo's lips is bright and without colour, as teeth are, 0..1."""
    if rims.gap().max() < CLOSED_PX:
        return 0.0
    inside = np.concatenate([rims.upper * (1 - s) + rims.lower * s for s in (0.25, 0.4, 0.55)])[:, :2]
    out = TEETH_ASIDE * rims.width * rims.frame()[2]
    lips = np.concatenate((rims.upper - out, rims.lower + out))
    found, around = (photo.at(points[:, 0], points[:, 1])[:, :3] for points in (inside, lips))
    colourless = 1 - (found.max(1) - found.min(1)) / np.maximum(found.max(1), 1)
    bright = smooth_step((found.mean(1) / max(float(around.mean()), 1) - 0.8) / 0.4)
    return float(np.clip(2 * (bright * smooth_step((colourless - 0.4) / 0.3)).mean(), 0, 1))


def inside_colours(
    this: MouthInside, skin: OpenedSkin, photo: Sampler, pose: Pose, row: np.ndarray,
    where: np.ndarray,
) -> np.ndarray:  # fmt: skip
    """(N, C) float32: the inside of the mouth at the pixels `where` (h, w) bool. row: (M + 4,) motion and tongue."""
    x, y = (np.broadcast_to(each, where.shape)[where] for each in (skin.across, skin.down))
    drawn = _drawn(this, skin.rims, pose, row, x, y)
    if not this.shown:
        return _with_channels(drawn, photo.channels)
    at = rigid_back(pose, this.neck, this.depth, x, y)
    near_x, near_y, outside = within(this.rims, *at)
    own = photo.at(near_x.astype(np.float32), near_y.astype(np.float32))
    wider = (skin.rims.gap().max() - this.shown) / max(this.shown, 0.05 * this.rims.width)
    kept = np.clip(1 - outside / FEATHER_PX, 0, 1) if wider > 0 else np.ones_like(outside)
    kept = 1 - (1 - kept) * smooth_step(np.array(wider / 0.3))
    kept = kept * (1 - (1 - this.teeth) * smooth_step(np.array((wider - 0.3) / 1.2)))
    return own * kept[:, None] + _with_channels(drawn, photo.channels) * (1 - kept[:, None])


def _with_channels(colours: np.ndarray, channels: int) -> np.ndarray:
    if channels == 3:
        return colours
    return np.concatenate([colours, np.full((len(colours), 1), 255, np.float32)], axis=1)


def _drawn(this: MouthInside, rims: Rims, pose: Pose, row: np.ndarray, x: np.ndarray, y: np.ndarray) -> np.ndarray:
    """(N, 3) float32: cavity, tongue, teeth, in the shadow of the upper lip."""
    colour = np.broadcast_to((CAVITY * this.tint).astype(np.float32), (len(x), 3))
    for part in this.parts:
        over = laid(part, row, pose, this.neck, x, y)
        colour = over[:, :3] + colour * (1 - over[:, 3:] / 255)
    above, below = rims.heights(x, y)
    width = rims.width
    shadow = 1 - 0.32 * np.exp(-np.maximum(-above, 0) / (LIP_SHADOW * width))
    lower = 1 - 0.25 * np.exp(-np.maximum(-below, 0) / (0.5 * LIP_SHADOW * width))
    light = 0.85 + 0.15 * smooth_step(np.array(rims.gap().max() / width / LIT_GAP))
    return colour * (shadow * lower * light)[:, None]
