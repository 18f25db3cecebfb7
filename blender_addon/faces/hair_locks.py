# SPDX-License-Identifier: GPL-3.0-or-later
"""The shape of hair: a cap that grows out of the scalp, and locks that are combed over it from a parting and fall."""

import functools
from dataclasses import dataclass

import numpy as np

from ..styletalk.face.model import FaceModel, open_face

HAIRLINE = ((0, 0.2250), (20, 0.2270), (36, 0.2230), (54, 0.2080), (68, 0.1830), (80, 0.1800), (98, 0.1830),
            (112, 0.1560), (124, 0.1200), (150, 0.0960), (180, 0.0900))  # fmt: skip
"""Degrees from the face round the head, and the height of the hairline there on the mean head (metres)."""
AXIS_M = (0.0, 0.012)
"""Where (x, z) the axis stands round which the hairline runs."""
GROWTH_M, SUNK_M = 0.026, 0.0025
"""How far from the hairline the cap has its full height, and how deep it ends under the skin outside of it."""
CROWN_Y, CROWN_Z = 0.235, -0.045
"""Where the parting ends: hair behind falls backwards."""
COARSE = 2
"""Each so many-th vertex of the skin is enough to keep hair out of it."""
EAR_M, EAR_REACH_M, EAR_DEPTH_M = (0.0725, 0.150, -0.014), (0.012, 0.042, 0.036), 0.013
"""The middle of the person's left ear, half its box, and how far long hair stands off the head there to cover it."""
HANGS_Y, INWARDS, LOOSE_M = 0.150, 0.16, 0.002
"""Under this height long hair hangs straight, a little inwards; above, no hair stands off the
head by more than that beyond its lift."""


@dataclass(frozen=True)
class Cut:
    """thick: the cap's height; locks, stations, width: of what lies on it; parting: its x. All in metres.

    lengths: of a lock that grows at the hairline, and of one from far above it. level: where locks end at the latest.
    lift: over the skin, at the root and at the tip. falls: gravity's share at the tip. varied: by how
    much locks differ in brightness, and how bright the cap is under them. covers_ears: whether it lies over them.
    """

    thick: float
    locks: int
    stations: int
    width: float
    lengths: tuple[float, float]
    lift: tuple[float, float]
    falls: float
    parting: float = 0.0
    varied: float = 0.26
    cap_shade: float = 0.75
    level: float = -1.0
    covers_ears: bool = False


@dataclass(frozen=True)
class Hair:
    """points (n, 3) metres in core's axes; faces: corners of each; shades (n,): of the colour, 1 is as it is.

    skin (n, k), weights (n, k): the face's vertices with which each point goes, and how far.
    """

    points: np.ndarray
    faces: list[list[int]]
    shades: np.ndarray
    skin: np.ndarray
    weights: np.ndarray

    def moved(self, skin_moved: np.ndarray) -> np.ndarray:
        """(n, 3): how far the hair goes where the face's vertices go by (V, 3)."""
        return np.einsum("nkc,nk->nc", skin_moved[self.skin], self.weights)


NEIGHBOURS, NEAR_M = 8, 0.004
"""So many vertices of the skin carry a point of the hair; those nearer than this alike."""
BALD = "NONE"
CUTS = {
    "SHORT": Cut(0.006, 560, 4, 0.0062, (0.007, 0.046), (0.0030, 0.0024), 0.25, parting=0.036),
    "CROPPED": Cut(0.0022, 1150, 2, 0.0022, (0.004, 0.009), (0.0012, 0.0018), 0.1, varied=0.1, cap_shade=0.9),
    "BOB": Cut(
        0.007, 325, 9, 0.0128, (0.12, 0.26), (0.0050, 0.0100), 0.9, parting=0.020, level=0.062, covers_ears=True
    ),
}


@functools.lru_cache(maxsize=3)
def grown(cut_name: str) -> Hair:
    """Hair of CUTS on the mean of the open face."""
    model, cut = open_face(), CUTS[cut_name]
    cap, faces, height = _cap(model, cut)
    lines = _locks(model, cap, faces, height, cut)
    locks, lock_faces = _ridges(lines, cut.width)
    random = np.random.default_rng(3)
    along = np.append(np.repeat(np.arange(cut.stations), 3), cut.stations) / cut.stations
    shades = random.uniform(1 - cut.varied, 1 + cut.varied, (len(lines), 1)) * (0.8 + 0.35 * along)
    corners = [*faces, *([i + len(cap) for i in face] for face in lock_faces)]
    points = np.concatenate([cap, locks])
    shades = np.concatenate([np.full(len(cap), cut.cap_shade), shades.ravel()])
    return Hair(points, corners, shades, *_bound(model, points))


def _bound(model: FaceModel, points: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """The vertices of the skin near to each point, (n, NEIGHBOURS), and how much it goes with each; rows sum to 1."""
    skin = np.unique(model.triangles[model.region_triangles("skin")])[::COARSE]
    head = model.mean[skin].astype(np.float64)
    distance = (points**2).sum(1)[:, None] - 2 * points @ head.T + (head**2).sum(1)
    near = np.argpartition(distance, NEIGHBOURS, axis=1)[:, :NEIGHBOURS]
    weights = 1 / (np.take_along_axis(distance, near, 1) + NEAR_M**2)
    return skin[near], weights / weights.sum(1, keepdims=True)


def _cap(model: FaceModel, cut: Cut) -> tuple[np.ndarray, list[list[int]], np.ndarray]:
    """Points (n, 3), polygons, and each point's height over the hairline.

    The cap sinks into the skin outside of the hairline, so that its edge is where both surfaces meet.
    """
    mean, starts = model.mean.astype(np.float64), np.concatenate([[0], np.cumsum(model.face_sizes)])
    height = _over_hairline(mean)
    skin = model.region_names.index("skin")
    loops = [
        model.face_loops[starts[k] : starts[k + 1]].tolist()
        for k in np.flatnonzero(model.face_regions == skin)
        if height[model.face_loops[starts[k] : starts[k + 1]]].max() > -0.004
    ]
    used, corners = np.unique(np.concatenate(loops), return_inverse=True)
    ends = np.cumsum([len(loop) for loop in loops])[:-1]
    faces = [part.tolist() for part in np.split(corners.reshape(-1), ends)]
    rise = np.clip(height[used] / GROWTH_M, 0, 1)
    lift = cut.thick * (1 - (1 - rise) ** 2) - SUNK_M * np.clip(-height[used] / 0.006, 0, 1)
    normals = _normals(mean, model.triangles)[used]
    return mean[used] + lift[:, None] * normals, faces, height[used]


def _over_hairline(points: np.ndarray) -> np.ndarray:
    angles, heights = np.array(HAIRLINE).T
    round_head = np.degrees(np.abs(np.arctan2(points[:, 0] - AXIS_M[0], points[:, 2] - AXIS_M[1])))
    return points[:, 1] - np.interp(round_head, angles, heights)


def _normals(points: np.ndarray, triangles: np.ndarray) -> np.ndarray:
    a, b, c = (points[triangles[:, k]] for k in range(3))
    flat = np.cross(b - a, c - a)
    normals = np.zeros_like(points)
    for k in range(3):
        np.add.at(normals, triangles[:, k], flat)
    return _unit(normals)


def _unit(vectors: np.ndarray) -> np.ndarray:
    return vectors / np.maximum(np.linalg.norm(vectors, axis=-1, keepdims=True), 1e-9)


def _locks(model: FaceModel, cap: np.ndarray, faces: list[list[int]], height: np.ndarray, cut: Cut) -> np.ndarray:
    """(locks, stations + 1, 3): lines that are combed from the parting over the head, and hang where it ends."""
    random = np.random.default_rng(1)
    root, over = _roots(cap, faces, height, cut.locks, random)
    length = np.interp(over, (0.0, 0.05), cut.lengths) * random.uniform(0.85, 1.1, cut.locks)
    step = (length / cut.stations)[:, None]
    mean = model.mean.astype(np.float64)
    skin = np.unique(model.triangles[model.region_triangles("skin")])[::COARSE]
    skin = skin[_beside_ears(mean[skin]) >= 1]
    head, outwards = mean[skin], _normals(mean, model.triangles)[skin]
    loose = random.normal(0, 1, (cut.locks, 3)) * 0.10
    lines, point = [], root
    for station in range(cut.stations + 1):
        share = station / cut.stations
        lift = cut.lift[0] + share * (cut.lift[1] - cut.lift[0])
        covers = EAR_DEPTH_M * cut.covers_ears * np.exp(-(np.maximum(_beside_ears(point) - 0.8, 0) ** 2))
        point, normal = _outside(point, head, outwards, lift + covers)
        lines.append(point)
        way = _combed(point, normal, cut, share) + loose * share
        ends = np.clip((point[:, 1] - cut.level) / 0.03, 0.0, 1.0)[:, None]
        point = point + step * _unit(way) * np.where(way[:, 1:2] < 0, ends, 1.0)
    return np.stack(lines, 1)


def _roots(
    cap: np.ndarray, faces: list[list[int]], height: np.ndarray, count: int, random: np.random.Generator
) -> tuple[np.ndarray, np.ndarray]:
    """(count, 3) places on the cap, evenly by area, and how far over the hairline each is."""
    triangles = np.array([(face[0], face[k], face[k + 1]) for face in faces for k in range(1, len(face) - 1)])
    triangles = triangles[height[triangles].min(1) > 0.001]
    a, b, c = (cap[triangles[:, k]] for k in range(3))
    shares = np.cumsum(np.linalg.norm(np.cross(b - a, c - a), axis=1))
    chosen = np.searchsorted(shares, (np.arange(count) + random.uniform(0, 1, count)) / count * shares[-1])
    chosen = triangles[np.minimum(chosen, len(triangles) - 1)]
    weights = random.dirichlet((1, 1, 1), count)
    return np.einsum("nkc,nk->nc", cap[chosen], weights), np.einsum("nk,nk->n", height[chosen], weights)


def _combed(point: np.ndarray, normal: np.ndarray, cut: Cut, share: float) -> np.ndarray:
    """(n, 3): where hair goes from a place: away from the parting, behind the crown backwards, down by its weight."""
    side = np.where(point[:, 0] >= cut.parting, 1.0, -1.0)
    behind = np.clip((CROWN_Z + 0.03 - point[:, 2]) / 0.05, 0, 1)
    front = np.clip((point[:, 2] - 0.03) / 0.06, 0, 1)
    way = np.stack([side * (1 - 0.8 * behind), -0.55 - 0.45 * behind, -0.25 - 0.5 * behind - 0.5 * front], 1)
    way -= (way * normal).sum(1, keepdims=True) * normal  # along the skin
    fall = np.where(cut.covers_ears & (point[:, 1] < HANGS_Y), 1.0, cut.falls * share)[:, None]
    down = np.stack([-INWARDS * np.sign(point[:, 0]), np.full(len(point), -1.0), np.zeros(len(point))], 1)
    return (1 - fall) * _unit(way) + fall * down


def _beside_ears(points: np.ndarray) -> np.ndarray:
    """(n,) below 1 in the box of an ear, the more the farther from it."""
    return np.abs((np.abs(points) * (1, 0, 0) + points * (0, 1, 1) - EAR_M) / EAR_REACH_M).max(1)


def _outside(
    point: np.ndarray, head: np.ndarray, outwards: np.ndarray, lift: np.ndarray
) -> tuple[np.ndarray, np.ndarray]:  # fmt: skip
    """The points, at least `lift` over the nearest skin, and its normals; what hangs under the ears may stand off."""
    distance = (point**2).sum(1)[:, None] - 2 * point @ head.T + (head**2).sum(1)
    nearest = distance.argmin(1)
    normal = outwards[nearest]
    over = ((point - head[nearest]) * normal).sum(1)
    high = np.where(point[:, 1] > HANGS_Y, np.maximum(over - lift - LOOSE_M, 0), 0)
    return point + (np.maximum(lift - over, 0) - high)[:, None] * normal, normal


def _ridges(lines: np.ndarray, width: float) -> tuple[np.ndarray, list[list[int]]]:
    """Locks like roofs along lines (n, s + 1, 3): two edges and a ridge, ending in a tip."""
    count, stations = lines.shape[0], lines.shape[1] - 1
    along = _unit(np.gradient(lines, axis=1)[:, :stations])
    out = lines[:, :stations] - (0.0, 0.15, 0.0)
    side = _unit(np.cross(along, out))
    out = np.cross(side, along)
    share = np.arange(stations) / stations
    broad = (width / 2 * (0.7 + 0.6 * share) * np.sqrt(1 - share**3))[None, :, None]
    corners = [lines[:, :stations] + broad * (x * side + z * out) for x, z in ((-1, -0.05), (0, 0.32), (1, -0.05))]
    points = np.concatenate([np.stack(corners, 2).reshape(count, -1, 3), lines[:, -1:]], 1)
    size, faces = 3 * stations + 1, []
    for at in range(0, count * size, size):
        for k in (0, 1):
            faces += [[r + k, r + k + 1, r + k + 4, r + k + 3] for r in range(at, at + 3 * (stations - 1), 3)]
            faces.append([at + size - 4 + k, at + size - 3 + k, at + size - 1])
    return points.reshape(-1, 3), faces
