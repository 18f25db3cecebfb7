# SPDX-License-Identifier: Apache-2.0
"""Triplet: codes of one style lie nearer to each other than to another style's (paper, section 3, "Triplet loss")."""

import torch
from torch import Tensor


def triplet_loss(anchor: Tensor, same: Tensor, other: Tensor, margin: float) -> Tensor:
    """max(‖s - s⁺‖ - ‖s - s⁻‖ + margin, 0), averaged. Codes (B, d) of three clips, two of them in one style."""
    near = torch.linalg.vector_norm(anchor - same, dim=1)  # (B,)
    far = torch.linalg.vector_norm(anchor - other, dim=1)
    return torch.relu(near - far + margin).mean()
