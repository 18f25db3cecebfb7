# SPDX-License-Identifier: Apache-2.0
"""Which engine "auto" is: importing torch takes a second, in which NumPy has animated many a line."""

from .config import GeneratorConfig

TORCH_IMPORT_OPERATIONS = 50e9
"""What NumPy computes in the second that torch takes to be imported (two cores: 50 to 100 GFLOP)."""


def worth_torch(config: GeneratorConfig, rows: int | None) -> bool:
    """Whether `rows` frames (None: nobody knows how many) are enough work to import torch for."""
    return rows is None or rows * operations_per_row(config) > TORCH_IMPORT_OPERATIONS


def operations_per_row(config: GeneratorConfig) -> int:
    """Additions and multiplications of the linear maps for one frame, each layer computed for all tokens of a window.

    An upper bound: what the fast path leaves out of it depends on the line.
    """
    width = config.d_model
    attention, feedforward = 4 * width**2, 2 * width * config.feedforward
    encoder = config.audio_layers * (attention + feedforward)
    decoders = 2 * config.decoder_layers * (2 * attention + feedforward)
    return 2 * config.tokens * (encoder + decoders)
