# SPDX-License-Identifier: Apache-2.0
"""A generator that was trained on expression of unit size, as one in published units."""

import copy

import torch
from torch import Tensor, nn

from styletalk.networks.modules.generator import StyleTalkGenerator


@torch.no_grad()
def in_published_units(generator: StyleTalkGenerator, mean: Tensor, deviation: Tensor) -> StyleTalkGenerator:
    """A generator that computes the same: the units move into its first and last layers.

    mean, deviation: (64,), x published is (x - mean) / deviation to `generator`.
    """
    generator = copy.deepcopy(generator).eval()
    first = generator.style_encoder.increase_embed_dim
    first.weight.div_(deviation)  # W ((x - m) / s) = (W / s) x - (W / s) m
    first.bias.sub_(first.weight @ mean)
    decoder = generator.decoder
    for tail, face in ((decoder.upper_tail_fc, decoder.upper_face), (decoder.lower_tail_fc, decoder.lower_face)):
        last = tail[-1]
        assert isinstance(last, nn.Linear)
        last.weight.mul_(deviation[face][:, None])
        last.bias.mul_(deviation[face]).add_(mean[face])
    return generator
