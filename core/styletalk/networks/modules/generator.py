# SPDX-License-Identifier: Apache-2.0
"""The whole generator as one torch module, with the published state-dict names: what training trains.

Animation goes through `engine.inference.Engine`, which computes the same numbers several times faster.
"""

from torch import Tensor, nn

from ..config import GeneratorConfig
from .audio_encoder import AudioEncoder
from .decoder import ExpressionDecoder
from .style_encoder import StyleEncoder


class StyleTalkGenerator(nn.Module):
    """Phoneme labels and a style clip to expression coefficients (paper, section 3, figure 2)."""

    def __init__(self, config: GeneratorConfig | None = None) -> None:
        super().__init__()
        self.config = config or GeneratorConfig()
        self.content_encoder = AudioEncoder(self.config)
        self.style_encoder = StyleEncoder(self.config)
        self.decoder = ExpressionDecoder(self.config)

    def encode_style(self, clips: Tensor, padding: Tensor | None = None) -> Tensor:
        """One clip (N, 64) -> code (d,); or clips (C, N, 64) with padding (C, N) bool -> codes (C, d)."""
        if clips.dim() == 2:
            return self.style_encoder(clips[None])[0]
        return self.style_encoder(clips, padding)

    def forward(self, windows: Tensor, codes: Tensor, audio_features: Tensor | None = None) -> Tensor:
        """Label windows (C, N, W) int64, style codes (C, d), audio windows (C, N, W, F) -> expression (C, N, 64).

        audio_features: None for zeros; weights with an audio_dim of 0 ignore it.
        A clip's kernels are mixed once for all its N frames; with N = 1 every frame has its own style.
        """
        clips, frames, window = windows.shape
        if audio_features is not None:
            audio_features = audio_features.reshape(clips * frames, window, -1)
        memory = self.content_encoder(windows.reshape(clips * frames, window), audio_features)  # (C·N, W, d)
        return self.decoder(memory.reshape(clips, frames, window, -1), codes)
