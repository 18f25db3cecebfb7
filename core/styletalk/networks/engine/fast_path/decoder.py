# SPDX-License-Identifier: Apache-2.0
"""One half of the face: articulation tokens and a prepared style to that half's coefficients."""

from ...config import GeneratorConfig
from ..operations.protocol import Array, Operations, Packed
from .blocks import CrossAttention, FeedForward, SelfAttention, SingleQueryAttention, StyleQueryAttention, Tail
from .style import PreparedFace
from .tensors import Norm, Tensors


class FaceDecoder:
    """The layers for one half of the face, and its tail.

    The first layer begins after its self-attention, which depends on the style alone (`PreparedFace.start`). The last
    one computes the middle token alone. A single layer does both.
    """

    def __init__(self, ops: Operations, face: str, decoder: Tensors, config: GeneratorConfig) -> None:
        names = decoder / f"{face}_decoder"
        layers = [names / "layers" / i for i in range(config.decoder_layers)]
        heads, middle = config.nhead, config.window
        self.alone = LastLayer(ops, layers[0], heads) if len(layers) == 1 else None
        self.first = FirstLayer(ops, layers[0], heads)
        self.between = [MiddleLayer(ops, layer, heads) for layer in layers[1:-1]]
        self.last = LastLayer(ops, layers[-1], heads)
        self.middle = slice(middle, middle + 1)
        self.norm = Norm(ops, names / "norm")
        self.tail = Tail(ops, decoder / f"{face}_tail_fc")

    def __call__(self, memory: Array, style: PreparedFace) -> Array:
        """Articulation tokens (B, W, d) -> (B, coefficients)."""
        if self.alone:
            token = self.alone.after_self_attention(style.start, memory, style.kernels[0])
        else:
            tokens = self.first(memory, style)
            for layer, kernels in zip(self.between, style.kernels[1:-1], strict=True):
                tokens = layer(tokens, memory, kernels)
            token = self.last(tokens, self.middle, memory, style.kernels[-1])  # (B, 1, d)
        return self.tail(self.norm(token)[:, 0])


class FirstLayer:
    """Cross-attention and feed-forward of the tokens that the style has prepared."""

    def __init__(self, ops: Operations, layer: Tensors, heads: int) -> None:
        self.cross_attention = StyleQueryAttention(ops, layer / "multihead_attn", layer / "norm2", heads)
        self.feed_forward = FeedForward(ops, layer / "linear2", layer / "norm3")

    def __call__(self, memory: Array, style: PreparedFace) -> Array:
        """(B, W, d) -> tokens (B, W, d)."""
        tokens = self.cross_attention(style.start, memory, style.query_projections)
        return self.feed_forward(tokens, style.kernels[0])


class MiddleLayer:
    """Self-attention, cross-attention, feed-forward; for every token."""

    def __init__(self, ops: Operations, layer: Tensors, heads: int) -> None:
        self.self_attention = SelfAttention(ops, layer / "self_attn", layer / "norm1", heads)
        self.cross_attention = CrossAttention(ops, layer / "multihead_attn", layer / "norm2", heads)
        self.feed_forward = FeedForward(ops, layer / "linear2", layer / "norm3")

    def __call__(self, tokens: Array, memory: Array, kernels: Packed) -> Array:
        """(B, W, d), (B, W, d) -> (B, W, d)."""
        return self.feed_forward(self.cross_attention(self.self_attention(tokens), memory), kernels)


class LastLayer:
    """The same for the middle token alone, in float32: little work, and its rounding would reach the expression."""

    def __init__(self, ops: Operations, layer: Tensors, heads: int) -> None:
        ops = ops.exact
        self.self_attention = SingleQueryAttention(ops, layer / "self_attn", layer / "norm1", heads)
        self.cross_attention = SingleQueryAttention(ops, layer / "multihead_attn", layer / "norm2", heads)
        self.feed_forward = FeedForward(ops, layer / "linear2", layer / "norm3")

    def __call__(self, tokens: Array, middle: slice, memory: Array, kernels: Packed) -> Array:
        """(B, W, d), where the middle token is, (B, W, d) -> (B, 1, d)."""
        return self.after_self_attention(self.self_attention(tokens[:, middle], tokens), memory, kernels)

    def after_self_attention(self, token: Array, memory: Array, kernels: Packed) -> Array:
        """Cross-attention and feed-forward: (B or 1, 1, d), (B, W, d) -> (B, 1, d)."""
        return self.feed_forward(self.cross_attention(token, memory), kernels)
