# SPDX-License-Identifier: Apache-2.0
"""Which of a film's faces is whose: each is followed by its place and size, and one of them is chosen."""

import functools
from collections.abc import Iterable
from dataclasses import dataclass

import numpy as np

from ..errors import FilmError
from ..face.landmarks import EYE_DISTANCE

MAX_STEP = 1.5
"""How far a face goes at most between two pictures, in distances between the outer corners of its eyes."""
MAX_GROWTH = 1.6
MAX_ABSENCE_S = 1.0
MIN_SHARE = 0.1
"""Of the film's pictures: who is seen in fewer beside another one is not worth a word."""


@dataclass(frozen=True)
class Faces:
    """All faces of a film: of picture i those from starts[i] to starts[i + 1].

    times_s: (N,). starts: (N + 1,). landmarks: (M, 478, 3) float32, pixels.
    """

    times_s: np.ndarray
    starts: np.ndarray
    landmarks: np.ndarray

    @functools.cached_property
    def sizes(self) -> np.ndarray:
        """(M,) pixels between the outer corners of the eyes; a face in profile counts as large as it is."""
        return np.linalg.norm(self.landmarks[:, EYE_DISTANCE[0]] - self.landmarks[:, EYE_DISTANCE[1]], axis=1)

    @functools.cached_property
    def middles(self) -> np.ndarray:
        """(M, 2) pixels."""
        return self.landmarks[:, :, :2].mean(axis=1)

    def largest(self) -> np.ndarray:
        """(N,) the largest face of each picture, -1 where there is none."""
        sizes = self.sizes
        spans = zip(self.starts[:-1], self.starts[1:], strict=True)
        return np.array([a + int(sizes[a:b].argmax()) if b > a else -1 for a, b in spans], int)


def people(faces: Faces, shots: np.ndarray) -> list[np.ndarray]:
    """(N,) each: one face after the other of each one who is seen, -1 where they are not; the largest first.

    shots: (S,) first pictures of shots, at the cuts of which everybody is put in the place of the first of equal rank.
    """
    found: list[np.ndarray] = []
    for first, end in zip(shots, [*shots[1:], len(faces.times_s)], strict=True):
        for rank, person in enumerate(_ranked(faces, first, end)):
            if rank == len(found):
                found.append(np.full(len(faces.times_s), -1))
            found[rank][first:end] = person
    return found


def chosen(faces: Faces, persons: list[np.ndarray], number: int, at: tuple[float, float] | None) -> np.ndarray:
    """(N,) the faces of person `number`, from 1, or of whoever is at the point `at` (pixels), -1 where not seen.

    Raises FilmError where there are fewer, or nobody is there.
    """
    if at is not None:
        return persons[_nearest_to(faces, persons, at)]
    if number > len(persons):
        seen = "one face was" if len(persons) == 1 else f"{len(persons)} faces were"
        raise FilmError(f"Only {seen} seen in the film: there is no face {number}.")
    return persons[number - 1]


def others_note(faces: Faces, persons: list[np.ndarray], taken: np.ndarray) -> str:
    """What the user should know where several people are seen; or ""."""
    beside = [p for p in persons if p is not taken and (p >= 0).mean() >= MIN_SHARE]
    if not beside:
        return ""
    x, y = faces.middles[taken[taken >= 0][0]]
    return (
        f"{len(beside) + 1} faces are in the picture: the one at {x:.0f},{y:.0f} was followed. "
        "Choose another with --face or --at X,Y; in Blender, with Face in the file browser."
    )


def _ranked(faces: Faces, first: int, end: int) -> list[np.ndarray]:
    """The persons of a shot, (end - first,) each, by their size times how long they are seen."""
    sizes, middles = faces.sizes, faces.middles
    open_paths: list[list[int]] = []
    at: list[int] = []
    live: list[int] = []
    for picture in range(first, end):
        live = [k for k in live if faces.times_s[picture] - faces.times_s[at[k]] <= MAX_ABSENCE_S]
        free = list(range(faces.starts[picture], faces.starts[picture + 1]))
        pairs = sorted(
            (float(np.linalg.norm(middles[face] - middles[path[-1]])) / float(sizes[path[-1]]), k, face)
            for k, path in ((k, open_paths[k]) for k in live)
            for face in free
            if 1 / MAX_GROWTH < sizes[face] / sizes[path[-1]] < MAX_GROWTH
        )
        taken: set[int] = set()
        for distance, k, face in pairs:
            if distance <= MAX_STEP and face in free and k not in taken:
                open_paths[k].append(face)
                at[k] = picture
                taken.add(k)
                free.remove(face)
        for face in free:
            live.append(len(open_paths))
            open_paths.append([face])
            at.append(picture)
    picture_of = np.repeat(np.arange(end - first), np.diff(faces.starts[first : end + 1]))
    open_paths.sort(key=lambda path: -float(sizes[path].sum()))
    return _joined(_spread(path, picture_of[np.array(path) - faces.starts[first]], end - first) for path in open_paths)


def _spread(path: list[int], at: np.ndarray, pictures: int) -> np.ndarray:
    found = np.full(pictures, -1)
    found[at] = path
    return found


def _joined(paths: Iterable[np.ndarray]) -> list[np.ndarray]:
    """Paths that are never seen at once belong to one who was lost and found again."""
    persons: list[np.ndarray] = []
    for path in paths:
        for k, person in enumerate(persons):
            if not ((path >= 0) & (person >= 0)).any():
                persons[k] = np.maximum(path, person)
                break
        else:
            persons.append(path)
    return persons


def _nearest_to(faces: Faces, persons: list[np.ndarray], at: tuple[float, float]) -> int:
    middles, sizes = faces.middles, faces.sizes
    apart = []
    for person in persons:
        first = person[person >= 0][0]
        apart.append(float(np.linalg.norm(middles[first] - at)) / float(sizes[first]))
    if min(apart) > MAX_STEP:
        x, y = middles[persons[0][persons[0] >= 0][0]]
        raise FilmError(f"No face is at {at[0]:g},{at[1]:g}. The largest one is at {x:.0f},{y:.0f} (pixels).")
    return int(np.argmin(apart))
