# SPDX-License-Identifier: Apache-2.0
"""Films whose coefficients are known, picture by picture: what a renderer of photos learns from."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from functools import partial
from pathlib import Path

import numpy as np

from styletalk.errors import MissingPackageError, StyleTalkError
from styletalk.files.reading import explaining
from styletalk.motion.pose import read_published_pose
from styletalk.progress import Progress, silent
from styletalk.speech.audio.decoders import LOCAL_FILES_ONLY

from .arrays import read_expression
from .errors import TrainingDataError
from .face_map import FIRST_PICTURES
from .pairs import clips_folder


@dataclass(frozen=True, eq=False)
class Footage:
    """The pictures of a clip and what their face does; picture i shows row i.

    frames: (T, S, S, 3) uint8. coefficients: (T, 64) float32. pose9: (T, 9) float32, published pose.
    """

    name: str
    frames: np.ndarray
    coefficients: np.ndarray
    pose9: np.ndarray

    def __len__(self) -> int:
        return len(self.frames)


def load_footage(data: Path, size: int, names: Sequence[str] = (), progress: Progress = silent) -> tuple[Footage, ...]:
    """The sample clips that have a film, its pictures at `size` pixels a side. names: of clips; none: all.

    Raises TrainingDataError where there is none, or one is missing, StyleTalkError for a file that cannot be read.
    """
    root = clips_folder(Path(data))
    known = {path.stem: path for folder in FIRST_PICTURES for path in sorted((root / folder).glob("*.mp4"))}
    missing = [name for name in names if name not in known]
    if missing or not known:
        what = f"no film {missing[0]}.mp4" if missing else "no films"
        raise TrainingDataError(f"{root} has {what} of known coefficients: speech/NAME.mp4 beside NAME.mat.")
    found = []
    for count, name in enumerate(names or known):
        progress(count / len(names or known), f"reading the pictures of {name}")
        found.append(_published(known[name], size))
    return tuple(found)


def _published(film: Path, size: int) -> Footage:
    """A published clip: its pictures are crops already, and the first ones of some show no row."""
    clip = film.with_suffix(".mat")
    coefficients = read_expression(clip).astype(np.float32)
    pose9 = read_published_pose(clip)[0].astype(np.float32)
    frames = np.stack(list(square_pictures(film, size)))[FIRST_PICTURES[film.parent.name] :]
    rows = min(len(frames), len(coefficients), len(pose9))
    return Footage(film.stem, frames[:rows], coefficients[:rows], pose9[:rows])


def square_pictures(film: Path, size: int) -> Iterator[np.ndarray]:
    """(size, size, 3) uint8 of every picture of a square film. Raises TrainingDataError, MissingPackageError."""
    try:
        import av
    except ImportError as error:
        raise MissingPackageError("Reading films needs PyAV. Install it with `pip install av`.") from error
    with explaining(partial(_no_film, film)), av.open(str(film.absolute()), options=LOCAL_FILES_ONLY) as container:
        for frame in container.decode(video=0):
            yield frame.reformat(size, size, "rgb24", interpolation="AREA").to_ndarray()


def _no_film(film: Path, reason: str) -> StyleTalkError:
    return TrainingDataError(f"The pictures of {film.name} cannot be read ({reason}). Export it again, as .mp4.")
