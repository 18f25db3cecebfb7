# SPDX-License-Identifier: Apache-2.0
"""Style encoder: a clip of expression coefficients to one style code (paper, section 3, "Style encoder")."""

import torch
from torch import Tensor, nn

from ...animation import EXPRESSION_DIM
from ..config import GeneratorConfig
from .layers import PositionTable, transformer_encoder


class SelfAttentionPooling(nn.Module):
    """A weighted mean over frames whose weights come from the frames: s = softmax(W₂ Mish(W₁ H)) H."""

    def __init__(self, width: int) -> None:
        super().__init__()
        self.W = nn.Sequential(nn.Linear(width, width), nn.Mish(), nn.Linear(width, 1))

    def forward(self, tokens: Tensor, padding: Tensor) -> Tensor:
        """Tokens (B, N, d), padding (B, N) bool, true where there is no frame -> (B, d)."""
        logits = self.W(tokens).squeeze(-1).masked_fill(padding, float("-inf"))  # (B, N)
        weights = torch.softmax(logits, dim=-1)
        return (weights[:, None] @ tokens).squeeze(1)  # (B, 1, N) @ (B, N, d) -> (B, d)


class MeanPooling(nn.Module):
    """The plain mean over frames, which the paper compares with (section 4, ablation)."""

    def forward(self, tokens: Tensor, padding: Tensor) -> Tensor:
        """Tokens (B, N, d), padding (B, N) bool, true where there is no frame -> (B, d)."""
        present = ~padding[..., None]
        return (tokens * present).sum(1) / present.sum(1)


class StyleEncoder(nn.Module):
    """How a person speaks, from any clip of theirs."""

    def __init__(self, config: GeneratorConfig) -> None:
        super().__init__()
        self.max_frames = config.style_frames
        self.increase_embed_dim = nn.Linear(EXPRESSION_DIM, config.d_model)
        self.pos_embed = PositionTable(config.style_frames, config.d_model)
        self.encoder = transformer_encoder(config, config.style_layers)
        self.aggregate_method = SelfAttentionPooling(config.d_model) if config.pooling == "attention" else MeanPooling()

    def forward(self, clips: Tensor, padding: Tensor | None = None) -> Tensor:
        """Clips (B, N, 64), padding (B, N) bool, true where there is no frame -> style codes (B, d).

        Only the first `max_frames` frames are looked at, as in the published training.
        """
        clips = clips[:, : self.max_frames]
        if padding is None:
            padding = torch.zeros(clips.shape[:2], dtype=torch.bool, device=clips.device)
        padding = padding[:, : self.max_frames]
        tokens = self.pos_embed(self.increase_embed_dim(clips))  # (B, N, d)
        tokens = self.encoder(tokens, src_key_padding_mask=padding)
        return self.aggregate_method(tokens, padding)
