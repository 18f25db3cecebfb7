# SPDX-License-Identifier: Apache-2.0
"""The generator for animating: the numbers of `generator.StyleTalkGenerator`, without computing any of them twice.

Written out straightforwardly, every frame mixes its own kernels: a matrix of frames × weights in each layer. But the
style is one for the whole line. So here, once for a style: the mixed kernels, and the first decoder layer's
self-attention, whose tokens know nothing of the sound yet. Once for the weights: each label at each place of the
window as a token, with the first layer's projections. And in the last decoder layer, only the middle token, for only
that becomes expression. All of it is generic over `Operations`.
"""

from dataclasses import dataclass

import numpy as np

from .config import GeneratorConfig
from .layout import FACES
from .operations import Array, Operations
from .windows import Windows


@dataclass(frozen=True)
class PreparedFace:
    """What one style makes of one face decoder.

    start: (1, N, d), the first layer's tokens after its self-attention; N = W, or 1 where that layer is the last.
    kernels: for each layer the mixed weight (feedforward, d) and bias (feedforward,).
    """

    start: Array
    kernels: list[tuple[Array, Array]]


PreparedStyle = dict[str, PreparedFace]
"""Face -> what a style makes of its decoder."""


class FastGenerator:
    """Style clips to codes, codes to prepared styles, label windows and prepared styles to expression.

    tensors: the published state dict, float32, position tables included (`checkpoint.read_weights`).
    """

    def __init__(self, tensors: dict[str, np.ndarray], config: GeneratorConfig, operations: Operations) -> None:
        self.config, self.ops = config, operations
        self.tensors = {name: operations.array(tensor) for name, tensor in tensors.items()}
        self._token_table, self._projection_table = self._label_tables()

    def encode_style(self, clip: np.ndarray) -> np.ndarray:
        """(N, 64) float32, of which the first `style_frames` count -> style code (d,) float32."""
        part = "style_encoder"
        clip = clip[: self.config.style_frames]
        tokens = self._linear(f"{part}.increase_embed_dim", self.ops.array(clip)[None])  # (1, N, d)
        tokens = tokens + self.tensors[f"{part}.pos_embed.pos_table"][:, : len(clip)]
        for layer in range(self.config.style_layers):
            tokens = self._encoder_layer(f"{part}.encoder.layers.{layer}", tokens)
        return self.ops.numpy((self._pooling_weights(tokens) @ tokens)[0, 0])

    def _pooling_weights(self, tokens: Array) -> Array:
        """How much each frame counts for the style code: (1, N, d) -> (1, 1, N)."""
        if self.config.pooling == "mean":
            return self.ops.array(np.full((1, 1, tokens.shape[1]), 1 / tokens.shape[1], np.float32))
        hidden = self.ops.mish(self._linear("style_encoder.aggregate_method.W.0", tokens))
        logits = self._linear("style_encoder.aggregate_method.W.2", hidden)  # (1, N, 1)
        return self.ops.softmax(logits.swapaxes(1, 2))

    def prepare(self, code: np.ndarray) -> PreparedStyle:
        """Everything that depends on the style code (d,) alone."""
        style = self.ops.array(code)[None]  # (1, d)
        target = self.tensors["decoder.pos_embed.pos_table"] + style[:, None]  # (1, W, d)
        prepared = {}
        for face in FACES:
            layers = [f"decoder.{face}_decoder.layers.{i}" for i in range(self.config.decoder_layers)]
            start = self._self_attention(layers[0], target, only_middle=len(layers) == 1)
            prepared[face] = PreparedFace(start, [self._mixed_kernels(layer, style) for layer in layers])
        return prepared

    def articulation(self, windows: Windows) -> Array:
        """The audio encoder: B windows -> tokens (B, W, d). The same for every style."""
        places = np.arange(self.config.tokens) * self.config.phoneme_count  # where each place's labels begin
        rows = self.ops.indices(windows.labels + places)
        tokens, projections = self._token_table[rows], self._projection_table[rows]
        if windows.prosody is not None:
            heard, projected = self._heard(windows.prosody)
            frames = self.ops.indices(np.arange(len(windows))[:, None] + np.arange(self.config.tokens))  # (B, W)
            tokens, projections = tokens + heard[frames], projections + projected[frames]
        for layer in range(self.config.audio_layers):
            name = f"content_encoder.encoder.layers.{layer}"
            tokens = self._encoder_layer(name, tokens, projections if layer == 0 else None)
        return tokens

    def expression(self, said: Array, style: PreparedStyle) -> np.ndarray:
        """Both decoders: articulation tokens (B, W, d) and a prepared style -> (B, 64) float32."""
        expression = np.empty((len(said), len(self.config.upper_face) + len(self.config.lower_face)), np.float32)
        for face, columns in zip(FACES, (self.config.upper_face, self.config.lower_face), strict=True):
            expression[:, list(columns)] = self.ops.numpy(self._tail(face, self._middle_token(face, said, style[face])))
        return expression

    def _middle_token(self, face: str, said: Array, style: PreparedFace) -> Array:
        """(B, W, d) -> (B, 1, d), the token that becomes expression."""
        tokens, last = style.start, self.config.decoder_layers - 1
        for index, kernels in enumerate(style.kernels):
            layer = f"decoder.{face}_decoder.layers.{index}"
            if index > 0:
                tokens = self._self_attention(layer, tokens, only_middle=index == last)
            tokens = self._cross_attention(layer, tokens, said)
            hidden = self.ops.relu(self.ops.linear(tokens, *kernels))
            tokens = self._norm(f"{layer}.norm3", tokens + self._linear(f"{layer}.linear2", hidden))
        return self._norm(f"decoder.{face}_decoder.norm", tokens)

    def _tail(self, face: str, token: Array) -> Array:
        """(B, 1, d) -> (B, that face's coefficients)."""
        name = f"decoder.{face}_tail_fc"
        hidden = self.ops.relu(self._linear(f"{name}.0", token[:, 0]))
        return self._linear(f"{name}.4", self.ops.relu(self._linear(f"{name}.2", hidden)))

    def _heard(self, prosody: np.ndarray) -> tuple[Array, Array]:
        """Prosody rows (N, F) -> what they change, against zeros, in tokens (N, d) and first projections (N, 3d)."""
        name, attention = "content_encoder.prosody_embed", "content_encoder.encoder.layers.0.self_attn"
        hidden = self.ops.relu(self._linear(f"{name}.0", self.ops.array(prosody)))
        hidden = hidden - self.ops.relu(self.tensors[f"{name}.0.bias"] + 0)  # what zeros give; `relu` may reuse
        heard = self.ops.linear(hidden, self.tensors[f"{name}.2.weight"])
        return heard, self.ops.linear(heard, self.tensors[f"{attention}.in_proj_weight"])

    def _label_tables(self) -> tuple[Array, Array]:
        """Each label at each place of the window: tokens (W·P, d) and the first layer's projections (W·P, 3d).

        Where the weights listen, these are the tokens of frames whose prosody is zero.
        """
        part = "content_encoder"
        labels = self._linear(f"{part}.increase_embed_dim", self.tensors[f"{part}.ph_embedding.weight"])  # (P, d)
        if self.config.prosody_dim:
            hidden = self.ops.relu(self.tensors[f"{part}.prosody_embed.0.bias"][None] + 0)  # (1, d)
            labels = labels + self._linear(f"{part}.prosody_embed.2", hidden)
        places = self.tensors[f"{part}.pos_embed.pos_table"][0]  # (W, d)
        tokens = (places[:, None] + labels).reshape(-1, self.config.d_model)  # (W, P, d) -> (W·P, d)
        return tokens, self._project(f"{part}.encoder.layers.0.self_attn", tokens)

    def _encoder_layer(self, name: str, tokens: Array, projections: Array | None = None) -> Array:
        """Post-norm self-attention and feed-forward, (B, N, d) -> (B, N, d). projections: (B, N, 3d) where known."""
        width = self.config.d_model
        known = self._project(f"{name}.self_attn", tokens) if projections is None else projections
        queries, keys, values = (known[..., i : i + width] for i in (0, width, 2 * width))
        tokens = self._norm(f"{name}.norm1", tokens + self._attend(f"{name}.self_attn", queries, keys, values))
        hidden = self.ops.relu(self._linear(f"{name}.linear1", tokens))
        return self._norm(f"{name}.norm2", tokens + self._linear(f"{name}.linear2", hidden))

    def _self_attention(self, layer: str, tokens: Array, only_middle: bool) -> Array:
        """A decoder layer's first third, (B, W, d) -> (B, W, d), or (B, 1, d) for the middle token alone."""
        middle = self.config.window
        asking = tokens[:, middle : middle + 1] if only_middle else tokens
        return self._norm(f"{layer}.norm1", asking + self._attention(f"{layer}.self_attn", asking, tokens))

    def _cross_attention(self, layer: str, tokens: Array, said: Array) -> Array:
        """A decoder layer's second third: tokens (B or 1, N, d), articulation (B, W, d) -> (B, N, d)."""
        return self._norm(f"{layer}.norm2", tokens + self._attention(f"{layer}.multihead_attn", tokens, said))

    def _attention(self, name: str, asking: Array, asked: Array) -> Array:
        """(B or 1, Q, d), (B, W, d) -> (B, Q, d)."""
        if asking.shape[1] == 1:
            return self._attention_of_one(name, asking, asked)
        width = self.config.d_model
        keys_values = self._project(name, asked, slice(width, None))  # (B, W, 2d)
        queries = self._project(name, asking, slice(None, width))
        return self._attend(name, queries, keys_values[..., :width], keys_values[..., width:])

    def _attention_of_one(self, name: str, asking: Array, asked: Array) -> Array:
        """(B or 1, 1, d), (B, W, d) -> (B, 1, d), without a key and a value for each asked token m.

        q·(Wₖ m + bₖ) = (Wₖᵀ q)·m + q·bₖ, of which the last drops out of the softmax; Σ a (Wᵥ m + bᵥ) = Wᵥ (Σ a m) + bᵥ.
        """
        width, heads = self.config.d_model, self.config.nhead
        projection = self.tensors[f"{name}.in_proj_weight"][width:].reshape(2, heads, width // heads, width)
        queries = self._project(name, asking, slice(None, width)) * (width // heads) ** -0.5
        queries = queries.reshape(-1, heads, width // heads).swapaxes(0, 1)  # (h, B, e)
        scores = (queries @ projection[0]).swapaxes(0, 1) @ asked.swapaxes(1, 2)  # (B, h, d) @ (B, d, W)
        met = (self.ops.softmax(scores) @ asked).swapaxes(0, 1)  # (B, h, d) -> (h, B, d)
        values = (met @ projection[1].swapaxes(1, 2)).swapaxes(0, 1)  # (h, B, e) -> (B, h, e)
        values = values.reshape(-1, 1, width) + self.tensors[f"{name}.in_proj_bias"][2 * width :]
        return self._linear(f"{name}.out_proj", values)

    def _mixed_kernels(self, layer: str, style: Array) -> tuple[Array, Array]:
        """The one linear map that a style (1, d) makes of the K: W = Σₖ aₖ Wₖ (feedforward, d), b = Σₖ aₖ bₖ."""
        config, name = self.config, f"{layer}.linear1.dynamic_conv"
        gate = [self.tensors[f"{name}.attention.net.{i}.weight"][:, :, 0, 0] for i in (0, 2)]
        hidden = self.ops.relu(self.ops.linear(style, gate[0]))
        mix = self.ops.softmax(self.ops.linear(hidden, gate[1]) / config.temperature)  # (1, K)
        weight = mix @ self.tensors[f"{name}.weight"].reshape(config.kernels, -1)  # (1, feedforward·d)
        return weight.reshape(config.feedforward, config.d_model), (mix @ self.tensors[f"{name}.bias"])[0]

    def _project(self, name: str, tokens: Array, rows: slice = slice(None)) -> Array:
        """Queries, keys and values (..., 3d) of an attention, or some of them: `rows` of its input projection."""
        weight, bias = self.tensors[f"{name}.in_proj_weight"], self.tensors[f"{name}.in_proj_bias"]
        return self.ops.linear(tokens, weight[rows], bias[rows])

    def _attend(self, name: str, queries: Array, keys: Array, values: Array) -> Array:
        """Projected (B or 1, Q, d), (B, N, d), (B, N, d) -> (B, Q, d), output projection included."""
        attended = self.ops.attention(self._heads(queries), self._heads(keys), self._heads(values))
        joined = attended.swapaxes(1, 2).reshape(len(keys), queries.shape[1], -1)  # (B, h, Q, e) -> (B, Q, d)
        return self._linear(f"{name}.out_proj", joined)

    def _heads(self, tokens: Array) -> Array:
        """(B, N, d) -> (B, h, N, d/h)."""
        return tokens.reshape(*tokens.shape[:2], self.config.nhead, -1).swapaxes(1, 2)

    def _linear(self, name: str, values: Array) -> Array:
        return self.ops.linear(values, self.tensors[f"{name}.weight"], self.tensors[f"{name}.bias"])

    def _norm(self, name: str, values: Array) -> Array:
        return self.ops.layer_norm(values, self.tensors[f"{name}.weight"], self.tensors[f"{name}.bias"])
