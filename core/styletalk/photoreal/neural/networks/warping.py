# SPDX-License-Identifier: Apache-2.0
"""Warping net: where in the photo each pixel of a frame comes from (PIRenderer, section 3.2)."""

import torch
from torch import Tensor, nn
from torch.nn import functional

from .config import RendererConfig
from .layers import LEAK, AdaIN, PictureNorm, activation


class DownBlock(nn.Module):
    """Two convolutions, the first of which halves the picture; AdaIN and leaky ReLU before each."""

    def __init__(self, inputs: int, outputs: int, config: RendererConfig) -> None:
        super().__init__()
        style = (config.descriptor, config.style_hidden)
        self.conv_0 = nn.Conv2d(inputs, outputs, 4, stride=2, padding=1)
        self.conv_1 = nn.Conv2d(outputs, outputs, 3, padding=1)
        self.norm_0, self.norm_1 = AdaIN(inputs, *style), AdaIN(outputs, *style)

    def forward(self, maps: Tensor, descriptors: Tensor) -> Tensor:
        """(B, inputs, H, W) -> (B, outputs, H/2, W/2)."""
        maps = self.conv_0(activation(self.norm_0(maps, descriptors)))
        return self.conv_1(activation(self.norm_1(maps, descriptors)))


class UpBlock(nn.Module):
    """A residual block that doubles the picture, on its main road and on its short one, by transposed convolution."""

    def __init__(self, inputs: int, outputs: int, config: RendererConfig) -> None:
        super().__init__()
        style, hidden = (config.descriptor, config.style_hidden), min(inputs, outputs)
        self.conv_0 = nn.Conv2d(inputs, hidden, 3, padding=1)
        self.conv_1 = _doubling(hidden, outputs)
        self.conv_s = _doubling(inputs, outputs)
        self.norm_0, self.norm_1 = AdaIN(inputs, *style), AdaIN(hidden, *style)
        self.norm_s = AdaIN(inputs, *style)

    def forward(self, maps: Tensor, descriptors: Tensor) -> Tensor:
        """(B, inputs, H, W) -> (B, outputs, 2H, 2W)."""
        short = self.conv_s(activation(self.norm_s(maps, descriptors)))
        maps = self.conv_0(activation(self.norm_0(maps, descriptors)))
        return short + self.conv_1(activation(self.norm_1(maps, descriptors)))


def _doubling(inputs: int, outputs: int) -> nn.ConvTranspose2d:
    return nn.ConvTranspose2d(inputs, outputs, 3, stride=2, padding=1, output_padding=1)


class Encoder(nn.Module):
    """The photo at ever lower resolution, under the descriptor's influence from the first halving on."""

    def __init__(self, config: RendererConfig) -> None:
        super().__init__()
        widths = config.warping_widths
        self.input_layer = nn.Conv2d(config.image_channels, widths[0], 7, padding=3)
        self.halvings = config.warping_down
        for level in range(self.halvings):
            self.add_module(f"encoder{level}", DownBlock(widths[level], widths[level + 1], config))

    def forward(self, images: Tensor, descriptors: Tensor) -> list[Tensor]:
        """(B, 3, H, W) -> maps at H, H/2, … H/2^down."""
        levels = [self.input_layer(images)]
        for level in range(self.halvings):
            levels.append(self.get_submodule(f"encoder{level}")(levels[-1], descriptors))
        return levels


class Decoder(nn.Module):
    """Back up; after each doubling the encoder's maps of that resolution are put beside."""

    def __init__(self, config: RendererConfig) -> None:
        super().__init__()
        widths, down = config.warping_widths, config.warping_down
        self.levels = range(down - 1, down - 1 - config.warping_up, -1)
        inputs = widths[down]
        for level in self.levels:
            self.add_module(f"decoder{level}", UpBlock(inputs, widths[level], config))
            inputs = 2 * widths[level]
        self.outputs = inputs

    def forward(self, levels: list[Tensor], descriptors: Tensor) -> Tensor:
        """The encoder's maps -> (B, outputs, H/2^(down - up), …)."""
        maps = levels[-1]
        for level in self.levels:
            maps = self.get_submodule(f"decoder{level}")(maps, descriptors)
            maps = torch.cat([maps, levels[level]], dim=1)
        return maps


class Hourglass(nn.Module):
    """Encoder and decoder."""

    def __init__(self, config: RendererConfig) -> None:
        super().__init__()
        self.encoder, self.decoder = Encoder(config), Decoder(config)

    def forward(self, images: Tensor, descriptors: Tensor) -> Tensor:
        """(B, 3, H, W), (B, D) -> (B, decoder.outputs, …)."""
        return self.decoder(self.encoder(images, descriptors), descriptors)


class WarpingNet(nn.Module):
    """The photo and a descriptor to a flow."""

    def __init__(self, config: RendererConfig) -> None:
        super().__init__()
        self.hourglass = Hourglass(config)
        channels = self.hourglass.decoder.outputs
        self.flow_out = nn.Sequential(
            PictureNorm(channels), nn.LeakyReLU(LEAK), nn.Conv2d(channels, 2, 7, padding=3)
        )  # fmt: skip

    def forward(self, images: Tensor, descriptors: Tensor) -> Tensor:
        """(B, 3, H, W), (B, D) -> flow (B, 2, h, w): pixels of its own grid to the right and down."""
        return self.flow_out(self.hourglass(images, descriptors))


def warped(images: Tensor, flow: Tensor) -> Tensor:
    """Images (B, 3, H, W), each pixel taken from where the flow (B, 2, h, w) points; bilinear, black outside.

    The flow's grid spans -1..1 from the middle of its first pixel to the middle of its last, yet it is enlarged and
    looked up as if -1..1 were the outer edges (align_corners off). The weights were trained with that: it stays.
    """
    height, width = flow.shape[2:]
    down, right = (torch.linspace(-1, 1, size, device=flow.device, dtype=flow.dtype) for size in (height, width))
    x = right[None, None] + flow[:, 0] * (2 / (width - 1))  # (B, h, w)
    y = down[None, :, None] + flow[:, 1] * (2 / (height - 1))
    places = torch.stack([x, y], dim=1)  # (B, 2, h, w)
    places = functional.interpolate(places, size=images.shape[2:], mode="bilinear", align_corners=False)
    return functional.grid_sample(images, places.permute(0, 2, 3, 1), align_corners=False)
