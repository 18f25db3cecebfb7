# SPDX-License-Identifier: Apache-2.0
"""The few array operations that the fast path needs, so that one algorithm runs on NumPy and on torch.

Beyond these it uses what both kinds of array share: `+`, `@`, slices, integer indexing, `reshape` and `swapaxes`.
"""

from contextlib import AbstractContextManager
from typing import Any, Protocol

import numpy as np

Array = Any
"""An array of the engine's own kind: np.ndarray or torch.Tensor."""


class Operations(Protocol):
    """What an engine brings. Shapes are (..., rows, columns); heads and windows are leading axes."""

    name: str
    workers: int
    """How many threads compute chunks side by side; 1 where the array library spreads the work by itself."""

    def begin_worker(self) -> None:
        """Called first in each worker thread, where there is more than one."""
        ...

    def end_workers(self) -> None:
        """Called when the worker threads are done."""
        ...

    def session(self) -> AbstractContextManager[Any]:
        """What to compute within: torch keeps no gradients there."""
        ...

    def array(self, values: np.ndarray) -> Array:
        """Floating point values as the engine's own array, on its device and in its precision."""
        ...

    def indices(self, values: np.ndarray) -> Array:
        """Integers for indexing, on the engine's device."""
        ...

    def numpy(self, values: Array) -> np.ndarray:
        """Back to float32 on the CPU."""
        ...

    def linear(self, values: Array, weight: Array, bias: Array | None = None) -> Array:
        """(..., I) values, (O, I) weight, (O,) bias -> (..., O): values · weightᵀ + bias."""
        ...

    def layer_norm(self, values: Array, weight: Array, bias: Array) -> Array:
        """(..., d) to mean 0 and variance 1 over d (epsilon 1e-5), then scaled and shifted. May reuse `values`."""
        ...

    def relu(self, values: Array) -> Array:
        """max(values, 0). May reuse `values`."""
        ...

    def mish(self, values: Array) -> Array:
        """x · tanh(ln(1 + eˣ))."""
        ...

    def softmax(self, values: Array) -> Array:
        """Over the last axis. May reuse `values`."""
        ...

    def attention(self, queries: Array, keys: Array, values: Array) -> Array:
        """(B or 1, h, Q, e), (B, h, N, e), (B, h, N, e) -> (B, h, Q, e): softmax(q kᵀ / √e) v."""
        ...
