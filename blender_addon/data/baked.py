# SPDX-License-Identifier: GPL-3.0-or-later
"""Whether a line is still as it was baked: its settings of then stand on it, short, and go with it through undo."""

import enum
import hashlib
from pathlib import PurePath
from typing import Any

from ..baking.nla import plays
from .corrections import corrections_of
from .lines import CUSTOM_POSE, CUSTOM_STYLE, FROM_VIDEO

_ONLY_WITH = {
    "style_file": ("style", (CUSTOM_STYLE,)), "pose_file": ("pose", (CUSTOM_POSE,)), "transcript": ("words", ("TEXT",)),
    "words_file": ("words", ("TEXT_FILE", "ALIGNMENT")), "language": ("words", ("TEXT", "TEXT_FILE")),
}  # fmt: skip
"""Properties that count only where another has one of these values."""
_NOT_SPOKEN = ("rna_type", "name", "identity", "baked", "suggested", "start", "start_frame")
_OF_A_VIDEO = ("audio", "words", "film")


class State(enum.Enum):
    """How it stands with a line's bake."""

    NONE, BAKED, CHANGED = range(3)


def settings_of(line: Any) -> str:
    """A digest of all that decides how a line is baked, but where it begins."""
    names = [each.identifier for each in line.bl_rna.properties if each.identifier not in _NOT_SPOKEN]
    if line.words == FROM_VIDEO:
        names = list(_OF_A_VIDEO)
    values = [(name, _value(line, name)) for name in names if _counts(line, name)]
    return hashlib.sha256(repr(values).encode("utf-8", "replace")).hexdigest()[:16]


def mark(line: Any, settings: str) -> None:
    """Say that the line was baked with these settings, on the frame on which it begins."""
    line.baked = f"{settings}@{line.start_frame}"


def state_of(face: Any, line: Any) -> State:
    """Whether the line is baked, and as it is set now. A line that an older version has baked counts as unchanged."""
    keys = face.data.shape_keys
    if keys is None or not plays(keys, line.identity):
        return State.NONE
    begins = line.start_frame if line.start == "FRAME" else "playhead"
    return State.BAKED if line.baked in ("", f"{settings_of(line)}@{begins}") else State.CHANGED


def _counts(line: Any, name: str) -> bool:
    if name == "heard":
        return bool(corrections_of(line))
    chooser, values = _ONLY_WITH.get(name, ("", ()))
    return not chooser or getattr(line, chooser) in values


def _value(line: Any, name: str) -> Any:
    if name == "heard":
        return corrections_of(line)
    value = getattr(line, name)
    if name == "transcript":
        return value.as_string() if value is not None else None
    if line.bl_rna.properties[name].subtype == "FILE_PATH":
        return PurePath(value.replace("\\", "/")).name  # folders change as a .blend is saved or moved
    return tuple(value) if hasattr(value, "__len__") and not isinstance(value, str) else value
