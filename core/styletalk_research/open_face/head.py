# SPDX-License-Identifier: Apache-2.0
"""The head: skin cut at the neck, eyeballs, teeth and tongue, put together as one mesh and one linear operator."""

from collections.abc import Iterable
from dataclasses import dataclass

import numpy as np
import scipy.sparse as sparse

from . import eyeballs, surgery
from .makehuman import BaseMesh, MakeHuman, average_adult

METRES = 0.1
"""The base mesh is in decimetres."""
CUT_POINT = (0.0, 5.86, 0.2)
CUT_NORMAL = (0.0, 1.0, 0.3)
"""Through the neck above the shoulders, higher at the back: nothing of the trapezius remains. Decimetres."""
MOUTH_RING_STARTS = (5342, 362, 455, 466, 467, 509, 468, 474, 520, 537, 554, 571)
"""Base-mesh vertices on the midline of the upper lip, skin inwards; at each starts an edge loop round the mouth."""
CROWN = 0.085
"""A face of the teeth whose middle is further than this from the biting edge is gum (decimetres)."""
LIP_EDGE_RING, INNERMOST_LIP_RING = 455, 537
JOINT_HEAD = slice(14070, 14078)
"""The cube that marks the joint on which the head turns."""
EYE_GROUPS = ("helper-l-eye", "helper-r-eye")
REGIONS = {
    "skin": (0.82, 0.62, 0.53), "lips": (0.70, 0.42, 0.39), "mouth": (0.27, 0.08, 0.08),
    "eye_white": (0.93, 0.92, 0.90), "iris": (0.33, 0.24, 0.16), "pupil": (0.02, 0.02, 0.02),
    "teeth": (0.88, 0.85, 0.77), "gums": (0.55, 0.26, 0.26), "tongue": (0.53, 0.23, 0.23),
}  # fmt: skip


@dataclass
class Head:
    """The mesh and where it comes from. vertices = operator × base-mesh vertices (decimetres) × METRES − origin."""

    operator: sparse.csr_matrix
    origin: np.ndarray
    mean: np.ndarray
    faces: list[list[int]]
    uv: list[list[np.ndarray]]
    regions: np.ndarray
    of_base: dict[int, int]
    eye_vertices: tuple[np.ndarray, np.ndarray]
    eye_angles: np.ndarray
    mouth_rings: dict[int, list[int]]
    neck_pivot: np.ndarray
    names: tuple[str, ...] = tuple(REGIONS)

    def carried(self, displacement: np.ndarray) -> np.ndarray:
        """(V, 3) metres: what a target (N, 3), in decimetres, does to the head."""
        return self.operator @ displacement * METRES

    def base_vertices(self, indices: "Iterable[int] | np.ndarray") -> np.ndarray:
        """Head vertices of base-mesh vertices."""
        return np.array([self.of_base[int(i)] for i in indices])

    def region_faces(self, *names: str) -> np.ndarray:
        """(P,) bool."""
        return np.isin(self.regions, [self.names.index(name) for name in names])


def build(human: MakeHuman) -> Head:
    """Cut and assemble the mean head."""
    base = human.base
    adult = base.vertices + average_adult(human)
    body = base.group_quads("body")
    height = (adult - CUT_POINT) @ (np.array(CUT_NORMAL) / np.linalg.norm(CUT_NORMAL))
    near = body[(adult[base.quads[body]][:, :, 1] > 5.0).any(1)]  # the hands hang below, feet do too
    skin = surgery.cut(base, near, height)
    parts = [(skin, None)]
    balls = [eyeballs.eyeball(base, adult, group) for group in EYE_GROUPS]
    parts += [(surface, regions) for surface, _, regions in balls]
    parts += [
        _teeth(base, adult, group, side) for group, side in (("helper-upper-teeth", 1), ("helper-lower-teeth", -1))
    ]
    parts += [(surgery.whole(base, base.group_quads("helper-tongue")), "tongue")]
    rings = _mouth_rings(base, body)
    names = list(REGIONS)
    rows, faces, uv, regions, starts = [], [], [], [], []
    for surface, region in parts:
        starts.append(len(rows))
        faces += [[i + len(rows) for i in face] for face in surface.faces]
        rows += surface.rows
        uv += surface.uv
        labels = [region] * len(surface.faces) if isinstance(region, str) else region
        regions += [names.index(label) for label in labels or _skin_regions(base, surface, rings, body)]
    matrix = surgery.operator(rows, len(base.vertices))
    mean = matrix @ adult * METRES
    of_base = {next(iter(row)): i for i, row in enumerate(rows) if len(row) == 1}
    pivot = adult[JOINT_HEAD].mean(0) * METRES
    origin = np.array([0.0, mean[: len(skin.rows), 1].min(), pivot[2]])  # stands on the ground, turns over the origin
    balls_at = tuple(np.arange(starts[k], starts[k + 1]) for k in (1, 2))
    return Head(
        matrix, origin, mean - origin, faces, uv, np.array(regions, np.uint8), of_base, balls_at, balls[0][1],
        {k: [of_base[i] for i in ring] for k, ring in rings.items()}, pivot - origin,
    )  # fmt: skip


def _teeth(base: BaseMesh, adult: np.ndarray, group: str, side: int) -> tuple[surgery.Surface, list[str]]:
    """A row of teeth; what lies far from its biting edge is gum. side: +1 upper, -1 lower."""
    surface = surgery.whole(base, base.group_quads(group))
    points = adult[np.unique(base.quads[base.group_quads(group)])] * (1, side, 1)
    depths = np.unique(points[:, 2].round(2))
    edge = np.array([points[np.abs(points[:, 2] - z) < 0.06][:, 1].min() for z in depths])  # the edge climbs backwards
    slope, start = np.polyfit(depths, edge, 1)
    labels = []
    for face in surface.faces:
        centre = np.mean([points[i] for i in face], 0)
        labels.append("gums" if centre[1] - (start + slope * centre[2]) > CROWN else "teeth")
    return surface, labels


def _mouth_rings(base: BaseMesh, body: np.ndarray) -> dict[int, list[int]]:
    """Closed loops round the mouth by their first vertex: midline of the upper lip, the person's left, lower, right."""
    walk = surgery.Rings(base.quads[body])
    rings = {}
    for start in MOUTH_RING_STARTS:
        left = max(walk.neighbours[start], key=lambda i: base.vertices[i, 0])
        rings[start] = walk.ring(start, left)
    return rings


def _skin_regions(base: BaseMesh, skin: surgery.Surface, rings: dict[int, list[int]], body: np.ndarray) -> list[str]:
    """Lips lie between two rings; what the innermost one cuts off is the mouth."""
    order = list(MOUTH_RING_STARTS)
    lips = {
        i for start in order[order.index(LIP_EDGE_RING) : order.index(INNERMOST_LIP_RING) + 1] for i in rings[start]
    }
    walk = surgery.Rings(base.quads[body])
    inside, front = set(rings[INNERMOST_LIP_RING]), list(rings[order[order.index(INNERMOST_LIP_RING) + 1]])
    while front:
        vertex = front.pop()
        if vertex not in inside:
            inside.add(vertex)
            front += walk.neighbours[vertex]
    labels = []
    for source in skin.source:
        corners = set(base.quads[source].tolist())
        labels.append("lips" if corners <= lips else "mouth" if corners <= inside else "skin")
    return labels
