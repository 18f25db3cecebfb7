# SPDX-License-Identifier: GPL-3.0-or-later
"""A photoreal pass of the line that was just baked, without a window."""

import os
from pathlib import Path
from typing import Any

from .. import session
from ..data.passes import request_from_pass
from ..data.preferences import device
from ..jobs.interpreters import WorkerPlace
from .whole_scene import StageLines


def settle_pass(face: Any, photo: Path, folder: Path, renderer: str | None, weights: Path | None) -> None:
    """Set what moves a photo of the face, and where its pictures go. renderer: None for neural where there are weights,
    and without any as the file has it."""
    settings = face.styletalk_pass
    settings.photo, settings.folder = str(photo), os.path.abspath(folder)
    if weights is not None:
        settings.renderer, settings.checkpoint = "neural", str(weights)
    elif renderer is not None:
        settings.renderer = renderer


def render_pass(context: Any, face: Any, line: Any, place: WorkerPlace) -> str:
    """Render the pictures into a folder of the line's own, and put them into the sequencer.

    Returns what was done. Raises StyleTalkError.
    """
    request = request_from_pass(context.scene, face, line, device(context))
    return str(session.wait(session.enqueue(context.scene, face, line, request, place), StageLines()))
