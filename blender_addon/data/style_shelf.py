# SPDX-License-Identifier: GPL-3.0-or-later
"""All styles that can be chosen, presets and the user's own, and how each moves a face that has no line to speak."""

from dataclasses import dataclass, replace
from pathlib import Path

import numpy as np

from ..styletalk.animation import FaceAnimation
from ..styletalk.request import NEUTRAL_STYLE
from ..styletalk.styles.library import read_style
from ..styletalk.styles.presets import preset_description, preset_names, preset_path
from .user_styles import own_style, own_styles


@dataclass(frozen=True)
class Shown:
    """A style on the shelf. style: a preset's name or a path. about: what it shows, or where it comes from.
    thumbnail: (H, W, 3) uint8, or None."""

    style: str
    name: str
    about: str
    thumbnail: np.ndarray | None

    @property
    def is_preset(self) -> bool:
        """Whether it ships with the add-on."""
        return self.style in preset_names()


def shelf() -> list[Shown]:
    """Presets in their order, then the user's by name, but what cannot be read."""
    presets = [
        Shown(name, name.capitalize(), preset_description(name), own_style(Path(preset_path(name))).thumbnail)
        for name in preset_names()
    ]
    own = [Shown(str(each.path), each.name, each.about, each.thumbnail) for each in own_styles() if not each.problem]
    return presets + own


def clip_animation(style: str, intensity: float) -> FaceAnimation:
    """The style's own clip as an animation, at an intensity. Raises StyleError where it cannot be read."""
    found, neutral = read_style(style), read_style(NEUTRAL_STYLE).clip.mean(axis=0)
    rows = neutral + intensity * (found.encoder_rows - neutral)
    still = FaceAnimation.still(rows, np.zeros(len(rows), np.int16))
    return replace(still, upper=np.tile(found.upper(intensity), (len(rows), 1)))
