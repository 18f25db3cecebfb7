# SPDX-License-Identifier: Apache-2.0
"""Films whose coefficients are known or tracked, picture by picture: what a renderer of photos learns from."""

import dataclasses
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from functools import partial
from pathlib import Path

import numpy as np

from styletalk.animation import between_rows
from styletalk.errors import MissingPackageError, StyleTalkError
from styletalk.files.reading import explaining
from styletalk.motion.pose import read_published_pose
from styletalk.photoreal.neural.alignment import Square, crop_numbers, loose_square
from styletalk.photoreal.neural.pose import CROP_TRANSLATION_DM
from styletalk.progress import Progress, silent
from styletalk.speech.audio.decoders import LOCAL_FILES_ONLY
from styletalk.timeline import FILM_DELAY_ROWS, FRAME_RATE_HZ
from styletalk.tracking.film import open_film
from styletalk.tracking.film import pictures as film_pictures
from styletalk.tracking.fit import fit_face
from styletalk.tracking.track_file import read_track
from styletalk.tracking.tracker import USABLE

from .arrays import read_expression
from .errors import TrainingDataError
from .face_map import FIRST_PICTURES
from .films import track_of
from .pairs import clips_folder


@dataclass(frozen=True, eq=False)
class Footage:
    """The pictures of a clip and what their face does; picture i shows row i.

    frames: (T, S, S, 3) uint8. coefficients: (T, 64) float32. pose9: (T, 9) float32, published pose. rate_hz: pictures
    a second.
    """

    name: str
    frames: np.ndarray
    coefficients: np.ndarray
    pose9: np.ndarray
    rate_hz: float = FRAME_RATE_HZ

    def __len__(self) -> int:
        return len(self.frames)


def load_footage(
    data: Path, size: int, names: Sequence[str], kept: Path, progress: Progress = silent
) -> tuple[Footage, ...]:
    """Clips with their pictures at `size` pixels a side. names: of clips; none: all.

    data: the folder of the sample clips, whose films have coefficients; or a folder of films of one person each, which
    are tracked, and their tracks kept in `kept`, unless NAME.npz lies beside NAME.mp4.
    Raises TrainingDataError where there is none, or one is missing, StyleTalkError for a file that cannot be read.
    """
    data = Path(data)
    published = any((root / "speech").is_dir() for root in (data, data / "styletalk"))
    root = clips_folder(data) if published else data
    folders = [root / folder for folder in FIRST_PICTURES] if published else [root]
    known = {path.stem: path for folder in folders for path in sorted(folder.glob("*.mp4"))}
    missing = [name for name in names if name not in known]
    if missing or not known:
        what = f"no film {missing[0]}.mp4" if missing else "no films"
        raise TrainingDataError(f"{root} has {what}. Give a folder of films, or one with speech/NAME.mp4 and NAME.mat.")
    found = []
    for count, name in enumerate(names or known):
        progress(count / len(names or known), f"reading the pictures of {name}")
        found.append(_published(known[name], size) if published else _tracked(known[name], size, kept))
    return tuple(found)


def _published(film: Path, size: int) -> Footage:
    """A published clip: its pictures are crops already, and the first ones of some show no row."""
    clip = film.with_suffix(".mat")
    coefficients = read_expression(clip).astype(np.float32)
    pose9 = read_published_pose(clip)[0].astype(np.float32)
    frames = np.stack(list(square_pictures(film, size)))[FIRST_PICTURES[film.parent.name] :]
    rows = min(len(frames), len(coefficients), len(pose9))
    return Footage(film.stem, frames[:rows], coefficients[:rows], pose9[:rows])


def _tracked(film: Path, size: int, kept: Path) -> Footage:
    """A film of one person: its coefficients are fitted to the tracked face, about which one square is cut."""
    from styletalk.photoreal.neural.pasting import cut

    track = read_track(track_of(film, film.stem, kept))
    face = fit_face(track)
    seen = np.isfinite(track.landmarks).all((1, 2)) & (track.quality >= USABLE)
    squares = np.array([dataclasses.astuple(loose_square(points)) for points in track.landmarks[seen]])
    square = Square(*np.median(squares, axis=0)) if seen.any() else Square(0.0, 0.0, 1.0)
    pictures = [p.pixels for p in film_pictures(open_film(film))]
    shown = np.flatnonzero(seen[: len(pictures)])
    if not len(shown):
        raise TrainingDataError(f"{film.name} shows no face that can be relied on. Leave it out.")
    at = (track.times_s[shown] - track.lag_s) * FRAME_RATE_HZ - FILM_DELAY_ROWS
    share = pictures[0].shape[1] / track.width  # pictures are looked at in a convenient size
    place = Square(square.left * share, square.top * share, square.side * share)
    frames = [cut(pictures[k], place, size).transpose(1, 2, 0) for k in shown]
    numbers = np.stack([crop_numbers(track.landmarks[k], square) for k in shown])
    turns = between_rows(face.rotation, at)
    held = np.broadcast_to(np.array(CROP_TRANSLATION_DM, np.float32), turns.shape)
    return Footage(
        film.stem, np.stack(frames).round().astype(np.uint8), between_rows(face.expression, at),
        np.concatenate([turns, held, numbers], axis=1).astype(np.float32), _rate_hz(track.times_s),
    )  # fmt: skip


def _rate_hz(times_s: np.ndarray) -> float:
    """Of the pictures of a film: most are as far apart as the median."""
    return float(1 / np.median(np.diff(times_s))) if len(times_s) > 1 else FRAME_RATE_HZ


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
