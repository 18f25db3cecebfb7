# SPDX-License-Identifier: Apache-2.0
"""A FaceAnimation as a file of the type that its ending names: .npz, .csv (Live Link Face, ARKit) or .json."""

import csv
import io
import json
import re
from collections.abc import Callable
from pathlib import Path

import numpy as np

from .animation import FaceAnimation
from .errors import OutputError
from .files.writing import check_ending, check_writable, written_whole
from .timeline import FRAME_RATE_HZ

LIVE_LINK_EXTRA = (
    "HeadYaw", "HeadPitch", "HeadRoll",
    "LeftEyeYaw", "LeftEyePitch", "LeftEyeRoll", "RightEyeYaw", "RightEyePitch", "RightEyeRoll",
)  # fmt: skip
"""The nine columns that Live Link Face writes after the 52 ARKit shapes, in radians."""
LIVE_LINK_RATES_HZ = (30.0, 60.0)
LIVE_LINK_FRAMES_HZ = 60
"""The app counts 60 frames a second in its timecodes, at 30 rows a second in twos; readers rely on it."""
_OTHER_SIDE = {"Left": "Right", "Right": "Left"}
EYE_YAW_RAD, EYE_PITCH_RAD = 0.62, 0.5
"""How far an eye turns where a look weighs 1: slope of EyeYaw over EyeLookIn and EyeLookOut, and of EyePitch over
EyeLookDown and EyeLookUp, in three takes of the app (r .98 to 1.00). Yaw is positive to the person's right, pitch down;
the head's angles come from the same conversion of the app's, and have these signs too."""


def write_animation(animation: FaceAnimation, path: Path) -> None:
    """Write `animation` to `path`, whole or not at all. Raises OutputError for an ending we do not write."""
    writer_for(path)(animation, path)


def writer_for(path: Path) -> Callable[[FaceAnimation, Path], None]:
    """The writer that `path`'s ending names. Raises OutputError for an ending that names none."""
    check_ending(path, *_WRITERS)
    return _WRITERS[Path(path).suffix.lower()]


def check_output(path: Path) -> None:
    """Whether `write_animation` can write `path`; ask before long work. Raises OutputError."""
    writer_for(path)
    check_writable(path)


def _write_json(animation: FaceAnimation, path: Path) -> None:
    """The arrays of the .npz as lists; `times_s`: when each row happens; segments and words as [text, start, end]."""
    arrays = ["coefficients", "head_pose", "blinks", "gaze", "tongue", "upper"]
    if animation.intensity is not None:
        arrays.append("intensity")
    document = {
        "fps": FRAME_RATE_HZ,
        "first_row": animation.first_row,
        "times_s": np.round(animation.times_s, 6).tolist(),
        "metadata": dict(animation.metadata),
        "phonemes": animation.phonemes.tolist(),
        "segments": [[s.phoneme, round(s.start_s, 6), round(s.end_s, 6)] for s in animation.track.segments],
        "words": [[w.word, round(w.start_s, 6), round(w.end_s, 6)] for w in animation.track.words],
        **{name: np.round(getattr(animation, name).astype(float), 6).tolist() for name in arrays},
    }
    _write_text(path, json.dumps(document, indent=1))


def write_live_link(
    animation: FaceAnimation, path: Path, fps: float = FRAME_RATE_HZ, mirrored: bool = False
) -> None:  # fmt: skip
    """Write ARKit weights as Live Link Face records them: row n is the face at n / fps s of the sound.

    fps: one of LIVE_LINK_RATES_HZ. mirrored: left is right, for programs that expect the actor's mirror image.
    Raises OutputError for another rate and where the file cannot be written.
    """
    if fps not in LIVE_LINK_RATES_HZ:
        rates = " or ".join(f"{rate:g}" for rate in LIVE_LINK_RATES_HZ)
        raise OutputError(f"Live Link Face has {rates} rows a second, not {fps:g}. Choose one of these.")
    from .face.retarget import ARKIT_NAMES

    columns = [name[0].upper() + name[1:] for name in ARKIT_NAMES] + [*LIVE_LINK_EXTRA]
    table = _live_link_table(animation, fps)
    if mirrored:
        others = [re.sub("Left|Right", lambda side: _OTHER_SIDE[side[0]], name) for name in columns]
        signs = [-1 if name.endswith(("Yaw", "Roll")) else 1 for name in columns]
        table = table[:, [columns.index(other) for other in others]] * signs
    stream = io.StringIO()
    writer = csv.writer(stream, lineterminator="\n")
    writer.writerow(["Timecode", "BlendShapeCount", *columns])
    for row, numbers in enumerate(table):
        writer.writerow([_timecode(row, fps), len(columns), *(f"{value:.6f}" for value in numbers)])
    _write_text(path, stream.getvalue())


def _live_link_table(animation: FaceAnimation, fps: float) -> np.ndarray:
    """(N, 61): weights of the 52 shapes, the head's angles, those of the left eye and of the right eye."""
    from .face.model import open_face
    from .face.retarget import arkit_weights
    from .motion.resample import scene_samples

    samples = scene_samples(animation, fps)
    eyes = samples.blinks, samples.gaze
    weights = arkit_weights(samples.coefficients, *eyes, open_face(), samples.tongue, samples.upper)
    return np.hstack([weights, _head_angles(samples.head_pose), *2 * [_eye_angles(samples.gaze)]])


def _head_angles(head_pose: np.ndarray) -> np.ndarray:
    """(N, 3) yaw to the person's right, pitch down and roll to the left shoulder, radians, of head poses (N, 6).

    The app's angles turn about y, then x, then z of the head; ours are Rz Ry Rx.
    """
    from .face.published_pose import rotation_matrix

    turn = rotation_matrix(head_pose[:, :3].astype(np.float64))
    yaw, pitch = np.arctan2(turn[:, 0, 2], turn[:, 2, 2]), np.arcsin(np.clip(-turn[:, 1, 2], -1, 1))
    return np.stack([-yaw, pitch, -np.arctan2(turn[:, 1, 0], turn[:, 1, 1])], axis=1)


def _eye_angles(gaze: np.ndarray) -> np.ndarray:
    """(N, 3) yaw, pitch and roll of either eye as the app means them, for gaze (N, 4): left, right, up, down."""
    left, right, up, down = gaze.T
    return np.stack([EYE_YAW_RAD * (right - left), EYE_PITCH_RAD * (down - up), np.zeros(len(gaze))], axis=1)


def _timecode(row: int, fps: float) -> str:
    """HH:MM:SS:FF.mmm. FF counts 60 frames a second whatever the rate is, as the app does."""
    frame = row * round(LIVE_LINK_FRAMES_HZ / fps)
    seconds = frame // LIVE_LINK_FRAMES_HZ
    minutes = seconds // 60
    return f"{minutes // 60:02d}:{minutes % 60:02d}:{seconds % 60:02d}:{frame % LIVE_LINK_FRAMES_HZ:02d}.000"


def _write_text(path: Path, text: str) -> None:
    with written_whole(path) as temporary:
        temporary.write_text(text, encoding="utf-8")


_WRITERS: dict[str, Callable[[FaceAnimation, Path], None]] = {
    ".npz": FaceAnimation.save,
    ".csv": write_live_link,
    ".json": _write_json,
}
