# SPDX-License-Identifier: Apache-2.0
"""The audio encoder: windows to articulation tokens, the same for every style."""

import numpy as np

from ...config import GeneratorConfig
from ..operations.protocol import Array, Operations
from ..windows import Windows
from .blocks import EncoderLayer
from .tensors import InProjection, Tensors


class Articulation:
    """The tokens of each label at each place of the window, and their projections in the first layer, are tables.

    The audio embedding is added to both, as projections are linear: computed once for a frame, not for each window.
    """

    def __init__(self, ops: Operations, encoder: Tensors, config: GeneratorConfig) -> None:
        self.ops, self.config = ops, config
        layers = [encoder / "encoder" / "layers" / i for i in range(config.audio_layers)]
        self.layers = [EncoderLayer(ops, layer, config.nhead) for layer in layers]
        self.projection = InProjection.of(layers[0] / "self_attn", config.nhead)
        if config.audio_dim:
            self.audio_layers = [(encoder / "prosody_embed" / i).linear(ops.exact) for i in (0, 2)]
            self.embedding_of_zeros = self._audio_embedding(np.zeros((1, config.audio_dim), np.float32))  # (1, d)
        self.tokens = self._label_tokens(encoder)  # (W·P, d)
        exact = ops.exact
        self.projections = exact.linear(self.tokens, self.projection.packed(exact, 0, 2))  # (W·P, 3d)

    def __call__(self, windows: Windows) -> Array:
        """B windows -> tokens (B, W, d)."""
        places = np.arange(self.config.tokens) * self.config.phoneme_count  # where each place's labels begin
        rows = self.ops.indices(windows.labels + places)
        tokens, projections = self.tokens[rows], self.projections[rows]
        if windows.audio_features is not None:
            embedding, projected = self._audio_terms(windows.audio_features)
            frames = self.ops.indices(np.arange(len(windows))[:, None] + np.arange(self.config.tokens))  # (B, W)
            tokens, projections = tokens + embedding[frames], projections + projected[frames]
        for index, layer in enumerate(self.layers):
            tokens = layer(tokens, projections if index == 0 else None)
        return tokens

    def _audio_terms(self, audio_features: np.ndarray) -> tuple[Array, Array]:
        """Audio features (N, F) -> what they add, against zeros, to tokens (N, d) and first projections (N, 3d)."""
        exact = self.ops.exact
        embedding = self._audio_embedding(audio_features) - self.embedding_of_zeros
        return embedding, exact.linear(embedding, exact.packed(self.projection.weight))

    def _audio_embedding(self, audio_features: np.ndarray) -> Array:
        """(N, F) -> (N, d)."""
        exact = self.ops.exact
        hidden = exact.linear_relu(exact.array(audio_features), self.audio_layers[0])
        return exact.linear(hidden, self.audio_layers[1])

    def _label_tokens(self, encoder: Tensors) -> Array:
        """(W·P, d): each label at each place of the window, with audio features of zero."""
        exact = self.ops.exact
        labels = exact.linear(
            exact.array((encoder / "ph_embedding")["weight"]), (encoder / "increase_embed_dim").linear(exact)
        )  # (P, d)
        if self.config.audio_dim:
            labels = labels + self.embedding_of_zeros
        places = exact.array((encoder / "pos_embed")["pos_table"])[0]  # (W, d)
        return (places[:, None] + labels).reshape(-1, self.config.d_model)
