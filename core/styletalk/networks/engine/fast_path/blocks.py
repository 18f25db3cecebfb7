# SPDX-License-Identifier: Apache-2.0
"""Attention and feed-forward, post-norm, each in the form that its place in the network lets it have.

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
        met = self.ops.attention(queries, keys, values, self.heads)
        return self.norm(self.ops.linear_add(met, self.out, tokens))


class CrossAttention:
    """norm(x + O attention(x, said)) for every token."""

    def __init__(self, ops: Operations, attention: Tensors, norm: Tensors, heads: int) -> None:
        self.ops, self.heads = ops, heads
        projection = InProjection.of(attention, heads)
        self.queries, self.keys_values = projection.packed(ops, 0, 0), projection.packed(ops, 1, 2)
        self.out, self.norm = (attention / "out_proj").linear(ops), Norm(ops, norm)

    def __call__(self, tokens: Array, said: Array) -> Array:
        """(B, W, d), (B, W, d) -> (B, W, d)."""
        keys_values, width = self.ops.linear(said, self.keys_values), tokens.shape[-1]
        queries = self.ops.linear(tokens, self.queries)
        met = self.ops.attention(queries, keys_values[..., :width], keys_values[..., width:], self.heads)
        return self.norm(self.ops.linear_add(met, self.out, tokens))


class AskedByStyle:
    """norm(x + O attention(x, said)) where x is the style's alone, and with it every query.

    q · (Wₖ m + bₖ) = (Wₖᵀ q) · m + q · bₖ, and what is the same for all m drops out of the softmax. So the style brings
    Wₖᵀ q for each query in each head, and nothing said needs a key.
    """

    def __init__(self, ops: Operations, attention: Tensors, norm: Tensors, heads: int) -> None:
        self.ops, self.heads = ops, heads
        self.values = InProjection.of(attention, heads).packed(ops, 2, 2)
        self.out, self.norm = (attention / "out_proj").linear(ops), Norm(ops, norm)

    def __call__(self, tokens: Array, said: Array, questions: Packed) -> Array:
        """(1, W, d), (B, W, d), questions from `style.questions` -> (B, W, d)."""
        scores = self.ops.linear(said, questions)  # (B, W, h·W)
        scores = scores.reshape(*said.shape[:2], self.heads, -1).swapaxes(1, 2).swapaxes(2, 3)  # (B, h, asking, asked)
        met = self.ops.attend(scores, self.ops.linear(said, self.values))
        return self.norm(self.ops.linear_add(met, self.out, tokens))


class OneQuery:
    """norm(x + O attention(x, asked)) for a single token x, without a key and a value for each asked token m.

    Its keys turn about as `AskedByStyle`'s do; and Σ a (Wᵥ m + bᵥ) = Wᵥ (Σ a m) + bᵥ.
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

    def __call__(self, asking: Array, asked: Array) -> Array:
        """(B or 1, 1, d), (B, W, d) -> (B, 1, d)."""
        ops, width = self.ops, asked.shape[-1]
        queries = ops.linear(asking, self.queries).reshape(len(asking), self.heads, -1).swapaxes(0, 1)  # (h, B, e)
        questions = ops.matmul(ops.array(queries), self.keys).swapaxes(0, 1)  # (h, B, e) @ (h, e, d) -> (B, h, d)
        scores = ops.matmul(questions, asked.swapaxes(1, 2))  # (B, h, d) @ (B, d, W)
        met = ops.matmul(ops.softmax(scores), asked).swapaxes(0, 1)  # (B, h, W) @ (B, W, d) -> (h, B, d)
        values = ops.matmul(met, self.values).swapaxes(0, 1)  # (h, B, d) @ (h, d, e) -> (B, h, e)
        return self.norm(ops.linear_add(values.reshape(-1, 1, width), self.out, asking))


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
