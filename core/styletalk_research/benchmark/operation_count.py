# SPDX-License-Identifier: Apache-2.0
"""How many multiplications an animation takes: on the fast path, counted, and as published, from the formulas."""

import math
from dataclasses import dataclass

import numpy as np

from styletalk.networks.checkpoints.layout import expected_shapes
from styletalk.networks.config import GeneratorConfig
from styletalk.networks.engine.fast_path.generator import FastGenerator
from styletalk.networks.engine.operations.numpy_operations import NumpyOperations
from styletalk.networks.engine.windows import Windows
from styletalk.phonemes import SILENCE_INDEX

_FACES = 2


@dataclass(frozen=True)
class OperationCount:
    """Multiplications in matrix products; with its addition each is 2 FLOPs.

    published: for each frame, in the published formulation. window: for each different window on the fast path.
    style: once for each style on the fast path.
    """

    published: int
    window: int
    style: int


class CountingOperations(NumpyOperations):
    """NumPy's operations, counted while they compute. multiplications: of all matrix products so far together."""

    def __init__(self) -> None:
        super().__init__()
        self.multiplications = 0

    def matmul(self, left: np.ndarray, right: np.ndarray) -> np.ndarray:
        result = super().matmul(left, right)
        self.multiplications += math.prod(result.shape) * left.shape[-1]
        return result


def operation_count(config: GeneratorConfig) -> OperationCount:
    """What a config costs in one style. The fast path's part is measured by running it, on weights of zeros.

    Takes a second at the published sizes.
    """
    operations = CountingOperations()
    tensors = {name: np.zeros(shape, np.float32) for name, shape in expected_shapes(config).items()}
    generator = FastGenerator(tensors, config, operations)
    before = operations.multiplications
    style = generator.prepare(np.zeros(config.d_model, np.float32))
    prepared = operations.multiplications

    def of_windows(count: int) -> int:
        start = operations.multiplications
        windows = Windows(np.full((count, config.tokens), SILENCE_INDEX))
        generator.expression(generator.articulation(windows), style)
        return operations.multiplications - start

    return OperationCount(published_per_frame(config), of_windows(2) - of_windows(1), prepared - before)


def published_per_frame(config: GeneratorConfig) -> int:
    """Every token of every window through every layer, with kernels that are mixed anew for each frame."""
    width, tokens, feedforward = config.d_model, config.tokens, 2 * config.d_model * config.feedforward
    attention = 4 * width**2 + 2 * tokens * width  # four projections; scores and values of all heads together
    embedding = config.phoneme_dim * width
    encoder = tokens * (embedding + config.audio_layers * (attention + feedforward))
    gate = config.gate_dim * (width + config.kernels)
    mixing = config.kernels * config.feedforward * (width + 1)  # a matrix and a bias for each frame
    decoder = config.decoder_layers * (tokens * (2 * attention + feedforward) + gate + mixing)
    tails = (width + config.tail_dim) * config.tail_dim * _FACES
    outputs = config.tail_dim * (len(config.upper_face) + len(config.lower_face))
    return encoder + _FACES * decoder + tails + outputs
