# SPDX-License-Identifier: Apache-2.0
"""Points on the face and what is measured between them: mouth gap, mouth width, eye opening, lip distance."""

from collections.abc import Callable

import numpy as np

from .model import FaceModel, Landmarks, checked_coefficients

TRACK_NAMES = ("mouth gap", "mouth width", "eye opening")
MOUTH_GAP = (13, 14)
MOUTH_WIDTH = (61, 291)
EYE_OPENINGS = ((159, 145), (386, 374))
EYE_DISTANCE = (33, 263)
"""MediaPipe landmarks: inner lips, mouth corners, upper and lower lid of the right and left eye, outer eye corners."""
LIPS = (61, 40, 37, 0, 267, 270, 291, 321, 314, 17, 84, 91, 78, 81, 13, 311, 308, 402, 14, 178)
"""MediaPipe landmarks round the outer and the inner edge of the lips."""
MIDDLE_M = 0.006
"""Columns this near to the midline count as the middle of the mouth."""
NO_SPAN_M = 1.0
CHUNK_ROWS = 2048
"""Rows that are measured at a time, so that an hour takes no more memory than a minute."""


def landmark_positions(vertices: np.ndarray, triangles: np.ndarray, landmarks: Landmarks) -> np.ndarray:
    """Landmark positions p_n = Σ_k w_nk v_nk. vertices: (..., V, 3). Returns (..., N, 3), same unit."""
    corners = vertices[..., triangles[landmarks.triangles], :]  # (..., N, 3 corners, 3)
    return np.einsum("nk,...nkd->...nd", landmarks.weights, corners)


def landmark_movement(model: FaceModel, landmarks: Landmarks, coefficients: np.ndarray) -> np.ndarray:
    """(T, N, 3) metres: landmarks of the mean face under coefficients (T, 64), without making whole meshes."""
    rest = landmark_positions(model.mean, model.triangles, landmarks)
    columns = landmark_positions(model.expression, model.triangles, landmarks)  # (64, N, 3)
    return rest + np.tensordot(checked_coefficients(coefficients), columns, 1)


def tracks(points: np.ndarray) -> np.ndarray:
    """Mouth gap, mouth width and eye opening of MediaPipe landmarks in a picture plane.

    points: (..., 478, 2 or more) with x to the right of the picture and y DOWN. Returns (..., 3) in the points' unit;
    linear in the points, so it serves positions and Jacobians alike.
    """
    gap = points[..., MOUTH_GAP[1], 1] - points[..., MOUTH_GAP[0], 1]
    width = points[..., MOUTH_WIDTH[1], 0] - points[..., MOUTH_WIDTH[0], 0]
    eyes = sum(points[..., lower, 1] - points[..., upper, 1] for upper, lower in EYE_OPENINGS) / len(EYE_OPENINGS)
    return np.stack([gap, width, eyes], -1)


def face_tracks(model: FaceModel, coefficients: np.ndarray) -> np.ndarray:
    """(T, 3): `tracks` of the mesh seen from the front, in units of the distance between the outer eye corners."""
    rest = landmark_positions(model.mean, model.triangles, model.landmarks_mediapipe)
    unit = np.linalg.norm(rest[EYE_DISTANCE[0]] - rest[EYE_DISTANCE[1]])

    def chunk(rows: np.ndarray) -> np.ndarray:
        return tracks(landmark_movement(model, model.landmarks_mediapipe, rows)[..., :2] * (1, -1)) / unit

    return _in_chunks(chunk, coefficients)


def mouth_width_row(model: FaceModel) -> np.ndarray:
    """(64,) how each coefficient widens the mouth, in distances between the outer eye corners."""
    return (face_tracks(model, np.eye(64, dtype=np.float32)) - face_tracks(model, np.zeros((1, 64), np.float32)))[:, 1]


def _in_chunks(measure: Callable[[np.ndarray], np.ndarray], rows: np.ndarray) -> np.ndarray:
    """What `measure` makes of each row, a chunk at a time."""
    starts = range(0, max(1, len(rows)), CHUNK_ROWS)
    return np.concatenate([measure(rows[start : start + CHUNK_ROWS]) for start in starts])


def eye_openness(model: FaceModel, coefficients: np.ndarray) -> np.ndarray:
    """(T, 2): how far the coefficients alone open the person's left and right eye, 1 at rest, 0 shut.

    The lid's way in a blink of 1 is measured from the eye at rest: an eye that is open by o closes at a blink of o.
    """
    rest = landmark_positions(model.mean, model.triangles, model.landmarks_mediapipe)

    def chunk(rows: np.ndarray) -> np.ndarray:
        return _eye_gaps(landmark_movement(model, model.landmarks_mediapipe, rows)) / _eye_gaps(rest)

    return _in_chunks(chunk, coefficients)


def _eye_gaps(points: np.ndarray) -> np.ndarray:
    """(..., 2): height of the upper over the lower lid of the person's left and right eye, points (..., 478, 3)."""
    right, left = EYE_OPENINGS
    return np.stack([points[..., upper, 1] - points[..., lower, 1] for upper, lower in (left, right)], -1)


def lip_profiles(model: FaceModel, vertices: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """Lines across the upper and the lower lip: two arrays (T, C, K, 3), metres, from the front inwards."""
    shape = (len(vertices), model.lip_columns, -1, 3)
    upper, lower = (landmark_positions(vertices, model.triangles, line) for line in (model.lip_upper, model.lip_lower))
    return upper.reshape(shape), lower.reshape(shape)


def lip_clearance_mm(model: FaceModel, face: np.ndarray) -> np.ndarray:
    """Distance between the lips in each column across the mouth, in millimetres; negative where they overlap.

    face: (T, V, 3) vertices, or (T, 64) coefficients of the mean face. Returns (T, C) float, right to left. Open: the
    shortest way between the two profiles. Passing: how deep the upper profile lies below the lower one.
    """
    return _in_chunks(lambda rows: _clearance_mm(model, rows), face)


def _clearance_mm(model: FaceModel, face: np.ndarray) -> np.ndarray:
    if face.ndim == 2:
        rows = [landmark_movement(model, line, face) for line in (model.lip_upper, model.lip_lower)]
        upper, lower = (row.reshape(len(face), model.lip_columns, -1, 3) for row in rows)
    else:
        upper, lower = lip_profiles(model, face)
    above = np.minimum(_height_over(upper, lower), _height_over(lower, upper, flip=True))
    apart = np.minimum(_nearest(upper, lower), _nearest(lower, upper))
    return np.where(above < 0, above, apart) * 1000.0


def inner_lip_distance_mm(model: FaceModel, face: np.ndarray) -> np.ndarray:
    """How far the lips stand apart in the middle of the mouth, in millimetres; negative when they pass into each other.

    face: (T, V, 3) vertices, or (T, 64) coefficients of the mean face. Returns (T,): the mean of the middle columns.
    """
    return lip_clearance_mm(model, face)[:, middle_columns(model)].mean(1)


def middle_columns(model: FaceModel) -> np.ndarray:
    """(C,) bool: the columns of the lips beside the midline."""
    upper, _ = lip_profiles(model, model.mean[None])
    return np.abs(upper[0, :, 0, 0]) < MIDDLE_M


def lip_gap_rows(model: FaceModel) -> tuple[np.ndarray, np.ndarray]:
    """The lips' distance as a linear function of the coefficients: distance_mm ≈ rest + J δ, near closure.

    Returns rest (P,) and J (P, 64), millimetres: height of the upper lip over the lower one at the place of each
    column where they come nearest at rest. P = lip_columns, right to left.
    """
    upper, lower = lip_profiles(model, model.mean[None])
    columns = [
        landmark_positions(model.expression, model.triangles, line) for line in (model.lip_upper, model.lip_lower)
    ]
    shape = (len(model.expression), model.lip_columns, -1, 3)
    upper_columns, lower_columns = (column.reshape(shape) for column in columns)
    rest, jacobian = [], []
    for c in range(model.lip_columns):
        at, place, share, swapped = _contact(upper[0, c], lower[0, c])
        ends = (
            ((lower, lower_columns), (upper, upper_columns))
            if swapped
            else ((upper, upper_columns), (lower, lower_columns))
        )
        (points, point_columns), (line, line_columns) = ends
        sign = -1000.0 if swapped else 1000.0
        rest.append(sign * (points[0, c, at, 1] - _between(line[0, c], place, share)[1]))
        jacobian.append(sign * (point_columns[:, c, at, 1] - _between(line_columns[:, c], place, share)[:, 1]))
    return np.array(rest), np.array(jacobian)


def _contact(upper: np.ndarray, lower: np.ndarray) -> tuple[int, int, float, bool]:
    """Where two profiles (K, 3) come nearest in height: a point of one, a segment of the other, the share along it.

    The last is True where the point is the lower lip's and the segment the upper one's.
    """
    found = [(*_lowest(upper, lower, 1.0), False), (*_lowest(lower, upper, -1.0), True)]
    return min(found)[1:]


def _lowest(points: np.ndarray, line: np.ndarray, sign: float) -> tuple[float, int, int, float]:
    best = (NO_SPAN_M, 0, 0, 0.0)
    for at, point in enumerate(points):
        for place in range(len(line) - 1):
            share = float(_share(point[2], line[place, 2], line[place + 1, 2]))
            height = sign * float(point[1] - _between(line, place, share)[1])
            if 0 <= share <= 1 and height < best[0]:
                best = (height, at, place, share)
    return best


def _share(z: np.ndarray, start: np.ndarray, end: np.ndarray) -> np.ndarray:
    step = end - start
    return (z - start) / np.where(np.abs(step) < 1e-9, 1e-9, step)


def _between(line: np.ndarray, place: int, share: float) -> np.ndarray:
    return line[..., place, :] * (1 - share) + line[..., place + 1, :] * share


def _height_over(points: np.ndarray, line: np.ndarray, flip: bool = False) -> np.ndarray:
    """(T, C): least height of points (T, C, K, 3) above a line (T, C, K, 3), over the depths z that both have.

    flip: the points belong to the lower lip and the line to the upper one.
    """
    start, end = line[..., None, :-1, :], line[..., None, 1:, :]  # (T, C, 1, K-1, 3)
    share = _share(points[..., :, None, 2], start[..., 2], end[..., 2])  # (T, C, K, K-1)
    height = points[..., :, None, 1] - (start[..., 1] * (1 - share) + end[..., 1] * share)
    height = -height if flip else height
    return np.where((share >= 0) & (share <= 1), height, NO_SPAN_M).min((-1, -2))


def _nearest(points: np.ndarray, line: np.ndarray) -> np.ndarray:
    """(T, C): least distance from points to the segments of a line, both (T, C, K, 3), in the plane of y and z."""
    points, line = points[..., 1:], line[..., 1:]
    start = line[..., None, :-1, :]
    along = line[..., None, 1:, :] - start  # (T, C, 1, K-1, 2)
    offset = points[..., :, None, :] - start  # (T, C, K, K-1, 2)
    share = (offset * along).sum(-1) / np.maximum((along * along).sum(-1), 1e-12)
    rest = offset - np.clip(share, 0, 1)[..., None] * along
    return np.sqrt((rest * rest).sum(-1)).min((-1, -2))
