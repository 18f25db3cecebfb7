# SPDX-License-Identifier: Apache-2.0
"""The body of the two discriminators of motion: a PatchGAN over time (paper, section 3 and supplement).

It judges every stretch of a sequence by itself, so that a good start cannot excuse a bad end.
"""

import torch
from torch import Tensor, nn

from styletalk.animation import EXPRESSION_DIM

KERNEL, STRIDE, SLOPE = 4, 2, 0.2
MIN_FRAMES = 2 * STRIDE * STRIDE
"""Frames below which a patch would see more padding than motion."""


class MotionPatches(nn.Module):
    """Expression to judgements, one for each patch: two strided convolutions, one plain, then a linear read-out.

    mean, deviation (64,): of the training rows; coefficients differ tenfold in size.
    """

    mean: Tensor
    deviation: Tensor

    def __init__(self, width: int, outputs: int, mean: Tensor, deviation: Tensor) -> None:
        super().__init__()
        self.register_buffer("mean", mean.clone())
        self.register_buffer("deviation", deviation.clone())
        self.layers = nn.Sequential(
            nn.Conv1d(EXPRESSION_DIM, width, KERNEL, STRIDE, padding=1), nn.LeakyReLU(SLOPE),
            nn.Conv1d(width, 2 * width, KERNEL, STRIDE, padding=1), nn.LeakyReLU(SLOPE),
            nn.Conv1d(2 * width, 2 * width, 3, padding=1), nn.LeakyReLU(SLOPE),
            nn.Conv1d(2 * width, outputs, 1),
        )  # fmt: skip

    def forward(self, expression: Tensor) -> Tensor:
        """Expression (B, T, 64) in published units, T ≥ MIN_FRAMES -> judgements (B, T // 4, outputs)."""
        return self.layers(((expression - self.mean) / self.deviation).transpose(1, 2)).transpose(1, 2)


def judged_without_learning(network: nn.Module, *inputs: Tensor) -> Tensor:
    """The network's output, through which gradients reach the inputs but none of its own weights."""
    fixed = {name: parameter.detach() for name, parameter in network.named_parameters()}
    return torch.func.functional_call(network, fixed, inputs)
