# SPDX-License-Identifier: Apache-2.0
"""FaceModel: a linear face in the published 64-d expression space, read from and written to one `.npz`."""

import functools
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np

from ..animation import BLINK_DIM, EXPRESSION_DIM, GAZE_DIM
from ..errors import CoefficientShapeError, FaceModelError
from ..files.npz import read_npz
from ..files.reading import existing_file
from ..files.shipped import shipped_folder
from ..files.writing import written_whole

IDENTITY_DIM = 80
ARKIT_DIM = 52
LANDMARKS_68 = 68
LANDMARKS_MEDIAPIPE = 478
OPEN_FACE_FILE = shipped_folder("bfm_assets") / "open_face.npz"


@dataclass(frozen=True)
class Landmarks:
    """Points on the surface: each lies in one triangle.

    triangles: (N,) int32, index into FaceModel.triangles. weights: (N, 3) float32, barycentric, each row sums to 1.
    """

    triangles: np.ndarray
    weights: np.ndarray

    def __len__(self) -> int:
        return len(self.triangles)


@dataclass(frozen=True, eq=False)
class FaceModel:
    """A face: S = mean + B_id φ + B_exp δ (paper, supplement, 3DMM), plus lids and eyeballs. Metres, y up, +z ahead.

    mean (V, 3) float32. identity (80, V, 3), expression (64, V, 3), arkit (52, V, 3), blink (2, V, 3: the person's
    left, right eye closes at 1), gaze (4, V, 3: both eyes look to the person's left, right, up, down): float32 deltas;
    where a model has none of a kind the first axis is 0.
    arkit_matrix (52, 64) float32: expression = arkit × arkit_matrix, or (0, 64) where the columns are not made so.
    triangles (F, 3) int32; face_loops (L,) int32 and face_sizes (P,) int32: the polygons, corner by corner;
    triangle_faces (F,) int32: the polygon of each triangle. uv (L, 2) float32 per corner.
    face_regions (P,) uint8: index into region_names; region_colours (R, 3) float32, sRGB 0..1.
    colours (V, 3) float32: painted skin colour, sRGB 0..1.
    landmarks_68 (iBUG order), landmarks_mediapipe (478). lip_upper, lip_lower (C × K points): lines across each lip
    from the front inwards, K points in each of C = lip_columns columns from the person's right to left.
    neck_pivot (3,): where the head turns. coefficient_std (64,): how far each coefficient strays in published clips.
    """

    mean: np.ndarray
    identity: np.ndarray
    expression: np.ndarray
    arkit: np.ndarray
    arkit_matrix: np.ndarray
    blink: np.ndarray
    gaze: np.ndarray
    triangles: np.ndarray
    triangle_faces: np.ndarray
    face_loops: np.ndarray
    face_sizes: np.ndarray
    uv: np.ndarray
    face_regions: np.ndarray
    region_names: tuple[str, ...]
    region_colours: np.ndarray
    colours: np.ndarray
    landmarks_68: Landmarks
    landmarks_mediapipe: Landmarks
    lip_upper: Landmarks
    lip_lower: Landmarks
    lip_columns: int
    neck_pivot: np.ndarray
    coefficient_std: np.ndarray
    name: str = ""
    licence: str = ""

    def __post_init__(self) -> None:
        _check(self)

    @property
    def vertex_count(self) -> int:
        """V."""
        return len(self.mean)

    @functools.cached_property
    def triangle_regions(self) -> np.ndarray:
        """(F,) uint8: the region of each triangle."""
        return self.face_regions[self.triangle_faces]

    def region_triangles(self, *names: str) -> np.ndarray:
        """(F,) bool: the triangles of the named regions. Names that the model has not are passed over."""
        wanted = [index for index, name in enumerate(self.region_names) if name in names]
        return np.isin(self.triangle_regions, wanted)

    def shape(self, identity: np.ndarray | None = None) -> np.ndarray:
        """(V, 3) float32: the face at rest for an identity (80,), in standard deviations; None is the mean face."""
        if identity is None:
            return self.mean
        weights = np.asarray(identity, np.float32)
        if weights.shape != (len(self.identity),):
            raise CoefficientShapeError(
                f"An identity has {len(self.identity)} numbers; this one has shape {weights.shape}."
            )
        return self.mean + np.tensordot(weights, self.identity, 1)

    def vertices(
        self,
        expression: np.ndarray,
        identity: np.ndarray | None = None,
        blinks: np.ndarray | None = None,
        gaze: np.ndarray | None = None,
    ) -> np.ndarray:
        """Vertex positions of the face for each frame: S = mean + B_id φ + B_exp δ + lids + eyeballs.

        expression: (T, 64) float32, published 3DMM coefficients. identity: (80,) float32 or None for the mean face.
        blinks: (T, 2) in 0..1. gaze: (T, 4) in 0..1, left, right, up, down.
        Returns (T, V, 3) float32, metres, y up, face towards +z. Raises CoefficientShapeError.
        """
        coefficients = checked_coefficients(expression)
        rows = len(coefficients)
        weights = [(coefficients, self.expression)]
        for name, values, deltas in (("blinks", blinks, self.blink), ("gaze", gaze, self.gaze)):
            if values is not None and len(deltas):
                weights.append((_checked_rows(name, values, rows, len(deltas)), deltas))
        moved = np.repeat(self.shape(identity).reshape(1, -1), rows, axis=0)
        for values, deltas in weights:
            moved += values @ deltas.reshape(len(deltas), -1)
        return moved.reshape(rows, self.vertex_count, 3)

    def save(self, path: Path) -> None:
        """Write the model, whole or not at all; deltas as float16, made columns as their matrix. Raises OutputError."""
        with written_whole(Path(path)) as temporary, temporary.open("wb") as stream:
            np.savez_compressed(stream, **_stored(self))

    @classmethod
    def load(cls, path: Path) -> "FaceModel":
        """Read a face model file. Raises FaceModelError for anything else."""
        existing_file(path, "face model", FaceModelError)
        with read_npz(path, functools.partial(_no_face, path)) as data:
            return cls(**_loaded(data))


def _no_face(path: Path, reason: str) -> FaceModelError:
    return FaceModelError(
        f"{path} is not a face model, or is damaged ({reason}). Choose a file that StyleTalk made, or reinstall to get "
        "the open face back."
    )


@functools.lru_cache(maxsize=1)
def open_face() -> FaceModel:
    """The face that is shipped. Read once. Raises FaceModelError where the installation is incomplete."""
    return FaceModel.load(OPEN_FACE_FILE)


def checked_coefficients(expression: np.ndarray) -> np.ndarray:
    """(T, 64) float32. Raises CoefficientShapeError for other shapes and for values that are not finite."""
    coefficients = np.asarray(expression, np.float32)
    if coefficients.ndim != 2 or coefficients.shape[1] != EXPRESSION_DIM:
        raise CoefficientShapeError(
            f"Expression coefficients have shape {coefficients.shape}; expected (T, {EXPRESSION_DIM})."
        )
    if not np.isfinite(coefficients).all():
        raise CoefficientShapeError("Expression coefficients hold values that are not numbers. Make the clip again.")
    return coefficients


def _checked_rows(name: str, values: np.ndarray, rows: int, width: int) -> np.ndarray:
    array = np.asarray(values, np.float32)
    if array.shape != (rows, width):
        raise CoefficientShapeError(f"{name} has shape {array.shape}; expected ({rows}, {width}).")
    return array


# name -> (dtype in memory, dtype on disk)
_ARRAYS = {
    "mean": (np.float32, np.float32), "identity": (np.float32, np.float16), "arkit": (np.float32, np.float16),
    "arkit_matrix": (np.float32, np.float32), "blink": (np.float32, np.float16), "gaze": (np.float32, np.float16),
    "triangles": (np.int32, np.int32), "triangle_faces": (np.int32, np.int32), "face_loops": (np.int32, np.int32),
    "face_sizes": (np.int32, np.int32), "uv": (np.float32, np.float32), "face_regions": (np.uint8, np.uint8),
    "region_colours": (np.float32, np.float32), "colours": (np.float32, np.float16),
    "neck_pivot": (np.float32, np.float32), "coefficient_std": (np.float32, np.float32),
}  # fmt: skip
_LANDMARK_SETS = ("landmarks_68", "landmarks_mediapipe", "lip_upper", "lip_lower")


def _stored(model: FaceModel) -> dict[str, np.ndarray]:
    arrays = {name: np.asarray(getattr(model, name), disk) for name, (_, disk) in _ARRAYS.items()}
    for name in _LANDMARK_SETS:
        landmarks = getattr(model, name)
        arrays[name + "_triangles"] = np.asarray(landmarks.triangles, np.int32)
        arrays[name + "_weights"] = np.asarray(landmarks.weights, np.float32)
    arrays["lip_columns"] = np.array(model.lip_columns, np.int32)
    if not len(model.arkit_matrix):
        arrays["expression"] = model.expression.astype(np.float16)
    texts = {"name": model.name, "licence": model.licence, "region_names": "\n".join(model.region_names)}
    return {**arrays, **{key: np.array(text) for key, text in texts.items()}}


def _loaded(data: Mapping[str, np.ndarray]) -> dict[str, Any]:
    fields: dict[str, Any] = {name: data[name].astype(memory) for name, (memory, _) in _ARRAYS.items()}
    for name in _LANDMARK_SETS:
        fields[name] = Landmarks(data[name + "_triangles"].astype(np.int32), data[name + "_weights"].astype(np.float32))
    if "expression" in data:
        fields["expression"] = data["expression"].astype(np.float32)
    else:
        fields["expression"] = made_columns(fields["arkit"], fields["arkit_matrix"])
    fields.update(name=str(data["name"]), licence=str(data["licence"]), lip_columns=int(data["lip_columns"]))
    fields["region_names"] = tuple(str(data["region_names"]).split("\n"))
    return fields


def made_columns(arkit: np.ndarray, arkit_matrix: np.ndarray) -> np.ndarray:
    """(64, V, 3) float32: column k is ARKit shapes (52, V, 3) × M[:, k]."""
    columns = arkit_matrix.T @ arkit.reshape(len(arkit), -1)  # (64, V*3)
    return columns.reshape(-1, *arkit.shape[1:]).astype(np.float32)


def _check(model: FaceModel) -> None:
    """Raise FaceModelError where a part of the model does not fit the rest."""
    vertices, triangles = len(model.mean), len(model.triangles)
    deltas = (
        ("identity", IDENTITY_DIM), ("expression", EXPRESSION_DIM), ("arkit", ARKIT_DIM),
        ("blink", BLINK_DIM), ("gaze", GAZE_DIM),
    )  # fmt: skip
    problems = [] if model.mean.shape == (vertices, 3) and vertices else [f"mean has shape {model.mean.shape}"]
    for name, count in deltas:
        found = getattr(model, name).shape
        if found not in ((count, vertices, 3), (0, vertices, 3)) or (name == "expression" and not found[0]):
            problems.append(f"{name} has shape {found}, expected ({count}, {vertices}, 3)")
    for name, limit in (("triangles", vertices), ("face_loops", vertices), ("triangle_faces", len(model.face_sizes))):
        values = getattr(model, name)
        if values.size and not 0 <= values.min() <= values.max() < limit:
            problems.append(f"{name} points outside the mesh")
    lip_points = len(model.lip_upper)
    counts = (LANDMARKS_68, LANDMARKS_MEDIAPIPE, lip_points, lip_points)
    for name, count in zip(_LANDMARK_SETS, counts, strict=True):
        landmarks = getattr(model, name)
        if landmarks.weights.shape != (len(landmarks), 3) or len(landmarks) not in (0, count):
            problems.append(f"{name} has {len(landmarks)} points, expected {count}")
        elif len(landmarks) and not 0 <= landmarks.triangles.min() <= landmarks.triangles.max() < triangles:
            problems.append(f"{name} points outside the triangles")
    if model.face_sizes.sum() != len(model.face_loops) or len(model.face_regions) != len(model.face_sizes):
        problems.append("faces, corners and regions do not add up")
    if not all(np.isfinite(getattr(model, name)).all() for name in ("mean", "expression", "arkit", "identity")):
        problems.append("some positions are not numbers")
    if problems:
        raise FaceModelError(f"The face model is inconsistent: {'; '.join(problems)}. Make it again.")
