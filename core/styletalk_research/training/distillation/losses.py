# SPDX-License-Identifier: Apache-2.0
"""What the student minimises beside the paper's reconstruction: lip motion, mean expression, triplets of a batch."""

import torch
from torch import Tensor


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
