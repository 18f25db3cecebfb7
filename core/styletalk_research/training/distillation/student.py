# SPDX-License-Identifier: Apache-2.0
"""The StyleTalk generator in normalised units, as it is trained."""

from dataclasses import dataclass

import numpy as np
import torch
from torch import Tensor, nn

from styletalk.animation import EXPRESSION_DIM
from styletalk.networks.modules.decoder import DecoderLayer, ExpressionDecoder, FaceDecoder
from styletalk.networks.modules.generator import StyleTalkGenerator


@dataclass(frozen=True)
class Normalisation:
    """Mean and deviation (64,) of expression rows over all clips; inputs and outputs of unit size train well."""

    mean: np.ndarray
    deviation: np.ndarray

    @classmethod
    def of(cls, rows: np.ndarray) -> "Normalisation":
        """The normalisation of rows (N, 64)."""
        return cls(rows.mean(0).astype(np.float32), (rows.std(0) + 1e-4).astype(np.float32))


STYLE_NUMBERS = EXPRESSION_DIM + 4
"""What a style code is asked for while it is trained: the level, three amplitudes, the correlation of gap and width."""


class Student(nn.Module):
    """A generator that reads and writes expression in units of `normalisation`.

    probe: reads the style's numbers off its code. It is no part of the generator; it tells the style encoder directly
    what the decoders can only tell it through all their layers.
    """

    mean: Tensor
    deviation: Tensor
    order: Tensor

    def __init__(self, generator: StyleTalkGenerator, normalisation: Normalisation) -> None:
        super().__init__()
        self.generator = generator
        self.probe = nn.Linear(generator.config.d_model, STYLE_NUMBERS)
        self.register_buffer("mean", torch.from_numpy(normalisation.mean))
        self.register_buffer("deviation", torch.from_numpy(normalisation.deviation))
        decoder = generator.decoder
        order = torch.tensor([*decoder.upper_face, *decoder.lower_face]).argsort()
        self.register_buffer("order", order, persistent=False)

    def encode(self, clips: Tensor) -> Tensor:
        """Clips (B, N, 64) in published units -> codes (B, d)."""
        return self.generator.encode_style((clips - self.mean) / self.deviation)

    def forward(self, windows: Tensor, codes: Tensor, audio_features: Tensor | None = None) -> Tensor:
        """Windows (L, T, W) int64, codes (S·L, d) -> expression (S·L, T, 64) in units of deviation about the mean.

        audio_features: (L, T, W, F) or None. Each sequence of windows is spoken in S styles: codes s·L .. s·L + L-1
        speak sequences 0 .. L-1. Equal to the generator's own forward, and several times faster: see `middle_tokens`.
        """
        generator, (lines, frames, window) = self.generator, windows.shape
        sound = None if audio_features is None else audio_features.reshape(lines * frames, window, -1)
        articulation = generator.content_encoder(windows.reshape(-1, window), sound)  # (L·T, W, d)
        decoder = generator.decoder
        upper = decoder.upper_tail_fc(middle_tokens(decoder, decoder.upper_decoder, articulation, codes, frames))
        lower = decoder.lower_tail_fc(middle_tokens(decoder, decoder.lower_decoder, articulation, codes, frames))
        return torch.cat([upper, lower], dim=-1)[..., self.order]

    def normalised(self, expression: Tensor) -> Tensor:
        """Expression (..., 64) from published units into units of deviation about the mean."""
        return (expression - self.mean) / self.deviation


def middle_tokens(
    decoder: ExpressionDecoder, face: FaceDecoder, articulation: Tensor, codes: Tensor, frames: int
) -> Tensor:  # fmt: skip
    """Articulation tokens (L·T, W, d), codes (S·L, d) -> the decoder's middle tokens (S·L, T, d).

    Three savings: the first self-attention is the same for all frames of a style, the last layer is computed for the
    middle token alone, and the styles of an utterance share its articulation's keys and values.
    """
    clips, window, width = len(codes), *articulation.shape[1:]
    middle = slice(window // 2, window // 2 + 1)
    tokens = decoder.pos_embed(codes[:, None].expand(-1, window, -1))  # (C, W, d)
    for index, layer in enumerate(face.layers):
        assert isinstance(layer, DecoderLayer)
        queries = tokens[:, middle] if index == len(face.layers) - 1 else tokens
        attended = layer.self_attn(queries, tokens, tokens, need_weights=False)[0]
        queries = layer.norm1(queries + layer.dropout(attended))
        if index == 0:
            queries = queries.repeat_interleave(frames, dim=0)  # (C·T, W or 1, d)
        queries = layer.norm2(queries + layer.dropout(shared_attention(layer.multihead_attn, queries, articulation)))
        hidden = layer.dropout(torch.relu(layer.linear1(queries, codes)))
        tokens = layer.norm3(queries + layer.dropout(layer.linear2(hidden)))
    return face.norm(tokens[:, 0]).reshape(clips, frames, width)


def shared_attention(attention: nn.MultiheadAttention, queries: Tensor, tokens: Tensor) -> Tensor:
    """Queries (S·N, Q, d) of S styles to tokens (N, W, d) that all styles share -> (S·N, Q, d)."""
    count, width = len(tokens), queries.shape[-1]
    styles = len(queries) // count
    by_frame = queries.reshape(styles, count, -1, width).transpose(0, 1).reshape(count, -1, width)  # (N, S·Q, d)
    attended = attention(by_frame, tokens, tokens, need_weights=False)[0]
    return attended.reshape(count, styles, -1, width).transpose(0, 1).reshape(queries.shape)
