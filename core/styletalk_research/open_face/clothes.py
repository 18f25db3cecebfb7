# SPDX-License-Identifier: Apache-2.0
"""MakeHuman's clothes: meshes (.obj) that a .mhclo binds to the base mesh. Teeth are such clothes."""

from dataclasses import dataclass
from pathlib import Path

import numpy as np

from styletalk.files.text import read_text

AXES = ("x_scale", "y_scale", "z_scale")


@dataclass(frozen=True)
class Cloth:
    """faces: corners of each; uv: (u, v) of each corner. A vertex is a sum of base vertices and a scaled offset.

    sources (n, 3) int, weights (n, 3), offsets (n, 3) decimetres, scales: (vertex, vertex, length) for x, y, z: an
    offset grows with the distance of the two vertices along that axis.
    """

    faces: list[list[int]]
    uv: list[np.ndarray]
    sources: np.ndarray
    weights: np.ndarray
    offsets: np.ndarray
    scales: tuple[tuple[int, int, float], ...]

    def worn(self, base: np.ndarray) -> np.ndarray:
        """(n, 3) decimetres: where the cloth lies on a body whose base vertices are (N, 3)."""
        sizes = [abs(base[a, axis] - base[b, axis]) / length for axis, (a, b, length) in enumerate(self.scales)]
        return np.einsum("nkc,nk->nc", base[self.sources], self.weights) + self.offsets * sizes


def read_cloth(folder: Path, name: str) -> Cloth:
    """The cloth of `name`.obj and `name`.mhclo. Raises OSError, UnusableContent."""
    faces, uv = _mesh(read_text(folder / f"{name}.obj"))
    lines = [line.split() for line in read_text(folder / f"{name}.mhclo").splitlines() if line.strip()]
    scales = {line[0]: (int(line[1]), int(line[2]), float(line[3])) for line in lines if line[0] in AXES}
    start = next(k for k, line in enumerate(lines) if line[0] == "verts")
    rows = [[float(cell) for cell in line] for line in lines[start + 1 :] if line[0].isdigit()]
    full = np.array([row if len(row) == 9 else [row[0], row[0], row[0], 1, 0, 0, 0, 0, 0] for row in rows])
    return Cloth(faces, uv, full[:, :3].astype(int), full[:, 3:6], full[:, 6:], tuple(scales[axis] for axis in AXES))


def _mesh(text: str) -> tuple[list[list[int]], list[np.ndarray]]:
    corners, faces, uv = [], [], []
    for line in text.splitlines():
        kind, *parts = line.split() or [""]
        if kind == "vt":
            corners.append(np.array([float(part) for part in parts[:2]]))
        elif kind == "f":
            pairs = [[int(index) - 1 for index in part.split("/")[:2]] for part in parts]
            faces.append([pair[0] for pair in pairs])
            uv += [corners[pair[1]] for pair in pairs]
    return faces, uv
