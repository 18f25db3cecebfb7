# SPDX-License-Identifier: Apache-2.0
"""Renderers that were trained with spectral norm (`use_spect`), as ones without it that compute the same.

Such a file has W, u and v where others have one weight: the layer computes with W / σ, σ = uᵀ W v, with the u and v of
the last training step (Miyato et al., ICLR 2018, section 2.1).
"""

import re
from collections.abc import Mapping

import numpy as np

from ....errors import WeightsError

_MATRIX, _LEFT, _RIGHT = "weight_orig", "weight_u", "weight_v"
_TRANSPOSED = re.compile(r"warpping_net\.hourglass\.decoder\.decoder\d+\.conv_[1s]\.")
"""Layers whose weights have the inputs before the outputs."""


def without_spectral_norm(tensors: Mapping[str, np.ndarray], file: str) -> dict[str, np.ndarray]:
    """The state dict with a plain weight for each normalised one; others as they are.

    Raises WeightsError where a part of a normalised weight is missing or does not fit.
    """
    plain = {}
    for name, tensor in tensors.items():
        layer, _, part = name.rpartition(".")
        if part == _MATRIX:
            plain[f"{layer}.weight"] = _normalised(tensors, f"{layer}.", file)
        elif part not in (_LEFT, _RIGHT) or f"{layer}.{_MATRIX}" not in tensors:
            plain[name] = tensor
    return plain


def _normalised(tensors: Mapping[str, np.ndarray], layer: str, file: str) -> np.ndarray:
    weight = tensors[layer + _MATRIX]
    for part in (_LEFT, _RIGHT):
        if layer + part not in tensors:
            raise WeightsError(f"{file} lacks {layer}{part}, without which spectral norm cannot be undone.")
    left, right = tensors[layer + _LEFT], tensors[layer + _RIGHT]
    rows = weight.swapaxes(0, 1) if _TRANSPOSED.match(layer) and weight.ndim > 1 else weight
    matrix = rows.reshape(len(rows), -1) if rows.ndim > 1 else rows[:, None]  # (outputs, all else)
    if matrix.shape != (left.size, right.size):
        raise WeightsError(f"{file} does not fit in {layer}{_LEFT} and {_RIGHT}: it is damaged.")
    return weight / (left @ matrix @ right)
