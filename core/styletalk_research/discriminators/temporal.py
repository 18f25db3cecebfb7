# SPDX-License-Identifier: Apache-2.0
"""Temporal discriminator: is this how a face moves over time? (paper, section 3, "Temporal discriminator")

A PatchGAN with hinge losses, trained along with the generator.
"""

import torch
from torch import Tensor

from .patches import MotionPatches


class TemporalDiscriminator(MotionPatches):
    """Expression (B, T, 64) -> scores (B, T // 4, 1), positive for real motion."""


def discriminator_loss(real: Tensor, made: Tensor) -> Tensor:
    """max(0, 1 - D(real)) + max(0, 1 + D(made)), averaged over patches of scores (B, N, 1) -> scalar."""
    return torch.relu(1.0 - real).mean() + torch.relu(1.0 + made).mean()


def generator_loss(made: Tensor) -> Tensor:
    """-D(made), averaged: scores (B, N, 1) -> scalar."""
    return -made.mean()
