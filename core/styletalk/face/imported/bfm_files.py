# SPDX-License-Identifier: Apache-2.0
"""The Basel Face Model 2009 as users have it, read and checked: Basel's own files, or Deep3DFaceRecon's ready one."""

import functools
from collections.abc import Iterable
from dataclasses import dataclass
from pathlib import Path

import numpy as np

from ...animation import EXPRESSION_DIM
from ...errors import FaceModelError
from ...files.limits import MAX_FACE_MODEL_BYTES
from ...files.mat import read_mat
from ...files.reading import UnusableContent, explaining, file_bytes
from ...files.text import read_text
from ..model import IDENTITY_DIM, LANDMARKS_68

FRONT, SHAPE, EXPRESSION = "BFM_model_front.mat", "01_MorphableModel.mat", "Exp_Pca.bin"
DEVIATIONS, KEPT, FRONT_PART, INFO = "std_exp.txt", "BFM_exp_idx.mat", "BFM_front_idx.mat", "facemodel_info.mat"
NAMES = (FRONT, SHAPE, EXPRESSION, DEVIATIONS, KEPT, FRONT_PART, INFO)
NEEDED = (SHAPE, EXPRESSION, DEVIATIONS, KEPT)
UNITS_PER_DM = 1e5
"""Basel's files are in micrometres; Deep3DFaceRecon's, and the published coefficients, in decimetres."""
METRES = 0.1
COUNT_BYTES = 4


@dataclass(frozen=True)
class BfmArrays:
    """mean (V, 3), identity (80, V, 3), expression (64, V, 3) metres. colours (V, 3) sRGB 0..1. triangles (F, 3).

    marks: vertices of the 68 landmarks, (68,) or (0,) where the files have none. Numbers from 0. paths: what was read.
    """

    mean: np.ndarray
    identity: np.ndarray
    expression: np.ndarray
    colours: np.ndarray
    triangles: np.ndarray
    marks: np.ndarray
    paths: tuple[Path, ...]


def found_files(given: Iterable[Path]) -> dict[str, Path]:
    """The files of NAMES in folders and among files that were given, in any case. Raises FaceModelError for none."""
    paths: list[Path] = []
    for path in map(Path, given):
        if not path.exists():
            raise FaceModelError(f"There is no {path}. Give the folder with the Basel Face Model's files.")
        paths += sorted(path.iterdir()) if path.is_dir() else [path]
    known = {name.lower(): name for name in NAMES}
    files = {known[path.name.lower()]: path for path in paths if path.name.lower() in known}
    if FRONT in files:
        return {FRONT: files[FRONT]}
    missing = [name for name in NEEDED if name not in files]
    if missing:
        raise FaceModelError(
            f"{missing[0]} is missing. Give a folder with {FRONT}, or with {', '.join(NEEDED[:-1])} and {NEEDED[-1]}."
        )
    return files


def read_front(path: Path) -> BfmArrays:
    """Deep3DFaceRecon's file. Raises FaceModelError."""
    with explaining(functools.partial(_unusable, path)):
        names = ("meanshape", "meantex", "idBase", "exBase", "tri", "keypoints")
        tables = read_mat(path, names, MAX_FACE_MODEL_BYTES)
        mean = _floats(tables, "meanshape").reshape(-1)
        count = _vertex_count("meanshape", mean)
        marks = _places(tables, "keypoints", count).ravel() if "keypoints" in tables else np.zeros(0, np.int64)
        return BfmArrays(
            mean=mean.reshape(-1, 3) * METRES,
            identity=_basis(_floats(tables, "idBase", 3 * count, IDENTITY_DIM)) * METRES,
            expression=_basis(_floats(tables, "exBase", 3 * count, EXPRESSION_DIM)) * METRES,
            colours=_colours(_floats(tables, "meantex").reshape(-1), count),
            triangles=_triangles(tables, "tri", count),
            marks=_marks(marks),
            paths=(path,),
        )


def read_originals(files: dict[str, Path]) -> BfmArrays:
    """Basel's file with the expressions of Guo et al., cut to the front where BFM_front_idx.mat is among them.

    Shape rows are scaled by their deviations: B_id = PC · EV, B_exp = PC · std (paper, supplement, 3DMM).
    Raises FaceModelError.
    """
    shape, expression = _read_shape(files[SHAPE]), _read_expression(files[EXPRESSION], files[DEVIATIONS])
    whole = len(shape["shapeMU"]) // 3
    kept = _read_places(files[KEPT], "trimIndex", whole)
    if 3 * len(kept) != expression.shape[1]:
        raise FaceModelError(
            f"{files[KEPT]} keeps {len(kept)} vertices, {files[EXPRESSION]} has {expression.shape[1] // 3}. "
            "Take both from the same source."
        )
    front = _read_places(files[FRONT_PART], "idx", len(kept)) if FRONT_PART in files else np.arange(len(kept))
    chosen = kept[front]
    triangles, marks = _surface(files, shape, chosen)
    scale = METRES / UNITS_PER_DM
    deviations = shape["shapeEV"][:IDENTITY_DIM, None, None]
    return BfmArrays(
        mean=shape["shapeMU"].reshape(-1, 3)[chosen] * scale,
        identity=_basis(shape["shapePC"])[:, chosen] * deviations * scale,
        expression=expression.reshape(len(expression), -1, 3)[:, front] * scale,
        colours=_colours(shape["texMU"], whole)[chosen],
        triangles=triangles,
        marks=marks,
        paths=tuple(files.values()),
    )


def _read_shape(path: Path) -> dict[str, np.ndarray]:
    with explaining(functools.partial(_unusable, path)):
        tables = read_mat(path, ("shapePC", "shapeMU", "shapeEV", "texMU", "tl"), MAX_FACE_MODEL_BYTES)
        mean = _floats(tables, "shapeMU").reshape(-1)
        count = _vertex_count("shapeMU", mean)
        found = {"shapeMU": mean, "texMU": _floats(tables, "texMU").reshape(-1)}
        found["shapePC"] = _floats(tables, "shapePC", 3 * count, IDENTITY_DIM)
        found["shapeEV"] = _floats(tables, "shapeEV").reshape(-1)
        if len(found["shapeEV"]) < IDENTITY_DIM or found["shapeEV"].min() < 0:
            raise UnusableContent(f"shapeEV is not {IDENTITY_DIM} deviations or more")
        found["tl"] = _triangles(tables, "tl", count)
        return found


def _read_expression(path: Path, deviations: Path) -> np.ndarray:
    """(64, 3 V): int32 count | float32 mean (3 V), unused | float32 components (count, 3 V), times their deviations."""
    with explaining(functools.partial(_unusable, path)):
        data = file_bytes(path)
        count = int(np.frombuffer(data[:COUNT_BYTES], "<i4")[0]) if len(data) > COUNT_BYTES else 0
        numbers = (len(data) - COUNT_BYTES) // 4
        if not EXPRESSION_DIM <= count <= 1000 or numbers % (3 * (count + 1)) or len(data) % 4:
            raise UnusableContent(f"it is not {EXPRESSION_DIM} components or more, or is cut off")
        rows = np.frombuffer(data, "<f4", offset=COUNT_BYTES).reshape(count + 1, -1)[1 : EXPRESSION_DIM + 1]
    with explaining(functools.partial(_unusable, deviations)):
        scales = [float(text) for text in read_text(deviations).replace(",", " ").split()]
        if len(scales) < EXPRESSION_DIM or min(scales) < 0:
            raise UnusableContent(f"it is not {EXPRESSION_DIM} deviations or more")
        return rows * np.array(scales[:EXPRESSION_DIM], np.float32)[:, None]


def _read_places(path: Path, name: str, count: int) -> np.ndarray:
    with explaining(functools.partial(_unusable, path)):
        return _places(read_mat(path, (name,)), name, count).ravel()


def _surface(files: dict[str, Path], shape: dict[str, np.ndarray], chosen: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """Triangles and landmarks of the chosen vertices: facemodel_info.mat's, or what remains of Basel's triangles."""
    if FRONT_PART in files and INFO in files:
        with explaining(functools.partial(_unusable, files[INFO])):
            tables = read_mat(files[INFO], ("tri", "keypoints"))
            marks = _places(tables, "keypoints", len(chosen)).ravel()
            return _triangles(tables, "tri", len(chosen)), _marks(marks)
    new = np.full(len(shape["shapeMU"]) // 3, -1, np.int64)
    new[chosen] = np.arange(len(chosen))
    triangles = new[shape["tl"]]
    return triangles[(triangles >= 0).all(1)], np.zeros(0, np.int64)


def _unusable(path: Path, reason: str) -> FaceModelError:
    return FaceModelError(f"{path} is not that file of the Basel Face Model 2009, or is damaged ({reason}).")


def _floats(
    tables: dict[str, np.ndarray], name: str, rows: int | None = None, columns: int | None = None
) -> np.ndarray:
    """A table of numbers; with at least so many columns, of which the first are returned. Raises UnusableContent."""
    table = tables[name]
    if table.dtype.kind != "f" or not np.isfinite(table).all():
        raise UnusableContent(f"{name} holds values that are not numbers")
    if rows is None or columns is None:
        return table
    if table.ndim != 2 or table.shape[0] != rows or table.shape[1] < columns:
        raise UnusableContent(f"{name} has shape {table.shape}, expected ({rows}, {columns})")
    return table[:, :columns]


def _vertex_count(name: str, flat: np.ndarray) -> int:
    if not len(flat) or len(flat) % 3:
        raise UnusableContent(f"{name} has {len(flat)} numbers, which is no multiple of 3")
    return len(flat) // 3


def _basis(table: np.ndarray) -> np.ndarray:
    """(n, V, 3) of columns (3 V, n), whose rows are x, y, z of each vertex in turn."""
    return table.T.reshape(table.shape[1], -1, 3)


def _places(tables: dict[str, np.ndarray], name: str, count: int) -> np.ndarray:
    """Whole numbers from 1 to count, as numbers from 0. Raises UnusableContent."""
    table = tables[name]
    if not table.size or not np.array_equal(table, np.floor(table)) or not 1 <= table.min() <= table.max() <= count:
        raise UnusableContent(f"{name} holds numbers outside 1 to {count}")
    return table.astype(np.int64) - 1


def _triangles(tables: dict[str, np.ndarray], name: str, count: int) -> np.ndarray:
    table = _places(tables, name, count)
    if table.ndim != 2 or table.shape[1] != 3:
        raise UnusableContent(f"{name} has shape {table.shape}, expected (F, 3)")
    return table


def _marks(vertices: np.ndarray) -> np.ndarray:
    if len(vertices) not in (0, LANDMARKS_68):
        raise UnusableContent(f"keypoints are {len(vertices)}, expected {LANDMARKS_68}")
    return vertices


def _colours(flat: np.ndarray, count: int) -> np.ndarray:
    """(V, 3) of 0..255."""
    if flat.size != 3 * count or not 0 <= flat.min() <= flat.max() <= 256:
        raise UnusableContent(f"its mean texture is not {count} colours from 0 to 255")
    return np.clip(flat.reshape(-1, 3) / 255.0, 0, 1)
