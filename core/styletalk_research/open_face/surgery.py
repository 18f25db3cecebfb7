# SPDX-License-Identifier: Apache-2.0
"""Cutting a head out of the base mesh, as a linear operator, so that every target is cut the same way.

Vertices of the head = operator (V, N sparse) × vertices of the base mesh + offset (V, 3).
"""

from collections import defaultdict
from collections.abc import Callable
from dataclasses import dataclass

import numpy as np
import scipy.sparse as sparse
import scipy.sparse.csgraph as graph

from .makehuman import BaseMesh

SNAP = 0.2
"""A vertex nearer to the cut than this part of its edge is moved onto it, so that no sliver remains."""


@dataclass(frozen=True)
class Surface:
    """Polygons over vertices that are sums of base vertices: rows (dicts base index -> weight), faces, their UVs."""

    rows: list[dict[int, float]]
    faces: list[list[int]]
    uv: list[list[np.ndarray]]
    source: list[int]


def operator(rows: list[dict[int, float]], base_count: int) -> sparse.csr_matrix:
    """(V, N) sparse matrix of the rows."""
    entries = [(i, j, w) for i, row in enumerate(rows) for j, w in row.items()]
    i, j, w = zip(*entries, strict=True)
    return sparse.csr_matrix((w, (i, j)), (len(rows), base_count))


def cut(base: BaseMesh, quads: np.ndarray, height: np.ndarray) -> Surface:
    """The part of `quads` where `height` (N,), linear over the mesh, is positive, cut through the quads at zero.

    height: signed distance of each base vertex from the cut; vertices within SNAP of an edge's length count as zero.
    """
    height = _snapped(base, quads, height)
    made: dict[tuple[int, ...], int] = {}
    rows: list[dict[int, float]] = []

    def vertex(key: tuple[int, ...], row: dict[int, float]) -> int:
        if key not in made:
            made[key] = len(rows)
            rows.append(row)
        return made[key]

    faces, uv, source = [], [], []
    for quad in quads:
        loop, corners = _clip(base, int(quad), height, vertex)
        if len(loop) >= 3:
            faces.append(loop)
            uv.append(corners)
            source.append(int(quad))
    return _largest_part(Surface(rows, faces, uv, source))


def _snapped(base: BaseMesh, quads: np.ndarray, height: np.ndarray) -> np.ndarray:
    loops = base.quads[quads]
    a, b = loops.ravel(), np.roll(loops, -1, axis=1).ravel()
    crossing = height[a] * height[b] < 0
    rise = np.abs(height[a] - height[b])[crossing]
    near = height.copy()
    for end in (a, b):
        close = np.abs(height[end[crossing]]) < SNAP * rise
        near[end[crossing][close]] = 0.0
    return near


def _clip(base: BaseMesh, quad: int, height: np.ndarray, vertex: Callable) -> tuple[list[int], list[np.ndarray]]:
    """One quad clipped against height ≥ 0 (Sutherland and Hodgman). `vertex` gives the index of a new vertex."""
    loop, corners = [], []
    for k in range(4):
        a, b = int(base.quads[quad, k]), int(base.quads[quad, (k + 1) % 4])
        if height[a] >= 0:
            loop.append(vertex((a,), {a: 1.0}))
            corners.append(base.uv[quad, k])
        if height[a] * height[b] < 0:
            t = height[a] / (height[a] - height[b])
            low, high = min(a, b), max(a, b)
            t_high = t if high == b else 1 - t
            loop.append(vertex((low, high), {low: 1 - t_high, high: t_high}))
            corners.append((1 - t) * base.uv[quad, k] + t * base.uv[quad, (k + 1) % 4])
    inside = sum(height[int(i)] > 0 for i in base.quads[quad])
    return (loop, corners) if inside else ([], [])


def _largest_part(surface: Surface) -> Surface:
    """Without what the cut left over elsewhere."""
    label = _components(surface.faces, len(surface.rows))
    best = np.bincount(label).argmax()
    keep = [i for i, face in enumerate(surface.faces) if label[face[0]] == best]
    return _renumbered(surface, keep)


def _components(faces: list[list[int]], count: int) -> np.ndarray:
    edges = np.array([(face[i - 1], face[i]) for face in faces for i in range(len(face))])
    links = sparse.coo_matrix((np.ones(len(edges)), edges.T), (count, count))
    return graph.connected_components(links, directed=False)[1]


def _renumbered(surface: Surface, keep: list[int]) -> Surface:
    used = sorted({i for f in keep for i in surface.faces[f]})
    new = {old: i for i, old in enumerate(used)}
    return Surface(
        [surface.rows[i] for i in used],
        [[new[i] for i in surface.faces[f]] for f in keep],
        [surface.uv[f] for f in keep],
        [surface.source[f] for f in keep],
    )


def whole(base: BaseMesh, quads: np.ndarray) -> Surface:
    """All of `quads`, uncut: teeth, tongue."""
    loops = base.quads[quads]
    used = np.unique(loops)
    new = {int(old): i for i, old in enumerate(used)}
    faces = [[new[int(i)] for i in loop] for loop in loops]
    return Surface([{int(i): 1.0} for i in used], faces, [list(base.uv[q]) for q in quads], [int(q) for q in quads])


class Rings:
    """Walks along the edge loops of a quad mesh."""

    def __init__(self, quads: np.ndarray) -> None:
        self.faces_of_edge: dict[frozenset, set[int]] = defaultdict(set)
        self.neighbours: dict[int, set[int]] = defaultdict(set)
        for index, loop in enumerate(quads.tolist()):
            for a, b in zip(loop, loop[1:] + loop[:1], strict=True):
                self.faces_of_edge[frozenset((a, b))].add(index)
                self.neighbours[a].add(b)
                self.neighbours[b].add(a)

    def ring(self, first: int, second: int) -> list[int]:
        """The closed edge loop through two neighbours, starting with them. ValueError where it does not close."""
        loop = [first, second]
        while len(loop) < 400:
            following = self._straight_on(loop[-2], loop[-1])
            if following == first:
                return loop
            if following is None:
                break
            loop.append(following)
        raise ValueError(f"the edge loop through {first} and {second} does not close")

    def _straight_on(self, a: int, b: int) -> "int | None":
        if len(self.neighbours[b]) != 4:
            return None
        beside = self.faces_of_edge[frozenset((a, b))]
        ahead = [c for c in self.neighbours[b] if c != a and not beside & self.faces_of_edge[frozenset((b, c))]]
        return ahead[0] if len(ahead) == 1 else None
