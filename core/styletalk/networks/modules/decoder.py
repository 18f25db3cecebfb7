# SPDX-License-Identifier: Apache-2.0
"""Style-controllable dynamic decoder: tokens and a style code to expression (paper, section 3).

The style enters twice: it is the content of every target token, and it mixes the K kernels of each feed-forward block,
so that it changes what the decoder computes and not only what it computes from.

Shapes: C clips, each with one style code; N frames of each; W tokens in a frame's window; d the model's width.
"""

import math

import torch
from torch import Tensor, nn

from ...animation import EXPRESSION_DIM
from ..config import GeneratorConfig
from .layers import PositionTable, init_matrices


class KernelGate(nn.Module):
    """The weight of each kernel for a style: a = softmax(V₂ ReLU(V₁ s) / temperature)."""

    def __init__(self, config: GeneratorConfig) -> None:
        super().__init__()
        self.temperature = config.temperature
        # The published file has these two linears as 1x1 convolutions; the trailing axes of their shapes say so.
        hidden = nn.Conv2d(config.d_model, config.gate_dim, 1, bias=False)
        self.net = nn.Sequential(hidden, nn.ReLU(), nn.Conv2d(config.gate_dim, config.kernels, 1, bias=False))

    def forward(self, codes: Tensor) -> Tensor:
        """Style codes (C, d) -> weights (C, K), each row sums to 1."""
        logits = self.net(codes[:, :, None, None])[:, :, 0, 0]
        return torch.softmax(logits / self.temperature, dim=-1)


class MixedKernels(nn.Module):
    """K linear maps that are mixed into one for each style: W = Σₖ aₖ Wₖ, b = Σₖ aₖ bₖ."""

    def __init__(self, config: GeneratorConfig) -> None:
        super().__init__()
        self.weight = nn.Parameter(torch.empty(config.kernels, config.feedforward, config.d_model, 1, 1))
        self.bias = nn.Parameter(torch.zeros(config.kernels, config.feedforward))
        self.attention = KernelGate(config)
        for kernel in self.weight.detach():
            nn.init.kaiming_uniform_(kernel[..., 0, 0], a=math.sqrt(5))

    def forward(self, tokens: Tensor, codes: Tensor) -> Tensor:
        """Tokens (C, M, d), style codes (C, d) -> (C, M, feedforward)."""
        mix = self.attention(codes)  # (C, K)
        weight = torch.einsum("ck,kod->cod", mix, self.weight[..., 0, 0])
        bias = mix @ self.bias  # (C, feedforward)
        return torch.baddbmm(bias[:, None], tokens, weight.transpose(1, 2))


class DynamicLinear(nn.Module):
    """The feed-forward block's first linear, chosen by the style. The extra level is in the published names."""

    def __init__(self, config: GeneratorConfig) -> None:
        super().__init__()
        self.dynamic_conv = MixedKernels(config)

    def forward(self, tokens: Tensor, codes: Tensor) -> Tensor:
        """Tokens (C·N, W, d), style codes (C, d) -> (C·N, W, feedforward)."""
        by_clip = tokens.reshape(len(codes), -1, tokens.shape[-1])  # (C, N·W, d)
        return self.dynamic_conv(by_clip, codes).reshape(*tokens.shape[:2], -1)


class DecoderLayer(nn.Module):
    """Post-norm: self-attention, cross-attention to the articulation tokens, feed-forward with mixed kernels."""

    def __init__(self, config: GeneratorConfig) -> None:
        super().__init__()
        width, dropout = config.d_model, config.dropout
        self.self_attn = nn.MultiheadAttention(width, config.nhead, dropout, batch_first=True)
        self.multihead_attn = nn.MultiheadAttention(width, config.nhead, dropout, batch_first=True)
        self.linear1 = DynamicLinear(config)
        self.linear2 = nn.Linear(config.feedforward, width)
        self.norm1, self.norm2, self.norm3 = (nn.LayerNorm(width) for _ in range(3))
        self.dropout = nn.Dropout(dropout)
        init_matrices(self.self_attn)
        init_matrices(self.multihead_attn)

    def forward(self, tokens: Tensor, memory: Tensor, codes: Tensor, only_middle: bool = False) -> Tensor:
        """Tokens (C·N, W, d), articulation tokens (C·N, W, d), style codes (C, d) -> (C·N, W or 1, d)."""
        middle = tokens.shape[1] // 2
        queries = tokens[:, middle : middle + 1] if only_middle else tokens
        tokens = self.norm1(queries + self.dropout(self.self_attn(queries, tokens, tokens, need_weights=False)[0]))
        tokens = self.norm2(tokens + self.dropout(self.multihead_attn(tokens, memory, memory, need_weights=False)[0]))
        hidden = self.dropout(torch.relu(self.linear1(tokens, codes)))
        return self.norm3(tokens + self.dropout(self.linear2(hidden)))


class FaceDecoder(nn.Module):
    """The layers for one half of the face."""

    def __init__(self, config: GeneratorConfig) -> None:
        super().__init__()
        self.layers = nn.ModuleList(DecoderLayer(config) for _ in range(config.decoder_layers))
        self.norm = nn.LayerNorm(config.d_model)

    def forward(self, tokens: Tensor, memory: Tensor, codes: Tensor) -> Tensor:
        """Target tokens (C·N, W, d), articulation tokens (C·N, W, d), codes (C, d) -> middle token (C·N, d)."""
        for layer in self.layers:
            # The last layer's other tokens are not used. Outside training they are computed all the same: this is the
            # plain formulation that the fast path is compared with.
            only_middle = self.training and layer is self.layers[-1]
            tokens = layer(tokens, memory, codes, only_middle)
        return self.norm(tokens[:, tokens.shape[1] // 2])


class ExpressionDecoder(nn.Module):
    """Two decoders, because the mouth follows the sound and the brows hardly do."""

    def __init__(self, config: GeneratorConfig) -> None:
        super().__init__()
        self.upper_face, self.lower_face = list(config.upper_face), list(config.lower_face)
        self.upper_decoder, self.lower_decoder = FaceDecoder(config), FaceDecoder(config)
        self.pos_embed = PositionTable(config.tokens, config.d_model)
        self.upper_tail_fc = _tail(config, len(self.upper_face))
        self.lower_tail_fc = _tail(config, len(self.lower_face))

    def forward(self, memory: Tensor, codes: Tensor) -> Tensor:
        """Articulation tokens (C, N, W, d), style codes (C, d) -> expression (C, N, 64)."""
        clips, frames, window, width = memory.shape
        target = self.pos_embed(codes[:, None].expand(-1, window, -1))  # (C, W, d)
        target = target.repeat_interleave(frames, dim=0)  # (C·N, W, d)
        memory = memory.reshape(clips * frames, window, width)
        upper = self.upper_tail_fc(self.upper_decoder(target, memory, codes))
        lower = self.lower_tail_fc(self.lower_decoder(target, memory, codes))
        expression = upper.new_empty(clips * frames, EXPRESSION_DIM)
        expression[:, self.upper_face], expression[:, self.lower_face] = upper, lower
        return expression.reshape(clips, frames, EXPRESSION_DIM)


def _tail(config: GeneratorConfig, outputs: int) -> nn.Sequential:
    hidden = config.tail_dim
    return nn.Sequential(
        nn.Linear(config.d_model, hidden), nn.ReLU(), nn.Linear(hidden, hidden), nn.ReLU(), nn.Linear(hidden, outputs)
    )
