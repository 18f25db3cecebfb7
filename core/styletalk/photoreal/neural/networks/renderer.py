# SPDX-License-Identifier: Apache-2.0
"""The whole renderer as one torch module, with the published state-dict names."""

from typing import NamedTuple

from torch import Tensor, nn

from .config import RendererConfig
from .editing import EditingNet
from .mapping import MappingNet
from .warping import WarpingNet, warped


class Rendering(NamedTuple):
    """flow (B, 2, h, w) in pixels of its own grid; warped and image (B, 3, H, W) in -1..1."""

    flow: Tensor
    warped: Tensor
    image: Tensor


class PhotorealRenderer(nn.Module):
    """A photo and windows of coefficients to frames: map, warp, edit (PIRenderer, figure 2)."""

    def __init__(self, config: RendererConfig | None = None) -> None:
        super().__init__()
        self.config = config or RendererConfig()
        self.mapping_net = MappingNet(self.config)
        self.warpping_net = WarpingNet(self.config)  # spelt so in the published files
        self.editing_net = EditingNet(self.config)

    def forward(self, images: Tensor, windows: Tensor) -> Rendering:
        """Images (B, 3, H, W) in -1..1, H and W multiples of `config.picture_multiple`; windows (B, 73, 27)."""
        descriptors = self.mapping_net(windows)  # (B, D)
        flow = self.warpping_net(images, descriptors)
        moved = warped(images, flow)
        return Rendering(flow, moved, self.editing_net(images, moved, descriptors))
