# SPDX-License-Identifier: Apache-2.0
"""FaceModel: a linear face in the published 64-d expression space, read from and written to one `.npz`."""

import functools
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np

from ..animation import BLINK_DIM, EXPRESSION_DIM, GAZE_DIM, TONGUE_DIM
from ..errors import CoefficientShapeError, FaceModelError
from ..files.npy import text_of
from ..files.npz import read_npz, write_npz
from ..files.reading import UnusableContent, existing_file
from ..files.shipped import reading_shipped, shipped_folder
from .arkit_names import UPPER_ROWS

IDENTITY_DIM = 80
ARKIT_DIM = 52
LANDMARKS_68 = 68
LANDMARKS_MEDIAPIPE = 478
MAX_VERTICES = 100_000
"""The published model has 35,709. With all its shapes a model has 2.4 kB a vertex."""
MAX_ABS_NUMBER = 1000.0
"""Metres, colours, weights: beyond, they are of something else."""
MIN_CORNERS = 3
WEIGHT_SLACK = 1e-2
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
    """A face: S = mean + B_id φ + B_exp δ (paper, supplement, 3DMM), plus lids, eyes, tongue. Metres, y up, +z ahead.

    mean (V, 3) float32. identity (80, V, 3), expression (64, V, 3), arkit (52, V, 3), blink (2, V, 3: the person's
    left, right eye closes at 1), gaze (4, V, 3: both eyes look to the person's left, right, up, down),
    tongue (4, V, 3: out, up, back, wide): float32 deltas; where a model has none of a kind the first axis is 0.
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
    tongue: np.ndarray
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
    def upper(self) -> np.ndarray:
        """(15, V, 3): the ARKit shapes of FaceAnimation.upper, (0, V, 3) where the model has none."""
        return self.arkit[list(UPPER_ROWS)] if len(self.arkit) else self.arkit

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
        tongue: np.ndarray | None = None,
        upper: np.ndarray | None = None,
    ) -> np.ndarray:
        """Vertex positions of the face for each frame: S = mean + B_id φ + B_exp δ + lids + eyeballs + tongue + upper.

        expression: (T, 64) float32, published 3DMM coefficients. identity: (80,) float32 or None for the mean face.
        blinks: (T, 2), gaze: (T, 4: left, right, up, down), tongue: (T, 4: out, up, back, wide), upper: (T, 15: the
        shapes UPPER_SHAPES), in 0..1.
        Returns (T, V, 3) float32, metres, y up, face towards +z. Raises CoefficientShapeError.
        """
        coefficients = checked_coefficients(expression)
        rows = len(coefficients)
        weights = [(coefficients, self.expression)]
        parts = (
            ("blinks", blinks, self.blink), ("gaze", gaze, self.gaze), ("tongue", tongue, self.tongue),
            ("upper", upper, self.upper),
        )  # fmt: skip
        for name, values, deltas in parts:
            if values is not None and len(deltas):
                weights.append((_checked_rows(name, values, rows, len(deltas)), deltas))
        moved = np.repeat(self.shape(identity).reshape(1, -1), rows, axis=0)
        for values, deltas in weights:
            moved += values @ deltas.reshape(len(deltas), -1)
        return moved.reshape(rows, self.vertex_count, 3)

    def save(self, path: Path) -> None:
        """Write the model, whole or not at all; deltas as float16, made columns as their matrix. Raises OutputError."""
        write_npz(path, _stored(self))

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
    with reading_shipped(OPEN_FACE_FILE, FaceModelError):
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
    "tongue": (np.float32, np.float16),
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
    if len(data["mean"]) > MAX_VERTICES:
        raise UnusableContent(f"it has more than {MAX_VERTICES:,} vertices")
    no_tongue = np.zeros((0, len(data["mean"]), 3), np.float16)  # faces of earlier releases
    arrays = {name: no_tongue if name == "tongue" and name not in data else data[name] for name in _ARRAYS}
    fields: dict[str, Any] = {name: _as(memory, arrays[name]) for name, (memory, _) in _ARRAYS.items()}
    for name in _LANDMARK_SETS:
        triangles, weights = data[name + "_triangles"], data[name + "_weights"]
        fields[name] = Landmarks(_as(np.int32, triangles), _as(np.float32, weights))
    if "expression" in data:
        fields["expression"] = _as(np.float32, data["expression"])
    else:
        fields["expression"] = made_columns(fields["arkit"], fields["arkit_matrix"])
    fields.update(name=text_of(data["name"]), licence=text_of(data["licence"]), lip_columns=int(data["lip_columns"]))
    fields["region_names"] = tuple(text_of(data["region_names"]).split("\n"))
    return fields


def _as(dtype: type, array: np.ndarray) -> np.ndarray:
    """The array as that type, from others that hold the same numbers. Raises UnusableContent."""
    kinds = "f" if np.issubdtype(dtype, np.floating) else "iu"
    if array.dtype.kind not in kinds:
        raise UnusableContent(f"it holds {array.dtype} where {np.dtype(dtype)} belongs")
    converted = array.astype(dtype)
    if kinds == "iu" and not np.array_equal(converted, array):
        raise UnusableContent("it holds whole numbers that are out of range")
    return converted


def made_columns(arkit: np.ndarray, arkit_matrix: np.ndarray) -> np.ndarray:
    """(64, V, 3) float32: column k is ARKit shapes (52, V, 3) × M[:, k]."""
    columns = arkit_matrix.T @ arkit.reshape(len(arkit), -1)  # (64, V*3)
    return columns.reshape(-1, *arkit.shape[1:]).astype(np.float32)


def _check(model: FaceModel) -> None:
    """Raise FaceModelError where a part of the model does not fit the rest."""
    problems = [*_wrong_shapes(model), *_wrong_places(model)] or [*_wrong_numbers(model)]
    if problems:
        raise FaceModelError(f"The face model is inconsistent: {'; '.join(problems[:3])}. Make it again.")


def _wrong_shapes(model: FaceModel) -> Iterator[str]:
    """Arrays that have another shape than the other ones call for."""
    vertices, triangles, loops, faces = (
        len(part) for part in (model.mean, model.triangles, model.face_loops, model.face_sizes)
    )
    made = len(model.arkit_matrix) > 0
    expected = {
        "mean": (vertices, 3), "triangles": (triangles, 3), "triangle_faces": (triangles,), "face_loops": (loops,),
        "face_sizes": (faces,), "face_regions": (faces,), "uv": (loops, 2), "colours": (vertices, 3),
        "region_colours": (len(model.region_names), 3), "neck_pivot": (3,), "coefficient_std": (EXPRESSION_DIM,),
        "arkit_matrix": (ARKIT_DIM * made, EXPRESSION_DIM), "expression": (EXPRESSION_DIM, vertices, 3),
    }  # fmt: skip
    optional = {
        "identity": IDENTITY_DIM,
        "arkit": ARKIT_DIM,
        "blink": BLINK_DIM,
        "gaze": GAZE_DIM,
        "tongue": TONGUE_DIM,
    }
    for name, count in optional.items():
        expected[name] = (count if len(getattr(model, name)) else 0, vertices, 3)
    if not (vertices and triangles and faces):
        yield "it has no faces"
    for name, shape in expected.items():
        if getattr(model, name).shape != shape:
            yield f"{name} has shape {getattr(model, name).shape}, expected {shape}"


def _wrong_places(model: FaceModel) -> Iterator[str]:
    """Numbers of vertices, faces, regions and triangles that do not exist."""
    vertices, faces, regions = len(model.mean), len(model.face_sizes), len(model.region_names)
    limits = {"triangles": vertices, "face_loops": vertices, "triangle_faces": faces, "face_regions": regions}
    for name, limit in limits.items():
        values = getattr(model, name)
        if values.size and not 0 <= values.min() <= values.max() < limit:
            yield f"{name} points outside the mesh"
    sizes = model.face_sizes.astype(np.int64)
    if sizes.min(initial=MIN_CORNERS) < MIN_CORNERS or sizes.sum() != len(model.face_loops):
        yield "faces, corners and regions do not add up"
    counts = (LANDMARKS_68, LANDMARKS_MEDIAPIPE, len(model.lip_upper), len(model.lip_upper))
    for name, count in zip(_LANDMARK_SETS, counts, strict=True):
        landmarks = getattr(model, name)
        if landmarks.weights.shape != (len(landmarks), 3) or len(landmarks) not in (0, count):
            yield f"{name} has {len(landmarks)} points, expected {count}"
        elif len(landmarks) and not 0 <= landmarks.triangles.min() <= landmarks.triangles.max() < len(model.triangles):
            yield f"{name} points outside the triangles"
    if model.lip_columns < 1 or len(model.lip_upper) % model.lip_columns:
        yield f"its lips have no {model.lip_columns} columns"


def _wrong_numbers(model: FaceModel) -> Iterator[str]:
    """Positions, weights and colours that are missing or out of range."""
    names = (*(name for name, (memory, _) in _ARRAYS.items() if memory is np.float32), "expression")
    numbers = {name: getattr(model, name) for name in names}
    numbers |= {name: getattr(model, name).weights for name in _LANDMARK_SETS}
    for name, values in numbers.items():
        if values.size and not np.abs(values).max() <= MAX_ABS_NUMBER:
            yield f"{name} holds values that are missing or out of range"
    for name in _LANDMARK_SETS:
        if not np.allclose(getattr(model, name).weights.sum(axis=1), 1.0, atol=WEIGHT_SLACK):
            yield f"the weights of {name} do not sum to 1"
