# SPDX-License-Identifier: Apache-2.0
"""The operations with torch: float32 on the CPU, half precision on a GPU."""

from contextlib import AbstractContextManager
from typing import Any

import numpy as np
import torch
from torch import Tensor
from torch.nn import functional

_MOST_WORKERS = 8
"""Each holds a chunk of its own, some 20 MB at the published sizes."""


class TorchOperations:
    """On one device, in one precision."""

    name = "torch"

    def __init__(self, device: str = "cpu", dtype: torch.dtype | None = None) -> None:
        self.device = torch.device(device)
        self.dtype = dtype or (torch.float16 if self.device.type == "cuda" else torch.float32)
        self.workers = min(_MOST_WORKERS, torch.get_num_threads()) if self.device.type == "cpu" else 1

    def begin_worker(self) -> None:
        # Threads within each product wait for one another at its end: a tenth of the speed where cores are busy.
        torch.set_num_threads(1)

    def end_workers(self) -> None:
        # The workers' number became the default of threads yet to come; this thread still has the right one.
        torch.set_num_threads(torch.get_num_threads())

    def session(self) -> AbstractContextManager[Any]:
        return torch.inference_mode()

    def array(self, values: np.ndarray) -> Tensor:
        return torch.from_numpy(np.ascontiguousarray(values, np.float32)).to(self.device, self.dtype)

    def indices(self, values: np.ndarray) -> Tensor:
        return torch.from_numpy(np.asarray(values, np.int64)).to(self.device)

    def numpy(self, values: Tensor) -> np.ndarray:
        return values.float().cpu().numpy()

    def linear(self, values: Tensor, weight: Tensor, bias: Tensor | None = None) -> Tensor:
        return functional.linear(values, weight, bias)

    def layer_norm(self, values: Tensor, weight: Tensor, bias: Tensor) -> Tensor:
        return functional.layer_norm(values, weight.shape, weight, bias)

    def relu(self, values: Tensor) -> Tensor:
        return values.relu_()

    def mish(self, values: Tensor) -> Tensor:
        return functional.mish(values)

    def softmax(self, values: Tensor) -> Tensor:
        return torch.softmax(values, dim=-1)

    def attention(self, queries: Tensor, keys: Tensor, values: Tensor) -> Tensor:
        queries = queries.expand(len(keys), -1, -1, -1)
        return functional.scaled_dot_product_attention(queries, keys, values)
