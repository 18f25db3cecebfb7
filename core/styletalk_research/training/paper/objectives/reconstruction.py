# SPDX-License-Identifier: Apache-2.0
"""Reconstruction: the made sequence against the recorded one (paper, section 3, "Reconstruction loss").

L_rec = μ · L1 + (1 - μ) · (1 - SSIM), where SSIM compares mean, deviation and covariance of a sequence over time.
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
