# SPDX-License-Identifier: Apache-2.0
"""An animation of ours as a style: its expression, and what it shows beside it."""

import numpy as np

from ..animation import LIP_SHAPES, UPPER_SHAPES, FaceAnimation
from ..face.landmarks import eye_openness
from ..face.model import open_face
from .clip import MIN_ROWS, StyleClip
from .manner import Manner
from .manner_measure import Motion, measured
from .manners import predicted_manner

SHOWN = 0.5
"""Rows of less intensity show the neutral face, as before and after a line."""


def style_of_animation(animation: FaceAnimation, name: str) -> StyleClip:
    """The style of the rows in which it is shown: coefficients, mean shapes of the upper face, head, lids and looks.

    Where hardly a row has intensity, or nobody knows it, of all rows. Raises StyleError where they cannot be a style.
    """
    every = np.ones(len(animation), bool)
    shown = every if animation.intensity is None else animation.intensity >= SHOWN
    shown = shown if shown.sum() >= MIN_ROWS else every
    upper = np.clip(animation.upper[shown].mean(axis=0), 0.0, 1.0)
    clip = StyleClip(animation.coefficients[shown], name)
    weights = dict(zip(UPPER_SHAPES, upper.tolist(), strict=True))
    shapes = {shape: weight for shape, weight in weights.items() if weight > 0 and shape not in LIP_SHAPES}
    return StyleClip(clip.clip, name, shapes=shapes, manner=_manner(animation, shown, clip.clip))


def _manner(animation: FaceAnimation, shown: np.ndarray, clip: np.ndarray) -> Manner | None:
    """How head, lids and eyes move while the style is shown, (T,) bool; None where the head rests."""
    pose, gaze = animation.head_pose, animation.gaze
    if not np.ptp(pose[shown], axis=0).any():
        return None
    opening = eye_openness(open_face(), animation.coefficients, animation.upper) - animation.blinks
    first, last = np.flatnonzero(shown)[[0, -1]]
    motion = Motion(
        pose[:, :3], pose[:, 3:], opening.mean(axis=1) if animation.blinks.any() else None,
        gaze if gaze.any() else None, shown,
    )  # fmt: skip
    return measured(motion.part(slice(first, last + 1)), predicted_manner(clip))
