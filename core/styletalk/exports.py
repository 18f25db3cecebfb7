# SPDX-License-Identifier: Apache-2.0
"""A FaceAnimation as a file of the type that its ending names: .npz, .csv (Live Link Face, ARKit) or .json."""

import csv
import io
import json
from collections.abc import Callable
from pathlib import Path

import numpy as np

from .animation import FaceAnimation
from .files.writing import check_ending, check_writable, written_whole
from .timeline import FRAME_RATE_HZ

LIVE_LINK_EXTRA = (
    "HeadYaw", "HeadPitch", "HeadRoll",
    "LeftEyeYaw", "LeftEyePitch", "LeftEyeRoll", "RightEyeYaw", "RightEyePitch", "RightEyeRoll",
)  # fmt: skip
"""The nine columns that Live Link Face writes after the 52 ARKit shapes, in radians."""


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
    arrays = ("coefficients", "head_pose", "blinks", "gaze", "tongue", "upper")
    document = {
        "fps": FRAME_RATE_HZ,
        "times_s": np.round(animation.times_s, 6).tolist(),
        "metadata": dict(animation.metadata),
        "phonemes": animation.phonemes.tolist(),
        "segments": [[s.phoneme, round(s.start_s, 6), round(s.end_s, 6)] for s in animation.track.segments],
        "words": [[w.word, round(w.start_s, 6), round(w.end_s, 6)] for w in animation.track.words],
        **{name: np.round(getattr(animation, name).astype(float), 6).tolist() for name in arrays},
    }
    _write_text(path, json.dumps(document, indent=1))


def _write_live_link_csv(animation: FaceAnimation, path: Path) -> None:
    """ARKit weights as Live Link Face records them: row n is the face at n/30 s of the sound."""
    from .face.model import open_face
    from .face.retarget import ARKIT_NAMES, arkit_weights
    from .motion.resample import scene_samples

    samples = scene_samples(animation, FRAME_RATE_HZ)
    eyes = samples.blinks, samples.gaze
    weights = arkit_weights(samples.coefficients, *eyes, open_face(), samples.tongue, samples.upper)
    pitch, yaw, roll = samples.head_pose[:, :3].T
    turns = np.zeros((len(weights), 6))  # the eyeLook shapes carry the gaze
    table = np.hstack([weights, np.stack([yaw, pitch, roll], axis=1), turns])
    stream = io.StringIO()
    writer = csv.writer(stream, lineterminator="\n")
    names = [name[0].upper() + name[1:] for name in ARKIT_NAMES]
    writer.writerow(["Timecode", "BlendShapeCount", *names, *LIVE_LINK_EXTRA])
    for frame, row in enumerate(table):
        writer.writerow([_timecode(frame), table.shape[1], *(f"{value:.6f}" for value in row)])
    _write_text(path, stream.getvalue())


def _timecode(frame: int) -> str:
    """HH:MM:SS:FF.mmm at 30 frames a second, as the app writes it."""
    rate = round(FRAME_RATE_HZ)
    seconds = frame // rate
    return f"{seconds // 3600:02d}:{seconds // 60 % 60:02d}:{seconds % 60:02d}:{frame % rate:02d}.000"


def _write_text(path: Path, text: str) -> None:
    with written_whole(path) as temporary:
        temporary.write_text(text, encoding="utf-8")


_WRITERS: dict[str, Callable[[FaceAnimation, Path], None]] = {
    ".npz": FaceAnimation.save,
    ".csv": _write_live_link_csv,
    ".json": _write_json,
}
