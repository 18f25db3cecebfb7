# SPDX-License-Identifier: Apache-2.0
"""Teeth, gums and tongue: drawn once from the open face's own, then moved as pictures."""

from dataclasses import dataclass, replace

import numpy as np

from ...face.arkit_names import ARKIT_NAMES
from ...face.rasteriser import visible_fragments
from .limits import Pose
from .photo_face import PhotoFace
from .rims import POINTS, Rims
from .sampling import Sampler

ANCHORS = 40
MIN_ACROSS, MAX_ACROSS = 140, 500
"""Pixels of the picture of a part."""
SUPERSAMPLING = 3
UPPER_SHOWN_M, LOWER_HIDDEN_M = 0.003, 0.0025
"""The front teeth end so far below the upper lip's edge, and so far below the lower lip's."""
FRONT_M = 0.004
"""Teeth that lie no farther back than this behind the foremost are front teeth."""
TONGUE_SHADE, LOWER_SHADE = 0.6, 0.88
"""How bright tongue and lower teeth are beside the upper ones, in whose shadow they lie."""
DEPTH_SHADE_M = 0.022
"""Over this depth behind a part's front light falls to a third."""
JAW_OPEN = "jawOpen"
AMBIENT = 0.75
LIGHT = np.array([0.0, -0.5, -0.87])
"""Towards the light, in the picture's axes: above and before the face."""


@dataclass(frozen=True, eq=False)
class Part:
    """A picture (premultiplied, with alpha) and how it lies on the photo: pixel = (place - corner) * factor.

    anchors: (A, 3) pixels from the neck. movement: (M + 4, A, 3), the last four the tongue's. fit: (3, A) the affine
    map of least squares from the anchors. ends: (2, 2) pixels from the neck, where the front teeth end, and where their
    gum begins; None for the tongue. sign: 1 for teeth that end downwards, -1 upwards.
    """

    picture: Sampler
    corner: np.ndarray
    factor: float
    anchors: np.ndarray
    movement: np.ndarray
    fit: np.ndarray
    ends: np.ndarray | None = None
    sign: int = 1


def upper_teeth(face: PhotoFace, rims: Rims, tint: np.ndarray) -> Part:
    """Teeth and gums that stay with the skull, a little longer than the photo's upper lip. tint: (3,) 0..255, the
    colour of white in the photo's light.
    """
    edge = rims.upper[POINTS // 2] + rims.frame()[2] * UPPER_SHOWN_M * face.scale
    return _part(face, _jaw(face, ("teeth", "gums"), lower=False), tint, (edge, 1))


def lower_teeth(face: PhotoFace, rims: Rims, tint: np.ndarray) -> Part:
    """Teeth and gums that go with the jaw, hidden by the photo's lower lip."""
    edge = rims.lower[POINTS // 2] + rims.frame()[2] * LOWER_HIDDEN_M * face.scale
    return _part(face, _jaw(face, ("teeth", "gums"), lower=True), LOWER_SHADE * tint, (edge, -1))


def tongue(face: PhotoFace, tint: np.ndarray) -> Part:
    """The tongue."""
    return _part(face, face.model.triangles[face.model.region_triangles("tongue")], TONGUE_SHADE * tint)


def _jaw(face: PhotoFace, names: tuple[str, ...], lower: bool) -> np.ndarray:
    model = face.model
    triangles = model.triangles[model.region_triangles(*names)]
    way = np.linalg.norm(model.arkit[ARKIT_NAMES.index(JAW_OPEN)], axis=1)
    goes = way[triangles].max(axis=1) > 0.3 * way[triangles].max()
    return triangles[goes == lower]


def _part(face: PhotoFace, triangles: np.ndarray, tint: np.ndarray, edge: tuple[np.ndarray, int] | None = None) -> Part:
    """edge: (2,) the pixel where the front teeth end, and whether they end downwards, 1, or upwards, -1."""
    ends, sign = None, 1
    if edge is not None:
        face = replace(face, base=face.base + _to_edge(face, triangles, *edge))
        sign = edge[1]
        ends = np.stack([_front_end(face, triangles, name, sign) for name in ("teeth", "gums")])
    points = face.base[:, :2] + face.neck
    used = np.unique(triangles)
    corner, far = points[used].min(0) - 1, points[used].max(0) + 1
    across = float((far - corner).max())
    side = int(np.clip(across, MIN_ACROSS, MAX_ACROSS))
    factor = side / across
    picture = _drawn(face, triangles, corner, (factor, side), tint)
    tongue_moves = (face.model.tongue.reshape(-1, 3) @ face.rotation.T).reshape(face.model.tongue.shape)
    some = used[np.linspace(0, len(used) - 1, ANCHORS).astype(int)]
    anchors = face.base[some]
    fit = np.linalg.pinv(np.concatenate([anchors[:, :2], np.ones((ANCHORS, 1))], axis=1)).astype(np.float32)
    movement = np.concatenate([face.movement[:, some], tongue_moves[:, some]])
    return Part(
        Sampler(picture), corner.astype(np.float32), factor, anchors, movement.astype(np.float32), fit, ends, sign
    )


def _to_edge(face: PhotoFace, triangles: np.ndarray, edge: np.ndarray, sign: int) -> np.ndarray:
    """(3,) pixels up or down that bring the ends of the front teeth to the height of `edge`."""
    end = _front_end(face, triangles, "teeth", sign)[1]
    return np.array([0, edge[1] - face.neck[1] - end, 0], np.float32)


def _front_end(face: PhotoFace, triangles: np.ndarray, region: str, sign: int) -> np.ndarray:
    """(2,) pixels from the neck: how far the front of teeth or gums reaches, downwards for 1, upwards for -1."""
    these = np.intersect1d(triangles, face.model.triangles[face.model.region_triangles(region)])
    front = these[face.base[these, 2] < face.base[these, 2].min() + FRONT_M * face.scale]
    return np.array([face.base[front, 0].mean(), sign * np.percentile(sign * face.base[front, 1], 95)], np.float32)


def _drawn(
    face: PhotoFace, triangles: np.ndarray, corner: np.ndarray, scale: tuple[float, int], tint: np.ndarray
) -> np.ndarray:
    """(side, side, 4) uint8, premultiplied. scale: pixels of it a pixel of the photo, and its side."""
    factor, side = scale
    screen = (face.base[:, :2] + face.neck - corner) * factor * SUPERSAMPLING
    depth = face.base[:, 2].astype(np.float64)
    pixel, triangle, weights = visible_fragments(screen.astype(np.float64), depth, triangles, side * SUPERSAMPLING)
    corners = triangles[triangle]
    behind = (np.einsum("nk,nk->n", depth[corners], weights) - _front(face, triangles)) / face.scale
    light = np.exp(-np.maximum(behind, 0) / DEPTH_SHADE_M)
    normal = np.einsum("nkd,nk->nd", _normals(face.base, triangles)[corners], weights)
    normal /= np.maximum(np.linalg.norm(normal, axis=1, keepdims=True), 1e-9)
    shade = light * (AMBIENT + (1 - AMBIENT) * np.clip(normal @ LIGHT, 0, 1))
    colour = np.einsum("nkd,nk->nd", face.model.colours[corners], weights) * shade[:, None] * tint
    image = np.zeros(((side * SUPERSAMPLING) ** 2, 4), np.float32)
    image[pixel, :3], image[pixel, 3] = colour, 255
    image[pixel] *= np.clip(2 * light, 0, 1)[:, None]  # what lies deep is lost in the dark of the cavity
    image = image.reshape(side, SUPERSAMPLING, side, SUPERSAMPLING, 4).mean(axis=(1, 3))
    return np.clip(image + 0.5, 0, 255).astype(np.uint8)


def _front(face: PhotoFace, triangles: np.ndarray) -> float:
    """How far before the neck the foremost of these triangles lies, pixels along z."""
    return float(face.base[triangles, 2].min())


def _normals(points: np.ndarray, triangles: np.ndarray) -> np.ndarray:
    """(V, 3), not of unit length, towards the camera."""
    a, b, c = (points[triangles[:, k]] for k in range(3))
    flat = np.cross(b - a, c - a)
    normals = np.zeros_like(points)
    for corner in range(3):
        np.add.at(normals, triangles[:, corner], flat)
    return np.where(normals[:, 2:] > 0, -normals, normals)


def affine_of(part: Part, row: np.ndarray, pose: Pose) -> np.ndarray:
    """(3, 2): how the part lies in a frame, from and to pixels from the neck. row: (M + 4,) of motion and tongue."""
    moved = part.anchors + np.tensordot(row, part.movement, 1)
    return part.fit @ (pose.factor * (moved @ pose.rotation[:2].T) + pose.shift)


def laid(part: Part, affine: np.ndarray, neck: np.ndarray, x: np.ndarray, y: np.ndarray) -> np.ndarray:
    """(..., 4) float32, premultiplied: the part at the frame's x, y (...,). affine: as `affine_of`."""
    back = np.linalg.inv(affine[:2].astype(np.float64))
    dx, dy = x - neck[0] - affine[2, 0], y - neck[1] - affine[2, 1]
    px = dx * back[0, 0] + dy * back[1, 0] + neck[0] - part.corner[0]
    py = dx * back[0, 1] + dy * back[1, 1] + neck[1] - part.corner[1]
    return part.picture.at((px * part.factor).astype(np.float32), (py * part.factor).astype(np.float32))
