# SPDX-License-Identifier: Apache-2.0
"""What the generator is trained for beside the discriminators (paper, section 3, "Objective functions").

Reconstruction: L_rec = μ · L1 + (1 - μ) · (1 - SSIM), where SSIM compares mean, deviation and covariance of a sequence
over time.
"""

import torch
from torch import Tensor

SSIM_C1, SSIM_C2 = 0.01**2, 0.03**2
"""The stabilisers of SSIM for a unit range."""


def reconstruction_loss(made: Tensor, recorded: Tensor, l1_share: float) -> Tensor:
    """μ·L1 + (1-μ)·(1-SSIM) of sequences (B, T, 64) -> scalar. l1_share: μ."""
    return l1_share * (made - recorded).abs().mean() + (1.0 - l1_share) * (1.0 - similarity(made, recorded))


def similarity(made: Tensor, recorded: Tensor) -> Tensor:
    """SSIM over time of each coefficient, averaged: sequences (B, T, 64) -> scalar, at most 1."""
    mean_a, mean_b = made.mean(1, keepdim=True), recorded.mean(1, keepdim=True)  # (B, 1, 64)
    a, b = made - mean_a, recorded - mean_b
    variance_a, variance_b, covariance = (torch.mean(product, 1, keepdim=True) for product in (a * a, b * b, a * b))
    level = (2 * mean_a * mean_b + SSIM_C1) / (mean_a**2 + mean_b**2 + SSIM_C1)
    movement = (2 * covariance + SSIM_C2) / (variance_a + variance_b + SSIM_C2)
    return (level * movement).mean()


def triplet_loss(anchor: Tensor, same: Tensor, other: Tensor, margin: float) -> Tensor:
    """max(‖s - s⁺‖ - ‖s - s⁻‖ + margin, 0), averaged. Codes (B, d) of three clips, two of them in one style."""
    near = torch.linalg.vector_norm(anchor - same, dim=1)  # (B,)
    far = torch.linalg.vector_norm(anchor - other, dim=1)
    return torch.relu(near - far + margin).mean()
