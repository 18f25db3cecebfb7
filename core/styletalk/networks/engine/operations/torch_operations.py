# SPDX-License-Identifier: Apache-2.0
"""The operations with torch: float32 or bfloat16 on the CPU, half precision on a GPU.

Tokens stay in float32 whatever the precision, as do norms and attention's weights: only products are rounded.
"""

from contextlib import AbstractContextManager
from dataclasses import dataclass
from typing import Any

import numpy as np
import torch
from torch import Tensor
from torch.nn import functional

from .allocation import keep_freed_memory

_MAX_WORKERS = 8
"""Each holds a chunk of its own, some 10 MB at the published sizes."""
_CHUNK_BYTES = 12 << 20
"""What the windows of a chunk may take on a CPU: some hundred windows of the published sizes, a few MB a layer."""

_GPU_SHARE = 0.4
"""Of the free memory, for a chunk; the libraries take some of their own."""


@dataclass(frozen=True)
class TorchPacked:
    """fused: the weight in oneDNN's own layout, where that multiplies. plain: (O, I) where torch does."""

    plain: Tensor | None
    fused: Tensor | None
    bias: Tensor | None


class TorchOperations:
    """On one device, in one precision.

    fused: let oneDNN add, rectify and take residuals while it multiplies; None for wherever it is there.
    """

    name = "torch"

    def __init__(self, device: str = "cpu", dtype: torch.dtype | None = None, fused: bool | None = None) -> None:
        self.device = torch.device(device)
        self.dtype = dtype or (torch.float16 if self.device.type == "cuda" else torch.float32)
        self.precision = str(self.dtype).removeprefix("torch.")
        self.on_gpu = self.device.type == "cuda"
        self.workers = 1 if self.on_gpu else min(_MAX_WORKERS, torch.get_num_threads())
        keep_freed_memory()
        self.fused = _fuses(self.device, self.dtype) if fused is None else fused
        rounds = self.dtype is not torch.float32
        self._exact = TorchOperations(device, torch.float32, None if self.fused else False) if rounds else self

    @property
    def exact(self) -> "TorchOperations":
        return self._exact

    def chunk_windows(self, window_bytes: int) -> int:
        room = _GPU_SHARE * torch.cuda.mem_get_info(self.device)[0] if self.on_gpu else _CHUNK_BYTES
        return max(1, int(room * torch.float32.itemsize / self.dtype.itemsize) // window_bytes)

    def free_memory(self) -> None:
        if self.on_gpu:
            torch.cuda.empty_cache()

    def begin_worker(self) -> None:
        # Threads within each product wait for one another at its end: a tenth of the speed where cores are busy.
        torch.set_num_threads(1)

    def end_workers(self) -> None:
        # The workers' number became the default of threads yet to come; this thread still has the right one.
        torch.set_num_threads(torch.get_num_threads())

    def session(self) -> AbstractContextManager[Any]:
        return torch.inference_mode()

    def array(self, values: Any) -> Tensor:
        if isinstance(values, np.ndarray):
            values = torch.from_numpy(np.ascontiguousarray(values, np.float32))
        return values.to(self.device, torch.float32)

    def indices(self, values: np.ndarray) -> Tensor:
        return torch.from_numpy(np.asarray(values, np.int64)).to(self.device)

    def numpy(self, values: Tensor) -> np.ndarray:
        return values.float().cpu().numpy()

    def packed(self, weight: Any, bias: Any = None) -> TorchPacked:
        weight = self.array(weight).to(self.dtype).contiguous()
        bias = None if bias is None else self.array(bias).to(self.dtype).contiguous()
        if self.fused:
            return TorchPacked(None, torch.ops.mkldnn._reorder_linear_weight(weight), bias)
        return TorchPacked(weight, None, bias)

    def linear(self, values: Tensor, weights: TorchPacked) -> Tensor:
        values = values.to(self.dtype)
        if weights.fused is not None:
            return torch.ops.mkldnn._linear_pointwise(values, weights.fused, weights.bias, "none", [], "")
        assert weights.plain is not None
        return functional.linear(values, weights.plain, weights.bias)

    def linear_relu(self, values: Tensor, weights: TorchPacked) -> Tensor:
        if weights.fused is None:
            return self.linear(values, weights).relu_()
        return torch.ops.mkldnn._linear_pointwise(values.to(self.dtype), weights.fused, weights.bias, "relu", [], "")

    def linear_add(self, values: Tensor, weights: TorchPacked, onto: Tensor) -> Tensor:
        if weights.fused is None or self.dtype is not torch.float32:
            return self.linear(values, weights) + onto  # float32, whatever the product is
        onto = onto.expand(len(values), *onto.shape[1:]).contiguous()
        return torch.ops.mkldnn._linear_pointwise.binary(values, onto, weights.fused, weights.bias, "add")

    def matmul(self, left: Tensor, right: Tensor) -> Tensor:
        return left @ right

    def layer_norm(self, values: Tensor, weight: Tensor, bias: Tensor) -> Tensor:
        return functional.layer_norm(values, weight.shape, weight, bias)

    def relu(self, values: Tensor) -> Tensor:
        return values.relu()

    def mish(self, values: Tensor) -> Tensor:
        return functional.mish(values)

    def softmax(self, values: Tensor) -> Tensor:
        # torch.softmax takes ten times as long over axes as short as a window.
        values = values - values.amax(dim=-1, keepdim=True)
        values.exp_()
        return values.div_(values.sum(dim=-1, keepdim=True))

    def attention(self, queries: Tensor, keys: Tensor, values: Tensor, heads: int) -> Tensor:
        # Contiguous heads, and all of them in one product: faster here than any fused attention, which fits long ones.
        scores = torch.bmm(_heads(queries, heads), _heads(keys, heads).swapaxes(1, 2))  # (B·h, Q, N)
        return self.attend(scores.reshape(-1, heads, *scores.shape[1:]), values)

    def attend(self, scores: Tensor, values: Tensor) -> Tensor:
        windows, heads, queries, keys = scores.shape
        weights = self.softmax(scores.float()).reshape(windows * heads, queries, keys)
        context = torch.bmm(weights, _heads(values, heads))  # (B·h, Q, e)
        return context.reshape(windows, heads, queries, -1).swapaxes(1, 2).reshape(windows, queries, -1)


def _heads(tokens: Tensor, heads: int) -> Tensor:
    """(B, N, d) -> (B·h, N, d/h) float32, contiguous."""
    windows, count, width = tokens.shape
    split = tokens.reshape(windows, count, heads, width // heads).swapaxes(1, 2).float()
    return split.reshape(windows * heads, count, width // heads)


def has_bfloat16() -> bool:
    """Whether this processor multiplies bfloat16 by itself; where it only imitates it, float32 is as fast."""
    supported = getattr(torch.cpu, "_is_avx512_bf16_supported", None)
    tiles = getattr(torch.cpu, "_is_amx_tile_supported", None)
    return bool((supported and supported()) or (tiles and tiles()))


def _fuses(device: torch.device, dtype: torch.dtype) -> bool:
    """Whether oneDNN's linear maps with something behind them are there, which torch's compiler calls too.

    They have no public name, so a trial tells: what is missing or refuses is done without.
    """
    if device.type != "cpu" or not torch.backends.mkldnn.is_available():
        return False
    try:
        values, weight, bias = (
            torch.ones(2, 16, dtype=dtype),
            torch.ones(8, 16, dtype=dtype),
            torch.ones(8, dtype=dtype),
        )
        packed = torch.ops.mkldnn._reorder_linear_weight(weight)
        rectified = torch.ops.mkldnn._linear_pointwise(values, packed, bias, "relu", [], "")
        added = torch.ops.mkldnn._linear_pointwise.binary(values, rectified, packed, bias, "add")
        return bool((rectified == 17).all() and (added == 34).all())
    except (RuntimeError, AttributeError, NotImplementedError):
        return False
