# SPDX-License-Identifier: Apache-2.0
"""Mapping net: a window of coefficients to one motion descriptor (PIRenderer, section 3.1)."""

from torch import Tensor, nn

from .config import MAPPING_KERNEL, MAPPING_TRIM, RendererConfig
from .layers import LEAK


class MappingNet(nn.Module):
    """Dilated convolutions over time without padding, each added to its trimmed input; then the mean over time."""

    def __init__(self, config: RendererConfig) -> None:
        super().__init__()
        width = config.descriptor
        self.first = nn.Sequential(nn.Conv1d(config.coefficients, width, MAPPING_KERNEL))
        self.layers = config.mapping_layers
        for layer in range(self.layers):
            convolution = nn.Conv1d(width, width, 3, dilation=MAPPING_TRIM)
            self.add_module(f"encoder{layer}", nn.Sequential(nn.LeakyReLU(LEAK), convolution))

    def forward(self, windows: Tensor) -> Tensor:
        """Windows (B, 73, 27) -> descriptors (B, D)."""
        rows = self.first(windows)  # (B, D, 21)
        for layer in range(self.layers):
            rows = self.get_submodule(f"encoder{layer}")(rows) + rows[:, :, MAPPING_TRIM:-MAPPING_TRIM]
        return rows.mean(dim=-1)
