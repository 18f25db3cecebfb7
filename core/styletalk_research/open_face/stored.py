# SPDX-License-Identifier: Apache-2.0
"""What a mesh is stored as."""

import numpy as np

STEP_M = 2.0**-16
"""Displacements of what is put onto the skin are multiples of this, 15 µm: the file is a third smaller."""


def as_stored(deltas: np.ndarray) -> np.ndarray:
    """Rounded to what the file keeps, so that the model in memory and the one read back are the same."""
    return deltas.astype(np.float16).astype(np.float32)


def as_stored_part(deltas: np.ndarray) -> np.ndarray:
    """Rounded to STEP_M, and to what the file keeps."""
    return as_stored(np.round(deltas / STEP_M) * STEP_M)


def fans(faces: list[list[int]]) -> tuple[np.ndarray, np.ndarray]:
    """Triangles (F, 3) int32 of polygons, and the polygon of each."""
    triangles = [(face[0], face[k], face[k + 1]) for face in faces for k in range(1, len(face) - 1)]
    owners = [index for index, face in enumerate(faces) for _ in range(len(face) - 2)]
    return np.array(triangles, np.int32), np.array(owners, np.int32)
