# SPDX-License-Identifier: Apache-2.0
"""The whole generator as one torch module, with the published state-dict names: what training trains.

Animating goes through `inference.Engine`, which computes the same numbers several times faster.
"""

import torch
from torch import Tensor, nn
from torch.nn import functional

from ..config import SIL_LABEL, GeneratorConfig
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
        """Label windows (C, N, W) int64, style codes (C, d), sound windows (C, N, W, F) -> expression (C, N, 64).

        audio_features: cut by `audio_windows`; None for zeros; weights with an audio_dim of 0 ignore it.
        A clip's kernels are mixed once for all its N frames; with N = 1 every frame has its own style.
        """
        clips, frames, window = windows.shape
        if audio_features is not None:
            audio_features = audio_features.reshape(clips * frames, window, -1)
        said = self.content_encoder(windows.reshape(clips * frames, window), audio_features)  # (C·N, W, d)
        return self.decoder(said.reshape(clips, frames, window, -1), codes)


def label_windows(labels: Tensor, window: int) -> Tensor:
    """Labels (..., T) -> (..., T, 2·window + 1): each frame's neighbourhood, silence beyond the ends."""
    silence = labels.new_full((*labels.shape[:-1], window), SIL_LABEL)
    return torch.cat([silence, labels, silence], dim=-1).unfold(-1, 2 * window + 1, 1)


def audio_windows(audio_features: Tensor, window: int) -> Tensor:
    """Sound (..., T, F) -> (..., T, 2·window + 1, F): each frame's neighbourhood, zeros beyond the ends."""
    padded = functional.pad(audio_features, (0, 0, window, window))
    return padded.unfold(-2, 2 * window + 1, 1).swapaxes(-1, -2)
