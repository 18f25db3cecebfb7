# SPDX-License-Identifier: GPL-3.0-or-later
"""`--bake-scene`: every sound strip of a .blend that has a character, without a window."""

from typing import Any

import bpy

from .. import session
from ..baking import sound_strips
from ..data.lines import find_line, line_name
from ..jobs.interpreters import WorkerPlace
from ..operators.bake_scene import bake_together, lines_of

ALONE = (
    "audio",
    "animation",
    "render",
    "object",
    "start_frame",
    "key_error",
    "keys",
    "photo",
    "renderer",
    "renderer_checkpoint",
)
"""Options of one line, which a whole scene cannot have."""


def wrong_usage(options: Any, given: list[str]) -> str:
    """What is wrong with the options beside `--bake-scene`, or "". given: the names of those that a line has."""
    missing = [f"--{name}" for name in ("blend", "output") if getattr(options, name) is None]
    if missing:
        return f"--bake-scene needs {' and '.join(missing)}"
    alone = [name.replace("_", "-") for name in ALONE if getattr(options, name) is not None]
    if alone or given:
        names = ", ".join(dict.fromkeys([*alone, *given]))
        return f"--bake-scene takes its lines as the scene has them: leave out {names}"
    return ""


def bake_scene(place: WorkerPlace) -> None:
    """Bake all strips of the open scene that have a character, and pack their sounds. Raises StyleTalkError."""
    scene = bpy.context.scene
    lines = lines_of(scene)
    print(bake_together(bpy.context, lines, StageLines(), place), session.queue.note)
    for face, identity in lines:
        line: Any = find_line(face, identity)
        print(f"{face.name}: {line_name(line)}, frame {line.start_frame}")
    sound_strips.pack_sounds(scene)


class StageLines:
    """One printed line for each stage of the work."""

    def __init__(self) -> None:
        self._last = ""

    def __call__(self, fraction: float, stage: str) -> None:
        if stage != self._last:
            self._last = stage
            print(f"{fraction:4.0%} {stage}", flush=True)
