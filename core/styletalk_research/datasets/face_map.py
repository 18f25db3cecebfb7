# SPDX-License-Identifier: Apache-2.0
"""What landmarks say of the coefficients, learnt from films whose coefficients are known; ships as face_map.npz."""

from collections.abc import Sequence
from dataclasses import dataclass, replace

import numpy as np
from scipy.optimize import linear_sum_assignment

from styletalk.animation import EXPRESSION_DIM
from styletalk.face.landmarks import landmark_positions
from styletalk.face.model import open_face
from styletalk.tracking.fit.pose import TO_FACE, Pose, eye_distance, head_pose
from styletalk.tracking.fit.reference import FaceMap
from styletalk.tracking.tracks import FaceTrack

RIDGE = 1.0
"""In squared eye distances over all frames."""
TEMPLATE_PASSES = 3


@dataclass(frozen=True, eq=False)
class KnownFilm:
    """A track whose coefficients are known: frame i of the track shows row i. coefficients: (N, 64); angles: (N, 3)."""

    name: str
    speaker: str
    track: FaceTrack
    coefficients: np.ndarray
    angles: np.ndarray


def learn_face_map(films: Sequence[KnownFilm]) -> FaceMap:
    """The map from shape to coefficients within films, by ridge regression; each speaker counts alike in the means."""
    template = mean_face(films)
    known = FaceMap(template, mirror_of(template), np.zeros(3), np.zeros(0), np.zeros(0), np.zeros(0))
    size = template[:, :2].size
    means, levels, offsets, gram, product = {}, {}, {}, np.zeros((size, size)), np.zeros((size, EXPRESSION_DIM))
    for film in films:
        pose, points = _posed(film, template)
        shapes = pose.faces(points)[..., :2].reshape(len(points), -1) / eye_distance(template)
        centred, wanted = shapes - shapes.mean(0), film.coefficients - film.coefficients.mean(0)
        gram, product = gram + centred.T @ centred, product + centred.T @ wanted
        for means_of, value in ((means, shapes), (levels, film.coefficients), (offsets, pose.angles - film.angles)):
            means_of.setdefault(film.speaker, []).append(value.mean(0))
    slope = np.linalg.solve(gram + RIDGE * np.eye(len(gram)), product)
    mean, level, offset = (_of_speakers(each) for each in (means, levels, offsets))
    return replace(known, angle_offset=offset, mean=mean, level=level, slope=slope)


def mean_face(films: Sequence[KnownFilm]) -> np.ndarray:
    """(478, 3) metres: the mean of the films' faces, made symmetric, standing as the open face does."""
    model = open_face()
    rest = landmark_positions(model.mean, model.triangles, model.landmarks_mediapipe).astype(np.float64)
    template, mirror = rest, mirror_of(rest)
    for _ in range(TEMPLATE_PASSES):
        faces: dict[str, list[np.ndarray]] = {}
        for film in films:
            pose, points = _posed(film, template)
            faces.setdefault(film.speaker, []).append(pose.faces(points).mean(0))
        face = _of_speakers(faces)
        face = (face + face[mirror] * (-1, 1, 1)) / 2
        pose = head_pose(rest[None], face)
        template = pose.scale * face @ pose.rotation[0].T + pose.place
    return template


def mirror_of(points: np.ndarray) -> np.ndarray:
    """(478,) int: the landmark on the other side of a face (478, 3), nearest to each one's mirror image."""
    away = np.linalg.norm(points[:, None] - points[None] * (-1, 1, 1), axis=2)
    return linear_sum_assignment(away**2)[1]


def _posed(film: KnownFilm, template: np.ndarray) -> tuple[Pose, np.ndarray]:
    points = film.track.landmarks.astype(np.float64) * TO_FACE
    return head_pose(points, template), points


def _of_speakers(values: dict[str, list[np.ndarray]]) -> np.ndarray:
    """The mean over speakers of the mean over their films."""
    return np.mean([np.mean(each, axis=0) for each in values.values()], axis=0)
