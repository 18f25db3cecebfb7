# SPDX-License-Identifier: Apache-2.0
"""A triangle mesh as a surface: welded, with its edges, pieces, normals, distances along it and cuts through it."""

import functools
import heapq
from dataclasses import dataclass

import numpy as np

FARTHEST = 1e9
"""A point further away than this, in any unit, has no place: nothing can be reckoned with the square of that."""
WELD = 1e-6
"""Vertices nearer to each other than this share of the mesh's size are one: exporters split them where UVs do."""


@dataclass(frozen=True, eq=False)
class Surface:
    """points (V, 3) float64, triangles (F, 3) int. of_mesh: (N,) int, the point of each vertex of the mesh."""

    points: np.ndarray
    triangles: np.ndarray
    of_mesh: np.ndarray

    @classmethod
    def welded(cls, vertices: np.ndarray, triangles: np.ndarray) -> "Surface":
        """Of a mesh (N, 3), (F, 3) whose vertices may lie on each other."""
        size = float(np.ptp(vertices, axis=0).max()) or 1.0
        _, first, of_mesh = np.unique(
            np.round(vertices / (WELD * size)).astype(np.int64), axis=0, return_index=True, return_inverse=True
        )
        of_mesh = of_mesh.ravel()
        welded = of_mesh[triangles]
        whole = (welded != np.roll(welded, 1, axis=1)).all(axis=1)
        return cls(np.asarray(vertices, np.float64)[first], welded[whole], of_mesh)

    @functools.cached_property
    def edges(self) -> np.ndarray:
        """(E, 2) int, each once, the smaller number first."""
        ends = self.triangles[:, [0, 1, 1, 2, 2, 0]].reshape(-1, 2)
        return np.unique(np.sort(ends, axis=1), axis=0)

    @functools.cached_property
    def normals(self) -> np.ndarray:
        """(V, 3) unit normals, the mean of the triangles around, weighted by area."""
        a, b, c = (self.points[self.triangles[:, k]] for k in range(3))
        flat = np.cross(b - a, c - a)
        normals = np.zeros_like(self.points)
        for axis in range(3):
            for corner in range(3):
                normals[:, axis] += np.bincount(self.triangles[:, corner], flat[:, axis], minlength=len(self.points))
        return normals / np.maximum(np.linalg.norm(normals, axis=1, keepdims=True), 1e-15)

    @functools.cached_property
    def pieces(self) -> np.ndarray:
        """(V,) int: points that edges join have the same number."""
        piece = np.arange(len(self.points))
        start, end = self.edges.T
        while True:
            least = piece.copy()
            np.minimum.at(least, start, piece[end])
            np.minimum.at(least, end, piece[start])
            least = least[least]
            if np.array_equal(least, piece):
                return piece
            piece = least

    def smoothed(self, values: np.ndarray, strength: np.ndarray, rounds: int) -> np.ndarray:
        """values (V, ...), each drawn towards the mean of its neighbours by strength (V,), so many times."""
        flat = values.reshape(len(values), -1).copy()
        start, end = np.concatenate([self.edges, self.edges[:, ::-1]]).T
        wanted = strength[start] > 0
        order = np.flatnonzero(wanted)[np.argsort(start[wanted], kind="stable")]
        beside = end[order]
        points, bounds, counts = np.unique(start[order], return_index=True, return_counts=True)
        if len(points):
            pull, share = strength[points, None], (1.0 / counts[:, None]).astype(flat.dtype)
            for _ in range(rounds):
                means = np.add.reduceat(flat[beside], bounds, axis=0) * share
                flat[points] += pull * (means - flat[points])
        return flat.reshape(values.shape)

    def distances(self, seeds: np.ndarray, region: np.ndarray) -> np.ndarray:
        """(V,) the way along edges from the nearest of the seeds, within region (V,) bool; inf where none leads."""
        neighbours = self._neighbours(region)
        found = np.full(len(self.points), np.inf)
        queue = [(0.0, int(seed)) for seed in np.unique(seeds) if region[seed]]
        while queue:
            way, point = heapq.heappop(queue)
            if way >= found[point]:
                continue
            found[point] = way
            for other, length in neighbours.get(point, ()):
                if way + length < found[other]:
                    heapq.heappush(queue, (way + length, other))
        return found

    def _neighbours(self, region: np.ndarray) -> dict[int, list[tuple[int, float]]]:
        inside = self.edges[region[self.edges].all(axis=1)]
        lengths = np.linalg.norm(self.points[inside[:, 0]] - self.points[inside[:, 1]], axis=1)
        beside: dict[int, list[tuple[int, float]]] = {}
        for (start, end), length in zip(inside.tolist(), lengths.tolist(), strict=True):
            beside.setdefault(start, []).append((end, length))
            beside.setdefault(end, []).append((start, length))
        return beside

    def cut(self, origin: np.ndarray, normal: np.ndarray, near: np.ndarray) -> list[tuple[np.ndarray, np.ndarray]]:
        """Where a plane cuts the triangles near (F,) bool: chains of points (K, 3), and their edges' ends (K, 2)."""
        height = (self.points - origin) @ normal
        above = height > 0
        crossed = np.flatnonzero(near & (above[self.triangles].any(axis=1)) & (~above[self.triangles]).any(axis=1))
        links: dict[tuple[int, int], list[tuple[int, int]]] = {}
        for triangle in self.triangles[crossed].tolist():
            sides = [(triangle[k], triangle[k - 1]) for k in range(3)]
            ends = [_pair(*side) for side in sides if above[side[0]] != above[side[1]]]
            links.setdefault(ends[0], []).append(ends[1])
            links.setdefault(ends[1], []).append(ends[0])
        return [self._chain(chain, height) for chain in _chains(links)]

    def _chain(self, chain: list[tuple[int, int]], height: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
        ends = np.array(chain)
        start, end = height[ends].T
        share = (start / (start - end))[:, None]
        return self.points[ends[:, 0]] * (1 - share) + self.points[ends[:, 1]] * share, ends


def _pair(one: int, other: int) -> tuple[int, int]:
    return (one, other) if one < other else (other, one)


def _chains(links: dict[tuple[int, int], list[tuple[int, int]]]) -> list[list[tuple[int, int]]]:
    """Edges that follow each other, from loose ends first."""
    left = dict.fromkeys(sorted(links, key=lambda edge: len(links[edge])))
    chains = []
    while left:
        edge: tuple[int, int] | None = next(iter(left))
        chain = []
        while edge is not None:
            chain.append(edge)
            del left[edge]
            edge = next((each for each in links[edge] if each in left), None)
        if len(chain) > 1:
            chains.append(chain)
    return chains
