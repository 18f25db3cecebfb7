# SPDX-License-Identifier: Apache-2.0
"""Heads whose shapes are told apart and played: files, and the open face under the names and poses of a convention."""

import functools
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path

import numpy as np

from styletalk.errors import RigError
from styletalk.face.arkit_names import ARKIT_NAMES
from styletalk.face.model import open_face
from styletalk.rigs.checking import checked
from styletalk.rigs.conventions import Convention, Meaning, conventions
from styletalk.rigs.lips import LipSurfaces, find_surfaces
from styletalk.rigs.mapping import RigMapping
from styletalk.rigs.measure import measured, opening_of
from styletalk.rigs.mouth import Mouth, find_mouth

from ..datasets.glb import MorphMesh, read_glb

PLAYED = {
    "arkit52_alphabetical": "52 ARKit shapes", "cc4_explus": "Character Creator 4 Extended Plus",
    "cc3": "Character Creator 3", "vroid_fcl": "VRoid Studio", "mmd": "MikuMikuDance", "oculus15": "15 Oculus visemes",
    "vrm1": "five vowels of VRM 1",
}  # fmt: skip
"""Conventions under which the open face is played."""
VOWELS = ("aa", "ih", "ou", "ee", "oh", "blink")
"""Of VRM: what a head with five vowels has."""


@dataclass(frozen=True, eq=False)
class Head:
    """A mesh with shapes, and what is known of them. mesh: z up, looking along −y, any unit."""

    name: str
    mesh: MorphMesh

    @cached_property
    def mapping(self) -> RigMapping:
        """As the add-on makes it of names and geometry. Raises RigError."""
        mesh = self.mesh
        mapping = RigMapping.of_names(mesh.names)
        return measured(checked(mapping, mesh.points, mesh.targets), mesh.points, mesh.targets, mesh.triangles)

    @cached_property
    def opening(self) -> np.ndarray:
        """(V, 3) what opens its mouth. Raises RigError where nothing does."""
        opening = opening_of(self.mapping, self.mesh.targets)
        if opening is None:
            raise RigError(f"No shape of {self.name} is known to open its mouth. Give a head that has one.")
        return opening

    @cached_property
    def mouth(self) -> Mouth:
        """Its lips. Raises RigError."""
        mouth = find_mouth(self.mesh.points, self.opening)
        if mouth is None:
            raise RigError(f"The mouth of {self.name} was not found. Give a head whose lips part.")
        return mouth

    @cached_property
    def lips(self) -> LipSurfaces:
        """Its lips' surfaces. Raises RigError."""
        lips = find_surfaces(self.mesh.points, self.mesh.triangles, self.opening, self.mouth)
        if lips is None:
            raise RigError(f"The lips of {self.name} have no surface that can be measured. Give another head.")
        return lips


def head_of_file(path: Path) -> Head:
    """The mesh of a .glb file with the most shapes. Raises RigError."""
    meshes = [mesh for mesh in read_glb(path) if mesh.names]
    if not meshes:
        raise RigError(f"{path} has no mesh with morph targets. Export shape keys with it.")
    return Head(path.stem, max(meshes, key=lambda mesh: len(mesh.names)))


def open_face_heads() -> list[Head]:
    """The open face under the names of several conventions, with the poses that they mean."""
    tables = {each.name: own_meanings(each) for each in conventions()}
    heads = [Head(title, _posed(tables[name])) for name, title in PLAYED.items() if name != "vrm1"]
    return [*heads, Head(PLAYED["vrm1"], _posed([each for each in tables["vrm1"] if each.name in VOWELS]))]


def own_meanings(convention: Convention) -> list[Meaning]:
    """Each meaning of a convention once, whatever its aliases."""
    return list({meaning.name: meaning for meaning in convention.meanings.values()}.values())


def _posed(meanings: list[Meaning]) -> MorphMesh:
    points, triangles, shapes = z_up_open_face()
    targets = np.tensordot([meaning.weights for meaning in meanings], shapes, 1)
    return MorphMesh("open face", points, triangles, tuple(meaning.name for meaning in meanings), targets)


@functools.lru_cache(maxsize=1)
def arkit_head() -> Head:
    """The open face with its own 52 ARKit shapes."""
    points, triangles, shapes = z_up_open_face()
    return Head("open face", MorphMesh("open face", points, triangles, ARKIT_NAMES, shapes))


def z_up_open_face() -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """Points (V, 3), triangles and the 52 ARKit shapes (52, V, 3) of the open face in Blender's axes."""
    face = open_face()
    return z_up(face.mean), face.triangles, z_up(face.arkit)


def z_up(points: np.ndarray) -> np.ndarray:
    """Core's axes (y up, looking along z) as Blender's, float64."""
    return np.stack([points[..., 0], -points[..., 2], points[..., 1]], axis=-1).astype(np.float64)
