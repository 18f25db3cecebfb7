# SPDX-License-Identifier: Apache-2.0
"""The few array operations that the fast path needs, so that one algorithm runs on NumPy and on torch.

Beyond these it uses what both kinds of array share: `+`, `*`, slices, integer indexing, `reshape` and `swapaxes`.
Whatever multiplies matrices goes through `linear…`, `matmul`, `attention` and `attend`, so that it can be counted.
"""

from contextlib import AbstractContextManager
from typing import Any, Protocol

import numpy as np

Array = Any
"""An array of the engine's own kind: np.ndarray or torch.Tensor."""
Packed = Any
"""A linear map, weight and bias, laid out as the engine multiplies it fastest. Only its `packed` makes one."""


class Operations(Protocol):
    """What an engine brings. Shapes are (..., rows, columns); heads and windows are leading axes."""

    name: str
    precision: str
    """ "float32", "bfloat16" or "float16": what products are computed in."""
    on_gpu: bool
    workers: int
    """How many threads compute chunks side by side; 1 where the array library spreads the work by itself."""

    @property
    def exact(self) -> "Operations":
        """The same in float32, for what is computed once and must not be rounded."""
        ...

    def chunk_windows(self, window_bytes: int) -> int:
        """How many windows to compute at a time, where each takes so many bytes while it is computed."""
        ...

    def free_memory(self) -> None:
        """Give back what is kept for later products, after memory ran out."""
        ...

    def begin_worker(self) -> None:
        """Called first in each worker thread, where there is more than one."""
        ...

    def end_workers(self) -> None:
        """Called when the worker threads are done."""
        ...

    def session(self) -> AbstractContextManager[Any]:
        """What to compute within: torch keeps no gradients there."""
        ...

    def array(self, values: Array) -> Array:
        """Floating point values, NumPy's or an engine's, as the engine's own array, on its device, in float32."""
        ...

    def indices(self, values: np.ndarray) -> Array:
        """Integers for indexing, on the engine's device."""
        ...

    def numpy(self, values: Array) -> np.ndarray:
        """Back to float32 on the CPU."""
        ...

    def packed(self, weight: Array, bias: Array | None = None) -> Packed:
        """The map x -> x · weightᵀ + bias of a weight (O, I) and a bias (O,)."""
        ...

    def linear(self, values: Array, weights: Packed) -> Array:
        """(..., I) -> (..., O): values · weightᵀ + bias."""
        ...

    def linear_relu(self, values: Array, weights: Packed) -> Array:
        """(..., I) -> (..., O): max(values · weightᵀ + bias, 0)."""
        ...

    def linear_add(self, values: Array, weights: Packed, onto: Array) -> Array:
        """(..., I), (..., O) -> (..., O): onto + values · weightᵀ + bias. `onto` may lack windows: (1, N, O)."""
        ...

    def matmul(self, left: Array, right: Array) -> Array:
        """(..., M, K), (..., K, N) -> (..., M, N)."""
        ...

    def layer_norm(self, values: Array, weight: Array, bias: Array) -> Array:
        """(..., d) to mean 0 and variance 1 over d (epsilon 1e-5), then scaled and shifted. May reuse `values`."""
        ...

    def relu(self, values: Array) -> Array:
        """max(values, 0)."""
        ...

    def mish(self, values: Array) -> Array:
        """x · tanh(ln(1 + eˣ))."""
        ...

    def softmax(self, values: Array) -> Array:
        """Over the last axis."""
        ...

    def attention(self, queries: Array, keys: Array, values: Array, heads: int) -> Array:
        """(B, Q, d), (B, N, d), (B, N, d) -> (B, Q, d): softmax(q kᵀ) v in each head, and the heads side by side.

        The queries are scaled already, by 1 / √(d / heads).
        """
        ...

    def attend(self, scores: Array, values: Array) -> Array:
        """(B, h, Q, N), (B, N, d) -> (B, Q, d): softmax(scores) v in each head, and the heads side by side."""
        ...
