# SPDX-License-Identifier: GPL-3.0-or-later
"""What the actions of a line's bake are called: its sound, its style, its intensity."""

from pathlib import PurePath
from typing import Any

from .line_keys import curve_of
from .lines import CUSTOM_STYLE, FROM_VIDEO, line_name
from .style_track import changes_of, style_at_start

MAX_NAME = 24
"""Of Blender's 63 characters for the name of an action, those that a sound's name has."""
KEYED, CHANGING = ", keyed", ", changing"


def take_name(line: Any, scene: Any) -> str:
    """Such as “hello happy 1.2”. Where the intensity moves along the line, no single value is said: “hello happy,
    keyed”; where the style does, it is the one at the start: “hello happy, changing 1”."""
    name = (line_name(line) if line.audio else "line")[:MAX_NAME]
    if line.words == FROM_VIDEO:
        return name
    changes = bool(changes_of(line, scene)) or bool(line.style_changes)
    return f"{name} {_style(line, scene)}{CHANGING if changes else ''}{_intensity(line)}"


def _style(line: Any, scene: Any) -> str:
    style = style_at_start(line, scene)
    return PurePath(line.style_file.replace("\\", "/")).stem if style == CUSTOM_STYLE else style


def _intensity(line: Any) -> str:
    """The value that the property shows is that of the playhead's frame where it has keys."""
    is_keyed = line.use_curve or curve_of(line, "intensity") is not None
    return KEYED if is_keyed else f" {line.intensity:.3g}"
