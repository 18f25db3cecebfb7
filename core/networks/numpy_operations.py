# SPDX-License-Identifier: Apache-2.0
"""The operations with NumPy alone: what animates inside Blender's own Python, where torch is absent."""

from contextlib import AbstractContextManager, nullcontext
from typing import Any

import numpy as np

_EPSILON = 1e-5


class NumpyOperations:
    """float32 on the CPU, through whichever BLAS NumPy was built with."""

    name = "numpy"
    workers = 1  # BLAS has threads of its own, and NumPy cannot tell it to use fewer

    def begin_worker(self) -> None:
        """Nothing to prepare."""

    def end_workers(self) -> None:
        """Nothing to undo."""

    def session(self) -> AbstractContextManager[Any]:
        return nullcontext()

    def array(self, values: np.ndarray) -> np.ndarray:
        return np.ascontiguousarray(values, np.float32)

    def indices(self, values: np.ndarray) -> np.ndarray:
        return np.asarray(values, np.intp)

    def numpy(self, values: np.ndarray) -> np.ndarray:
        return np.asarray(values, np.float32)

    def linear(self, values: np.ndarray, weight: np.ndarray, bias: np.ndarray | None = None) -> np.ndarray:
        # One large product; a stack of small ones would not reach BLAS in the same shape.
        result = values.reshape(-1, values.shape[-1]) @ weight.T
        if bias is not None:
            result += bias
        return result.reshape(*values.shape[:-1], len(weight))

    def layer_norm(self, values: np.ndarray, weight: np.ndarray, bias: np.ndarray) -> np.ndarray:
        values = values - values.mean(axis=-1, keepdims=True)
        variance = np.einsum("...d,...d->...", values, values)[..., None] / np.float32(values.shape[-1])
        values /= np.sqrt(variance + np.float32(_EPSILON))
        values *= weight
        values += bias
        return values

    def relu(self, values: np.ndarray) -> np.ndarray:
        return np.maximum(values, 0, out=values)

    def mish(self, values: np.ndarray) -> np.ndarray:
        return values * np.tanh(np.logaddexp(np.float32(0), values))

    def softmax(self, values: np.ndarray) -> np.ndarray:
        values = values - values.max(axis=-1, keepdims=True)
        np.exp(values, out=values)
        values /= values.sum(axis=-1, keepdims=True)
        return values

    def attention(self, queries: np.ndarray, keys: np.ndarray, values: np.ndarray) -> np.ndarray:
        scale = np.float32(1 / np.sqrt(queries.shape[-1]))
        return self.softmax((queries * scale) @ keys.swapaxes(-1, -2)) @ values
