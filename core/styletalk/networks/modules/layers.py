# SPDX-License-Identifier: Apache-2.0
"""Layers that the encoders and the decoders share, with the published parameter names."""

import torch
from torch import Tensor, nn

from ..config import GeneratorConfig
from ..positional import sinusoid_table


class PositionTable(nn.Module):
    """Adds each token's position. A constant buffer, but part of the published files: `pos_table` (1, P, d)."""

    pos_table: Tensor

    def __init__(self, positions: int, width: int) -> None:
        super().__init__()
        self.register_buffer("pos_table", torch.from_numpy(sinusoid_table(positions, width))[None])

    def forward(self, tokens: Tensor) -> Tensor:
        """(..., N, d) with N at most P -> the same shape."""
        return tokens + self.pos_table[0, : tokens.shape[-2]]


def transformer_encoder(config: GeneratorConfig, layers: int) -> nn.TransformerEncoder:
    """A stack of post-norm encoder layers with ReLU, batch first, no norm at its end."""
    layer = nn.TransformerEncoderLayer(
        config.d_model, config.nhead, config.feedforward, config.dropout, activation="relu", batch_first=True
    )
    # Nested tensors would shorten padded clips to the longest one in the batch, and warn that they are a prototype.
    stack = nn.TransformerEncoder(layer, layers, enable_nested_tensor=False)
    init_matrices(stack)
    return stack


def init_matrices(module: nn.Module) -> None:
    """Xavier-uniform for each matrix; copied layers would otherwise begin equal."""
    for parameter in module.parameters():
        if parameter.dim() == 2:
            nn.init.xavier_uniform_(parameter)
