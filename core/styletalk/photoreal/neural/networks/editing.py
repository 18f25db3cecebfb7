# SPDX-License-Identifier: Apache-2.0
"""Editing net: paints what warping cannot find in the photo, such as teeth (PIRenderer, section 3.3)."""

import torch
from torch import Tensor, nn
from torch.nn import functional

from .config import RendererConfig
from .layers import AdaIN, ConvBlock


class ResidualBlock(nn.Module):
    """A convolution and AdaIN, added to the input.

    The published block has two of each, but its second convolution takes the block's input, so that what the first
    makes is lost. Its weights are in the files, and nothing is computed with them.
    """

    def __init__(self, channels: int, config: RendererConfig) -> None:
        super().__init__()
        style = (config.descriptor, config.style_hidden)
        self.conv1, self.conv2 = (nn.Conv2d(channels, channels, 3, padding=1) for _ in range(2))
        self.norm1, self.norm2 = AdaIN(channels, *style), AdaIN(channels, *style)

    def forward(self, maps: Tensor, descriptors: Tensor) -> Tensor:
        """(B, C, H, W) -> the same shape."""
        return maps + self.norm2(self.conv2(maps), descriptors)


class ResidualBlocks(nn.Module):
    """Residual blocks of one resolution."""

    def __init__(self, channels: int, config: RendererConfig) -> None:
        super().__init__()
        self.blocks = config.editing_blocks
        for block in range(self.blocks):
            self.add_module(f"res{block}", ResidualBlock(channels, config))

    def forward(self, maps: Tensor, descriptors: Tensor) -> Tensor:
        """(B, C, H, W) -> the same shape."""
        for block in range(self.blocks):
            maps = self.get_submodule(f"res{block}")(maps, descriptors)
        return maps


class FineEncoder(nn.Module):
    """The photo and the warped photo at ever lower resolution."""

    def __init__(self, config: RendererConfig) -> None:
        super().__init__()
        widths = config.editing_widths
        self.first = ConvBlock(2 * config.image_channels, widths[0], kernel=7)
        self.halvings = config.editing_layers
        for level in range(self.halvings):
            self.add_module(f"down{level}", ConvBlock(widths[level], widths[level + 1], halve=True))

    def forward(self, pictures: Tensor) -> list[Tensor]:
        """(B, 6, H, W) -> maps at H, H/2, … H/2^layers."""
        levels = [self.first(pictures)]
        for level in range(self.halvings):
            levels.append(self.get_submodule(f"down{level}")(levels[-1]))
        return levels


class FineDecoder(nn.Module):
    """Back up: residual blocks under the descriptor, doubling, and the encoder's maps over a jump."""

    def __init__(self, config: RendererConfig) -> None:
        super().__init__()
        widths = config.editing_widths
        self.levels = range(config.editing_layers - 1, -1, -1)
        for level in self.levels:
            self.add_module(f"up{level}", ConvBlock(widths[level + 1], widths[level]))
            self.add_module(f"res{level}", ResidualBlocks(widths[level + 1], config))
            self.add_module(f"jump{level}", ConvBlock(widths[level], widths[level]))
        self.final = nn.Module()
        self.final.model = nn.Sequential(nn.Conv2d(widths[0], config.image_channels, 7, padding=3), nn.Tanh())

    def forward(self, levels: list[Tensor], descriptors: Tensor) -> Tensor:
        """The encoder's maps -> pictures (B, 3, H, W) in -1..1."""
        maps = levels[-1]
        for level in self.levels:
            maps = self.get_submodule(f"res{level}")(maps, descriptors)
            maps = self.get_submodule(f"up{level}")(functional.interpolate(maps, scale_factor=2.0))
            maps = maps + self.get_submodule(f"jump{level}")(levels[level])
        return self.final.get_submodule("model")(maps)


class EditingNet(nn.Module):
    """The photo, the warped photo and a descriptor to the frame."""

    def __init__(self, config: RendererConfig) -> None:
        super().__init__()
        self.encoder, self.decoder = FineEncoder(config), FineDecoder(config)

    def forward(self, images: Tensor, warped_images: Tensor, descriptors: Tensor) -> Tensor:
        """(B, 3, H, W) twice, (B, D) -> (B, 3, H, W) in -1..1."""
        return self.decoder(self.encoder(torch.cat([images, warped_images], dim=1)), descriptors)
