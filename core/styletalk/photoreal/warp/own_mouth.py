# SPDX-License-Identifier: Apache-2.0
"""What the photo itself shows between its lips, and how much of it is seen in a frame.

Teeth hang from the upper lip as they do in the photo, and what the photo does not show of them is drawn. An inside
without teeth is stretched with the opening a little, and then gives way to the drawn one.
"""

from dataclasses import dataclass

import numpy as np

from .flow import smooth_step
from .limits import Pose
from .openings import rigid_back
from .rims import Rims
from .sampling import Sampler

TEETH_ASIDE = 0.04
"""Where lips are looked at for their brightness: so far beside their rims, in widths of the mouth."""
CLOSED_PX = 2.0
"""A gap in the photo below this shows nothing that could be used."""
TEETH_KEPT = 0.2
"""From this share of teeth on, the photo's own are kept."""
SLACK_PX = 0.75
"""So far beyond the photo's rims a pixel may lie that shows some of its inside."""
TEETH_END, TEETH_FADE, TEETH_GIVE = 0.5, 0.35, 0.35
"""In a wider opening the photo's inside is kept down to the first share of its height. What lies below is stretched to
the lower lip, and gives way over the second share as the mouth gets wider by the third."""
STILL_PX = 0.1
"""By so much more of a gap nothing is stretched: the photo stays the photo."""
CONTACT, CONTACT_PX, CONTACT_GAP = 0.01, 0.8, 0.02
"""Half of how thick the line is where lips meet that the photo shows apart, in widths of the mouth, and at least; it
comes as they stand less than the third apart."""
CONTACT_DARK, CONTACT_END = (0.72, 0.52, 0.52), 0.12
"""How bright it is beside the lips, in red, green and blue, and over what share of the width it ends."""
STRETCHED, STRETCH_FADE = 1.15, 0.6
"""An inside without teeth is stretched so many times, and has gone after the second more."""


@dataclass(frozen=True, eq=False)
class OwnMouth:
    """rims: in the photo. teeth: how much of what lies between them is teeth, 0..1. depth: of the teeth behind the
    neck's pixel, neck (2,). shown: pixels of the widest gap, 0 where the photo shows nothing. contact: (C,) 0..255, the
    line where these lips meet.
    """

    rims: Rims
    teeth: float
    depth: float
    neck: np.ndarray
    shown: float
    contact: np.ndarray

    @property
    def has_teeth(self) -> bool:
        """Whether the photo's own teeth are kept."""
        return self.shown > 0 and self.teeth >= TEETH_KEPT


def own_mouth(rims: Rims, depth: float, neck: np.ndarray, photo: Sampler) -> OwnMouth:
    """What the photo shows between these rims."""
    gap = float(rims.gap().max())
    dark = np.array([*CONTACT_DARK, 1.0])[: photo.channels]
    contact = np.median(_lips_beside(rims, photo), axis=0) * dark
    return OwnMouth(rims, _teeth_shown(rims, photo), depth, neck, gap if gap >= CLOSED_PX else 0.0, contact)


def own_inside(
    this: OwnMouth, rims: Rims, pose: Pose, photo: Sampler, x: np.ndarray, y: np.ndarray
) -> tuple[np.ndarray, np.ndarray]:  # fmt: skip
    """(N, C) float32, the photo's own inside at the pixels x, y (N,) of a frame with those rims; (N,) how much of it is
    seen, 0..1.
    """
    wider = float(rims.gap().max()) / this.shown
    at = _hanging(this, rims, pose, wider, x, y) if this.has_teeth else _stretched(this, rims, wider, x, y)
    return photo.at(at[0].astype(np.float32), at[1].astype(np.float32)), at[2].astype(np.float32)


def with_contact(colours: np.ndarray, this: OwnMouth, rims: Rims, x: np.ndarray, y: np.ndarray) -> np.ndarray:
    """Colours (..., C) at places of a frame with those rims, with the line in which lips meet.

    The edges of lips that the photo shows apart have taken something of the bright teeth between them.
    """
    share = _share_of_width(rims, x, y)
    own = _profile(this.rims, share * this.rims.width)[1]
    above, below = rims.heights(x, y)
    met = 1 + (above + below) / np.maximum(np.minimum(CONTACT_GAP * rims.width, own / 2), 1e-3)
    ends = np.clip(np.minimum(share, 1 - share) / CONTACT_END, 0, 1) * np.clip(own / CONTACT_PX - 1, 0, 1)
    away = (above - below) / 2 / max(CONTACT * rims.width, CONTACT_PX)
    line = np.clip(met, 0, 1) * ends * np.exp(-(away**2))
    return colours + (np.minimum(colours, this.contact) - colours) * line[..., None].astype(np.float32)


def _hanging(
    this: OwnMouth, rims: Rims, pose: Pose, wider: float, x: np.ndarray, y: np.ndarray
) -> tuple[np.ndarray, np.ndarray, np.ndarray]:  # fmt: skip
    """Places in the photo, and how much is seen: across as the skull stands, and towards the corners ever more as the
    mouth is wide; down as far below the upper lip, and below the teeth stretched to the lower lip."""
    origin, along, down = this.rims.frame()
    skull_x, skull_y = rigid_back(pose, this.neck, this.depth, x, y)
    across = (skull_x - origin[0]) * along[0] + (skull_y - origin[1]) * along[1]
    share = _share_of_width(rims, x, y)
    across += (share * this.rims.width - across) * smooth_step(np.abs(2 * share - 1))
    upper, gap = _profile(this.rims, across)
    above, under = rims.heights(x, y)
    below, teeth = np.maximum(-above / pose.factor, -SLACK_PX), TEETH_END * np.maximum(gap, 0)
    ended = smooth_step((below / np.maximum(gap, 1e-3) - TEETH_END) / TEETH_FADE)
    kept = 1 - ended * smooth_step(np.array((wider - 1) / TEETH_GIVE))
    wider_here = np.maximum(-(above + under) / pose.factor - gap - STILL_PX, 0)
    lower = np.maximum(gap, 0) - teeth
    below -= np.maximum(below - teeth, 0) * wider_here / np.maximum(lower + wider_here, 1e-3)
    depth = upper + np.minimum(below, np.maximum(gap, 0) + SLACK_PX)
    return *(origin[k] + across * along[k] + depth * down[k] for k in (0, 1)), kept


def _stretched(
    this: OwnMouth, rims: Rims, wider: float, x: np.ndarray, y: np.ndarray
) -> tuple[np.ndarray, np.ndarray, np.ndarray]:  # fmt: skip
    """Places in the photo, and how much is seen: at the same shares of the mouth's width, and of its gap if wider."""
    origin, along, down = this.rims.frame()
    across = _share_of_width(rims, x, y) * this.rims.width
    upper, gap = _profile(this.rims, across)
    above, under = rims.heights(x, y)
    below = np.maximum(-above, -SLACK_PX)
    depth = upper + below * np.minimum(1, np.maximum(gap, 0) / np.maximum(-(above + under), 1e-3))
    kept = 1 - smooth_step((wider - STRETCHED) / STRETCH_FADE + np.zeros_like(depth))
    return *(origin[k] + across * along[k] + depth * down[k] for k in (0, 1)), kept


def _share_of_width(rims: Rims, x: np.ndarray, y: np.ndarray) -> np.ndarray:
    """How far along from the first corner to the last places lie, 0..1."""
    start, direction, _ = rims.frame()
    return ((x - start[0]) * direction[0] + (y - start[1]) * direction[1]) / max(rims.width, 1e-6)


def _profile(rims: Rims, across: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """Of places so many pixels along from the first corner: how far down the upper rim lies, and the gap below it."""
    origin, along, down = rims.frame()
    upper, lower = (
        np.interp(across, np.maximum.accumulate((rim - origin) @ along), (rim - origin) @ down)
        for rim in (rims.upper, rims.lower)
    )
    return upper, lower - upper


def _teeth_shown(rims: Rims, photo: Sampler) -> float:
    """How much of what lies between the photo's lips is bright and without colour, as teeth are, 0..1."""
    if rims.gap().max() < CLOSED_PX:
        return 0.0
    inside = np.concatenate([rims.upper * (1 - s) + rims.lower * s for s in (0.25, 0.4, 0.55)])[:, :2]
    found, around = photo.at(inside[:, 0], inside[:, 1])[:, :3], _lips_beside(rims, photo)[:, :3]
    colourless = 1 - (found.max(1) - found.min(1)) / np.maximum(found.max(1), 1)
    bright = smooth_step((found.mean(1) / max(float(around.mean()), 1) - 0.8) / 0.4)
    return float(np.clip(2 * (bright * smooth_step((colourless - 0.4) / 0.3)).mean(), 0, 1))


def _lips_beside(rims: Rims, photo: Sampler) -> np.ndarray:
    """(2 * POINTS, C) 0..255: the lips, a little way off their rims."""
    out = TEETH_ASIDE * rims.width * rims.frame()[2]
    lips = np.concatenate((rims.upper - out, rims.lower + out))
    return photo.at(lips[:, 0], lips[:, 1])
