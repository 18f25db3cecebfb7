# SPDX-License-Identifier: Apache-2.0
"""How well shapes are carried onto a rig that has its own to compare with, and how many are told by what they move.

python -m styletalk_research.evaluation.rig_transfer ../shared/data/rigs
"""

import sys
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np

from styletalk.face.arkit_names import ARKIT_NAMES
from styletalk.rigs.by_shape import told_by_shape
from styletalk.rigs.finding import find_landmarks
from styletalk.rigs.mapping import RigMapping
from styletalk.rigs.quality import quality
from styletalk.rigs.transfer import transferred

from ..datasets.glb import read_glb

ARKIT_RIG = "mh_female_arkit.glb"
RIGS = (ARKIT_RIG, "mh_female2_vrchat.glb")
_SIDES = {"Left": "Right", "Right": "Left"}


@dataclass(frozen=True, eq=False)
class Rig:
    """All meshes of a GLB as one: vertices (V, 3), triangles (F, 3), and shapes (V, 3) by name. y up."""

    vertices: np.ndarray
    triangles: np.ndarray
    shapes: dict[str, np.ndarray]

    @classmethod
    def load(cls, path: Path) -> "Rig":
        """Read a GLB whose nodes stand where its meshes lie. Raises RigError."""
        meshes = read_glb(path)
        starts = np.cumsum([0, *(len(mesh.points) for mesh in meshes)])
        shapes: dict[str, np.ndarray] = {}
        for mesh, start in zip(meshes, starts[:-1], strict=True):
            for name, moved in zip(mesh.names, mesh.targets, strict=True):
                whole = shapes.setdefault(name, np.zeros((starts[-1], 3)))
                whole[start : start + len(moved)] = _y_up(moved)
        triangles = [mesh.triangles + start for mesh, start in zip(meshes, starts[:-1], strict=True)]
        points = np.concatenate([mesh.points for mesh in meshes]).astype(np.float64)
        return cls(_y_up(points), np.concatenate(triangles), shapes)


def _y_up(points: np.ndarray) -> np.ndarray:
    """(…, 3) z up and looking along −y → y up and looking along z."""
    return np.stack([points[..., 0], points[..., 2], -points[..., 1]], axis=-1)


def figures(folder: Path) -> dict[str, float]:
    """The figures of the rigs in a folder, by what they say."""
    rig = Rig.load(folder / ARKIT_RIG)
    found = {f"told, {naming}": told_share(rig, naming) for naming in ("numbered", "mirrored", "shuffled")}
    for name in RIGS:
        each = Rig.load(folder / name)
        made = transferred(each.vertices, each.triangles, find_landmarks(each.vertices, each.triangles))
        good = quality(made)
        found |= {
            f"{name}: {what}": getattr(good, what)
            for what in ("sure", "opening", "smile", "pucker", "left", "right", "rest_gap", "closed")
        }
        own = [shape for shape in ARKIT_NAMES if shape in each.shapes and np.abs(each.shapes[shape]).max() > 0]
        if own:
            cosines = [_cosine(made.deltas[ARKIT_NAMES.index(shape)], each.shapes[shape]) for shape in own]
            found |= {f"{name}: cosine, median": float(np.median(cosines)), f"{name}: cosine, least": min(cosines)}
    return found


def told_share(rig: Rig, naming: str) -> float:
    """The share of a rig's ARKit shapes that are told under names that are numbered, mirrored or dealt out anew."""
    numbers = np.random.default_rng(0)
    names = [name for name in numbers.permutation(sorted(rig.shapes)) if name in ARKIT_NAMES]
    shown = {
        "numbered": [f"Key {number}" for number in range(len(names))],
        "mirrored": _mirrored(names),
        "shuffled": list(numbers.permutation(names)),
    }[naming]
    deltas = np.array([rig.shapes[name] for name in names])
    told = told_by_shape(RigMapping.of_names(shown), rig.vertices, deltas, rig.triangles)
    right = [row.weights == {name: 1.0} for name, row in zip(names, told.rows, strict=True)]
    return float(np.mean(right))


def _mirrored(names: Sequence[str]) -> list[str]:
    ends = [next((end for end in _SIDES if name.endswith(end)), "") for name in names]
    return [name.removesuffix(end) + _SIDES.get(end, "") for name, end in zip(names, ends, strict=True)]


def _cosine(one: np.ndarray, other: np.ndarray) -> float:
    return float((one * other).sum() / np.sqrt(max((one**2).sum() * (other**2).sum(), 1e-30)))


if __name__ == "__main__":
    for what, value in figures(Path(sys.argv[1])).items():
        print(f"{value:6.3f}  {what}")
