# SPDX-License-Identifier: Apache-2.0
"""Attention and feed-forward blocks, post-norm, each in the cheapest form that its place in the network allows.

Shapes: B windows; W tokens in a window; d the model's width; h heads, each e = d/h wide.
"""

from ..operations.protocol import Array, Operations, Packed
from .tensors import InProjection, Norm, Tensors


class SelfAttention:
    """norm(x + O attention(x, x)) for every token."""

    def __init__(self, ops: Operations, attention: Tensors, norm: Tensors, heads: int) -> None:
        self.ops, self.heads = ops, heads
        self.projection = InProjection.of(attention, heads).packed(ops, 0, 2)
        self.out, self.norm = (attention / "out_proj").linear(ops), Norm(ops, norm)

    def __call__(self, tokens: Array, projections: Array | None = None) -> Array:
        """(B, W, d) -> (B, W, d). projections: (B, W, 3d), where they are known."""
        known = self.ops.linear(tokens, self.projection) if projections is None else projections
        width = tokens.shape[-1]
        queries, keys, values = (known[..., i : i + width] for i in (0, width, 2 * width))
        context = self.ops.attention(queries, keys, values, self.heads)
        return self.norm(self.ops.linear_add(context, self.out, tokens))


class CrossAttention:
    """norm(x + O attention(x, memory)) for every token x. The memory: the articulation tokens."""

    def __init__(self, ops: Operations, attention: Tensors, norm: Tensors, heads: int) -> None:
        self.ops, self.heads = ops, heads
        projection = InProjection.of(attention, heads)
        self.queries, self.keys_values = projection.packed(ops, 0, 0), projection.packed(ops, 1, 2)
        self.out, self.norm = (attention / "out_proj").linear(ops), Norm(ops, norm)

    def __call__(self, tokens: Array, memory: Array) -> Array:
        """(B, W, d), (B, W, d) -> (B, W, d)."""
        keys_values, width = self.ops.linear(memory, self.keys_values), tokens.shape[-1]
        queries = self.ops.linear(tokens, self.queries)
        context = self.ops.attention(queries, keys_values[..., :width], keys_values[..., width:], self.heads)
        return self.norm(self.ops.linear_add(context, self.out, tokens))


class StyleQueryAttention:
    """norm(x + O attention(x, memory)) where the tokens x, and so all queries, depend on the style alone.

    q · (Wₖ m + bₖ) = (Wₖᵀ q) · m + q · bₖ, and q · bₖ, the same for every m, cancels in the softmax. So Wₖᵀ q of each
    query and head is computed once for a style, and no key for a memory token m.
    """

    def __init__(self, ops: Operations, attention: Tensors, norm: Tensors, heads: int) -> None:
        self.ops, self.heads = ops, heads
        self.values = InProjection.of(attention, heads).packed(ops, 2, 2)
        self.out, self.norm = (attention / "out_proj").linear(ops), Norm(ops, norm)

    def __call__(self, tokens: Array, memory: Array, query_projections: Packed) -> Array:
        """(1, W, d), (B, W, d), `PreparedFace.query_projections` -> (B, W, d)."""
        scores = self.ops.linear(memory, query_projections)  # (B, N keys, h·Q queries)
        scores = scores.reshape(*memory.shape[:2], self.heads, -1).swapaxes(1, 2).swapaxes(2, 3)  # (B, h, Q, N)
        context = self.ops.attend(scores, self.ops.linear(memory, self.values))
        return self.norm(self.ops.linear_add(context, self.out, tokens))


class SingleQueryAttention:
    """norm(x + O attention(x, memory)) for a single token x, without a key or a value for each memory token m.

    Queries are projected as in `StyleQueryAttention`, and values afterwards: Σ a (Wᵥ m + bᵥ) = Wᵥ (Σ a m) + bᵥ.
    """

    def __init__(self, ops: Operations, attention: Tensors, norm: Tensors, heads: int) -> None:
        self.ops, self.heads = ops, heads
        projection, out = InProjection.of(attention, heads), attention / "out_proj"
        self.queries = projection.packed(ops, 0, 0)
        self.keys = ops.array(projection.by_head[1])  # (h, e, d)
        self.values = ops.array(projection.by_head[2].swapaxes(1, 2))  # (h, d, e)
        value_bias = projection.bias[-len(out["bias"]) :]
        self.out = ops.packed(out["weight"], out["bias"] + (out["weight"] * value_bias).sum(axis=1))
        self.norm = Norm(ops, norm)

    def __call__(self, token: Array, memory: Array) -> Array:
        """(B or 1, 1, d), (B, W, d) -> (B, 1, d)."""
        ops, width = self.ops, memory.shape[-1]
        queries = ops.linear(token, self.queries).reshape(len(token), self.heads, -1).swapaxes(0, 1)  # (h, B, e)
        projections = ops.matmul(ops.array(queries), self.keys).swapaxes(0, 1)  # (h, B, e) @ (h, e, d) -> (B, h, d)
        scores = ops.matmul(projections, memory.swapaxes(1, 2))  # (B, h, d) @ (B, d, W)
        mean = ops.matmul(ops.softmax(scores), memory).swapaxes(0, 1)  # (B, h, W) @ (B, W, d) -> (h, B, d)
        context = ops.matmul(mean, self.values).swapaxes(0, 1)  # (h, B, d) @ (h, d, e) -> (B, h, e)
        return self.norm(ops.linear_add(context.reshape(-1, 1, width), self.out, token))


class FeedForward:
    """norm(x + W₂ ReLU(W₁ x)). The first map is an argument, because a decoder's comes from the style."""

    def __init__(self, ops: Operations, second: Tensors, norm: Tensors) -> None:
        self.ops = ops
        self.second, self.norm = second.linear(ops), Norm(ops, norm)

    def __call__(self, tokens: Array, first: Packed) -> Array:
        """(B, N, d) -> (B, N, d)."""
        return self.norm(self.ops.linear_add(self.ops.linear_relu(tokens, first), self.second, tokens))


class EncoderLayer:
    """Self-attention and feed-forward."""

    def __init__(self, ops: Operations, layer: Tensors, heads: int) -> None:
        self.attention = SelfAttention(ops, layer / "self_attn", layer / "norm1", heads)
        self.first = (layer / "linear1").linear(ops)
        self.feed_forward = FeedForward(ops, layer / "linear2", layer / "norm2")

    def __call__(self, tokens: Array, projections: Array | None = None) -> Array:
        """(B, N, d) -> (B, N, d). projections: (B, N, 3d) of its attention, where they are known."""
        return self.feed_forward(self.attention(tokens, projections), self.first)


class Tail:
    """Three linear maps with ReLU between: a token becomes one half's coefficients. Small, so in float32."""

    def __init__(self, ops: Operations, tail: Tensors) -> None:
        self.ops = ops.exact
        self.first, self.second, self.third = ((tail / i).linear(self.ops) for i in (0, 2, 4))

    def __call__(self, tokens: Array) -> Array:
        """(B, d) -> (B, that half's coefficients)."""
        hidden = self.ops.linear_relu(self.ops.linear_relu(tokens, self.first), self.second)
        return self.ops.linear(hidden, self.third)
