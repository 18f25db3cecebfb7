# SPDX-License-Identifier: Apache-2.0
"""The mouth of a face model as a few points that move with the coefficients (paper, supplement, 3DMM)."""

from dataclasses import dataclass
from pathlib import Path

import numpy as np

from styletalk.errors import FaceModelError
from styletalk.face.landmarks import landmark_positions
from styletalk.face.model import FaceModel, open_face

MOUTH_68 = slice(48, 68)
CORNERS_68 = (48, 54)
REACH = 0.3
"""How far from a mouth landmark a vertex still belongs to the mouth, in mouth widths."""


@dataclass(frozen=True)
class Mouth:
    """M = mean + B_exp δ for P vertices round the lips, without identity, in half mouth widths about its centre.

    mean: (P, 3) float32. columns: (64, P, 3) float32. usual_way: how far a vertex is moved in published clips (root
    mean square), in the same unit.
    """

    mean: np.ndarray
    columns: np.ndarray
    usual_way: float


def load_mouth(face: str, points: int) -> Mouth:
    """The mouth of a face model file, or of the open face where `face` is empty. Raises FaceModelError."""
    return mouth_of(FaceModel.load(Path(face)) if face else open_face(), points)


def mouth_of(model: FaceModel, points: int) -> Mouth:
    """At most `points` vertices of the lips and of the skin around them, spread evenly. Raises FaceModelError."""
    if not len(model.landmarks_68):
        raise FaceModelError("The face model has no mouth landmarks. Import it again with its 68 landmarks.")
    landmarks = landmark_positions(model.mean, model.triangles, model.landmarks_68)
    half_width = float(np.linalg.norm(landmarks[CORNERS_68[0]] - landmarks[CORNERS_68[1]])) / 2
    near = _vertices_round(model, landmarks[MOUTH_68], REACH * 2 * half_width)
    chosen = near[_spread(model.mean[near], points)]
    centre = landmarks[MOUTH_68].mean(0)
    columns = model.expression[:, chosen] / half_width  # (64, P, 3)
    ways = columns * model.coefficient_std[:, None, None]
    return Mouth(
        mean=((model.mean[chosen] - centre) / half_width).astype(np.float32), columns=columns.astype(np.float32),
        usual_way=float(np.sqrt((ways**2).sum(0).mean())),
    )  # fmt: skip


def _vertices_round(model: FaceModel, landmarks: np.ndarray, reach_m: float) -> np.ndarray:
    """Vertices within reach of a landmark (N, 3), of the regions that carry mouth landmarks: no teeth, no tongue."""
    regions = np.unique(model.triangle_regions[model.landmarks_68.triangles[MOUTH_68]])
    outside = np.unique(model.triangles[np.isin(model.triangle_regions, regions)])
    distances = np.linalg.norm(model.mean[outside][:, None] - landmarks, axis=-1)  # (V, N)
    return outside[distances.min(1) <= reach_m]


def _spread(positions: np.ndarray, count: int) -> np.ndarray:
    """Indices of `count` positions (V, 3), each the one farthest from those before it."""
    chosen = [int(np.argmin(positions[:, 0]))]
    nearest = np.full(len(positions), np.inf)
    while len(chosen) < min(count, len(positions)):
        nearest = np.minimum(nearest, np.linalg.norm(positions - positions[chosen[-1]], axis=1))
        chosen.append(int(nearest.argmax()))
    return np.array(chosen)
