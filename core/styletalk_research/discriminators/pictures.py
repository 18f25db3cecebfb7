# SPDX-License-Identifier: Apache-2.0
"""Is this a frame of a film? A PatchGAN over a picture (Isola et al. 2017), for the photoreal renderer."""

from torch import Tensor, nn

from .patches import SLOPE

KERNEL = 4
HALVINGS = 3


class PictureDiscriminator(nn.Module):
    """Pictures (B, 3, H, W) in -1..1 -> scores (B, 1, H/8, W/8), positive for real ones."""

    def __init__(self, width: int) -> None:
        super().__init__()
        layers: list[nn.Module] = []
        inputs = 3
        for halving in range(HALVINGS):
            outputs = width * 2**halving
            layers += [nn.Conv2d(inputs, outputs, KERNEL, stride=2, padding=1), nn.LeakyReLU(SLOPE)]
            inputs = outputs
        self.layers = nn.Sequential(*layers, nn.Conv2d(inputs, 1, 3, padding=1))

    def forward(self, pictures: Tensor) -> Tensor:
        """One score for each patch."""
        return self.layers(pictures)
