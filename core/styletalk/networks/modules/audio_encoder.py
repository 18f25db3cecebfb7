# SPDX-License-Identifier: Apache-2.0
"""Audio encoder: phoneme windows to articulation tokens (paper, section 3, "Audio encoder").

The paper names the rhythm that labels leave out as its limit; weights with an `audio_dim` take audio features as well.
"""

from torch import Tensor, nn

from ..config import GeneratorConfig
from .layers import PositionTable, transformer_encoder


class AudioEncoder(nn.Module):
    """One articulation token for each label of the window around a frame, the same for every style."""

    def __init__(self, config: GeneratorConfig) -> None:
        super().__init__()
        self.ph_embedding = nn.Embedding(config.phoneme_count, config.phoneme_dim)
        self.increase_embed_dim = nn.Linear(config.phoneme_dim, config.d_model)
        if config.audio_dim:
            self.prosody_embed = audio_embedding(config)
        self.audio_dim = config.audio_dim
        self.pos_embed = PositionTable(config.tokens, config.d_model)
        self.encoder = transformer_encoder(config, config.audio_layers)

    def forward(self, windows: Tensor, audio_features: Tensor | None = None) -> Tensor:
        """Labels (B, W) int64 and audio_features (B, W, F), None for zeros -> tokens (B, W, d). F = 0 ignores it."""
        tokens = self.increase_embed_dim(self.ph_embedding(windows))  # (B, W, d)
        if self.audio_dim:
            features = tokens.new_zeros(self.audio_dim) if audio_features is None else audio_features
            tokens = tokens + self.prosody_embed(features)
        return self.encoder(self.pos_embed(tokens))


def audio_embedding(config: GeneratorConfig) -> nn.Sequential:
    """A frame's audio features (..., F) to the embedding that is added to its token (..., d)."""
    width = config.d_model
    return nn.Sequential(nn.Linear(config.audio_dim, width), nn.ReLU(), nn.Linear(width, width))
