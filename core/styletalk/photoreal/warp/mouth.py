# SPDX-License-Identifier: Apache-2.0
"""What is seen between the lips: the photo's own inside as far as it shows one, and beyond it a drawn one."""

from dataclasses import dataclass

import numpy as np

from ..portrait import Portrait
from .flow import smooth_step
from .limits import Pose
from .own_mouth import OwnMouth, own_inside, own_mouth
from .parts import Part, affine_of, laid, lower_teeth, tongue, upper_teeth
from .photo_face import PhotoFace
from .rims import EYES, POINTS, Rims, rims_of
from .sampling import Sampler

CAVITY = np.array([0.20, 0.09, 0.085])
"""The colour of the cavity in white light, sRGB 0..1."""
LIT_GAP = 0.22
"""A mouth that is open by this share of its width is lit as well as it will be."""
LIP_SHADOW = 0.07
"""How far the upper lip's shadow falls, in widths of the mouth."""
UPPER_GUM_M, LOWER_TEETH_M = 0.0015, 0.0045
"""So much of the upper gum, and of the lower teeth, lips leave to be seen: where more would be, teeth go with them."""
UPPER_TEETH_M, UPPER_TEETH_SHARE = 0.0025, 0.3
"""So much of the upper teeth is seen at least, but no more than this share of the opening."""
YIELDING_M = 0.001
"""Over this way teeth begin to go along with a lip."""
SKIN = (50, 280, 101, 330, 151, 108, 337)
"""MediaPipe landmarks on cheeks and forehead."""
TEETH_BELOW_SKIN, TEETH_ABOVE_SKIN = 1.5, 2.0
"""White in the photo's light lies between these multiples of the skin's brightness."""


@dataclass(frozen=True, eq=False)
class MouthInside:
    """parts: from the back to the front. tint: (3,) white in the photo's light. own: what the photo shows itself.
    neck: (2,) its pixel. scale: pixels a metre.
    """

    parts: tuple[Part, ...]
    tint: np.ndarray
    own: OwnMouth
    neck: np.ndarray
    scale: float


def mouth_inside(face: PhotoFace, portrait: Portrait, rims: Rims, photo: Sampler) -> MouthInside:
    """The inside of the mouth of a portrait whose lips have those rims."""
    tint = white_of(portrait, photo)
    upper = upper_teeth(face, rims, tint)
    own = own_mouth(rims, float(np.median(upper.anchors[:, 2])), face.neck, photo)
    parts = (tongue(face, tint), lower_teeth(face, rims, tint), *(() if own.has_teeth else (upper,)))
    return MouthInside(parts, tint, own, face.neck, face.scale)


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


def inside_colours(
    this: MouthInside, rims: Rims, photo: Sampler, pose: Pose, row: np.ndarray, x: np.ndarray, y: np.ndarray
) -> np.ndarray:  # fmt: skip
    """(N, C) float32: the inside of a mouth with those rims at pixels x, y (N,). row: (M + 4,), motion and tongue."""
    drawn = _with_channels(_drawn(this, rims, pose, row, x, y), photo.channels)
    if not this.own.shown:
        return drawn
    own, seen = own_inside(this.own, rims, pose, photo, x, y)
    return drawn + (own - drawn) * seen[:, None]


def _with_channels(colours: np.ndarray, channels: int) -> np.ndarray:
    if channels == 3:
        return colours
    return np.concatenate([colours, np.full((len(colours), 1), 255, np.float32)], axis=1)


def _drawn(this: MouthInside, rims: Rims, pose: Pose, row: np.ndarray, x: np.ndarray, y: np.ndarray) -> np.ndarray:
    """(N, 3) float32: cavity, tongue, teeth, in the shadow of the upper lip."""
    colour = np.broadcast_to((CAVITY * this.tint).astype(np.float32), (len(x), 3))
    for part in this.parts:
        over = laid(part, _kept_to_lips(part, affine_of(part, row, pose), this, rims), this.neck, x, y)
        colour = over[:, :3] + colour * (1 - over[:, 3:] / 255)
    above, below = rims.heights(x, y)
    width = rims.width
    shadow = 1 - 0.18 * np.exp(-np.maximum(-above, 0) / (LIP_SHADOW * width))
    lower = 1 - 0.25 * np.exp(-np.maximum(-below, 0) / (0.5 * LIP_SHADOW * width))
    light = 0.85 + 0.15 * smooth_step(np.array(rims.gap().max() / width / LIT_GAP))
    return colour * (shadow * lower * light)[:, None]


def _kept_to_lips(part: Part, affine: np.ndarray, this: MouthInside, rims: Rims) -> np.ndarray:
    """The part's affine map (3, 2), moved so far that lips show of teeth and gums what lips usually show."""
    if part.ends is None:
        return affine
    lip, down = (rims.upper if part.sign > 0 else rims.lower)[POINTS // 2], rims.frame()[2]
    shown_m = part.sign * ((part.ends @ affine[:2] + affine[2] + this.neck - lip) @ down) / this.scale
    teeth_m, gum_m = map(float, shown_m)
    if part.sign > 0:
        least = min(UPPER_TEETH_M, UPPER_TEETH_SHARE * float(rims.gap().max()) / this.scale)
        way_m = -_over(gum_m - UPPER_GUM_M) + _over(least - teeth_m)
    else:
        way_m = _over(teeth_m - LOWER_TEETH_M)
    moved = affine.copy()
    moved[2] += (way_m * this.scale * down).astype(affine.dtype)
    return moved


def _over(excess_m: float) -> float:
    """The excess where it is above 0, and 0 below, without a kink."""
    return YIELDING_M * float(np.logaddexp(0.0, excess_m / YIELDING_M))
