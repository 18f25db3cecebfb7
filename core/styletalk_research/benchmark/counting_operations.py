# SPDX-License-Identifier: Apache-2.0
"""NumPy's operations, counted while they compute: what a formulation says of itself could be wrong."""

import math

import numpy as np

from styletalk.networks.engine.operations.numpy_operations import NumpyOperations


class CountingOperations(NumpyOperations):
    """multiplications: how many every matrix product since the beginning has taken together; each has its addition."""

    def __init__(self) -> None:
        super().__init__()
        self.multiplications = 0

    def matmul(self, left: np.ndarray, right: np.ndarray) -> np.ndarray:
        result = super().matmul(left, right)
        self.multiplications += math.prod(result.shape) * left.shape[-1]
        return result
