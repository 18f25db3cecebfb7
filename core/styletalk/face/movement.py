# SPDX-License-Identifier: Apache-2.0
"""How alike two movements of a face are: inner products over its skin, the lips above all."""

import functools

import numpy as np

from .landmarks import LIPS
from .model import FaceModel, open_face

LIP_WEIGHT = 40.0
"""How much more a lip landmark counts than a vertex: the lips are what is looked at, and few of the vertices."""
LIP_PAIRS = ((13, 14), (82, 87), (312, 317))
"""Points of the upper and the lower lip, opposite each other in the middle of the mouth."""
OUTSIDE = ("skin", "lips")
"""Teeth and tongue have many vertices, and nobody judges a movement by them."""


def plain_movement(model: FaceModel) -> np.ndarray:
    """(116, 116) float64: inner products of what the 64 columns and 52 ARKit shapes move, every vertex alike, in m²."""
    return _products(_columns(model))


def parting(model: FaceModel) -> np.ndarray:
    """(116, 3) float64: by how much the 64 columns and 52 ARKit shapes part the lips at LIP_PAIRS, in metres."""
    columns = _columns(model)
    upper, lower = (_points(model, columns, [pair[side] for pair in LIP_PAIRS])[..., 1] for side in (0, 1))
    return upper - lower


def movement(model: FaceModel) -> np.ndarray:
    """(116, 116) float64: the same over the skin, with the lips counting more."""
    return _movement_of_open_face() if model is open_face() else _movement(model)


@functools.lru_cache(maxsize=1)
def _movement_of_open_face() -> np.ndarray:
    return _movement(open_face())


def _movement(model: FaceModel) -> np.ndarray:
    columns = _columns(model)
    lips = _points(model, columns, list(LIPS)).reshape(len(columns), -1)
    return _products(columns[:, _outside(model)]) + LIP_WEIGHT * lips @ lips.T


def _products(columns: np.ndarray) -> np.ndarray:
    flat = columns.reshape(len(columns), -1)
    return flat @ flat.T


def _columns(model: FaceModel) -> np.ndarray:
    return np.concatenate([model.expression, model.arkit]).astype(np.float64)


def _outside(model: FaceModel) -> np.ndarray:
    """The vertices of the skin and lips; all where the model does not say which they are."""
    seen = np.unique(model.triangles[model.region_triangles(*OUTSIDE)])
    return seen if len(seen) else np.arange(model.vertex_count)


def _points(model: FaceModel, columns: np.ndarray, marks: list[int]) -> np.ndarray:
    """(116, n, 3): how landmarks move."""
    points = model.landmarks_mediapipe
    corners = columns[:, model.triangles[points.triangles[marks]]]
    return np.einsum("nk,cnkd->cnd", points.weights[marks], corners)
