# SPDX-License-Identifier: Apache-2.0
"""Pictures of a mesh without Blender or a graphics card: a small z-buffer rasteriser in NumPy.

For looking at results, thumbnails of styles and reports. All pixels of all triangles of about one size are tested at
once, so a head of ten thousand triangles takes a fraction of a second.
"""

from dataclasses import dataclass

import numpy as np

VIEWS = {"front": (0.0, 0.0), "three-quarter": (35.0, 5.0), "side": (90.0, 0.0)}
"""Where the camera stands: degrees to the face's left, degrees up."""
SKIN_RGB = (0.80, 0.62, 0.53)
BACKGROUND_RGB = (0.16, 0.17, 0.19)
INSIDE_SHADE = 0.30
"""How bright the back of a surface is: what is seen through an open mouth is the inside of the skin."""
CAMERA_DISTANCE = 5.0
"""In radii of the framed mesh; far enough that noses keep their size."""
FILL = 0.88
"""The share of the picture that the framed mesh takes."""
MAX_FRAGMENTS = 1 << 22
_LIGHTS = (((-0.45, 0.55, 0.70), 0.62), ((0.80, 0.10, 0.45), 0.22), ((0.0, -0.6, 0.5), 0.08))
_AMBIENT = 0.16


@dataclass(frozen=True)
class Framing:
    """What the camera looks at: a centre (3,) and a radius, in the mesh's units. Share one among pictures of a film."""

    centre: np.ndarray
    radius: float

    @classmethod
    def of(cls, vertices: np.ndarray) -> "Framing":
        """The framing that shows all of (V, 3) vertices from any side."""
        low, high = np.min(vertices, axis=0), np.max(vertices, axis=0)
        centre = (low + high) / 2
        return cls(centre, float(np.linalg.norm(np.asarray(vertices) - centre, axis=1).max()) or 1.0)


def render_mesh(
    vertices: np.ndarray,
    triangles: np.ndarray,
    colours: np.ndarray | tuple[float, float, float] = SKIN_RGB,
    size: int = 256,
    view: "str | tuple[float, float]" = "front",
    framing: Framing | None = None,
    supersampling: int = 2,
) -> np.ndarray:
    """A picture of the mesh, (size, size, 3) uint8.

    vertices: (V, 3) float, y up, face towards +z. triangles: (F, 3) int, counter-clockwise from outside. colours: RGB
    in 0..1, one for all, (V, 3) or (F, 3). view: a name in VIEWS or (degrees to its left, degrees up). ValueError.
    """
    if isinstance(view, str) and view not in VIEWS:
        raise ValueError(f"No view {view!r}; there are {', '.join(VIEWS)}.")
    yaw, pitch = VIEWS[view] if isinstance(view, str) else view
    vertices = np.asarray(vertices, np.float64)
    triangles = np.asarray(triangles, np.int64)
    pixels = size * supersampling
    framing = framing or Framing.of(vertices)
    turned = (vertices - framing.centre) @ _camera(yaw, pitch).T / framing.radius
    screen, depth = _projected(turned, pixels)
    pixel, triangle, weights = visible_fragments(screen, depth, triangles, pixels)
    shaded = _shaded(turned, triangles, _triangle_colours(colours, len(vertices), triangles), triangle, weights)
    image = np.empty((pixels * pixels, 3))
    image[:] = BACKGROUND_RGB
    image[pixel] = shaded
    image = image.reshape(size, supersampling, size, supersampling, 3).mean(axis=(1, 3))
    return (np.clip(image, 0, 1) ** (1 / 1.1) * 255 + 0.5).astype(np.uint8)


def _camera(yaw_degrees: float, pitch_degrees: float) -> np.ndarray:
    """(3, 3) rotation that turns the mesh so that the camera on +z sees it from that side."""
    yaw, pitch = np.radians([yaw_degrees, pitch_degrees])
    cy, sy, cp, sp = np.cos(yaw), np.sin(yaw), np.cos(pitch), np.sin(pitch)
    around_y = np.array([[cy, 0, -sy], [0, 1, 0], [sy, 0, cy]])
    around_x = np.array([[1, 0, 0], [0, cp, -sp], [0, sp, cp]])
    return around_x @ around_y


def _projected(turned: np.ndarray, pixels: int) -> tuple[np.ndarray, np.ndarray]:
    """(V, 2) pixel positions, y down, and (V,) distances from the camera in radii."""
    depth = CAMERA_DISTANCE - turned[:, 2]
    scale = FILL * pixels / 2 * np.sqrt(CAMERA_DISTANCE**2 - 1)  # a ball of the framing's radius fills FILL
    screen = turned[:, :2] * [1, -1] * (scale / np.maximum(depth, 1e-3))[:, None] + pixels / 2
    return screen, depth


def visible_fragments(
    screen: np.ndarray, depth: np.ndarray, triangles: np.ndarray, pixels: int
) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """Which triangle is nearest at each covered pixel: pixel (N,), triangle (N,), barycentric weights (N, 3)."""
    corners = screen[triangles]  # (F, 3, 2)
    low = np.clip(np.ceil(corners.min(axis=1) - 0.5), 0, pixels - 1).astype(np.int64)
    high = np.clip(np.floor(corners.max(axis=1) - 0.5), 0, pixels - 1).astype(np.int64)
    extent = high - low + 1  # (F, 2): how many pixel centres the bounding box holds across and down
    sizes = np.array([1, 2, 3, 4, 6, 8, 12, 16, 24, 32, 48, 64, 128, 256, 512, 1024, 1 << 20])
    box = np.minimum(sizes[np.searchsorted(sizes, extent)], pixels)  # few sizes, so that many triangles share one
    box[(extent <= 0).any(axis=1)] = 0
    found = [(np.empty(0, np.int64), np.empty(0, np.int64), np.empty((0, 3)))]
    for width, height in np.unique(box[box.all(axis=1)], axis=0).tolist():
        members = np.flatnonzero((box == (width, height)).all(axis=1))
        at_once = max(1, MAX_FRAGMENTS // (width * height))
        for start in range(0, len(members), at_once):
            some = members[start : start + at_once]
            found.append(_fragments(some, corners[some], low[some], (width, height), pixels))
    pixel, triangle, weights = (np.concatenate(parts) for parts in zip(*found, strict=True))
    nearest = _nearest(pixel, np.einsum("nk,nk->n", depth[triangles[triangle]], weights), pixels * pixels)
    return pixel[nearest], triangle[nearest], weights[nearest]


def _nearest(pixel: np.ndarray, distance: np.ndarray, count: int) -> np.ndarray:
    """Which fragment is nearest at each pixel that has any: indices into `pixel`."""
    least = np.full(count, np.inf)
    np.minimum.at(least, pixel, distance)
    front = np.flatnonzero(distance == least[pixel])
    chosen = np.full(count, -1, np.int64)
    chosen[pixel[front]] = front  # of equals the last write to a pixel stays
    return chosen[chosen >= 0]


def _fragments(
    members: np.ndarray, corners: np.ndarray, low: np.ndarray, box: tuple[int, int], pixels: int
) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """The pixels whose centres lie in each of the n triangles `members`, tested over boxes (width, height) from `low`.

    corners: (n, 3, 2). A weight is an edge function a x + b y + c over twice the triangle's area.
    """
    x = low[:, :1] + np.arange(box[0])  # (n, width)
    y = low[:, 1:] + np.arange(box[1])  # (n, height)
    following, last = np.roll(corners, -1, axis=1), np.roll(corners, -2, axis=1)
    edge = last - following  # the side opposite each corner
    area = edge[:, 2, 0] * edge[:, 0, 1] - edge[:, 2, 1] * edge[:, 0, 0]
    edge = edge / np.where(np.abs(area) < 1e-9, np.inf, area)[:, None, None]  # seen edge on, it covers nothing
    sides = []
    for k in range(3):
        across = edge[:, k, :1] * (y + 0.5 - following[:, k, 1:])
        down = edge[:, k, 1:] * (x + 0.5 - following[:, k, :1])
        sides.append(across[:, :, None] - down[:, None, :])  # (n, height, width)
    inside = (sides[0] >= 0) & (sides[1] >= 0) & (sides[2] >= 0) & (sides[0] + sides[1] + sides[2] > 0.5)
    inside &= (x < pixels)[:, None, :] & (y < pixels)[:, :, None]
    which, row, column = np.nonzero(inside)
    weights = np.stack([side[which, row, column] for side in sides], axis=1)
    return y[which, row] * pixels + x[which, column], members[which], weights


def _triangle_colours(
    colours: np.ndarray | tuple[float, float, float], count: int, triangles: np.ndarray
) -> np.ndarray:
    """(F, 3 corners, 3) colours from one colour, one for each vertex or one for each triangle."""
    colours = np.asarray(colours, np.float64)
    if colours.ndim == 1:
        return np.broadcast_to(colours, (len(triangles), 3, 3))
    if len(colours) == count:
        return colours[triangles]
    if len(colours) == len(triangles):
        return np.broadcast_to(colours[:, None, :], (len(triangles), 3, 3))
    raise ValueError(f"{len(colours)} colours fit neither {count} vertices nor {len(triangles)} triangles.")


def _shaded(
    turned: np.ndarray, triangles: np.ndarray, colours: np.ndarray, triangle: np.ndarray, weights: np.ndarray
) -> np.ndarray:
    """(N, 3) colour of each fragment: three lamps on normals that are smooth across triangles."""
    normals = _vertex_normals(turned, triangles)
    normal = np.einsum("nkd,nk->nd", normals[triangles[triangle]], weights)
    normal /= np.maximum(np.linalg.norm(normal, axis=1, keepdims=True), 1e-12)
    a, b, c = (turned[triangles[:, k]] for k in range(3))
    outside = (np.cross(b - a, c - a) * ([0, 0, CAMERA_DISTANCE] - a)).sum(axis=1)[triangle] > 0
    light = np.full(len(normal), _AMBIENT)
    for direction, strength in _LIGHTS:
        towards = np.asarray(direction) / np.linalg.norm(direction)
        light += strength * np.clip(normal @ towards, 0, None)
    light = np.where(outside, light, INSIDE_SHADE * _AMBIENT + INSIDE_SHADE * 0.5 * light)
    colour = np.einsum("nkd,nk->nd", colours[triangle], weights)
    return colour * light[:, None] * 1.15


def _vertex_normals(vertices: np.ndarray, triangles: np.ndarray) -> np.ndarray:
    """(V, 3) unit normals, the mean of the triangles around each vertex weighted by their area."""
    a, b, c = (vertices[triangles[:, k]] for k in range(3))
    flat = np.cross(b - a, c - a)
    normals = np.zeros_like(vertices)
    for axis in range(3):
        for corner in range(3):
            normals[:, axis] += np.bincount(triangles[:, corner], flat[:, axis], minlength=len(vertices))
    return normals / np.maximum(np.linalg.norm(normals, axis=1, keepdims=True), 1e-12)
