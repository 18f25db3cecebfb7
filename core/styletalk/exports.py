# SPDX-License-Identifier: Apache-2.0
"""A FaceAnimation as a file of the type that its ending names: .npz, .csv (Live Link Face, ARKit) or .json."""

import json
from collections.abc import Callable
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np

from .animation import FaceAnimation
from .files.writing import check_ending, check_writable, written_whole
from .timeline import FRAME_RATE_HZ

if TYPE_CHECKING:
    from .motion.resample import SceneSamples


def write_animation(animation: FaceAnimation, path: Path) -> None:
    """Write `animation` to `path`, whole or not at all. Raises OutputError for an ending we do not write."""
    writer_for(path)(animation, path)


def writer_for(path: Path) -> Callable[[FaceAnimation, Path], None]:
    """The writer that `path`'s ending names. Raises OutputError for an ending that names none."""
    check_ending(path, *_WRITERS)
    return _WRITERS[Path(path).suffix.lower()]


def rows_written(animation: FaceAnimation, path: Path) -> int:
    """How many rows `write_animation` puts into `path`: those of a .csv begin with the sound."""
    return len(animation) if Path(path).suffix.lower() != ".csv" else sampled_rows(animation)


def sampled_rows(animation: FaceAnimation, fps: float = FRAME_RATE_HZ) -> int:
    """How many rows the files of ARKit weights and of a MetaHuman's curves have: from the sound's beginning on, at a
    rate of their own."""
    from .motion.resample import default_frame_count

    return default_frame_count(animation, fps)


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
    write_text(path, json.dumps(document, indent=1))


def write_live_link(
    animation: FaceAnimation, path: Path, fps: float = FRAME_RATE_HZ, sides: str = "person"
) -> None:  # fmt: skip
    """Write ARKit weights as Live Link Face records them: row n is the face at n / fps s of the sound.

    fps: 30 or 60. sides: see `face.live_link_file.SIDES`. Raises OutputError for another rate and where the file cannot
    be written.
    """
    from .face.live_link_file import check_rate, live_link_text
    from .face.published_pose import rotation_matrix

    check_rate(fps)
    weights, samples = _sampled(animation, fps)
    turns = rotation_matrix(samples.head_pose[:, :3].astype(np.float64))
    write_text(path, live_link_text(weights, turns, samples.gaze, fps, sides))


def write_a2f(animation: FaceAnimation, path: Path, fps: float = FRAME_RATE_HZ) -> None:
    """Write ARKit weights as Audio2Face exports them, JSON. Raises OutputError where the file cannot be written."""
    from .face.blendshape_files import a2f_text

    write_text(path, a2f_text(_sampled(animation, fps)[0], fps))


def write_metahuman(animation: FaceAnimation, path: Path, fps: float = FRAME_RATE_HZ) -> None:
    """Write the curves of a MetaHuman's face controls, by the path's ending as .csv or .json: a curve table of Unreal.

    Raises OutputError for another ending and where the file cannot be written.
    """
    from .face.blendshape_files import curve_table_text
    from .face.metahuman import metahuman_curves

    check_ending(path, ".csv", ".json")
    weights, _ = _sampled(animation, fps)
    write_text(path, curve_table_text(*metahuman_curves(weights), fps, Path(path).suffix.lower()))


def _sampled(animation: FaceAnimation, fps: float) -> "tuple[np.ndarray, SceneSamples]":
    """(N, 52) ARKit weights from the beginning of the sound on, and what they were made of."""
    from .face.model import open_face
    from .face.retarget import arkit_weights
    from .motion.resample import scene_samples

    samples = scene_samples(animation, fps)
    eyes = samples.blinks, samples.gaze
    return arkit_weights(samples.coefficients, *eyes, open_face(), samples.tongue, samples.upper), samples


def write_text(path: Path, text: str) -> None:
    """Write `text`, whole or not at all. Raises OutputError."""
    with written_whole(path) as temporary:
        temporary.write_text(text, encoding="utf-8")


_WRITERS: dict[str, Callable[[FaceAnimation, Path], None]] = {
    ".npz": FaceAnimation.save,
    ".csv": write_live_link,
    ".json": _write_json,
}
