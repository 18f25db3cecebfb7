# SPDX-License-Identifier: Apache-2.0
"""Audio encoder: phoneme windows to articulation tokens (paper, section 3, "Audio encoder")."""

from torch import Tensor, nn

from .config import GeneratorConfig
from .layers import PositionTable, transformer_encoder


class AudioEncoder(nn.Module):
    """What is said around a frame, without how: one token per label of the window."""

    def __init__(self, config: GeneratorConfig) -> None:
        super().__init__()
        self.ph_embedding = nn.Embedding(config.phoneme_count, config.phoneme_dim)
        self.increase_embed_dim = nn.Linear(config.phoneme_dim, config.d_model)
        self.pos_embed = PositionTable(config.tokens, config.d_model)
        self.encoder = transformer_encoder(config, config.audio_layers)

    def forward(self, windows: Tensor) -> Tensor:
        """Labels (B, W) int64 -> tokens (B, W, d)."""
        tokens = self.increase_embed_dim(self.ph_embedding(windows))  # (B, W, d)
        return self.encoder(self.pos_embed(tokens))
