# SPDX-License-Identifier: Apache-2.0
"""The sinusoidal positional encoding that is added to the encoders' inputs and to the decoders' target tokens."""

import numpy as np


def sinusoid_table(positions: int, width: int) -> np.ndarray:
    """(positions, width) float32: sin(p / 10000^(2i/width)) in even columns 2i, the cosine in odd ones."""
    column = np.arange(width)
    angle = np.arange(positions)[:, None] / np.power(10000.0, 2 * (column // 2) / width)
    return np.where(column % 2 == 0, np.sin(angle), np.cos(angle)).astype(np.float32)
