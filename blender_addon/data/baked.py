# SPDX-License-Identifier: GPL-3.0-or-later
"""Whether a line is still as it was baked: its settings of then stand on it, short, and go with it through undo."""

import enum
import hashlib
from pathlib import PurePath
from typing import Any

import bpy
import numpy as np

from ..baking.heard import heard, rate, strip_refusal
from ..baking.nla import SOUND_MARK, TEMPO_MARK, action_of, plays
from ..baking.sound_strips import linked_strip
from ..faces.channels import carrier
from ..faces.own_keys import COEFFICIENTS, kind_of
from .corrections import corrections_of
from .line_keys import KEYED
from .line_strips import heard_part
from .lines import CUSTOM_POSE, CUSTOM_STYLE, FROM_VIDEO
from .style_track import track_digest

_ONLY_WITH = {
    "style_file": ("style", (CUSTOM_STYLE,)), "pose_file": ("pose", (CUSTOM_POSE,)), "transcript": ("words", ("TEXT",)),
    "words_file": ("words", ("TEXT_FILE", "ALIGNMENT")), "language": ("words", ("TEXT", "TEXT_FILE")),
}  # fmt: skip
"""Properties that count only where another has one of these values."""
_NOT_SPOKEN = (
    "rna_type", "name", "identity", "baked", "suggested", "start", "start_frame", "strip", "blend_in", "blend_out",
    "edits", "edit_fade", "style_markers", "style_key",
)  # fmt: skip
_IF_SET = ("second_style", "style_changes")
"""Properties that lines of earlier versions have not: they count where they say something."""
_OF_A_VIDEO = ("audio", "words", "film")


class State(enum.Enum):
    """How it stands with a line's bake."""

    NONE, BAKED, CHANGED = range(3)


def settings_of(line: Any, scene: Any = None) -> str:
    """A digest of all that decides how a line is baked, but where it begins. scene: the current one where None."""
    names = [each.identifier for each in line.bl_rna.properties if each.identifier not in _NOT_SPOKEN]
    if line.words == FROM_VIDEO:
        names = list(_OF_A_VIDEO)
    names = [name for name in names if name != "output" or line.output != "AUTO"]  # as before there was a choice
    scene = scene or bpy.context.scene
    changes = track_digest(line, scene) if line.words != FROM_VIDEO else ()
    keyed = [each[0] for each in changes if each[0] in KEYED]  # the playhead says what these are at the moment
    values = [(name, _value(line, name)) for name in names if name not in keyed and _counts(line, name)]
    if kind_of(line.id_data) != COEFFICIENTS:
        values.append(("keys", kind_of(line.id_data)))
    if changes:
        values.append(("changes", changes))
    part = heard_part(line, scene)
    if part is not None:
        values.append(("part", part.rounded()))
    return hashlib.sha256(repr(values).encode("utf-8", "replace")).hexdigest()[:16]


def mark(line: Any, settings: str) -> None:
    """Say that the line was baked with these settings, on the frame on which it begins."""
    line.baked = f"{settings}@{_begins(line)}"


def state_of(face: Any, line: Any) -> State:
    """Whether the line is baked, and as it is set now. A line that an older version has baked counts as unchanged."""
    keys = carrier(face)
    if keys is None or not plays(keys, line.identity):
        return State.NONE
    if rate_change(line, bpy.context.scene) or tempo_change(line, bpy.context.scene):
        return State.CHANGED
    return State.BAKED if line.baked in ("", f"{settings_of(line)}@{_begins(line)}") else State.CHANGED


def rate_change(line: Any, scene: Any) -> str:
    """A sentence where the scene has another frame rate than at the line's bake, or ""."""
    keys = getattr(line.id_data.data, "shape_keys", None)
    action = action_of(keys, line.identity) if keys is not None else None
    _, then = action.get(SOUND_MARK, (0.0, 0.0)) if action is not None else (0.0, 0.0)
    now = rate(scene)
    if not then or abs(then - now) < 1e-3 or line.id_data.name not in scene.objects:
        return ""
    return f"The line was baked at {then:.4g} frames a second, and the scene has {now:.4g}. Bake it again."


def tempo_change(line: Any, scene: Any) -> str:
    """A sentence where the line's sound strip plays faster or slower than at the line's bake, or ""."""
    keys = carrier(line.id_data)
    action = action_of(keys, line.identity) if keys is not None else None
    strip = linked_strip(scene, line.id_data, line) if action is not None and SOUND_MARK in action else None
    if strip is None or strip_refusal(strip, rate(scene)):
        return ""
    then, now = tuple(action.get(TEMPO_MARK, ())), heard(strip, rate(scene)).tempo.rounded()  # type: ignore[union-attr]
    if len(then) == len(now) and np.allclose(then, now, atol=0.002):
        return ""
    return f"The sound strip “{strip.name}” was retimed since the bake. Bake the line again."


def _begins(line: Any) -> str:
    return str(line.start_frame) if line.start == "FRAME" else line.start.lower()


def _counts(line: Any, name: str) -> bool:
    if name == "heard":
        return bool(corrections_of(line))
    if name in _IF_SET:
        return bool(getattr(line, name))
    if name == "style_blend":
        return bool(line.second_style)
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
