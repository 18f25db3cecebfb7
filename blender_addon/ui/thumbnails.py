# SPDX-License-Identifier: GPL-3.0-or-later
"""Thumbnails of styles as icons of menus and buttons."""

from pathlib import Path
from typing import Any

import bpy
import bpy.utils.previews  # pyright: ignore[reportMissingImports] - Blender's own, not in the stubs
import numpy as np

from ..data.user_styles import OwnStyle, own_style
from ..styletalk.styles.presets import preset_path

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
        height, width = style.thumbnail.shape[:2]
        opaque = np.dstack([style.thumbnail / 255.0, np.ones((height, width))])
        preview = _previews.new(key)
        preview.image_size = width, height
        preview.image_pixels_float = opaque[::-1].astype(np.float32).ravel().tolist()  # from the bottom up
    return _previews[key].icon_id


def preset_icon(name: str) -> int:
    """That of a preset."""
    return icon_of(own_style(Path(preset_path(name))))


def forget() -> None:
    """Give Blender its icons back, when the add-on is disabled."""
    global _previews
    if _previews is not None:
        bpy.utils.previews.remove(_previews)
        _previews = None
