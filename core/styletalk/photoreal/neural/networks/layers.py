# SPDX-License-Identifier: Apache-2.0
"""Layers that the warping and the editing net share, with the published parameter names."""

import torch
from torch import Tensor, nn
from torch.nn import functional

LEAK = 0.1
"""Slope of every leaky ReLU below zero (published)."""


def activation(maps: Tensor) -> Tensor:
    """Leaky ReLU."""
    return functional.leaky_relu(maps, LEAK)


class AdaIN(nn.Module):
    """Adaptive instance norm: normal(x)·(1 + γ(z)) + β(z), each channel normalised over its own picture."""

    def __init__(self, channels: int, descriptor: int, hidden: int) -> None:
        super().__init__()
        self.mlp_shared = nn.Sequential(nn.Linear(descriptor, hidden), nn.ReLU())
        self.mlp_gamma = nn.Linear(hidden, channels)
        self.mlp_beta = nn.Linear(hidden, channels)

    def forward(self, maps: Tensor, descriptors: Tensor) -> Tensor:
        """Maps (B, C, H, W), descriptors (B, D) -> the shape of the maps."""
        shared = self.mlp_shared(descriptors)  # (B, hidden)
        gain, shift = 1 + self.mlp_gamma(shared), self.mlp_beta(shared)  # (B, C)
        return functional.instance_norm(maps) * gain[..., None, None] + shift[..., None, None]


class PictureNorm(nn.Module):
    """Layer norm over channels and place together; one gain and one bias a channel."""

    def __init__(self, channels: int) -> None:
        super().__init__()
        self.weight = nn.Parameter(torch.ones(channels, 1, 1))
        self.bias = nn.Parameter(torch.zeros(channels, 1, 1))

    def forward(self, maps: Tensor) -> Tensor:
        """(B, C, H, W) -> the same shape."""
        return functional.layer_norm(maps, maps.shape[1:]) * self.weight + self.bias


class ConvBlock(nn.Module):
    """Convolution that keeps the picture's size, norm, leaky ReLU; halved at the end where `halve`."""

    def __init__(self, inputs: int, outputs: int, kernel: int = 3, halve: bool = False) -> None:
        super().__init__()
        convolution = nn.Conv2d(inputs, outputs, kernel, padding=kernel // 2)
        self.model = nn.Sequential(convolution, PictureNorm(outputs), nn.LeakyReLU(LEAK))
        if halve:
            self.model.append(nn.AvgPool2d(2))

    def forward(self, maps: Tensor) -> Tensor:
        """(B, inputs, H, W) -> (B, outputs, H, W), or half of H and W."""
        return self.model(maps)
