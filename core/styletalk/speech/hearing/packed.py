# SPDX-License-Identifier: Apache-2.0
"""Weights on disk: matrices in eight bits with a scale for each output, integers as given, all else in float16."""

from collections.abc import Mapping
from pathlib import Path

import numpy as np

from ...errors import WeightsError
from ...files.npz import read_npz
from ...files.reading import UnusableContent

SCALE = "_scale"
"""What the name of a matrix's scales adds to its own."""
LARGEST = 127
MISSING = np.zeros(0, np.float32)


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


def taken(tensors: Mapping[str, np.ndarray], name: str, *shape: int) -> np.ndarray:
    """One of the tensors. shape: -1 for any length. Raises WeightsError where it is missing or of another shape."""
    found = tensors.get(name, MISSING)
    if found.ndim != len(shape) or any(a not in (b, -1) for a, b in zip(shape, found.shape, strict=True)):
        raise WeightsError(f"The weights do not fit together at {name}. Install StyleTalk again.")
    return found


def _unpacked(stored: Mapping[str, np.ndarray], name: str) -> np.ndarray:
    if stored[name].ndim < 2:
        return stored[name] if stored[name].dtype.kind in "iu" else _finite(stored[name])
    scale = _finite(stored[name + SCALE])
    if stored[name].dtype != np.int8 or scale.shape != stored[name].shape[1:]:
        raise UnusableContent(f"{name} is damaged")
    tensor = stored[name].astype(np.float32)
    tensor *= scale  # in place: the largest has 80 MB
    return tensor


def _finite(numbers: np.ndarray) -> np.ndarray:
    if not np.isfinite(numbers).all():
        raise UnusableContent("some of its numbers are infinite or none")
    return numbers.astype(np.float32)
