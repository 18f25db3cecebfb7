# SPDX-License-Identifier: Apache-2.0
"""How well shapes are carried onto a rig that has its own to compare with, and how many are told by what they move.

python -m styletalk_research.evaluation.rig_transfer ../shared/data/rigs
"""

import json
import struct
import sys
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np

from styletalk.face.arkit_names import ARKIT_NAMES
from styletalk.rigs.by_shape import told_by_shape
from styletalk.rigs.finding import find_landmarks
from styletalk.rigs.mapping import RigMapping
from styletalk.rigs.quality import quality
from styletalk.rigs.transfer import transferred

ARKIT_RIG = "mh_female_arkit.glb"
RIGS = (ARKIT_RIG, "mh_female2_vrchat.glb")
_KINDS = {5121: np.uint8, 5123: np.uint16, 5125: np.uint32, 5126: np.float32}
_WIDTHS = {"SCALAR": 1, "VEC2": 2, "VEC3": 3, "VEC4": 4}
_SIDES = {"Left": "Right", "Right": "Left"}


@dataclass(frozen=True, eq=False)
class Rig:
    """All meshes of a GLB as one: vertices (V, 3), triangles (F, 3), and shapes (V, 3) by name. y up."""

    vertices: np.ndarray
    triangles: np.ndarray
    shapes: dict[str, np.ndarray]

    @classmethod
    def load(cls, path: Path) -> "Rig":
        """Read a GLB that is not compressed, whose nodes are only shifted."""
        data = path.read_bytes()
        length = struct.unpack_from("<I", data, 12)[0]
        content, buffer = json.loads(data[20 : 20 + length]), data[28 + length :]
        vertices, triangles, moved, start = [], [], [], 0
        for node in (each for each in content["nodes"] if "mesh" in each):
            mesh = content["meshes"][node["mesh"]]
            for part in mesh["primitives"]:
                points = _accessor(content, buffer, part["attributes"]["POSITION"]) + node.get("translation", (0, 0, 0))
                triangles.append(_accessor(content, buffer, part["indices"]).reshape(-1, 3).astype(int) + start)
                names = mesh.get("extras", {}).get("targetNames", ())
                for name, target in zip(names, part.get("targets", ()), strict=False):
                    moved.append((name, start, _accessor(content, buffer, target["POSITION"])))
                vertices.append(points)
                start += len(points)
        shapes = {name: np.zeros((start, 3)) for name, _, _ in moved}
        for name, first, deltas in moved:
            shapes[name][first : first + len(deltas)] = deltas
        return cls(np.concatenate(vertices).astype(np.float64), np.concatenate(triangles), shapes)


def _accessor(content: dict[str, Any], buffer: bytes, index: int) -> np.ndarray:
    accessor = content["accessors"][index]
    width = _WIDTHS[accessor["type"]]
    array = np.zeros((accessor["count"], width), np.float64)
    if "bufferView" in accessor:
        array[:] = _view(content, buffer, accessor, accessor["count"], width)
    if "sparse" in accessor:
        sparse = accessor["sparse"]
        rows = _view(content, buffer, sparse["indices"], sparse["count"], 1).ravel().astype(int)
        values = {**sparse["values"], "componentType": accessor["componentType"]}
        array[rows] = _view(content, buffer, values, sparse["count"], width)
    return array


def _view(content: dict[str, Any], buffer: bytes, where: dict[str, Any], count: int, width: int) -> np.ndarray:
    view = content["bufferViews"][where["bufferView"]]
    start = view.get("byteOffset", 0) + where.get("byteOffset", 0)
    kind = _KINDS[where["componentType"]]
    return np.frombuffer(buffer, kind, count * width, start).reshape(count, width)


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
