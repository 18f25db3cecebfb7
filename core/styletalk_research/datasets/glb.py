# SPDX-License-Identifier: Apache-2.0
"""Meshes with morph targets from a binary glTF file (.glb, .vrm): points, triangles, and what each target moves."""

from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np

from styletalk.errors import RigError
from styletalk.files.glb import accessor_values, glb_parts
from styletalk.files.reading import UnusableContent, existing_file, explaining

MAX_BYTES = 500_000_000


@dataclass(frozen=True, eq=False)
class MorphMesh:
    """A mesh of a file. points (V, 3), z up and looking along −y as in Blender; triangles (F, 3) int.

    targets: (K, V, 3) what each of `names` moves at 1.
    """

    name: str
    points: np.ndarray
    triangles: np.ndarray
    names: tuple[str, ...]
    targets: np.ndarray


def read_glb(path: Path) -> tuple[MorphMesh, ...]:
    """The meshes of a .glb file, its nodes' transforms left aside. Raises RigError for a file that is none."""
    path = existing_file(path, "rig", RigError)

    def unusable(reason: str) -> RigError:
        return RigError(f"{path} is not a binary glTF file that can be read ({reason}). Export it as .glb.")

    with explaining(unusable):
        if path.stat().st_size > MAX_BYTES:
            raise UnusableContent("it is too large")
        content, binary = glb_parts(path.read_bytes())
        return tuple(_mesh(content, binary, mesh) for mesh in content.get("meshes", []))


def _mesh(content: dict[str, Any], binary: bytes, mesh: dict[str, Any]) -> MorphMesh:
    """The primitives of a mesh as one."""
    points, triangles, targets = [], [], []
    for part in mesh["primitives"]:
        start = sum(map(len, points))
        places = accessor_values(content, binary, part["attributes"]["POSITION"])
        corners = (
            accessor_values(content, binary, part["indices"]).ravel() if "indices" in part else np.arange(len(places))
        )
        points.append(places)
        triangles.append(corners.astype(np.int64).reshape(-1, 3) + start)
        targets.append([accessor_values(content, binary, each["POSITION"]) for each in part.get("targets", [])])
    moved = np.zeros((max(map(len, targets)), sum(map(len, points)), 3))
    for k in range(len(moved)):
        parts = zip(targets, points, strict=True)
        moved[k] = np.concatenate([of[k] if k < len(of) else np.zeros_like(rest) for of, rest in parts])
    named = [str(each) for each in (mesh.get("extras") or {}).get("targetNames", [])][: len(moved)]
    names = (*named, *(f"target_{k}" for k in range(len(named), len(moved))))
    corners = np.concatenate(triangles)
    return MorphMesh(mesh.get("name", ""), _z_up(np.concatenate(points)), corners, names, _z_up(moved))


def _z_up(points: np.ndarray) -> np.ndarray:
    """glTF's axes (y up, looking along z) as Blender's."""
    return np.stack([points[..., 0], -points[..., 2], points[..., 1]], axis=-1).astype(np.float64)
