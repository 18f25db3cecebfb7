# SPDX-License-Identifier: Apache-2.0
"""MediaPipe's 478 landmarks on the head: find them in pictures, cast them back onto the mesh."""

import numpy as np

from styletalk.face.model import Landmarks

from .render import Camera, Painter

IRIS = tuple(range(468, 478))
INNER_LIP_UPPER = (78, 191, 80, 81, 82, 13, 312, 311, 310, 415, 308)
INNER_LIP_LOWER = (95, 88, 178, 87, 14, 317, 402, 318, 324)
OUTER_LIPS = (61, 185, 40, 39, 37, 0, 267, 269, 270, 409, 291, 146, 91, 181, 84, 17, 314, 405, 321, 375)
LIPS_BETWEEN = (76, 184, 74, 73, 72, 11, 302, 303, 304, 408, 306, 77, 90, 180, 85, 16, 315, 404, 320, 307,
                62, 183, 42, 41, 38, 12, 268, 271, 272, 407, 292, 96, 89, 179, 86, 15, 316, 403, 319, 325)  # fmt: skip
LIPS = INNER_LIP_UPPER + INNER_LIP_LOWER + OUTER_LIPS + LIPS_BETWEEN
LIDS = {
    "right_upper": (246, 161, 160, 159, 158, 157, 173), "right_lower": (7, 163, 144, 145, 153, 154, 155),
    "left_upper": (466, 388, 387, 386, 385, 384, 398), "left_lower": (249, 390, 373, 374, 380, 381, 382),
}  # fmt: skip
IBUG_68 = (162, 234, 93, 58, 172, 136, 149, 148, 152, 377, 378, 365, 397, 288, 323, 454, 389, 71, 63, 105, 66, 107,
           336, 296, 334, 293, 301, 168, 197, 5, 4, 75, 97, 2, 326, 305, 33, 160, 158, 133, 153, 144, 362, 385, 387,
           263, 373, 380, 61, 39, 37, 0, 267, 269, 291, 405, 314, 17, 84, 181, 78, 82, 13, 312, 308, 317, 14,
           87)  # fmt: skip
"""The 68 landmarks of the iBUG scheme as the nearest of the 478."""


def updated(points: Landmarks, indices: tuple[int, ...], others: Landmarks) -> Landmarks:
    """A copy in which the points `indices` are `others`, one for each."""
    triangles, weights = points.triangles.copy(), points.weights.copy()
    triangles[list(indices)], weights[list(indices)] = others.triangles, others.weights
    return Landmarks(triangles, weights)


def detected(painter: Painter, vertices: np.ndarray, cameras: list[Camera]) -> np.ndarray:
    """(478, 2): landmarks as tangents of the viewing angle, the mean over pictures from one place at several zooms.

    Raises RuntimeError where the detector sees no face.
    """
    import mediapipe

    face_mesh = mediapipe.solutions.face_mesh  # pyright: ignore[reportAttributeAccessIssue] - made at run time
    found = []
    options = {"static_image_mode": True, "refine_landmarks": True, "max_num_faces": 1, "min_detection_confidence": 0.3}
    with face_mesh.FaceMesh(**options) as mesh:
        for camera in cameras:
            result = mesh.process(painter.picture(vertices, camera))
            if not result.multi_face_landmarks:
                raise RuntimeError("the landmark detector sees no face in the rendered picture")
            points = np.array([[p.x, p.y] for p in result.multi_face_landmarks[0].landmark])
            found.append((points - 0.5) * camera.height / camera.distance)
    return np.mean(found, 0)


def cast(
    points: np.ndarray, vertices: np.ndarray, triangles: np.ndarray, allowed: np.ndarray, camera: Camera
) -> Landmarks:
    """Cast landmarks (N, 2), as `detected` gives them, onto the foremost allowed triangle that faces the camera.

    A point beside the silhouette goes to the nearest place of the nearest triangle in the picture.
    """
    seen = camera.project(vertices)
    flat = (seen[:, :2] / camera.size - 0.5) * camera.height / camera.distance
    corners = flat[triangles]  # (F, 3, 2), y down
    area = _cross(corners[:, 1] - corners[:, 0], corners[:, 2] - corners[:, 0])
    usable = np.flatnonzero(allowed & (area < -1e-9))  # y points down, so what faces us runs clockwise
    depth = seen[triangles[usable], 2].mean(1)
    chosen, weights = [], []
    for point in points:
        bary = _barycentric(point, corners[usable], area[usable])
        miss = np.maximum(-bary, 0).sum(1)
        hit = np.flatnonzero(miss < 1e-6)
        best = hit[depth[hit].argmin()] if len(hit) else _nearest(point, corners[usable], bary)
        inside = np.clip(bary[best], 0, None)
        chosen.append(usable[best])
        weights.append(inside / inside.sum())
    return Landmarks(np.array(chosen), np.array(weights))


def _cross(a: np.ndarray, b: np.ndarray) -> np.ndarray:
    return a[..., 0] * b[..., 1] - a[..., 1] * b[..., 0]


def _barycentric(point: np.ndarray, corners: np.ndarray, area: np.ndarray) -> np.ndarray:
    to = corners - point
    parts = [_cross(to[:, 1], to[:, 2]), _cross(to[:, 2], to[:, 0]), _cross(to[:, 0], to[:, 1])]
    return np.stack(parts, 1) / area[:, None]


def _nearest(point: np.ndarray, corners: np.ndarray, bary: np.ndarray) -> int:
    inside = np.clip(bary, 0, None)
    inside /= inside.sum(1, keepdims=True)
    places = np.einsum("fk,fkd->fd", inside, corners)
    return int(np.linalg.norm(places - point, axis=1).argmin())
