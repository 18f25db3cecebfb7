# SPDX-License-Identifier: Apache-2.0
"""What the machine allows: how many operations a second its matrix products make, at the shapes of the layers."""

import time
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass

import torch

from styletalk.networks.config import GeneratorConfig

CHUNK_WINDOWS = 128
"""Windows in one product, about as many as the engines take at a time."""
MEASURE_S = 0.15
GIGA = 1e9


@dataclass(frozen=True)
class MatrixRate:
    """Operations (additions and multiplications) a second of (rows × inputs) · (inputs × outputs)."""

    numbers: str
    rows: int
    inputs: int
    outputs: int
    gflop_s: float


def matrix_rates(config: GeneratorConfig, dtypes: tuple[torch.dtype, ...], device: str = "cpu") -> list[MatrixRate]:
    """The rate of each kind of number at each shape of linear map in the layers."""
    width, rows = config.d_model, CHUNK_WINDOWS * config.tokens
    shapes = sorted({(width, 3 * width), (width, width), (width, config.feedforward), (config.feedforward, width)})
    return [
        MatrixRate(str(dtype).removeprefix("torch."), rows, i, o, _rate(rows, i, o, dtype, device))
        for dtype in dtypes
        for i, o in shapes
    ]


def better(some: list[MatrixRate], others: list[MatrixRate]) -> list[MatrixRate]:
    """Of two measurements of the same products the faster ones: other work on the machine only slows them."""
    return [max(pair, key=lambda rate: rate.gflop_s) for pair in zip(some, others, strict=True)]


def best_rate(rates: list[MatrixRate], numbers: str) -> float | None:
    """The strictest limit: the best shape's rate in GFLOP/s; None where these numbers were not measured."""
    return max((rate.gflop_s for rate in rates if rate.numbers == numbers), default=None)


def _rate(rows: int, inputs: int, outputs: int, dtype: torch.dtype, device: str) -> float:
    """The better of two ways to use all cores: within one product, or with a product on each."""
    cores = torch.get_num_threads() if device == "cpu" else 1
    one = _products_per_second(rows, inputs, outputs, dtype, device)
    if cores == 1:
        return one * 2 * rows * inputs * outputs / GIGA
    with ThreadPoolExecutor(cores, initializer=lambda: torch.set_num_threads(1)) as pool:
        apart = [pool.submit(_products_per_second, rows, inputs, outputs, dtype, device) for _ in range(cores)]
        several = sum(future.result() for future in apart)
    torch.set_num_threads(cores)
    return max(one, several) * 2 * rows * inputs * outputs / GIGA


def _products_per_second(rows: int, inputs: int, outputs: int, dtype: torch.dtype, device: str) -> float:
    left, right = torch.randn(rows, inputs), torch.randn(outputs, inputs)
    left, right = left.to(device, dtype), right.to(device, dtype)

    def product() -> None:
        torch.nn.functional.linear(left, right)

    with torch.inference_mode():
        return _per_second(product, device)


def _per_second(work: Callable[[], None], device: str) -> float:
    """How often a second `work` can be done, once it is warm."""
    work()
    done, start_s = 0, time.perf_counter()
    while time.perf_counter() - start_s < MEASURE_S:
        work()
        done += 1
        if device != "cpu":
            torch.cuda.synchronize()
    return done / (time.perf_counter() - start_s)
