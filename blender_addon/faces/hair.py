# SPDX-License-Identifier: GPL-3.0-or-later
"""Hair for a talking face: a cap that grows out of the scalp, and locks that lie on it, made for the head at hand."""

from dataclasses import dataclass
from typing import Any

import bpy
import numpy as np

from ..styletalk.face.model import FaceModel
from .materials import plain_material

HAIRLINE = ((0, 0.2250), (20, 0.2270), (36, 0.2230), (54, 0.2080), (68, 0.1830), (80, 0.1800), (98, 0.1830),
            (112, 0.1560), (124, 0.1200), (150, 0.0960), (180, 0.0900))  # fmt: skip
"""Degrees from the face round the head, and the height of the hairline there on the mean head (metres)."""
AXIS_M = (0.0, 0.012)
"""Where (x, z) the axis stands round which the hairline runs."""
WHORL_M = (0.012, 0.262, -0.052)
"""Where the hair parts, behind the crown."""
GROWTH_M, SUNK_M = 0.026, 0.0025
"""How far from the hairline the cap has its full height, and how deep it ends under the skin outside of it."""
LEAST_LIFT = 0.12


@dataclass(frozen=True)
class Cut:
    """thick: the cap's height; locks, stations, length, width (metres): of what lies on it; falls: gravity's share."""

    thick: float
    locks: int
    stations: int
    length: float
    width: float
    falls: float


CUTS = {"SHORT": Cut(0.0075, 640, 4, 0.028, 0.0032, 0.22), "CROPPED": Cut(0.0028, 0, 0, 0.0, 0.0, 0.0)}
COLOURS = {"BROWN": (0.23, 0.15, 0.10), "BLACK": (0.07, 0.06, 0.06), "BLOND": (0.62, 0.47, 0.28),
           "RED": (0.42, 0.19, 0.09), "GREY": (0.55, 0.54, 0.53)}  # fmt: skip


def hair_mesh(model: FaceModel, style: str, colour: str, name: str) -> Any:
    """A mesh in core's axes turned to Blender's, with its material. style: of CUTS; colour: of COLOURS."""
    cut = CUTS[style]
    cap, faces, height = _cap(model, cut)
    locks, lock_faces = np.zeros((0, 3)), []
    if cut.locks:
        locks, lock_faces = _spikes(_locks(cap, faces, height, cut), cut.width)
    mesh = bpy.data.meshes.new(name)
    points = np.concatenate([cap, locks])
    corners = [*faces, *([i + len(cap) for i in face] for face in lock_faces)]
    mesh.from_pydata(np.stack([points[:, 0], -points[:, 2], points[:, 1]], 1).tolist(), [], corners)
    mesh.polygons.foreach_set("use_smooth", np.ones(len(corners), bool))
    mesh.materials.append(plain_material("hair", np.array(COLOURS[colour])))
    mesh.update()
    return mesh


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
    faces = [part.tolist() for part in np.split(corners, ends)]
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
    return normals / np.maximum(np.linalg.norm(normals, axis=1, keepdims=True), 1e-12)


def _locks(cap: np.ndarray, faces: list[list[int]], height: np.ndarray, cut: Cut) -> np.ndarray:
    """(locks, stations + 1, 3): lines that run from the whorl over the cap, and fall where it ends."""
    random = np.random.default_rng(1)
    triangles = np.array([(face[0], face[k], face[k + 1]) for face in faces for k in range(1, len(face) - 1)])
    triangles = triangles[height[triangles].min(1) > 0.001]
    a, b, c = (cap[triangles[:, k]] for k in range(3))
    area = np.linalg.norm(np.cross(b - a, c - a), axis=1)
    chosen = random.choice(len(triangles), cut.locks, p=area / area.sum())
    weights = random.dirichlet((1, 1, 1), cut.locks)
    normals = _normals(cap, triangles)
    point = np.einsum("nkc,nk->nc", cap[triangles[chosen]], weights)
    step = cut.length / cut.stations * random.uniform(0.75, 1.15, (cut.locks, 1))
    way = point - WHORL_M
    lines = [point]
    for station in range(cut.stations):
        fall = cut.falls * (station + 1) / cut.stations
        way = way / np.maximum(np.linalg.norm(way, axis=1, keepdims=True), 1e-9)
        way = (1 - fall) * way + fall * np.array([0.0, -1.0, 0.0]) + random.normal(0, 0.07, way.shape)
        point = point + step * way / np.linalg.norm(way, axis=1, keepdims=True)
        nearest = np.array([int(((cap - each) ** 2).sum(1).argmin()) for each in point])
        out = ((point - cap[nearest]) * normals[nearest]).sum(1)
        lift = LEAST_LIFT * cut.width * (1 if station < cut.stations - 1 else 0.5)
        beside = np.linalg.norm(point - cap[nearest], axis=1) < 0.02
        point = point + np.where(beside, np.maximum(lift - out, 0), 0)[:, None] * normals[nearest]
        lines.append(point)
        way = point - lines[-2]
    return np.stack(lines, 1)


def _spikes(lines: np.ndarray, width: float) -> tuple[np.ndarray, list[list[int]]]:
    """Three-sided locks round lines (n, s + 1, 3), broad in the middle, ending in a tip."""
    count, stations = lines.shape[0], lines.shape[1] - 1
    along = np.gradient(lines, axis=1)[:, :stations]
    along /= np.maximum(np.linalg.norm(along, axis=2, keepdims=True), 1e-9)
    out = lines[:, :stations] - (0.0, 0.15, 0.0)
    side = np.cross(along, out)
    side /= np.maximum(np.linalg.norm(side, axis=2, keepdims=True), 1e-9)
    out = np.cross(side, along)
    share = np.arange(stations) / stations
    broad = (width / 2 * (0.75 + share) * np.sqrt(1 - share**3))[None, :, None]
    corners = [lines[:, :stations] + broad * (x * side + z * out) for x, z in ((-1, 0), (1, 0), (0, 0.3))]
    points = np.concatenate([np.stack(corners, 2).reshape(count, -1, 3), lines[:, -1:]], 1)
    size, faces = 3 * stations + 1, []
    for at in range(0, count * size, size):
        for k in range(3):
            following = (k + 1) % 3
            rings = range(at, at + 3 * (stations - 1), 3)
            faces += [[r + k, r + following, r + 3 + following, r + 3 + k] for r in rings]
            faces.append([at + size - 4 + k, at + size - 4 + following, at + size - 1])
    return points.reshape(-1, 3), faces


def add_hair(face: Any, model: FaceModel, style: str, colour: str) -> Any:
    """Hair as an object beside the face, on the same neck. Returns it."""
    hair = bpy.data.objects.new(f"{face.name} Hair", hair_mesh(model, style, colour, f"{face.name} Hair"))
    for collection in face.users_collection:
        collection.objects.link(hair)
    hair.parent, hair.location = face.parent, face.location
    return hair
