# SPDX-License-Identifier: Apache-2.0
"""One half of the face: articulation tokens and a prepared style to that half's coefficients."""

from ...config import GeneratorConfig
from ..operations.protocol import Array, Operations, Packed
from .blocks import AskedByStyle, CrossAttention, FeedForward, OneQuery, SelfAttention, Tail
from .style import PreparedFace
from .tensors import Norm, Tensors


class FaceDecoder:
    """The layers for one half of the face, and its tail.

    The first layer begins after its self-attention, which knows nothing of the sound (`PreparedFace.start`). The last
    one computes the middle token alone. Where there is only one, it is both.
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

    def __call__(self, said: Array, style: PreparedFace) -> Array:
        """(B, W, d) -> (B, coefficients)."""
        if self.alone:
            token = self.alone.hear(style.start, said, style.kernels[0])
        else:
            tokens = self.first(said, style)
            for layer, kernels in zip(self.between, style.kernels[1:-1], strict=True):
                tokens = layer(tokens, said, kernels)
            token = self.last(tokens, self.middle, said, style.kernels[-1])  # (B, 1, d)
        return self.tail(self.norm(token)[:, 0])


class FirstLayer:
    """From where the style has brought its tokens: attention to what is said, and feed-forward."""

    def __init__(self, ops: Operations, layer: Tensors, heads: int) -> None:
        self.attention = AskedByStyle(ops, layer / "multihead_attn", layer / "norm2", heads)
        self.feed_forward = FeedForward(ops, layer / "linear2", layer / "norm3")

    def __call__(self, said: Array, style: PreparedFace) -> Array:
        """(B, W, d) -> tokens (B, W, d)."""
        return self.feed_forward(self.attention(style.start, said, style.questions), style.kernels[0])


class MiddleLayer:
    """Self-attention, attention to what is said, feed-forward; for every token."""

    def __init__(self, ops: Operations, layer: Tensors, heads: int) -> None:
        self.itself = SelfAttention(ops, layer / "self_attn", layer / "norm1", heads)
        self.attention = CrossAttention(ops, layer / "multihead_attn", layer / "norm2", heads)
        self.feed_forward = FeedForward(ops, layer / "linear2", layer / "norm3")

    def __call__(self, tokens: Array, said: Array, kernels: Packed) -> Array:
        """(B, W, d), (B, W, d) -> (B, W, d)."""
        return self.feed_forward(self.attention(self.itself(tokens), said), kernels)


class LastLayer:
    """The same for the one token that becomes expression, in float32: it is little work, and nothing evens it out."""

    def __init__(self, ops: Operations, layer: Tensors, heads: int) -> None:
        ops = ops.exact
        self.itself = OneQuery(ops, layer / "self_attn", layer / "norm1", heads)
        self.attention = OneQuery(ops, layer / "multihead_attn", layer / "norm2", heads)
        self.feed_forward = FeedForward(ops, layer / "linear2", layer / "norm3")

    def __call__(self, tokens: Array, middle: slice, said: Array, kernels: Packed) -> Array:
        """(B, W, d), the token to go on with, (B, W, d) -> (B, 1, d)."""
        return self.hear(self.itself(tokens[:, middle], tokens), said, kernels)

    def hear(self, token: Array, said: Array, kernels: Packed) -> Array:
        """What follows self-attention: (B or 1, 1, d), (B, W, d) -> (B, 1, d)."""
        return self.feed_forward(self.attention(token, said), kernels)
