# SPDX-License-Identifier: Apache-2.0
"""The landmark tables of the open face: MediaPipe's 478, iBUG's 68, and the lines across the lips."""

import numpy as np

from styletalk.face.landmarks import landmark_positions
from styletalk.face.model import Landmarks
from styletalk.face.retarget import ARKIT_NAMES

from . import detect, lids, rest
from .detect import IRIS, LIPS
from .head import Head
from .makehuman import BaseMesh
from .render import Camera, Painter

MOUTH_OPEN, EYES_WIDE = 0.3, 0.5
"""Poses for the detector: closed lips swap upper and lower points, lids hide their margin."""
LIP_SEAM_RING = 468
LIP_COLUMNS_M = np.linspace(-0.0135, 0.0135, 9)
LIP_PROFILE_RINGS = (455, 466, 467, 509, 468, 474, 520, 537, 554)
SKIN_REGIONS = ("skin", "lips")
EYE_REGIONS = ("eye_white", "iris", "pupil")


def mediapipe_landmarks(
    base: BaseMesh, head: Head, mean: np.ndarray, arkit: np.ndarray, triangles: np.ndarray, regions: np.ndarray,
    painter: Painter,
) -> Landmarks:  # fmt: skip
    """Find MediaPipe's landmarks on the head. regions: (F,) of the triangles."""
    shape = dict(zip(ARKIT_NAMES, arkit, strict=True))
    wide = mean + EYES_WIDE * (shape["eyeWideLeft"] + shape["eyeWideRight"])
    open_mouth = mean + MOUTH_OPEN * shape["jawOpen"]
    eyes = mean[np.concatenate(head.eye_vertices)].mean(0)
    target = (0.0, float(eyes[1]) - 0.03, 0.0)
    cameras = [
        Camera(target, height, size=size) for height, size in ((0.32, 512), (0.36, 512), (0.30, 640), (0.40, 640))
    ]
    skin, balls = (np.isin(regions, [head.names.index(n) for n in names]) for names in (SKIN_REGIONS, EYE_REGIONS))
    found_wide, found_open = (detect.detected(painter, shape, cameras) for shape in (wide, open_mouth))
    points = detect.cast(found_wide, wide, triangles, skin, cameras[0])
    for indices, found, posed, allowed in ((LIPS, found_open, open_mouth, skin), (IRIS, found_wide, wide, balls)):
        points = detect.updated(
            points, indices, detect.cast(found[list(indices)], posed, triangles, allowed, cameras[0])
        )
    points = _on_the_seam(head, points, open_mouth, triangles)
    points = _on_the_lid_margins(base, head, points, wide, triangles)
    return Landmarks(points.triangles.astype(np.int32), points.weights.astype(np.float32))


def ibug_landmarks(landmarks: Landmarks) -> Landmarks:
    """The 68 as a choice of the 478."""
    chosen = list(detect.IBUG_68)
    return Landmarks(landmarks.triangles[chosen], landmarks.weights[chosen])


def lip_lines(head: Head, mean: np.ndarray, triangles: np.ndarray) -> tuple[Landmarks, Landmarks]:
    """Lines across the upper and the lower lip at LIP_COLUMNS_M, from the front inwards, column after column."""
    both = []
    for half in (0, 1):
        edges = [
            rest.ring_crossing(mean, rest.lip_halves(head.mouth_rings[ring])[half], float(x))
            for x in LIP_COLUMNS_M
            for ring in LIP_PROFILE_RINGS
        ]
        both.append(_edge_points(edges, triangles))
    return both[0], both[1]


def _on_the_seam(head: Head, points: Landmarks, vertices: np.ndarray, triangles: np.ndarray) -> Landmarks:
    """The inner lip points onto the edge where the lips meet, at the same place across the mouth."""
    upper, lower = rest.lip_halves(head.mouth_rings[LIP_SEAM_RING])
    for half, indices in ((upper, detect.INNER_LIP_UPPER), (lower, detect.INNER_LIP_LOWER)):
        points = _snapped(points, indices, half, vertices, triangles)
    return points


def _on_the_lid_margins(
    base: BaseMesh, head: Head, points: Landmarks, vertices: np.ndarray, triangles: np.ndarray
) -> Landmarks:
    for name, indices in detect.LIDS.items():
        side, lid = name.split("_")
        margin = lids.lid_rings(base, head, side)[lids.MARGIN_RING]
        places = lids.UPPER if lid == "upper" else lids.LOWER
        points = _snapped(points, indices, margin[list(places)], vertices, triangles)
    return points


def _snapped(
    points: Landmarks, indices: tuple[int, ...], line: np.ndarray, vertices: np.ndarray, triangles: np.ndarray
) -> Landmarks:
    where = landmark_positions(vertices, triangles, points)[list(indices)]
    edges = [_nearest_on_line(place, line, vertices) for place in where]
    return detect.updated(points, indices, _edge_points(edges, triangles))


def _nearest_on_line(point: np.ndarray, line: np.ndarray, vertices: np.ndarray) -> tuple[int, int, float]:
    """Where a chain of vertices is nearest to a point in the picture: two vertices, weight of the second."""
    start, end = vertices[line[:-1], :2], vertices[line[1:], :2]
    along = end - start
    share = np.clip(((point[:2] - start) * along).sum(1) / np.maximum((along * along).sum(1), 1e-12), 0, 1)
    k = int(np.linalg.norm(start + share[:, None] * along - point[:2], axis=1).argmin())
    return int(line[k]), int(line[k + 1]), float(share[k])


def _edge_points(edges: list[tuple[int, int, float]], triangles: np.ndarray) -> Landmarks:
    """Points on mesh edges as barycentric points of a triangle beside each."""
    found, weights = [], []
    for a, b, share in edges:
        triangle = int(np.flatnonzero((triangles == a).any(1) & (triangles == b).any(1))[0])
        found.append(triangle)
        weights.append([(1 - share) * (i == a) + share * (i == b) for i in triangles[triangle]])
    return Landmarks(np.array(found, np.int32), np.array(weights, np.float32))
