# SPDX-License-Identifier: Apache-2.0
"""The generator while it is trained: in units that train well."""

import torch
from torch import Tensor, nn

from styletalk.networks.modules.generator import StyleTalkGenerator

from .config import PaperConfig
from .corpus import Corpus


class NormalisedGenerator(nn.Module):
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

        The first B clips are the styles of the sequences. Clips are in published units, expression in own ones.
        """
        codes = self.generator.encode_style(self.normalised(clips), padding)
        return self.generator(windows, codes[: len(windows)], audio_features), codes

    def normalised(self, expression: Tensor) -> Tensor:
        """Expression (..., 64) from published units into own ones."""
        return (expression - self.mean) / self.deviation

    def published(self, expression: Tensor) -> Tensor:
        """The inverse of `normalised`."""
        return expression * self.deviation + self.mean
