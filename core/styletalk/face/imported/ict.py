# SPDX-License-Identifier: Apache-2.0
"""ICT-FaceKit as a face model of ours: its OBJ files by name become the 52 ARKit shapes, and those the 64 columns."""

import functools
from pathlib import Path
from typing import Any

import numpy as np

from ...errors import FaceModelError
from ...files.json_text import read_json
from ...files.obj import ObjMesh, read_obj, read_obj_points
from ...files.reading import UnusableContent, explaining
from ...progress import Progress, silent
from ..arkit_names import ARKIT_NAMES
from ..landmarks import landmark_positions
from ..model import IDENTITY_DIM, LANDMARKS_68, MAX_VERTICES, FaceModel, Landmarks, made_columns, open_face
from ..retarget import GAZE_SHAPES
from . import surface

NEUTRAL, MARKS, MARKS_ENTRY = "generic_neutral_mesh.obj", "vertex_indices.json", "idx_to_landmark_verts"
NAME = "ICT-FaceKit"
LICENCE = "ICT-FaceKit: MIT, copyright (c) 2020 USC Institute for Creative Technologies."
METRES = 0.01
"""Its unit is the centimetre."""
BOTH_SIDES = ("browInnerUp", "cheekPuff")
"""Shapes that are one in ARKit and two in ICT-FaceKit."""
ABSENT = "tongueOut"
LIGHT_VERTICES = 26_719
LIGHT_REGIONS = (
    (11_248, "skin"), (13_294, "mouth"), (14_062, "skin"), (17_039, "gums"), (21_451, "teeth"), (22_221, "eye_white"),
    (23_021, "iris"), (23_791, "eye_white"), (24_591, "iris"), (25_351, "cornea"), (26_719, "lashes"),
)  # fmt: skip
"""Of the light model as it is published: the vertex before which a part ends, and what it is."""


def import_ict(folder: Path, progress: Progress = silent) -> FaceModel:
    """The face of ICT-FaceKit's folder of OBJ files (FaceXModel). Raises FaceModelError.

    Expression column k = ARKit shapes × M[:, k] with the open face's M. Identity: its first 80 modes.
    """
    folder = _folder_of(Path(folder))
    mesh = _mesh(folder / NEUTRAL)
    rest = mesh.points * METRES
    progress(0.0, "reading expressions")
    arkit = np.stack([_arkit_shape(folder, name, rest) for name in ARKIT_NAMES])
    progress(0.4, "reading identities")
    identity = _identity(folder, rest)
    triangles, owners = surface.fans(mesh.loops, mesh.sizes)
    marks = _marks(folder, triangles, len(rest))
    places = landmark_positions(rest, triangles, marks)
    _check(folder, rest, arkit, identity, places)
    mean = surface.placed(rest, places)
    return FaceModel(
        mean=mean.astype(np.float32), identity=identity, landmarks_68=marks, triangles=triangles,
        triangle_faces=owners, face_loops=mesh.loops, face_sizes=mesh.sizes, uv=mesh.uv, name=NAME, licence=LICENCE,
        tongue=np.zeros((0, len(mean), 3), np.float32), **_movement(arkit.astype(np.float32)),
        **_painted(mesh), **surface.common(open_face()),
    )  # fmt: skip


def _folder_of(folder: Path) -> Path:
    """The folder of the OBJ files: that one, or the FaceXModel in it."""
    for each in (folder, folder / "FaceXModel"):
        if (each / NEUTRAL).is_file():
            return each
    raise FaceModelError(f"{folder} has no {NEUTRAL}. Give ICT-FaceKit's folder FaceXModel.")


def _unusable(path: Path, reason: str) -> FaceModelError:
    return FaceModelError(f"{path} is not that file of ICT-FaceKit, or is damaged ({reason}).")


def _mesh(path: Path) -> ObjMesh:
    with explaining(functools.partial(_unusable, path)):
        mesh = read_obj(path)
        if len(mesh.points) > MAX_VERTICES:
            raise UnusableContent(f"it has more than {MAX_VERTICES:,} vertices")
        return mesh


def _arkit_shape(folder: Path, name: str, rest: np.ndarray) -> np.ndarray:
    """(V, 3): what an ARKit shape moves."""
    if name == ABSENT:
        return np.zeros_like(rest)
    if name in BOTH_SIDES:
        return _moved(folder / f"{name}_L.obj", rest) + _moved(folder / f"{name}_R.obj", rest)
    for ending, side in (("Left", "_L"), ("Right", "_R")):
        pair = name.removesuffix(ending)
        if pair != name and pair not in ("jaw", "mouth"):
            return _moved(folder / f"{pair}{side}.obj", rest)
    return _moved(folder / f"{name}.obj", rest)


def _moved(path: Path, rest: np.ndarray) -> np.ndarray:
    """(V, 3) metres from rest to a shape. Raises FaceModelError."""
    if not path.is_file():
        raise FaceModelError(f"{path} is missing. Give ICT-FaceKit's folder FaceXModel, complete.")
    with explaining(functools.partial(_unusable, path)):
        points = read_obj_points(path)
        if points.shape != rest.shape:
            raise UnusableContent(f"it has {len(points)} vertices, {NEUTRAL} has {len(rest)}")
        return points * METRES - rest


def _identity(folder: Path, rest: np.ndarray) -> np.ndarray:
    """(80, V, 3) float32: the first modes, zeros where there are fewer; (0, V, 3) where there are none."""
    paths = [path for k in range(IDENTITY_DIM) if (path := folder / f"identity{k:03d}.obj").is_file()]
    identity = np.zeros((IDENTITY_DIM if paths else 0, len(rest), 3), np.float32)
    for row, path in enumerate(paths):
        identity[row] = _moved(path, rest)
    return identity


def _marks(folder: Path, triangles: np.ndarray, count: int) -> Landmarks:
    """The 68 landmarks, or none where the folder does not say them."""
    path = folder / MARKS
    if not path.is_file():
        return surface.nowhere()
    with explaining(functools.partial(_unusable, path)):
        vertices = np.array(read_json(path)[MARKS_ENTRY])
        if vertices.shape != (LANDMARKS_68,) or vertices.dtype.kind != "i":
            raise UnusableContent(f"{MARKS_ENTRY} is not {LANDMARKS_68} whole numbers")
        if not 0 <= vertices.min() <= vertices.max() < count:
            raise UnusableContent(f"{MARKS_ENTRY} points outside the mesh")
        return surface.at_vertices(vertices, triangles)


def _check(folder: Path, rest: np.ndarray, arkit: np.ndarray, identity: np.ndarray, marks: np.ndarray) -> None:
    """Raise FaceModelError for other units, axes and sides than it is published with."""
    reason = surface.size_problem(rest, arkit, identity) or (surface.axes_problem(marks) if len(marks) else "")
    blink = np.linalg.norm(arkit[ARKIT_NAMES.index("eyeBlinkLeft")], axis=1)
    if not reason and not blink.any():
        reason = "eyeBlink_L moves nothing"
    if not reason and (blink * rest[:, 0]).sum() <= 0:
        reason = "eyeBlink_L closes the right eye"
    if reason:
        raise FaceModelError(f"{folder} is not ICT-FaceKit as it is published ({reason}).")


def _movement(arkit: np.ndarray) -> dict[str, Any]:
    """Fields of the model: all that moves by its ARKit shapes (52, V, 3)."""
    matrix = open_face().arkit_matrix
    pairs = [[ARKIT_NAMES.index(name) for name in pair] for pair in GAZE_SHAPES]
    return {
        "arkit": arkit,
        "arkit_matrix": matrix,
        "expression": made_columns(arkit, matrix),
        "blink": arkit[[ARKIT_NAMES.index(name) for name in ("eyeBlinkLeft", "eyeBlinkRight")]],
        "gaze": np.stack([arkit[pair].sum(0) for pair in pairs]),
    }


def _painted(mesh: ObjMesh) -> dict[str, Any]:
    """Fields of the model: regions of its polygons, in the open face's colours; all is skin in another mesh."""
    face, count = open_face(), len(mesh.points)
    parts = LIGHT_REGIONS if count == LIGHT_VERTICES else ((count, "skin"),)
    of_vertex = np.repeat(
        [face.region_names.index(name) for _, name in parts], np.diff([0, *(end for end, _ in parts)])
    )
    first = np.concatenate([[0], np.cumsum(mesh.sizes)[:-1]])
    used, regions = np.unique(of_vertex[mesh.loops[first]], return_inverse=True)
    return {
        "face_regions": regions.reshape(-1).astype(np.uint8),
        "region_names": tuple(face.region_names[index] for index in used),
        "region_colours": face.region_colours[used],
        "colours": face.region_colours[of_vertex].astype(np.float32),
    }
