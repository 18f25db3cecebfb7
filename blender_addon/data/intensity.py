# SPDX-License-Identifier: GPL-3.0-or-later
"""The intensity of a line as its F-curve has it by now, for the next bake."""

import tempfile
from pathlib import Path
from typing import Any

import bpy
import numpy as np

from .. import compat
from ..baking import nla
from ..faces.channels import INTENSITY, carrier
from ..styletalk.animation import MAX_INTENSITY_IN_ROW
from ..styletalk.errors import OutputError, StyleTalkError


class CurveError(StyleTalkError):
    """The line has no intensity curve to bake with."""


def curve_file(line: Any) -> Path:
    """A .csv of seconds and intensity in Blender's temporary folder, a row for each frame. Raises CurveError,
    OutputError."""
    keys = carrier(line.id_data)
    action = nla.action_of(keys, line.identity) if keys is not None else None
    curve = next((each for each in compat.all_fcurves(action) if each.data_path == f'["{INTENSITY}"]'), None)
    if action is None or curve is None or nla.SOUND_MARK not in action:
        raise CurveError("The line has no intensity curve yet. Switch My Curve off and bake it once.")
    (start, fps), (first, last) = action[nla.SOUND_MARK], curve.range()
    frames = np.arange(np.floor(first), np.ceil(last) + 1)
    values = np.clip([curve.evaluate(frame) for frame in frames], 0.0, MAX_INTENSITY_IN_ROW)
    try:
        path = Path(tempfile.mkdtemp(dir=bpy.app.tempdir)) / "intensity.csv"
        np.savetxt(path, np.column_stack([(frames - start) / fps, values]), fmt="%.5f", delimiter=",")
    except OSError as error:
        raise OutputError(f"The intensity curve cannot be handed on: {error.strerror}. Is the disk full?") from error
    return path
