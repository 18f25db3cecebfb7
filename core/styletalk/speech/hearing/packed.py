# SPDX-License-Identifier: Apache-2.0
"""Weights on disk: matrices in eight bits with a scale for each output, integers as given, all else in float16."""

from collections.abc import Mapping
from pathlib import Path

import numpy as np

from ...errors import WeightsError
from ...files.npz import read_npz

SCALE = "_scale"
"""What the name of a matrix's scales adds to its own."""
LARGEST = 127


def packed(tensors: Mapping[str, np.ndarray]) -> dict[str, np.ndarray]:
    """float32 tensors by name as they are stored: (in, out) matrices as int8 with (out,) float32 scales."""
    stored: dict[str, np.ndarray] = {}
    for name, tensor in tensors.items():
        if tensor.ndim < 2:
            stored[name] = tensor if tensor.dtype.kind in "iu" else tensor.astype(np.float16)
            continue
        scale = np.maximum(np.abs(tensor).max(axis=0), 1e-12) / LARGEST
        stored[name] = np.rint(tensor / scale).astype(np.int8)
        stored[name + SCALE] = scale.astype(np.float32)
    return stored


def read_packed(path: Path) -> dict[str, np.ndarray]:
    """The tensors of `packed`. Raises WeightsError where the file is missing or damaged."""

    def unusable(reason: str) -> WeightsError:
        return WeightsError(f"The weights {path.name} cannot be read ({reason}). Install StyleTalk again.")

    with read_npz(path, unusable) as stored:
        return {name: _unpacked(stored, name) for name in stored if not name.endswith(SCALE)}


def _unpacked(stored: Mapping[str, np.ndarray], name: str) -> np.ndarray:
    if stored[name].ndim < 2:
        return stored[name] if stored[name].dtype.kind in "iu" else stored[name].astype(np.float32)
    tensor = stored[name].astype(np.float32)
    tensor *= stored[name + SCALE]  # in place: the largest has 80 MB
    return tensor
