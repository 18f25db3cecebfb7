# SPDX-License-Identifier: Apache-2.0
"""What the student is trained to minimise: reconstruction and triplet terms (paper, section 3.5), and lip motion."""

import torch
from torch import Tensor

SSIM_C1, SSIM_C2 = 0.01**2, 0.03**2
"""The stabilisers of SSIM for a unit range, as in the paper."""


def reconstruction(made: Tensor, wanted: Tensor, l1_share: float) -> Tensor:
    """μ·L1 + (1-μ)·(1-SSIM) of expression sequences (B, T, 64), in standard deviations (paper, equation 7)."""
    return l1_share * (made - wanted).abs().mean() + (1.0 - l1_share) * (1.0 - ssim(made, wanted))


def ssim(made: Tensor, wanted: Tensor) -> Tensor:
    """Structural similarity over time of each coefficient, averaged: sequences (B, T, 64) -> scalar."""
    mean_a, mean_b = made.mean(1), wanted.mean(1)  # (B, 64)
    var_a, var_b = made.var(1, unbiased=False), wanted.var(1, unbiased=False)
    covariance = ((made - mean_a[:, None]) * (wanted - mean_b[:, None])).mean(1)
    level = (2 * mean_a * mean_b + SSIM_C1) / (mean_a**2 + mean_b**2 + SSIM_C1)
    structure = (2 * covariance + SSIM_C2) / (var_a + var_b + SSIM_C2)
    return (level * structure).mean()


def lip_motion(made: Tensor, wanted: Tensor, readout: Tensor) -> Tensor:
    """Error of lip motion, speed and level against the motion's own size: (B, T, 64), readout (64, L) of lip points.

    Relative, so that a quiet style is learnt as well as a loud one. The level counts less: it would drown the motion.
    """
    lips_wanted, error = wanted @ readout, (made - wanted) @ readout  # (B, T, L)
    moving = lips_wanted - lips_wanted.mean(1, keepdim=True)
    typical = (moving**2).mean().detach()
    size = (moving**2).mean((1, 2)) + 0.1 * typical  # a stretch of silence has next to no motion
    speed = (lips_wanted.diff(dim=1) ** 2).mean((1, 2)) + 0.02 * typical
    level = error.mean(1, keepdim=True)
    motion = ((error - level) ** 2).mean((1, 2)) / size
    return (motion + 0.5 * (error.diff(dim=1) ** 2).mean((1, 2)) / speed + 0.2 * (level**2).mean((1, 2)) / size).mean()


def level_error(made: Tensor, wanted: Tensor, deviation: Tensor) -> Tensor:
    """Mean squared error of the mean expression of sequences (B, T, 64), in deviations (64,).

    Half of it counts every coefficient alike, half as much as it moves a face.
    """
    seen = deviation**2 / (deviation**2).mean()
    return (0.5 * (1.0 + seen) * (made - wanted).mean(1) ** 2).mean()


def triplet(anchor: Tensor, positive: Tensor, margin: float) -> Tensor:
    """Codes (B, d) of two clips of each style: every other style in the batch is the negative (paper, equation 8)."""
    near = torch.linalg.vector_norm(anchor - positive, dim=1)  # (B,)
    far = torch.cdist(anchor, positive)  # (B, B)
    violation = torch.relu(near[:, None] - far + margin)
    others = ~torch.eye(len(anchor), dtype=torch.bool, device=anchor.device)
    return violation[others].mean()
