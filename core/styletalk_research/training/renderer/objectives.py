# SPDX-License-Identifier: Apache-2.0
"""What a frame is compared with the film by (PIRenderer, section 3.4), with VGG's features or without."""

from collections.abc import Callable
from functools import partial
from pathlib import Path

import numpy as np
import torch
from torch import Tensor, nn
from torch.nn import functional

from styletalk.errors import WeightsError
from styletalk.files.reading import explaining
from styletalk.files.tensors import is_safetensors, read_tensors
from styletalk.files.torch_file import read_torch
from styletalk.networks.checkpoints.state import existing_weights

VGG19_WIDTHS = (64, 64, 0, 128, 128, 0, 256, 256, 256, 256, 0, 512, 512, 512, 512, 0, 512)
"""Channels of each convolution up to the first of the fifth group; 0 is a pooling."""
COMPARED = (0, 3, 6, 11, 16)
"""Places in VGG19_WIDTHS whose features are compared: the first convolution of each group (relu_1_1 … relu_5_1)."""
IMAGENET_MEAN, IMAGENET_DEVIATION = (0.485, 0.456, 0.406), (0.229, 0.224, 0.225)

Features = Callable[[Tensor], list[Tensor]]
"""Pictures (B, 3, H, W) in -1..1 -> maps to compare, (B, C, h, w) each."""


class Vgg19(nn.Module):
    """The features of VGG-19 that are compared, from weights under the names that `torchvision` gives them."""

    mean: Tensor
    deviation: Tensor

    def __init__(self) -> None:
        super().__init__()
        layers: list[nn.Module] = []
        inputs = 3
        for width in VGG19_WIDTHS:
            layers += [nn.Conv2d(inputs, width, 3, padding=1), nn.ReLU()] if width else [nn.MaxPool2d(2)]
            inputs = width or inputs
        self.features = nn.Sequential(*layers)
        for name, values in (("mean", IMAGENET_MEAN), ("deviation", IMAGENET_DEVIATION)):
            self.register_buffer(name, torch.tensor(values).reshape(3, 1, 1), persistent=False)

    def forward(self, pictures: Tensor) -> list[Tensor]:
        """Pictures (B, 3, H, W) in -1..1 -> five maps, each half as large as the one before."""
        maps, found = ((pictures + 1) / 2 - self.mean) / self.deviation, []
        layers = iter(self.features)
        for place, width in enumerate(VGG19_WIDTHS):
            for _ in range(2 if width else 1):
                maps = next(layers)(maps)
            if place in COMPARED:
                found.append(maps)
        return found


def load_vgg19(path: Path) -> Vgg19:
    """Frozen, from a state dict as `torchvision` saves it, or safetensors of the same names. Raises WeightsError."""
    path, network = existing_weights(Path(path)), Vgg19()
    with explaining(partial(_no_vgg, path)):
        state = read_tensors(path)[0] if is_safetensors(path) else read_torch(path)
        wanted = network.state_dict()
        network.load_state_dict({name: _as_tensor(state[name]) for name in wanted})
    return network.eval().requires_grad_(False)


def _as_tensor(values: Tensor | np.ndarray) -> Tensor:
    return torch.as_tensor(values).float()


def _no_vgg(path: Path, reason: str) -> WeightsError:
    return WeightsError(f"{path} does not hold the weights of VGG-19 ({reason}). Give the file that torchvision saves.")


def pixels_and_edges(pictures: Tensor) -> list[Tensor]:
    """What is compared without VGG: the pictures, and their differences to the right and down."""
    return [pictures, pictures.diff(dim=3), pictures.diff(dim=2)]


def perceptual_distance(features: Features, made: Tensor, real: Tensor, scales: int) -> Tensor:
    """Σ over resolutions and maps of the mean absolute difference: pictures (B, 3, H, W) -> scalar."""
    total = made.new_zeros(())
    for scale in range(scales):
        if scale:
            made, real = halved(made), halved(real)
        with torch.no_grad():
            wanted = features(real)
        total = total + sum((a - b).abs().mean() for a, b in zip(features(made), wanted, strict=True))
    return total


def style_distance(features: Features, made: Tensor, real: Tensor) -> Tensor:
    """The same of Gram matrices, at full resolution: which features go together, wherever they are."""
    with torch.no_grad():
        wanted = [gram(maps) for maps in features(real)]
    found = [(gram(maps) - b).abs().mean() for maps, b in zip(features(made), wanted, strict=True)]
    return torch.stack(found).sum()


def gram(maps: Tensor) -> Tensor:
    """G = F Fᵀ / (C h w) of maps (B, C, h, w) -> (B, C, C)."""
    flat = maps.flatten(2)  # (B, C, h·w)
    return flat @ flat.transpose(1, 2) / flat[0].numel()


def halved(pictures: Tensor) -> Tensor:
    """(B, C, H, W) -> (B, C, H/2, W/2)."""
    return functional.avg_pool2d(pictures, 2)
