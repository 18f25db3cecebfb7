# SPDX-License-Identifier: Apache-2.0
"""A student that begins as an autoencoder: the mean expression of a style clip goes through it, to its output.

From random weights that takes thousands of steps, because six normalisations and two narrow layers lie on the way. It
is a linear map, though, and can be written down: a large constant beside the expression makes each normalisation nearly
linear, branches that add to the main road begin small, and the tails' hidden units carry principal components far on
the right side of their ReLU. Motion, amplitudes and who speaks how are then learnt, as everything else.
"""

import numpy as np
import torch
from torch import Tensor, nn

from ...networks.config import SIL_LABEL
from ...networks.decoder import DecoderLayer, FaceDecoder
from ...networks.style_encoder import StyleEncoder
from .student import Student, middle_tokens
from .style_bank import StyleBank

CONSTANT = 16.0
"""Length of the constant that stands beside the expression; that of normalised expression is about 8."""
SMALL, QUIET = 0.1, 0.3
"""What branches that add to the main road are scaled by; those that bring what is said are not made as small."""
RIGHT_SIDE = 4.0
"""Deviations by which the tails' hidden units lie above zero."""
TAIL_PART = 11 / 12
"""Of the tails' hidden units, how many carry the level at most; the others are free for what is said."""
STYLES, ROWS = 600, 32
RIDGE = 1e-3


@torch.no_grad()
def begin_as_autoencoder(student: Student, bank: StyleBank, seed: int) -> None:
    """Set the weights of a new student so that the output's level is the style clip's, over the styles of `bank`."""
    rng = np.random.default_rng((seed, 9))
    generator = torch.Generator().manual_seed(seed)
    _open_encoder(student.generator.style_encoder, generator)
    decoder = student.generator.decoder
    clips = torch.from_numpy(np.stack([bank.clip(bank.sample(rng), ROWS, rng) for _ in range(STYLES)]))
    levels, codes = student.normalised(clips.mean(1)), student.encode(clips)
    said = student.generator.content_encoder(torch.full((1, student.generator.config.tokens), SIL_LABEL))  # (1, W, d)
    tails = ((decoder.upper_tail_fc, decoder.upper_face), (decoder.lower_tail_fc, decoder.lower_face))
    for (tail, columns), face in zip(tails, (decoder.upper_decoder, decoder.lower_decoder), strict=True):
        _open_decoder(face)
        tokens = middle_tokens(decoder, face, said, codes, frames=1)[:, 0]  # (STYLES, d)
        _fit_tail(tail, tokens, levels[:, columns], student.deviation[columns])
    student.probe.weight.zero_()
    _set(student.probe, slice(0, levels.shape[1]), *_ridge(codes, levels))


def _open_encoder(encoder: StyleEncoder, generator: torch.Generator) -> None:
    """Expression goes into the tokens orthogonally, beside a constant; attention and feed-forward begin small."""
    embed = encoder.increase_embed_dim
    width, inputs = embed.weight.shape
    basis = torch.linalg.qr(torch.cat([torch.ones(width, 1), torch.randn(width, width, generator=generator)], 1))[0]
    free = basis[:, 1:width]  # orthogonal to what a normalisation takes away, the mean
    embed.bias.copy_(CONSTANT * free[:, 0])
    embed.weight.copy_(free[:, 1 : 1 + inputs] if width > inputs + 1 else embed.weight)
    for layer in encoder.encoder.layers:
        assert isinstance(layer, nn.TransformerEncoderLayer)
        layer.self_attn.out_proj.weight.mul_(SMALL)
        layer.linear2.weight.mul_(SMALL)


def _open_decoder(face: FaceDecoder) -> None:
    for layer in face.layers:
        assert isinstance(layer, DecoderLayer)
        layer.self_attn.out_proj.weight.mul_(SMALL)
        layer.multihead_attn.out_proj.weight.mul_(QUIET)
        layer.linear2.weight.mul_(SMALL)


def _fit_tail(tail: nn.Sequential, tokens: Tensor, levels: Tensor, deviation: Tensor) -> None:
    """Tokens (N, d) -> levels (N, n) by a tail: components in its first hidden units, the rest as they were.

    deviation: (n,) published units of a normalised one; components that move a face little are left out first.
    """
    first, second, last = (tail[index] for index in (0, 2, 4))
    assert isinstance(first, nn.Linear) and isinstance(second, nn.Linear) and isinstance(last, nn.Linear)
    count = min(levels.shape[1], int(first.out_features * TAIL_PART))
    centre = levels.mean(0)
    left, scale, right = torch.linalg.svd((levels - centre) * deviation, full_matrices=False)
    parts = left[:, :count] * len(levels) ** 0.5  # unit variance
    back = right[:count].T * scale[:count] / len(levels) ** 0.5 / deviation[:, None]  # (n, count)
    carried = slice(0, count)
    weight, bias = _ridge(tokens, parts)
    _set(first, carried, weight, bias + RIGHT_SIDE)
    second.weight[carried] = 0.0
    _set(second, carried, torch.eye(count, second.in_features), torch.zeros(count))
    last.weight.mul_(SMALL)
    last.weight[:, carried] = back
    last.bias.copy_(centre - RIGHT_SIDE * back.sum(1))


def _set(linear: nn.Linear, rows: slice, weight: Tensor, bias: Tensor) -> None:
    linear.weight[rows] = weight
    linear.bias[rows] = bias


def _ridge(inputs: Tensor, outputs: Tensor) -> tuple[Tensor, Tensor]:
    """Weight (n, d) and bias (n,) of the linear map from inputs (N, d) to outputs (N, n)."""
    mean, target = inputs.mean(0), outputs.mean(0)
    centred = (inputs - mean).double()
    gram = centred.T @ centred
    gram += RIDGE * gram.diagonal().mean() * torch.eye(len(gram))
    weight = torch.linalg.solve(gram, centred.T @ (outputs - target).double()).T.float()
    return weight, target - weight @ mean
