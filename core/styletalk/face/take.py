# SPDX-License-Identifier: Apache-2.0
"""A face recorded as ARKit weights, Live Link Face's CSV or JSON, as an animation: what `exports` writes, read back."""

from dataclasses import replace
from pathlib import Path

import numpy as np

from ..animation import HEAD_POSE_DIM, TONGUE_DIM, ArkitTrack, FaceAnimation
from ..errors import AnimationFileError
from ..files.reading import UnusableContent, existing_file, explaining
from ..phonemes import SILENCE_INDEX, PhonemeTrack
from ..timeline import FRAME_RATE_HZ, MAX_DURATION_S, MAX_ROWS, row_time_s
from .arkit_json import read_arkit_json
from .arkit_names import ARKIT_NAMES, UPPER_ROWS
from .blendshapes import fit_coefficients
from .live_link import BlendshapeTable, read_live_link
from .live_link_file import MIRRORED, PERSON, own_column
from .resampling import resampled, rows_at_30
from .retarget import GAZE_SHAPES

BLINK_SHAPES = ("eyeBlinkLeft", "eyeBlinkRight")
_READERS = {".csv": read_live_link, ".json": read_arkit_json}


def read_take(path: Path, fps: float | None = None, sides: str = PERSON) -> FaceAnimation:
    """The animation of a take of ARKit weights, whose first row happens when the sound begins.

    Blinks, looks, brows, the tongue and the head stay what they are; the rest is fitted. fps: of its rows; wins over
    what its timecodes say, 30 where nobody does. sides: whose left its columns mean, see `live_link_file.SIDES`.
    Raises AnimationFileError for anything else.
    """
    existing_file(path, "take", AnimationFileError)
    read = _READERS.get(Path(path).suffix.lower())
    if read is None:
        raise AnimationFileError(f"{path} is no take of a face. Give a Live Link Face CSV or ARKit weights as JSON.")
    with explaining(lambda reason: AnimationFileError(f"{path} is no take that can be read ({reason}). Export again.")):
        table = on_own_sides(read(path), sides)
        return _animation(table, fps or table.rate_hz or FRAME_RATE_HZ, Path(path).name)


def on_own_sides(table: BlendshapeTable, sides: str) -> BlendshapeTable:
    """The same with every shape on the person's own side."""
    swapped = [ARKIT_NAMES.index(own_column(name, sides)) for name in ARKIT_NAMES]
    turned = np.array([-1.0, 1.0, -1.0]) if sides == MIRRORED else 1.0
    return replace(table, weights=table.weights[:, swapped], head=table.head * turned)


def _animation(table: BlendshapeTable, rate_hz: float, name: str) -> FaceAnimation:
    """At 30 rows a second. Raises UnusableContent where these would be too many."""
    count = rows_at_30(len(table.weights), rate_hz)
    if count > MAX_ROWS:
        raise UnusableContent(f"at {rate_hz:g} rows a second it lasts longer than {MAX_DURATION_S / 3600:g} hours")
    weights = np.clip(resampled(table.weights, rate_hz), 0, 1)
    shapes = {shape: weights[:, k].copy() for k, shape in enumerate(ARKIT_NAMES)}
    upper = weights[:, UPPER_ROWS].copy()
    weights[:, [*UPPER_ROWS, *map(ARKIT_NAMES.index, (*BLINK_SHAPES, "tongueOut"))]] = 0.0
    gaze = np.stack([np.mean([shapes[shape] for shape in pair], axis=0) for pair in GAZE_SHAPES], axis=1)
    animation = FaceAnimation(
        coefficients=fit_coefficients(weights).coefficients, head_pose=_head_pose(table, rate_hz),
        blinks=np.stack([shapes[shape] for shape in BLINK_SHAPES], axis=1), gaze=gaze,
        tongue=np.pad(shapes["tongueOut"][:, None], ((0, 0), (0, TONGUE_DIM - 1))), upper=upper,
        phonemes=np.full(count, SILENCE_INDEX, np.int16), track=PhonemeTrack((), count / FRAME_RATE_HZ, "a take"),
        metadata={"audio": "", "style": "captured", "note": _note(table, name)},
        first_row=-round(row_time_s(0) * FRAME_RATE_HZ),
        recorded=ArkitTrack(np.clip(table.weights, 0, 1).astype(np.float32), rate_hz),
    )  # fmt: skip
    return animation.checked()


def _head_pose(table: BlendshapeTable, rate_hz: float) -> np.ndarray:
    """(T, 6): the head at 30 rows a second, turned Rz Ry Rx as the app's yaw, pitch and roll do, never shifted."""
    yaw, pitch, roll = resampled(table.head, rate_hz).astype(np.float64).T * np.array([[-1.0], [1.0], [-1.0]])
    (cy, cp, cr), (sy, sp, sr) = np.cos([yaw, pitch, roll]), np.sin([yaw, pitch, roll])
    # of R = Ry(yaw) Rx(pitch) Rz(roll): the first column, and the last two of the last row
    first = np.stack([cy * cr + sy * sp * sr, cp * sr, cy * sp * sr - sy * cr])
    last = np.stack([sy * sr + cy * sp * cr, cy * cp])
    angles = [np.arctan2(*last), np.arcsin(np.clip(-first[2], -1, 1)), np.arctan2(first[1], first[0])]
    return np.pad(np.stack(angles, axis=1), ((0, 0), (0, HEAD_POSE_DIM - 3))).astype(np.float32)


def _note(table: BlendshapeTable, name: str) -> str:
    """What the user should know of the take."""
    lost = f" Rows that were missing or had lost the face: {table.filled}; they are bridged." if table.filled else ""
    missing = f" {len(table.missing)} of the {len(ARKIT_NAMES)} shapes are missing." if table.missing else ""
    return f"From {name}.{lost}{missing}"
