# SPDX-License-Identifier: Apache-2.0
"""The Basel Face Model 2009 as a face model of ours. Its expressions are the published coefficients' own."""

from collections.abc import Iterable
from pathlib import Path

import numpy as np

from ...animation import BLINK_DIM
from ...errors import FaceModelError
from ..model import MAX_VERTICES, FaceModel, open_face
from . import surface
from .bfm_files import FRONT, BfmArrays, found_files, read_front, read_originals

NAME = "Basel Face Model 2009"
LICENCE = "Basel Face Model 2009: licensed to persons, for research alone. Not to be passed on."
BLINK_RIDGE = 0.01
SIDE_M = 0.012
"""Within so far of the midline a blink fades from one side to the other."""


def import_bfm(given: Iterable[Path]) -> FaceModel:
    """The model of a folder, or of files: `BFM_model_front.mat`, or `01_MorphableModel.mat` with what belongs to it.

    64 expression columns and 80 identity components; blinks are estimated from the expressions; no eyeballs, no ARKit
    shapes, no tongue. Raises FaceModelError.
    """
    files = found_files(given)
    arrays = read_front(files[FRONT]) if FRONT in files else read_originals(files)
    _check(arrays)
    marks = arrays.mean[arrays.marks]
    mean = surface.placed(arrays.mean, marks)
    triangles = surface.outwards(mean, arrays.triangles).astype(np.int32)
    loops = triangles.reshape(-1)
    face, faces = open_face(), len(triangles)
    nothing = np.zeros((0, len(mean), 3), np.float32)
    expression = arrays.expression.astype(np.float32)
    return FaceModel(
        mean=mean.astype(np.float32), identity=arrays.identity.astype(np.float32), expression=expression,
        arkit=nothing, arkit_matrix=np.zeros((0, len(expression)), np.float32), gaze=nothing, tongue=nothing,
        blink=estimated_blinks(face, mean, expression),
        triangles=triangles, triangle_faces=np.arange(faces, dtype=np.int32), face_loops=loops,
        face_sizes=np.full(faces, 3, np.int32), uv=surface.round_uv(mean, loops),
        face_regions=np.zeros(faces, np.uint8), region_names=("skin",), region_colours=arrays.colours.mean(0)[None],
        colours=arrays.colours.astype(np.float32),
        landmarks_68=surface.at_vertices(arrays.marks, triangles) if len(arrays.marks) else surface.nowhere(),
        name=NAME, licence=LICENCE, **surface.common(face),
    )  # fmt: skip


def estimated_blinks(face: FaceModel, mean: np.ndarray, expression: np.ndarray) -> np.ndarray:
    """(2, V, 3): the expression nearest to both lids closing on the open face, for the person's left and right side.

    face: the open face, on which it is known how lids close. mean (V, 3), expression (64, V, 3): of the other face.
    """
    skin = np.unique(face.triangles[face.region_triangles("skin")])
    columns = face.expression[:, skin].reshape(len(face.expression), -1).astype(np.float64)
    wanted = face.blink[:, skin].sum(0, dtype=np.float64).ravel()
    gram = columns @ columns.T
    ridge = BLINK_RIDGE * np.trace(gram) / len(gram) * np.eye(len(gram))
    both = np.tensordot(np.linalg.solve(gram + ridge, columns @ wanted), expression, 1)  # (V, 3)
    share = np.clip(mean[:, 0] / (2 * SIDE_M) + 0.5, 0, 1)[:, None]
    blinks = np.stack([share * both, (1 - share) * both])
    return blinks.reshape(BLINK_DIM, -1, 3).astype(np.float32)


def _check(arrays: BfmArrays) -> None:
    """Raise FaceModelError for another size of face, other axes, or more vertices than the model has."""
    if len(arrays.mean) > MAX_VERTICES:
        raise FaceModelError(f"The face has {len(arrays.mean):,} vertices; at most {MAX_VERTICES:,} can be imported.")
    reason = surface.size_problem(arrays.mean, arrays.identity, arrays.expression)
    if not reason and len(arrays.marks):
        reason = surface.axes_problem(arrays.mean[arrays.marks])
    if not reason and not len(arrays.triangles):
        reason = "no triangle is left of it"
    if reason:
        raise FaceModelError(f"{arrays.paths[0]} is not the Basel Face Model 2009 as it is published ({reason}).")
