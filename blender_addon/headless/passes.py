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


def render_pass(context: Any, face: Any, line: Any, photo: Path, folder: Path, place: WorkerPlace) -> str:
    """Render the pictures into a folder of the line's own in `folder`, and put them into the sequencer.

    Returns what was done. Raises StyleTalkError.
    """
    settings = face.styletalk_pass
    settings.photo, settings.folder = str(photo), os.path.abspath(folder)
    request = request_from_pass(context.scene, face, line, device(context))
    return str(session.wait(session.enqueue(context.scene, face, line, request, place), StageLines()))
