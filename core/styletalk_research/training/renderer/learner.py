# SPDX-License-Identifier: Apache-2.0
"""The renderer as it is trained: windows in units of their own deviation, and the editing net left out at first."""

import copy

import torch
from torch import Tensor, nn

from styletalk.photoreal.neural.networks.config import RendererConfig
from styletalk.photoreal.neural.networks.renderer import PhotorealRenderer
from styletalk.photoreal.neural.networks.warping import warped


class RendererLearner(nn.Module):
    """A renderer and the units of its windows. mean, deviation: (73,), zeros and ones for published units."""

    mean: Tensor
    deviation: Tensor

    def __init__(self, config: RendererConfig, mean: Tensor, deviation: Tensor) -> None:
        super().__init__()
        self.renderer = PhotorealRenderer(config)
        self.register_buffer("mean", mean.clone()[:, None])
        self.register_buffer("deviation", deviation.clone()[:, None])
        flow = self.renderer.warpping_net.flow_out[-1]
        assert isinstance(flow, nn.Conv2d) and flow.bias is not None
        nn.init.zeros_(flow.weight)  # training begins with the photo as it is
        nn.init.zeros_(flow.bias)

    def forward(self, photos: Tensor, windows: Tensor, edit: bool) -> tuple[Tensor, Tensor | None]:
        """Photos (B, 3, H, W), windows (B, 73, 27) -> warped photos, and frames where `edit`; (B, 3, H, W) each."""
        renderer = self.renderer
        descriptors = renderer.mapping_net((windows - self.mean) / self.deviation)
        moved = warped(photos, renderer.warpping_net(photos, descriptors))
        return moved, renderer.editing_net(photos, moved, descriptors) if edit else None

    @torch.no_grad()
    def adopt(self, renderer: PhotorealRenderer) -> None:
        """Begin with the weights of a renderer of plain windows: the inverse of `in_published_units`."""
        self.renderer.load_state_dict(renderer.state_dict())
        first = self.renderer.mapping_net.first[0]
        assert isinstance(first, nn.Conv1d) and first.bias is not None
        first.bias.add_((first.weight * self.mean[None]).sum((1, 2)))
        first.weight.mul_(self.deviation[None])

    @torch.no_grad()
    def in_published_units(self) -> PhotorealRenderer:
        """A renderer of plain windows that computes the same: the units move into its first layer."""
        renderer = copy.deepcopy(self.renderer).cpu().eval()
        first = renderer.mapping_net.first[0]
        assert isinstance(first, nn.Conv1d) and first.bias is not None
        first.weight.div_(self.deviation.cpu()[None])  # W ((x - m) / s) = (W / s) x - (W / s) m
        first.bias.sub_((first.weight * self.mean.cpu()[None]).sum((1, 2)))
        return renderer
