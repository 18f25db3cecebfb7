# SPDX-License-Identifier: GPL-3.0-or-later
"""Thumbnails of styles as icons of menus and buttons."""

from pathlib import Path
from typing import Any

import bpy
import bpy.utils.previews  # pyright: ignore[reportMissingImports] - Blender's own, not in the stubs
import numpy as np

from ..data.user_styles import OwnStyle, own_style
from ..styletalk.styles.presets import preset_path

ICON_PX, FINER = 32, 3
"""Blender's icons are so large; each of their pixels is the mean of so many across."""
_previews: Any = None
"""Blender's collection of icons, made when the first is asked for."""


def icon_of(style: OwnStyle) -> int:
    """The number of a style's icon, 0 where it has no thumbnail."""
    global _previews
    if style.thumbnail is None:
        return 0
    if _previews is None:
        _previews = bpy.utils.previews.new()
    key = f"{style.path}|{hash(style.thumbnail.tobytes())}"
    if key not in _previews:
        preview = _previews.new(key)
        preview.icon_size = ICON_PX, ICON_PX
        preview.icon_pixels_float = _icon(style.thumbnail).ravel().tolist()
        height, width = style.thumbnail.shape[:2]
        preview.image_size = width, height
        opaque = np.ones((height, width, 1))
        preview.image_pixels_float = np.dstack([style.thumbnail[::-1] / 255.0, opaque]).ravel().tolist()
    return _previews[key].icon_id


def preset_icon(name: str) -> int:
    """That of a preset."""
    return icon_of(own_style(Path(preset_path(name))))


def _icon(picture: np.ndarray) -> np.ndarray:
    """(ICON_PX, ICON_PX, 4) in 0..1, from the bottom up, of a picture (H, W, 3)."""
    down, across = (np.arange(ICON_PX * FINER) * side // (ICON_PX * FINER) for side in picture.shape[:2])
    fine = picture[down[::-1, None], across].reshape(ICON_PX, FINER, ICON_PX, FINER, 3)
    return np.dstack([fine.mean(axis=(1, 3)) / 255.0, np.ones((ICON_PX, ICON_PX))])


def forget() -> None:
    """Give Blender its icons back, when the add-on is disabled."""
    global _previews
    if _previews is not None:
        bpy.utils.previews.remove(_previews)
        _previews = None
