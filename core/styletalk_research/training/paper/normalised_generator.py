# SPDX-License-Identifier: Apache-2.0
"""The generator while it is trained: in units that train well, and back in published units when it is saved."""

import copy

import torch
from torch import Tensor, nn

from styletalk.networks.modules.generator import StyleTalkGenerator

from .config import PaperConfig
from .corpus import Corpus


class Speaker(nn.Module):
    """A generator, and the units in which it reads and writes expression.

    mean, deviation (64,): x published is (x - mean) / deviation here; 0 and 1 where it is trained in published units.
    """

    mean: Tensor
    deviation: Tensor

    def __init__(self, config: PaperConfig, corpus: Corpus) -> None:
        super().__init__()
        self.generator = StyleTalkGenerator(config.generator)
        mean, deviation = torch.from_numpy(corpus.mean), torch.from_numpy(corpus.deviation)
        own = config.units == "deviation"
        self.register_buffer("mean", mean if own else torch.zeros_like(mean))
        self.register_buffer("deviation", deviation if own else torch.ones_like(deviation))

    def forward(self, windows: Tensor, audio_features: Tensor, clips: Tensor, padding: Tensor) -> tuple[Tensor, Tensor]:
        """Windows (B, T, W), audio_features (B, T, W, F), clips (A, N, 64), padding (A, N) -> expression, codes (A, d).

        The first B clips are the styles to speak in. Clips are in published units, expression (B, T, 64) in own ones.
        """
        codes = self.generator.encode_style(self.normalised(clips), padding)
        return self.generator(windows, codes[: len(windows)], audio_features), codes

    def normalised(self, expression: Tensor) -> Tensor:
        """Expression (..., 64) from published units into own ones."""
        return (expression - self.mean) / self.deviation

    def published(self, expression: Tensor) -> Tensor:
        """The inverse of `normalised`."""
        return expression * self.deviation + self.mean

    @torch.no_grad()
    def published_generator(self) -> StyleTalkGenerator:
        """A generator in published units that computes the same: the units move into its first and last layers."""
        generator = copy.deepcopy(self.generator).eval()
        first = generator.style_encoder.increase_embed_dim
        first.weight.div_(self.deviation)  # W ((x - m) / s) = (W / s) x - (W / s) m
        first.bias.sub_(first.weight @ self.mean)
        decoder = generator.decoder
        for tail, face in ((decoder.upper_tail_fc, decoder.upper_face), (decoder.lower_tail_fc, decoder.lower_face)):
            last = tail[-1]
            assert isinstance(last, nn.Linear)
            last.weight.mul_(self.deviation[face][:, None])
            last.bias.mul_(self.deviation[face]).add_(self.mean[face])
        return generator
