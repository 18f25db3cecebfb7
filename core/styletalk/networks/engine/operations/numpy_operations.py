# SPDX-License-Identifier: Apache-2.0
"""The operations with NumPy alone: what animates inside Blender's own Python, where torch is absent."""

from contextlib import AbstractContextManager, nullcontext
from dataclasses import dataclass
from typing import Any

import numpy as np

from .allocation import keep_freed_memory

_EPSILON = 1e-5
_CHUNK_BYTES = 24 << 20
"""What the windows of a chunk may take: NumPy's own overhead shrinks with larger chunks, and caches end it."""


@dataclass(frozen=True)
class NumpyPacked:
    """weight: (I, O), transposed. bias: (O,) or None."""

    weight: np.ndarray
    bias: np.ndarray | None


class NumpyOperations:
    """float32 on the CPU, through whichever BLAS NumPy was built with."""

    name, precision, on_gpu = "numpy", "float32", False
    workers = 1  # BLAS has threads of its own, and NumPy cannot tell it to use fewer

    def __init__(self) -> None:
        keep_freed_memory()

    @property
    def exact(self) -> "NumpyOperations":
        return self

    def chunk_windows(self, window_bytes: int) -> int:
        return max(1, _CHUNK_BYTES // window_bytes)

    def free_memory(self) -> None:
        """Nothing is kept."""

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

    def packed(self, weight: np.ndarray, bias: np.ndarray | None = None) -> NumpyPacked:
        return NumpyPacked(self.array(weight).T, None if bias is None else self.array(bias))

    def linear(self, values: np.ndarray, weights: NumpyPacked) -> np.ndarray:
        # One large product; a stack of small ones would not reach BLAS in the same shape.
        result = self.matmul(values.reshape(-1, values.shape[-1]), weights.weight)
        if weights.bias is not None:
            result += weights.bias
        return result.reshape(*values.shape[:-1], -1)

    def linear_relu(self, values: np.ndarray, weights: NumpyPacked) -> np.ndarray:
        result = self.linear(values, weights)
        return np.maximum(result, 0, out=result)

    def linear_add(self, values: np.ndarray, weights: NumpyPacked, onto: np.ndarray) -> np.ndarray:
        result = self.linear(values, weights)
        result += onto
        return result

    def matmul(self, left: np.ndarray, right: np.ndarray) -> np.ndarray:
        return left @ right

    def layer_norm(self, values: np.ndarray, weight: np.ndarray, bias: np.ndarray) -> np.ndarray:
        values = values - values.mean(axis=-1, keepdims=True)
        variance = np.einsum("...d,...d->...", values, values)[..., None] / np.float32(values.shape[-1])
        values /= np.sqrt(variance + np.float32(_EPSILON))
        values *= weight
        values += bias
        return values

    def relu(self, values: np.ndarray) -> np.ndarray:
        return np.maximum(values, 0)

    def mish(self, values: np.ndarray) -> np.ndarray:
        return values * np.tanh(np.logaddexp(np.float32(0), values))

    def softmax(self, values: np.ndarray) -> np.ndarray:
        values = values - values.max(axis=-1, keepdims=True)
        np.exp(values, out=values)
        values /= values.sum(axis=-1, keepdims=True)
        return values

    def attention(self, queries: np.ndarray, keys: np.ndarray, values: np.ndarray, heads: int) -> np.ndarray:
        scores = self.matmul(_heads(queries, heads), _heads(keys, heads).swapaxes(-1, -2))  # (B, h, Q, N)
        return self.attend(scores, values)

    def attend(self, scores: np.ndarray, values: np.ndarray) -> np.ndarray:
        context = self.matmul(self.softmax(scores), _heads(values, scores.shape[1]))  # (B, h, Q, e)
        return context.swapaxes(1, 2).reshape(len(values), scores.shape[2], -1)


def _heads(tokens: np.ndarray, heads: int) -> np.ndarray:
    """(B, N, d) -> (B, h, N, d/h)."""
    return tokens.reshape(*tokens.shape[:2], heads, -1).swapaxes(1, 2)
