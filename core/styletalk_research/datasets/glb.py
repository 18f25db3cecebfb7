# SPDX-License-Identifier: Apache-2.0
"""Meshes with morph targets from a binary glTF file (.glb, .vrm): points, triangles, and what each target moves."""

from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np

from styletalk.errors import RigError
from styletalk.files.json_text import parse_json
from styletalk.files.reading import UnusableContent, existing_file, explaining

MAGIC = b"glTF"
COMPONENTS = {5120: "<i1", 5121: "<u1", 5122: "<i2", 5123: "<u2", 5125: "<u4", 5126: "<f4"}
WIDTHS = {"SCALAR": 1, "VEC2": 2, "VEC3": 3, "VEC4": 4}
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
        content, binary = _chunks(path.read_bytes())
        return tuple(_mesh(content, binary, mesh) for mesh in content.get("meshes", []))


def _chunks(data: bytes) -> tuple[dict[str, Any], bytes]:
    """The JSON and the binary chunk."""
    if data[:4] != MAGIC:
        raise UnusableContent("it does not begin as one")
    found, at = {}, 12
    while at + 8 <= len(data):
        size, kind = int.from_bytes(data[at : at + 4], "little"), data[at + 4 : at + 8]
        found[kind] = data[at + 8 : at + 8 + size]
        at += 8 + size
    return parse_json(found[b"JSON"].decode("utf-8")), found.get(b"BIN\x00", b"")


def _mesh(content: dict[str, Any], binary: bytes, mesh: dict[str, Any]) -> MorphMesh:
    """The primitives of a mesh as one."""
    points, triangles, targets = [], [], []
    for part in mesh["primitives"]:
        start = sum(map(len, points))
        places = _accessor(content, binary, part["attributes"]["POSITION"])
        corners = _accessor(content, binary, part["indices"]).ravel() if "indices" in part else np.arange(len(places))
        points.append(places)
        triangles.append(corners.astype(np.int64).reshape(-1, 3) + start)
        targets.append([_accessor(content, binary, each["POSITION"]) for each in part.get("targets", [])])
    moved = np.zeros((max(map(len, targets)), sum(map(len, points)), 3))
    for k in range(len(moved)):
        parts = zip(targets, points, strict=True)
        moved[k] = np.concatenate([of[k] if k < len(of) else np.zeros_like(rest) for of, rest in parts])
    named = [str(each) for each in (mesh.get("extras") or {}).get("targetNames", [])][: len(moved)]
    names = (*named, *(f"target_{k}" for k in range(len(named), len(moved))))
    corners = np.concatenate(triangles)
    return MorphMesh(mesh.get("name", ""), _z_up(np.concatenate(points)), corners, names, _z_up(moved))


def _accessor(content: dict[str, Any], binary: bytes, index: int) -> np.ndarray:
    """(N, width) numbers of an accessor, dense or sparse."""
    accessor = content["accessors"][index]
    width, count = WIDTHS[accessor["type"]], accessor["count"]
    values = np.zeros((count, width))
    if "bufferView" in accessor:
        values[:] = _view(content, binary, accessor, accessor["componentType"], count, width)
    sparse = accessor.get("sparse")
    if sparse:
        rows = _view(content, binary, sparse["indices"], sparse["indices"]["componentType"], sparse["count"], 1)
        values[rows.ravel().astype(int)] = _view(
            content, binary, sparse["values"], accessor["componentType"], sparse["count"], width
        )
    return values


def _view(
    content: dict[str, Any], binary: bytes, where: dict[str, Any], kind: int, count: int, width: int
) -> np.ndarray:  # fmt: skip
    """(count, width) numbers of a part of a buffer view, interleaved or not."""
    view, component = content["bufferViews"][where["bufferView"]], np.dtype(COMPONENTS[kind])
    start = view.get("byteOffset", 0) + where.get("byteOffset", 0)
    stride = view.get("byteStride", width * component.itemsize)
    strides = (stride, component.itemsize)
    return np.ndarray((count, width), component, binary, start, strides)


def _z_up(points: np.ndarray) -> np.ndarray:
    """glTF's axes (y up, looking along z) as Blender's."""
    return np.stack([points[..., 0], -points[..., 2], points[..., 1]], axis=-1).astype(np.float64)
