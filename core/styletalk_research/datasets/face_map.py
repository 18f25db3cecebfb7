# SPDX-License-Identifier: Apache-2.0
"""What landmarks say of the coefficients, learnt from films whose coefficients are known; ships as face_map.npz.

    python -m styletalk_research.datasets.face_map DATA

DATA: the folder of the sample clips, tracked here. Nothing of a recording remains but second moments of all.
"""

import argparse
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from pathlib import Path

import numpy as np
from scipy.optimize import linear_sum_assignment

from styletalk.animation import EXPRESSION_DIM
from styletalk.errors import FilmError
from styletalk.face.landmarks import landmark_positions
from styletalk.face.model import open_face
from styletalk.motion.pose import read_published_pose
from styletalk.progress import Progress, silent
from styletalk.timeline import FILM_DELAY_ROWS, FRAME_RATE_HZ
from styletalk.tracking.fit.pose import TO_FACE, Pose, eye_distance, head_pose
from styletalk.tracking.fit.reference import MAP_FILE, FaceMap
from styletalk.tracking.tracker import track_face
from styletalk.tracking.tracks import FaceTrack

from .arrays import read_expression
from .pairs import clips_folder

RIDGE = 1.0
"""In squared eye distances over all frames."""
TEMPLATE_PASSES = 3
FIRST_PICTURES = {"speech": FILM_DELAY_ROWS, "style_clips": 0}
"""The picture that shows the first row, by folder: measured."""


@dataclass(frozen=True, eq=False)
class KnownFilm:
    """A track whose coefficients are known. coefficients: (T, 64) and angles: (T, 3) radians, rows as `fit_face` makes
    them of the track."""

    name: str
    speaker: str
    track: FaceTrack
    coefficients: np.ndarray
    angles: np.ndarray

    def seen(self) -> tuple[np.ndarray, np.ndarray]:
        """Frames that show a face, and the rows that they show."""
        rows = np.rint((self.track.times_s - self.track.lag_s) * FRAME_RATE_HZ).astype(int) - FILM_DELAY_ROWS
        seen = np.isfinite(self.track.landmarks).all((1, 2)) & (rows >= 0) & (rows < len(self.coefficients))
        return np.flatnonzero(seen), rows[seen]


def known_films(data: Path, progress: Progress = silent) -> Iterator[KnownFilm]:
    """The sample clips that have a film, tracked. Raises StyleTalkError, MissingPackageError without mediapipe."""
    root = clips_folder(data)
    paths = [path for folder in FIRST_PICTURES for path in sorted((root / folder).glob("*.mp4"))]
    if not paths:
        raise FilmError(f"{root} has no films of known coefficients: speech/NAME.mp4 beside NAME.mat.")
    for number, path in enumerate(paths):
        progress(number / len(paths), f"tracking {path.stem}")
        clip = path.with_suffix(".mat")
        angles = read_published_pose(clip)[0][:, :3]
        early = (FIRST_PICTURES[path.parent.name] - FILM_DELAY_ROWS) / FRAME_RATE_HZ
        track = replace(track_face(path), lag_s=early)
        yield KnownFilm(path.stem, path.stem.split("_")[0], track, read_expression(clip).astype(np.float64), angles)


def learn_face_map(films: Sequence[KnownFilm]) -> FaceMap:
    """The map from shape to coefficients within films, by ridge regression; each speaker counts alike in the means."""
    template = mean_face(films)
    size = template[:, :2].size
    means, levels, offsets, gram, product = {}, {}, {}, np.zeros((size, size)), np.zeros((size, EXPRESSION_DIM))
    for film in films:
        pose, points, rows = _posed(film, template)
        shapes = pose.faces(points)[..., :2].reshape(len(points), -1) / eye_distance(template)
        known = film.coefficients[rows]
        centred, wanted = shapes - shapes.mean(0), known - known.mean(0)
        gram, product = gram + centred.T @ centred, product + centred.T @ wanted
        for means_of, values in ((means, shapes), (levels, known), (offsets, pose.angles - film.angles[rows])):
            means_of.setdefault(film.speaker, []).append(values.mean(0))
    slope = np.linalg.solve(gram + RIDGE * np.eye(len(gram)), product)
    mean, level, offset = (_of_speakers(each) for each in (means, levels, offsets))
    return FaceMap(template, mirror_of(template), offset, mean, level, slope)


def mean_face(films: Sequence[KnownFilm]) -> np.ndarray:
    """(478, 3) metres: the mean of the films' faces, made symmetric, standing as the open face does."""
    model = open_face()
    rest = landmark_positions(model.mean, model.triangles, model.landmarks_mediapipe).astype(np.float64)
    template, mirror = rest, mirror_of(rest)
    for _ in range(TEMPLATE_PASSES):
        faces: dict[str, list[np.ndarray]] = {}
        for film in films:
            pose, points, _ = _posed(film, template)
            faces.setdefault(film.speaker, []).append(pose.faces(points).mean(0))
        face = _of_speakers(faces)
        face = (face + face[mirror] * (-1, 1, 1)) / 2
        pose = head_pose(rest[None], face)
        template = pose.scale * face @ pose.rotation[0].T + pose.place
    return template


def mirror_of(points: np.ndarray) -> np.ndarray:
    """(478,) int: the landmark on the other side of a face (478, 3), each taken once, nearest to the mirror images."""
    away = np.linalg.norm(points[:, None] - points[None] * (-1, 1, 1), axis=2)
    return linear_sum_assignment(away**2)[1]


def _posed(film: KnownFilm, template: np.ndarray) -> tuple[Pose, np.ndarray, np.ndarray]:
    """The poses of the frames that show a face, their points, and the rows that they show."""
    frames, rows = film.seen()
    points = film.track.landmarks[frames].astype(np.float64) * TO_FACE
    return head_pose(points, template), points, rows


def _of_speakers(values: dict[str, list[np.ndarray]]) -> np.ndarray:
    """The mean over speakers of the mean over their films."""
    return np.mean([np.mean(each, axis=0) for each in values.values()], axis=0)


def main(arguments: list[str] | None = None) -> int:
    """The command line of this module."""
    parser = argparse.ArgumentParser(prog="python -m styletalk_research.datasets.face_map", description=__doc__)
    parser.add_argument("data", type=Path)
    learn_face_map(list(known_films(parser.parse_args(arguments).data))).save(MAP_FILE)
    return 0


if __name__ == "__main__":
    raise SystemExit(main())
