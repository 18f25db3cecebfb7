# SPDX-License-Identifier: Apache-2.0
"""The initial weights of a student, an autoencoder: a style clip goes through it, its mean expression to the output.

From random weights that takes thousands of steps, because six normalisations and two narrow layers lie on the way. It
can be written down, though. The mean expression is linear: a large constant beside the expression makes each
normalisation nearly linear, residual branches begin small, and the tails' hidden units carry principal
components far on the right side of their ReLU. How much a clip moves takes one layer: attention to all frames alike
subtracts their mean, two rectified units take the size of what is left, and the pooling averages it. What the decoders
make of these amplitudes, motion, and who speaks how are then learnt, as everything else.
"""

import numpy as np
import torch
from torch import Tensor, nn

from styletalk.networks.modules.decoder import DecoderLayer, FaceDecoder
from styletalk.networks.modules.style_encoder import StyleEncoder
from styletalk.phonemes import SILENCE_INDEX

from .student import Student, middle_tokens
from .style_bank import StyleBank

CONSTANT = 20.0
"""Length of the constant that stands beside the expression; that of normalised expression is about 8."""
MOVING = 3.0
"""Size of each measured motion beside them. RECTIFIED: what its mean size is multiplied by on its way to the code."""
RECTIFIED = 1.5
MOTIONS = 10
"""Motions whose size is measured: mouth gap, width, their sum and difference, then principal components."""
SMALL, QUIET = 0.1, 0.3
"""What residual branches are scaled by; those that carry the articulation are not made as small."""
RIGHT_SIDE = 4.0
"""Deviations by which the tails' hidden units lie above zero."""
TAIL_PART = 11 / 12
"""Of the tails' hidden units, how many carry the level at most; the others are free for the articulation."""
STYLES, ROWS = 600, 32
RIDGE = 1e-3


@torch.no_grad()
def initialise_as_autoencoder(student: Student, bank: StyleBank, seed: int) -> None:
    """Set the weights of a new student so that the output's level is the style clip's, over the styles of `bank`."""
    rng = np.random.default_rng((seed, 9))
    generator = torch.Generator().manual_seed(seed)
    free = _free_directions(student.generator.config.d_model, generator)
    _open_encoder(student.generator.style_encoder, free, _motions(student, bank))
    decoder = student.generator.decoder
    clips = torch.from_numpy(np.stack([bank.clip(bank.sample(rng), ROWS, rng) for _ in range(STYLES)]))
    levels, codes = student.normalised(clips.mean(1)), student.encode(clips)
    numbers = np.stack([bank.numbers_of(clip) for clip in clips.numpy()])
    articulation = student.generator.content_encoder(
        torch.full((1, student.generator.config.tokens), SILENCE_INDEX)
    )  # (1, W, d)
    tails = ((decoder.upper_tail_fc, decoder.upper_face), (decoder.lower_tail_fc, decoder.lower_face))
    for (tail, columns), face in zip(tails, (decoder.upper_decoder, decoder.lower_decoder), strict=True):
        _open_decoder(face)
        tokens = middle_tokens(decoder, face, articulation, codes, frames=1)[:, 0]  # (STYLES, d)
        _fit_tail(tail, tokens, levels[:, columns], student.deviation[columns])
    _set(student.probe, slice(None), *_ridge(codes, torch.cat([levels, torch.from_numpy(numbers)], 1)))


def _free_directions(width: int, generator: torch.Generator) -> Tensor:
    """(d, d - 1) orthonormal columns, all orthogonal to what a normalisation takes away: the mean."""
    start = torch.cat([torch.ones(width, 1), torch.randn(width, width - 1, generator=generator)], 1)
    return torch.linalg.qr(start)[0][:, 1:]


def _motions(student: Student, bank: StyleBank) -> Tensor:
    """(64, MOTIONS) readouts of normalised expression, of unit deviation in the motions of `bank`."""
    moving = torch.from_numpy(np.concatenate(bank.motions)).float() / student.deviation  # (N, 64)
    driven = torch.from_numpy(bank.amplifier.readout) * student.deviation[:, None]
    gap, width = (driven / (moving @ driven).std(0)).T
    principal = torch.linalg.eigh(moving.T @ moving)[1].flip(1)[:, : MOTIONS - 4]
    readouts = torch.cat([torch.stack([gap, width, gap + width, gap - width], 1), principal], 1)
    return readouts / (moving @ readouts).std(0)


def _open_encoder(encoder: StyleEncoder, free: Tensor, motions: Tensor) -> None:
    """Expression goes into the tokens orthogonally, beside a constant; the sizes of `motions` (64, M) come to them.

    free: (d, d - 1) orthonormal directions. A narrow encoder has no room for either, and stays as it is.
    """
    inputs, count = motions.shape
    embed, layer = encoder.increase_embed_dim, encoder.encoder.layers[0]
    embed.bias.copy_(CONSTANT * free[:, 0])
    for other in encoder.encoder.layers:
        assert isinstance(other, nn.TransformerEncoderLayer)
        other.self_attn.out_proj.weight.mul_(SMALL)
        other.linear2.weight.mul_(SMALL)
    if free.shape[1] < 1 + inputs + 2 * count:
        return
    assert isinstance(layer, nn.TransformerEncoderLayer)
    moving, sizes = free[:, 1 + inputs : 1 + inputs + count], free[:, 1 + inputs + count : 1 + inputs + 2 * count]
    embed.weight.copy_(free[:, 1 : 1 + inputs] + MOVING * moving @ motions.T)
    _subtract_mean(layer.self_attn, moving)
    both = torch.stack([moving.T, -moving.T], 1).reshape(2 * count, -1)
    _set(layer.linear1, slice(0, 2 * count), both, torch.zeros(2 * count))
    layer.linear2.weight[:, : 2 * count] = RECTIFIED * sizes.repeat_interleave(2, dim=1)


def _subtract_mean(attention: nn.MultiheadAttention, channels: Tensor) -> None:
    """Attention to all frames nearly alike, which takes their mean away from the tokens' `channels` (d, M)."""
    width, count = channels.shape
    attention.in_proj_weight[: 2 * width] *= SMALL  # queries and keys
    attention.in_proj_weight[2 * width : 2 * width + count] = channels.T
    attention.out_proj.weight[:, :count] = -channels


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
