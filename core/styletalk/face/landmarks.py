# SPDX-License-Identifier: Apache-2.0
"""Points on the face and what is measured between them: mouth gap, mouth width, eye opening, lip distance."""

import functools
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
LIP_CHUNK_ROWS = 48
"""Rows whose lips are measured at a time: what it takes stays in the processor's cache, and products are too small for
BLAS to start threads, which would wait for each other longer than they work."""


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


def _in_chunks(
    measure: Callable[[np.ndarray], np.ndarray], rows: np.ndarray, chunk_rows: int = CHUNK_ROWS
) -> np.ndarray:
    """What `measure` makes of each row, a chunk at a time."""
    starts = range(0, max(1, len(rows)), chunk_rows)
    return np.concatenate([measure(rows[start : start + chunk_rows]) for start in starts])


def eye_openness(model: FaceModel, coefficients: np.ndarray, upper: np.ndarray | None = None) -> np.ndarray:
    """(T, 2): how far coefficients, and upper (T, 15), open the person's left and right eye, 1 at rest, 0 shut.

    The lid's way in a blink of 1 is measured from the eye at rest: an eye that is open by o closes at a blink of o.
    """
    rest, movement, narrowing = _eye_movement(model)
    openness = 1.0 + checked_coefficients(coefficients) @ (movement / rest)
    return openness if upper is None or not len(narrowing) else openness + upper @ (narrowing / rest)


@functools.lru_cache(maxsize=2)
def _eye_movement(model: FaceModel) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """Height of the upper over the lower lid of the person's left and right eye at rest, (2,), and what one of each
    coefficient, (64, 2), and of each shape of the upper face, (15, 2) or (0, 2), adds to it, metres.
    """
    lids = np.array(EYE_OPENINGS[::-1]).T  # upper lids, lower lids
    ends = [
        landmark_positions(vertices, model.triangles, model.landmarks_mediapipe)[..., lids, 1]
        for vertices in (model.mean, model.expression, model.upper)
    ]
    rest, movement, narrowing = (each[..., 0, :] - each[..., 1, :] for each in ends)
    return rest, movement, narrowing


def _lip_lines(model: FaceModel, vertices: np.ndarray) -> np.ndarray:
    """Lines across both lips, from the front inwards: (y and z, upper and lower, K, C, T), metres. vertices: (T, V, 3).

    The longest axis comes last, where NumPy is quick.
    """
    lips = [landmark_positions(vertices, model.triangles, line) for line in (model.lip_upper, model.lip_lower)]
    lines = np.stack(lips).reshape(2, len(vertices), model.lip_columns, -1, 3)
    return np.ascontiguousarray(lines.transpose(4, 0, 3, 2, 1)[1:])


@functools.lru_cache(maxsize=2)
def _lip_movement(model: FaceModel) -> tuple[np.ndarray, np.ndarray]:
    """`_lip_lines` at rest, (2, 2, K, C, 1), and what one of each coefficient adds to them, (2, 2, K * C, 64).

    Each column has its own origin, in the middle of its points: near to it float32 has the most digits.
    """
    rest, movement = (_lip_lines(model, vertices) for vertices in (model.mean[None], model.expression))
    rest -= rest.mean(axis=(1, 2), keepdims=True)
    return rest, movement.reshape(2, 2, -1, len(model.expression))


def lip_clearance_mm(model: FaceModel, face: np.ndarray) -> np.ndarray:
    """Distance between the lips in each column across the mouth, in millimetres; negative where they overlap.

    face: (T, V, 3) vertices, or (T, 64) coefficients of the mean face. Returns (T, C) float, right to left. Open: the
    shortest way between the two profiles. Passing: how deep the upper profile lies below the lower one.
    """

    def chunk(rows: np.ndarray) -> np.ndarray:
        if rows.ndim == 3:
            return _clearance_mm(_lip_lines(model, rows))
        rest, movement = _lip_movement(model)
        moved = movement @ np.ascontiguousarray(checked_coefficients(rows).T)  # (2, 2, K * C, T)
        return _clearance_mm(rest + moved.reshape(*rest.shape[:-1], len(rows)))

    return _in_chunks(chunk, face, LIP_CHUNK_ROWS)


def _clearance_mm(lines: np.ndarray) -> np.ndarray:
    """(T, C): `lip_clearance_mm` of `_lip_lines`."""
    columns, rows = lines.shape[-2:]
    (y, z), (rise, depth) = offset, along = _offsets(lines)
    height, _ = _heights(offset, along)
    share = np.clip((y * rise + z * depth) / np.maximum(rise * rise + depth * depth, 1e-12), 0, 1)
    y, z = y - share * rise, z - share * depth
    above = height.reshape(-1, columns * rows).min(0)
    apart = np.sqrt((y * y + z * z).reshape(-1, columns * rows).min(0))
    return 1000.0 * np.where(above < 0, above, apart).reshape(columns, rows).T


def _offsets(lines: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """From the start of each segment to each point of the other lip, (2, 2, K, K - 1, C, T), and along the segment,
    (2, 2, 1, K - 1, C, T): y and z, the lip of the point, for `_lip_lines`.
    """
    other = lines[:, ::-1, None]
    return lines[:, :, :, None] - other[:, :, :, :-1], np.diff(other, axis=3)


def _heights(offset: np.ndarray, along: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """How far points of the upper lip lie above segments of the lower one, and segments of the upper lip above points
    of the lower one, where both have the same depth z, else NO_SPAN_M; and the share of the segment there.

    offset, along: see `_offsets`. Returns two arrays (2, K, K - 1, C, T).
    """
    (y, z), (rise, depth) = offset, along
    share = z / np.where(np.abs(depth) < 1e-9, np.float32(1e-9), depth)
    height = y - share * rise
    np.negative(height[1], out=height[1])
    return np.where((share >= 0) & (share <= 1), height, np.float32(NO_SPAN_M)), share


def inner_lip_distance_mm(model: FaceModel, face: np.ndarray) -> np.ndarray:
    """How far the lips stand apart in the middle of the mouth, in millimetres; negative when they pass into each other.

    face: (T, V, 3) vertices, or (T, 64) coefficients of the mean face. Returns (T,): the mean of the middle columns.
    """
    return lip_clearance_mm(model, face)[:, middle_columns(model)].mean(1)


def middle_columns(model: FaceModel) -> np.ndarray:
    """(C,) bool: the columns of the lips beside the midline."""
    upper = landmark_positions(model.mean, model.triangles, model.lip_upper).reshape(model.lip_columns, -1, 3)
    return np.abs(upper[:, 0, 0]) < MIDDLE_M


def lip_gap_rows(model: FaceModel) -> tuple[np.ndarray, np.ndarray]:
    """The lips' distance as a linear function of the coefficients: distance_mm ≈ rest + J δ, near closure.

    Returns rest (P,) and J (P, 64), millimetres: height of the upper lip over the lower one at the place of each
    column where they come nearest at rest. P = lip_columns, right to left.
    """
    rest, movement = _lip_movement(model)
    height, share = (each[..., 0] for each in _heights(*_offsets(rest)))  # (2, K, K - 1, C)
    columns, rises = np.arange(model.lip_columns), movement[0].reshape(*rest.shape[1:-1], -1)  # (2, K, C, 64)
    lip, point, place = np.unravel_index(height.reshape(-1, len(columns)).argmin(0), height.shape[:-1])
    at = share[lip, point, place, columns][:, None]
    start, end = (rises[1 - lip, place + step, columns] for step in (0, 1))  # (P, 64)
    sign = np.where(lip == 0, 1000.0, -1000.0)[:, None]
    jacobian = sign * (rises[lip, point, columns] - (start * (1 - at) + end * at))
    return 1000.0 * height[lip, point, place, columns], jacobian
