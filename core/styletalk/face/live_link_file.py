# SPDX-License-Identifier: Apache-2.0
"""ARKit weights as Live Link Face records them: columns, sides and clock of the app's CSV."""

import csv
import io
import re

import numpy as np

from ..errors import OutputError
from .arkit_names import ARKIT_NAMES

LIVE_LINK_EXTRA = (
    "HeadYaw", "HeadPitch", "HeadRoll",
    "LeftEyeYaw", "LeftEyePitch", "LeftEyeRoll", "RightEyeYaw", "RightEyePitch", "RightEyeRoll",
)  # fmt: skip
"""The nine columns that Live Link Face writes after the 52 ARKit shapes, in radians."""
LIVE_LINK_RATES_HZ = (30.0, 60.0)
LIVE_LINK_FRAMES_HZ = 60
"""The app counts 60 frames a second in its timecodes, at 30 rows a second in twos; readers rely on it."""
PERSON, APP, MIRRORED = "person", "app", "mirrored"
SIDES = (PERSON, APP, MIRRORED)
"""Whose left is meant. person: the person's in every column. app: as in takes of the app, whose columns of a jaw and
a mouth that go sideways are the other way round. mirrored: the other side in every column."""
SIDEWAYS = ("JawLeft", "JawRight", "MouthLeft", "MouthRight")
"""In three takes of the app these go with the smile, stretch and dimple of the other side (r .2 to .9)."""
_OTHER_SIDE = {"Left": "Right", "Right": "Left"}
EYE_YAW_RAD, EYE_PITCH_RAD = 0.62, 0.5
"""How far an eye turns where a look weighs 1: slope of EyeYaw over EyeLookIn and EyeLookOut, and of EyePitch over
EyeLookDown and EyeLookUp, in three takes of the app (r .98 to 1.00). Yaw is positive to the person's right, pitch down;
the head's angles come from the same conversion of the app's, and have these signs too."""
COLUMNS = (*(name[0].upper() + name[1:] for name in ARKIT_NAMES), *LIVE_LINK_EXTRA)


def check_rate(fps: float) -> None:
    """Raises OutputError for a rate that the app does not have."""
    if fps not in LIVE_LINK_RATES_HZ:
        rates = " or ".join(f"{rate:g}" for rate in LIVE_LINK_RATES_HZ)
        raise OutputError(f"Live Link Face has {rates} rows a second, not {fps:g}. Choose one of these.")


def live_link_text(weights: np.ndarray, turns: np.ndarray, gaze: np.ndarray, fps: float, sides: str = PERSON) -> str:
    """The CSV of ARKit weights (N, 52), rotations of the head (N, 3, 3) and gaze (N, 4): left, right, up, down.

    fps: one of LIVE_LINK_RATES_HZ; row n happens at n / fps s. sides: one of SIDES. Raises OutputError for another rate
    or side.
    """
    check_rate(fps)
    if sides not in SIDES:
        raise OutputError(f"Sides are {', '.join(SIDES)}, not {sides[:20]!r}. Choose one of these.")
    table = np.hstack([weights, _head_angles(turns), *2 * [eye_angles(gaze)]])
    table = table[:, [COLUMNS.index(_column(name, sides)) for name in COLUMNS]]
    if sides == MIRRORED:
        table = table * [-1 if name.endswith(("Yaw", "Roll")) else 1 for name in COLUMNS]
    stream = io.StringIO()
    writer = csv.writer(stream, lineterminator="\n")
    writer.writerow(["Timecode", "BlendShapeCount", *COLUMNS])
    for row, numbers in enumerate(table):
        writer.writerow([_timecode(row, fps), len(COLUMNS), *(f"{value:.6f}" for value in numbers)])
    return stream.getvalue()


def other_side(name: str) -> str:
    """The name of the same on the other side."""
    return re.sub("Left|Right", lambda side: _OTHER_SIDE[side[0]], name)


def own_column(shape: str, sides: str) -> str:
    """The ARKit shape whose column holds `shape` of the person's own side."""
    column = _column(shape[0].upper() + shape[1:], sides)
    return column[0].lower() + column[1:]


def _column(name: str, sides: str) -> str:
    """Whose numbers stand in the column of that name."""
    return other_side(name) if sides == MIRRORED or (sides == APP and name in SIDEWAYS) else name


def _head_angles(turns: np.ndarray) -> np.ndarray:
    """(N, 3) yaw to the person's right, pitch down and roll to the left shoulder, radians.

    The app's angles turn about y, then x, then z of the head.
    """
    yaw, pitch = np.arctan2(turns[:, 0, 2], turns[:, 2, 2]), np.arcsin(np.clip(-turns[:, 1, 2], -1, 1))
    return np.stack([-yaw, pitch, -np.arctan2(turns[:, 1, 0], turns[:, 1, 1])], axis=1)


def eye_angles(gaze: np.ndarray) -> np.ndarray:
    """(N, 3) yaw, pitch and roll of either eye as the app means them, for gaze (N, 4): left, right, up, down."""
    left, right, up, down = gaze.T
    return np.stack([EYE_YAW_RAD * (right - left), EYE_PITCH_RAD * (down - up), np.zeros(len(gaze))], axis=1)


def _timecode(row: int, fps: float) -> str:
    """HH:MM:SS:FF.mmm. FF counts 60 frames a second whatever the rate is, as the app does."""
    frame = row * round(LIVE_LINK_FRAMES_HZ / fps)
    seconds = frame // LIVE_LINK_FRAMES_HZ
    minutes = seconds // 60
    return f"{minutes // 60:02d}:{minutes % 60:02d}:{seconds % 60:02d}:{frame % LIVE_LINK_FRAMES_HZ:02d}.000"
