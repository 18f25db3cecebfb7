# SPDX-License-Identifier: Apache-2.0
"""How many additions and multiplications a way of computing makes: counted while it computes, not derived."""

from collections.abc import Callable

import numpy as np
from torch.utils.flop_counter import FlopCounterMode

from ..networks.checkpoint import Weights
from ..networks.fast_path.generator import FastGenerator
from ..networks.inference import Engine
from ..networks.operations.torch_operations import TorchOperations
from .published import PublishedGenerator
from .speech import random_labels

FEW, MORE = 8, 24
"""Two lengths without repeated windows: what they differ by is the work of a window."""


def operations_per_window(weights: Weights) -> tuple[int, int]:
    """(ours, published): operations for one distinct window, in the matrix products and convolutions of torch.

    NumPy's engine makes the same products as torch's. What is done once for a style is not in it.
    """
    operations = TorchOperations("cpu", fused=False)  # the counter does not know oneDNN's fused maps
    operations.workers = 1  # the counter sees its own thread only
    engine = Engine(FastGenerator(weights.tensors, weights.config, operations), "count")
    published = PublishedGenerator(weights.tensors, weights.config)
    code = np.zeros(weights.config.d_model, np.float32)
    engine.coefficients(random_labels(1), code)  # the style is prepared
    return (
        _slope(lambda labels: engine.coefficients(labels, code)),
        _slope(lambda labels: published.coefficients(labels, code)),
    )


def _slope(compute: Callable[[np.ndarray], object]) -> int:
    few, more = (_counted(compute, random_labels(frames)) for frames in (FEW, MORE))
    return (more - few) // (MORE - FEW)


def _counted(compute: Callable[[np.ndarray], object], labels: np.ndarray) -> int:
    with FlopCounterMode(display=False) as counter:
        compute(labels)
    return counter.get_total_flops()
