# SPDX-License-Identifier: Apache-2.0
"""All that is seen in a film, in stretches that outlast the process: a track that was killed goes on where it was."""

import contextlib
import math
from collections import deque
from collections.abc import Iterator, Mapping
from dataclasses import replace
from pathlib import Path

import numpy as np

from ..errors import FilmError, OutputError, StyleTalkError
from ..files.locks import locked
from ..files.npz import read_npz, write_npz
from ..files.writing import refusals_explained, sweep
from ..progress import Progress
from .film import Film, Picture, pictures
from .mesh import SKIN_LANDMARKS, FaceMesh, Sighting
from .track_file import MAX_PICTURES
from .tracks import LANDMARKS

STRETCH_PICTURES = 300
"""What is lost at most when the process is killed."""
WARM_PICTURES = 3
"""The mesh looks at so many pictures again before a new stretch, so that it is found alike by whoever begins there."""
LOCK_FILE = "run.lock"
Stretch = dict[str, np.ndarray]
"""times (n,) | counts (n,), faces of each | landmarks (f, 478, 3), parts of the picture | colours (f, 468, 3) |
signatures (n, 256) | damaged (n,), how many pictures before each could not be read."""
_NONE = np.zeros((0, 0, 3), np.uint8)
_PARTS = ("times", "counts", "landmarks", "colours", "signatures", "damaged")


def seen_in(film: Film, start_s: float, end_s: float, kept: Path | None, progress: Progress) -> Stretch:
    """What is seen from start_s to end_s. kept: a folder for finished stretches; it is removed at the end, unless the
    process is killed. Raises FilmError, OutputError, MissingPackageError, whatever `progress` raises."""
    if kept is None:
        return _whole(list(_stretches(film, start_s, end_s, [], progress)))
    key = _key(film, start_s, end_s)
    with _claimed(kept):
        done = list(kept_stretches(kept, key))
        try:
            for number, stretch in enumerate(_stretches(film, start_s, end_s, done, progress), len(done)):
                write_npz(_name(kept, number), {**stretch, "key": key}, compressed=False)
                done.append(stretch)
        finally:
            _forget(kept)
    return _whole(done)


@contextlib.contextmanager
def _claimed(kept: Path) -> Iterator[None]:
    """Keep other processes out of the folder, which is made, and removed unless it holds something that is not ours.

    Raises OutputError where one is at work there.
    """
    taken = OutputError(
        f"Another process is making {kept.stem} just now. Wait until it is done, stop it, or give another name."
    )
    if not kept.is_dir():
        with refusals_explained(kept):
            kept.mkdir(exist_ok=True)
    try:
        with locked(kept / LOCK_FILE, taken, remove=True):
            yield
    finally:
        with contextlib.suppress(OSError):
            kept.rmdir()


def _forget(kept: Path) -> None:
    """Remove the stretches."""
    sweep(kept)
    with contextlib.suppress(OSError):
        for path in kept.glob("[0-9][0-9][0-9][0-9][0-9].npz"):
            path.unlink()


def _stretches(film: Film, start_s: float, end_s: float, done: list[Stretch], progress: Progress) -> Iterator[Stretch]:
    """The stretches that are not done yet."""
    last_s = float(done[-1]["times"][-1]) if done else -math.inf
    again_s = float(done[-1]["times"][-WARM_PICTURES:][0]) if done else start_s
    length_s = max(min(end_s, film.duration_s) - start_s, 1e-3)
    before: deque[Picture] = deque(maxlen=WARM_PICTURES)
    seen: list[tuple[Picture, Sighting]] = []
    count = sum(len(each["times"]) for each in done)
    with FaceMesh() as mesh:
        for picture in pictures(film, again_s, end_s):
            if picture.time_s <= last_s:
                mesh.look(picture.pixels)
                continue
            if film.is_photo:
                before.extend([picture] * WARM_PICTURES)
            if film.is_photo or (before and not seen):
                mesh.forget()
                for earlier in before:
                    mesh.look(earlier.pixels)
            progress(min(1.0, max(0.0, picture.time_s - start_s) / length_s), "looking for faces")
            seen.append((replace(picture, pixels=_NONE), mesh.look(picture.pixels)))
            before.append(picture)
            count += 1
            if count > MAX_PICTURES:
                raise FilmError(f"{film.path.name} has more than {MAX_PICTURES:,} pictures. Give --start and --end.")
            if len(seen) == STRETCH_PICTURES:
                yield _stretch(seen)
                seen = []
    if seen:
        yield _stretch(seen)


def _stretch(seen: list[tuple[Picture, Sighting]]) -> Stretch:
    shown, sightings = zip(*seen, strict=True)
    return {
        "times": np.array([each.time_s for each in shown], np.float64),
        "damaged": np.array([each.damaged_before for each in shown], np.int32),
        "counts": np.array([len(each.landmarks) for each in sightings], np.int32),
        "landmarks": np.concatenate([each.landmarks for each in sightings]),
        "colours": np.concatenate([each.colours for each in sightings]),
        "signatures": np.array([each.signature for each in sightings], np.uint8),
    }  # fmt: skip


def _whole(stretches: list[Stretch]) -> Stretch:
    if not stretches:
        return {"times": np.zeros(0), "counts": np.zeros(0, np.int32), "landmarks": np.zeros((0, LANDMARKS, 3)),
                "colours": np.zeros((0, SKIN_LANDMARKS, 3)), "signatures": np.zeros((0, 256)),
                "damaged": np.zeros(0, np.int32)}  # fmt: skip
    return {name: np.concatenate([each[name] for each in stretches]) for name in _PARTS}


def kept_stretches(folder: Path, key: np.ndarray) -> Iterator[Stretch]:
    """The stretches that an earlier process has finished of the same film."""
    number = 0
    while (path := _name(folder, number)).is_file():
        try:
            with read_npz(path, FilmError) as data:
                if data["key"].tobytes() != key.tobytes() or len(data["times"]) != STRETCH_PICTURES or not _fits(data):
                    return
                yield {name: data[name] for name in _PARTS}
        except StyleTalkError:
            return
        number += 1


def _fits(data: Mapping[str, np.ndarray]) -> bool:
    """Whether a stretch is whole: what a kill or a disk has damaged is seen again."""
    if any(data[name].dtype.kind not in "iuf" or not np.isfinite(data[name]).all() for name in _PARTS):
        return False
    faces, times = int(data["counts"].sum()), len(data["times"])
    shapes = {
        "counts": (times,),
        "damaged": (times,),
        "landmarks": (faces, LANDMARKS, 3),
        "colours": (faces, SKIN_LANDMARKS, 3),
    }
    return all(data[name].shape == shape for name, shape in shapes.items()) and data["signatures"].shape == (times, 256)


def _name(folder: Path, number: int) -> Path:
    return folder / f"{number:05}.npz"


def _key(film: Film, start_s: float, end_s: float) -> np.ndarray:
    """(5,) float64: what a stretch is of."""
    found = film.path.stat()
    return np.array([found.st_size, found.st_mtime, start_s, min(end_s, 1e9), STRETCH_PICTURES], np.float64)
