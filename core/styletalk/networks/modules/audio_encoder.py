# SPDX-License-Identifier: Apache-2.0
"""Audio encoder: phoneme windows to articulation tokens (paper, section 3, "Audio encoder").

The paper names the rhythm that labels leave out as its limit; weights with a `audio_dim` hear it beside the labels.
"""

from torch import Tensor, nn

from ..config import GeneratorConfig
from .layers import PositionTable, transformer_encoder


class AudioEncoder(nn.Module):
    """What is said around a frame, without how: one token per label of the window."""

    def __init__(self, config: GeneratorConfig) -> None:
        super().__init__()
        self.ph_embedding = nn.Embedding(config.phoneme_count, config.phoneme_dim)
        self.increase_embed_dim = nn.Linear(config.phoneme_dim, config.d_model)
        if config.audio_dim:
            self.prosody_embed = prosody_embedding(config)
        self.audio_dim = config.audio_dim
        self.pos_embed = PositionTable(config.tokens, config.d_model)
        self.encoder = transformer_encoder(config, config.audio_layers)

    def forward(self, windows: Tensor, audio_features: Tensor | None = None) -> Tensor:
        """Labels (B, W) int64 and audio_features (B, W, F), None for zeros -> tokens (B, W, d). F = 0 ignores it."""
        tokens = self.increase_embed_dim(self.ph_embedding(windows))  # (B, W, d)
        if self.audio_dim:
            heard = tokens.new_zeros(self.audio_dim) if audio_features is None else audio_features
            tokens = tokens + self.prosody_embed(heard)
        return self.encoder(self.pos_embed(tokens))


def prosody_embedding(config: GeneratorConfig) -> nn.Sequential:
    """A frame's audio_features (..., F) as what is added to its token (..., d)."""
    width = config.d_model
    return nn.Sequential(nn.Linear(config.audio_dim, width), nn.ReLU(), nn.Linear(width, width))
