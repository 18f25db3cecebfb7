# SPDX-License-Identifier: Apache-2.0
"""Style discriminator: whose style does this motion show? (paper, section 3, "Style discriminator")

A PatchGAN that classifies; trained first with cross-entropy on recordings, then frozen. The generator's term is
-log of the probability of the style that it was given.
"""

from dataclasses import dataclass

import torch
from torch import Tensor
from torch.nn import functional

from .patches import MotionPatches


@dataclass(frozen=True)
class StyleConfig:
    """The style discriminator. steps, batch: sequences in each step. width: channels of the first convolution."""

    steps: int = 10000
    batch: int = 32
    learning_rate: float = 1e-4
    weight_decay: float = 0.0
    width: int = 64


class StyleDiscriminator(MotionPatches):
    """Expression (B, T, 64) -> logits (B, T // 4, S), one judgement for each patch and each of S styles."""


def style_loss(logits: Tensor, styles: Tensor) -> Tensor:
    """Cross-entropy = -log of the style's probability, averaged over patches: (B, N, S), (B,) int64 -> scalar.

    The discriminator minimises it on recordings, the generator on what it makes.
    """
    patches = logits.shape[1]
    return functional.cross_entropy(logits.flatten(0, 1), styles.repeat_interleave(patches))


def chosen_styles(logits: Tensor) -> Tensor:
    """(B,) int64: the style that the patches agree on, by their mean log-probability."""
    return torch.log_softmax(logits, dim=-1).mean(1).argmax(-1)
