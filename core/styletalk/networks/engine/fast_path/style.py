# SPDX-License-Identifier: Apache-2.0
"""The style encoder, and everything in the decoders that depends on the style code alone.

Computed once for a style, so in float32 on every engine.
"""

from dataclasses import dataclass

import numpy as np

from ...checkpoints.layout import FACES
from ...config import GeneratorConfig
from ..operations.protocol import Array, Operations, Packed
from .blocks import EncoderLayer, SelfAttention
from .tensors import InProjection, Tensors


@dataclass(frozen=True)
class PreparedFace:
    """What one style makes of one face decoder.

    start: (1, N, d), the first layer's tokens after its self-attention; N = W, or 1 where that layer is the last.
    query_projections: (h·N, d), Wₖᵀ q of their cross-attention. kernels: each layer's mixed first linear.
    """

    start: Array
    query_projections: Packed
    kernels: list[Packed]


PreparedStyle = dict[str, PreparedFace]
"""Face -> what a style makes of its decoder."""


class StyleEncoder:
    """A clip of expression rows to one code."""

    def __init__(self, ops: Operations, encoder: Tensors, config: GeneratorConfig) -> None:
        self.ops, self.frames = ops, config.style_frames
        self.embed = (encoder / "increase_embed_dim").linear(ops)
        self.places = ops.array((encoder / "pos_embed")["pos_table"])  # (1, frames, d)
        layers = (encoder / "encoder" / "layers" / i for i in range(config.style_layers))
        self.layers = [EncoderLayer(ops, layer, config.nhead) for layer in layers]
        self.pooling = None
        if config.pooling == "attention":
            self.pooling = [(encoder / "aggregate_method" / "W" / i).linear(ops) for i in (0, 2)]

    def __call__(self, clip: np.ndarray) -> np.ndarray:
        """(N, 64) float32, of which the first `style_frames` count -> (d,) float32."""
        clip = clip[: self.frames]
        tokens = self.ops.linear(self.ops.array(clip)[None], self.embed) + self.places[:, : len(clip)]  # (1, N, d)
        for layer in self.layers:
            tokens = layer(tokens)
        return self.ops.numpy(self.ops.matmul(self._pooling_weights(tokens), tokens)[0, 0])

    def _pooling_weights(self, tokens: Array) -> Array:
        """The pooling weight of each frame: (1, N, d) -> (1, 1, N)."""
        if self.pooling is None:
            return self.ops.array(np.full((1, 1, tokens.shape[1]), 1 / tokens.shape[1], np.float32))
        logits = self.ops.linear(self.ops.mish(self.ops.linear(tokens, self.pooling[0])), self.pooling[1])  # (1, N, 1)
        return self.ops.softmax(logits.swapaxes(1, 2))


class FacePreparation:
    """A style code to a `PreparedFace`, computed by `ops.exact` for an animation by `ops`."""

    def __init__(self, ops: Operations, face: str, decoder: Tensors, config: GeneratorConfig) -> None:
        self.ops, self.config = ops, config
        layers = [decoder / f"{face}_decoder" / "layers" / i for i in range(config.decoder_layers)]
        self.places = ops.exact.array((decoder / "pos_embed")["pos_table"])  # (1, W, d)
        self.self_attention = SelfAttention(ops.exact, layers[0] / "self_attn", layers[0] / "norm1", config.nhead)
        self.cross_projection = InProjection.of(layers[0] / "multihead_attn", config.nhead)
        self.mixes = [
            KernelMix(ops if layer is not layers[-1] else ops.exact, layer / "linear1" / "dynamic_conv", config)
            for layer in layers
        ]

    def __call__(self, style: Array) -> PreparedFace:
        """Style code (1, d) in float32 -> everything that depends on it alone."""
        start = self.self_attention(self.places + style[:, None])  # (1, W, d)
        if self.config.decoder_layers == 1:
            start = start[:, self.config.window : self.config.window + 1]
        kernels = [mix(style) for mix in self.mixes]
        return PreparedFace(start, self.ops.packed(self._query_projections(start)), kernels)

    def _query_projections(self, start: Array) -> Array:
        """Wₖᵀ q for each token's query in each head, (1, N, d) -> (h·N, d)."""
        exact, heads = self.ops.exact, self.config.nhead
        queries = exact.linear(start[0], self.cross_projection.packed(exact, 0, 0))  # (N, d)
        by_head = queries.reshape(len(queries), heads, -1).swapaxes(0, 1)  # (h, N, e)
        return exact.matmul(by_head, exact.array(self.cross_projection.by_head[1])).reshape(-1, self.config.d_model)


class KernelMix:
    """The K linear maps of a layer, mixed into one for a style: W = Σₖ aₖ Wₖ, b = Σₖ aₖ bₖ, a from the gate."""

    def __init__(self, ops: Operations, kernels: Tensors, config: GeneratorConfig) -> None:
        self.ops, self.config = ops, config
        exact = ops.exact
        net = kernels / "attention" / "net"
        self.gate = [exact.packed((net / i)["weight"][:, :, 0, 0]) for i in (0, 2)]
        self.weights = exact.array(kernels["weight"].reshape(config.kernels, -1))  # (K, feedforward·d)
        self.biases = exact.array(kernels["bias"])  # (K, feedforward)

    def __call__(self, style: Array) -> Packed:
        """Style code (1, d) -> the map d -> feedforward."""
        exact = self.ops.exact
        logits = exact.linear(exact.linear_relu(style, self.gate[0]), self.gate[1])
        mix = exact.softmax(logits / self.config.temperature)  # (1, K)
        weight = exact.matmul(mix, self.weights).reshape(self.config.feedforward, self.config.d_model)
        return self.ops.packed(weight, exact.matmul(mix, self.biases)[0])


def preparations(ops: Operations, decoder: Tensors, config: GeneratorConfig) -> dict[str, FacePreparation]:
    """Of the upper and the lower face."""
    return {face: FacePreparation(ops, face, decoder, config) for face in FACES}
