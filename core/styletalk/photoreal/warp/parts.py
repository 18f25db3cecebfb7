# SPDX-License-Identifier: Apache-2.0
"""Teeth, gums and tongue: drawn once from the open face's own, then moved as pictures."""

from dataclasses import dataclass

import numpy as np

from ...face.landmarks import LIPS, landmark_positions
from ...face.rasteriser import visible_fragments
from .limits import Pose
from .photo_face import JAW_OPEN, PhotoFace
from .sampling import Sampler

ANCHORS = 40
PIXELS_ACROSS = 420
"""The picture of a part before it is made smaller by SUPERSAMPLING."""
SUPERSAMPLING = 3
DEPTH_SHADE_M = 0.016
"""Over this depth behind the lips light falls to a third."""
LIGHT = np.array([0.0, -0.5, -0.87])
"""Towards the light, in the picture's axes: above and before the face."""


@dataclass(frozen=True, eq=False)
class Part:
    """A picture (premultiplied, with alpha) and how it lies on the photo: pixel = (place - corner) * factor.

    anchors: (A, 3) pixels from the neck. movement: (M + 4, A, 3), the last four the tongue's. fit: (3, A) the affine
    map of least squares from the anchors.
    """

    picture: Sampler
    corner: np.ndarray
    factor: float
    anchors: np.ndarray
    movement: np.ndarray
    fit: np.ndarray


def upper_teeth(face: PhotoFace, tint: np.ndarray) -> Part:
    """Teeth and gums that stay with the skull. tint: (3,) 0..255, the colour of white in the photo's light."""
    return _part(face, _jaw(face, ("teeth", "gums"), lower=False), tint)


def lower_teeth(face: PhotoFace, tint: np.ndarray) -> Part:
    """Teeth and gums that go with the jaw."""
    return _part(face, _jaw(face, ("teeth", "gums"), lower=True), tint)


def tongue(face: PhotoFace, tint: np.ndarray) -> Part:
    """The tongue."""
    return _part(face, face.model.triangles[face.model.region_triangles("tongue")], tint)


def _jaw(face: PhotoFace, names: tuple[str, ...], lower: bool) -> np.ndarray:
    from ...face.arkit_names import ARKIT_NAMES

    model = face.model
    triangles = model.triangles[model.region_triangles(*names)]
    way = np.linalg.norm(model.arkit[ARKIT_NAMES.index(JAW_OPEN)], axis=1)
    goes = way[triangles].max(axis=1) > 0.3 * way[triangles].max()
    return triangles[goes == lower]


def _part(face: PhotoFace, triangles: np.ndarray, tint: np.ndarray) -> Part:
    points = face.base[:, :2] + face.neck
    used = np.unique(triangles)
    corner, far = points[used].min(0) - 1, points[used].max(0) + 1
    factor = PIXELS_ACROSS / SUPERSAMPLING / float((far - corner).max())
    picture = _drawn(face, triangles, corner, factor * SUPERSAMPLING, tint)
    tongue_moves = (face.model.tongue.reshape(-1, 3) @ face.rotation.T).reshape(face.model.tongue.shape)
    some = used[np.linspace(0, len(used) - 1, ANCHORS).astype(int)]
    anchors = face.base[some]
    fit = np.linalg.pinv(np.concatenate([anchors[:, :2], np.ones((ANCHORS, 1))], axis=1)).astype(np.float32)
    movement = np.concatenate([face.movement[:, some], tongue_moves[:, some]])
    return Part(Sampler(picture), corner.astype(np.float32), factor, anchors, movement.astype(np.float32), fit)


def _drawn(face: PhotoFace, triangles: np.ndarray, corner: np.ndarray, factor: float, tint: np.ndarray) -> np.ndarray:
    """(h, w, 4) uint8, premultiplied."""
    screen = (face.base[:, :2] + face.neck - corner) * factor
    pixel, triangle, weights = visible_fragments(
        screen.astype(np.float64), face.base[:, 2].astype(np.float64), triangles, PIXELS_ACROSS
    )
    corners = triangles[triangle]
    model = face.model
    lips = landmark_positions(face.base, model.triangles, model.landmarks_mediapipe)[list(LIPS), 2].min()
    depth = (np.einsum("nk,nk->n", face.base[corners, 2], weights) - lips) / face.scale
    shade = np.exp(-np.maximum(depth - 0.004, 0) / DEPTH_SHADE_M)
    normals = _normals(face.base, triangles)
    normal = np.einsum("nkd,nk->nd", normals[corners], weights)
    normal /= np.maximum(np.linalg.norm(normal, axis=1, keepdims=True), 1e-9)
    shade = shade * (0.55 + 0.45 * np.clip(normal @ LIGHT, 0, 1))
    colour = np.einsum("nkd,nk->nd", model.colours[corners], weights) * shade[:, None] * tint
    image = np.zeros((PIXELS_ACROSS**2, 4), np.float32)
    image[pixel, :3], image[pixel, 3] = colour, 255
    side = PIXELS_ACROSS // SUPERSAMPLING
    image = image.reshape(side, SUPERSAMPLING, side, SUPERSAMPLING, 4).mean(axis=(1, 3))
    return np.clip(image + 0.5, 0, 255).astype(np.uint8)


def _normals(points: np.ndarray, triangles: np.ndarray) -> np.ndarray:
    """(V, 3), not of unit length, towards the camera."""
    a, b, c = (points[triangles[:, k]] for k in range(3))
    flat = np.cross(b - a, c - a)
    normals = np.zeros_like(points)
    for corner in range(3):
        np.add.at(normals, triangles[:, corner], flat)
    return np.where(normals[:, 2:] > 0, -normals, normals)


def laid(part: Part, row: np.ndarray, pose: Pose, neck: np.ndarray, x: np.ndarray, y: np.ndarray) -> np.ndarray:
    """(..., 4) float32, premultiplied: the part at the frame's x, y (...,). row: (M + 4,) of motion and tongue."""
    moved = part.anchors + np.tensordot(row, part.movement, 1)
    at = pose.factor * (moved @ pose.rotation[:2].T) + pose.shift
    affine = part.fit @ at  # (3, 2)
    back = np.linalg.inv(affine[:2].astype(np.float64))
    dx, dy = x - neck[0] - affine[2, 0], y - neck[1] - affine[2, 1]
    px = dx * back[0, 0] + dy * back[1, 0] + neck[0] - part.corner[0]
    py = dx * back[0, 1] + dy * back[1, 1] + neck[1] - part.corner[1]
    return part.picture.at((px * part.factor).astype(np.float32), (py * part.factor).astype(np.float32))
