# SPDX-License-Identifier: Apache-2.0
"""The generator as the paper writes it (section 3, figure 2): the reference for speed and for the engines' numbers.

Every frame by itself: its window of labels is encoded, the style code is repeated for it as the decoders' query, and
in every decoder layer its own kernels are mixed, which makes a matrix of (frames × weights). All tokens of all windows
pass through all layers, though only the middle one becomes expression; equal windows are computed as often as they
occur. One call takes the whole line. Nothing in the product uses this.

A frame's own kernels are applied as dynamic convolutions are (Chen et al., CVPR 2020, which the paper builds on): one
convolution 1 × 1 with as many groups as frames. That is what the trailing axes of the published weights are for. As a
batched matrix product the same numbers take less time; the benchmark shows both.
"""

from collections.abc import Mapping

import numpy as np
import torch
from torch import Tensor
from torch.nn import functional

from styletalk.animation import EXPRESSION_DIM
from styletalk.networks.config import GeneratorConfig
from styletalk.networks.engine.windows import surroundings
from styletalk.phonemes import SILENCE_INDEX


class PublishedGenerator:
    """tensors: the published state dict, position tables included (`checkpoint.read_weights`). float32, on the CPU.

    batched: a frame's kernels in a batched matrix product rather than in a grouped convolution.
    """

    def __init__(self, tensors: Mapping[str, np.ndarray], config: GeneratorConfig, batched: bool = False) -> None:
        self.config, self.batched = config, batched
        self.tensors = {name: torch.from_numpy(np.asarray(tensor, np.float32)) for name, tensor in tensors.items()}

    @torch.no_grad()
    def encode_style(self, clip: np.ndarray) -> np.ndarray:
        """Clip (N, 64), of which the first `style_frames` count -> style code (d,) float32."""
        part = "style_encoder"
        rows = torch.from_numpy(np.asarray(clip[: self.config.style_frames], np.float32))[None]  # (1, N, 64)
        tokens = self._positioned(part, self._linear(f"{part}.increase_embed_dim", rows))
        tokens = self._encoder(part, tokens, self.config.style_layers)  # (1, N, d)
        scores = functional.mish(self._linear(f"{part}.aggregate_method.W.0", tokens))
        weights = torch.softmax(self._linear(f"{part}.aggregate_method.W.2", scores), dim=1)  # (1, N, 1)
        return (weights * tokens).sum(dim=1)[0].numpy()

    @torch.no_grad()
    def coefficients(
        self, labels: np.ndarray, code: np.ndarray, audio_features: np.ndarray | None = None
    ) -> np.ndarray:
        """Labels (T,) and a style code (d,) -> expression (T, 64) float32.

        audio_features: (T, F) for weights with an audio input, None for zeros; the published ones have none.
        """
        memory = self._memory(labels, audio_features)  # (T, W, d)
        codes = torch.from_numpy(np.asarray(code, np.float32)).repeat(len(memory), 1)  # (T, d)
        expression = torch.empty(len(memory), EXPRESSION_DIM)
        for face, columns in (("upper", self.config.upper_face), ("lower", self.config.lower_face)):
            expression[:, list(columns)] = self._face(face, memory, codes)
        return expression.numpy()

    def _memory(self, labels: np.ndarray, audio_features: np.ndarray | None) -> Tensor:
        """The audio encoder: labels (T,) -> tokens (T, W, d) of each frame's neighbourhood, silence beyond the ends."""
        part = "content_encoder"
        padded = torch.from_numpy(surroundings(np.asarray(labels, np.int64), self.config, SILENCE_INDEX))
        windows = padded.unfold(0, self.config.tokens, 1)  # (T, W)
        embedded = functional.embedding(windows, self.tensors[f"{part}.ph_embedding.weight"])
        tokens = self._linear(f"{part}.increase_embed_dim", embedded)
        if self.config.audio_dim:
            tokens = tokens + self._audio_embedding(len(labels), audio_features)
        return self._encoder(part, self._positioned(part, tokens), self.config.audio_layers)

    def _audio_embedding(self, frames: int, audio_features: np.ndarray | None) -> Tensor:
        """(T, F) or None -> (T, W, d): the sound's part of each label's token."""
        part = "content_encoder.prosody_embed"
        silence = np.zeros((frames, self.config.audio_dim), np.float32)
        padded = torch.from_numpy(surroundings(silence if audio_features is None else audio_features, self.config))
        windows = padded.unfold(0, self.config.tokens, 1).transpose(1, 2)  # (T, W, F)
        return self._linear(f"{part}.2", torch.relu(self._linear(f"{part}.0", windows)))

    def _face(self, face: str, memory: Tensor, codes: Tensor) -> Tensor:
        """One style-controllable dynamic decoder: (T, W, d), codes (T, d) -> that face's coefficients (T, n)."""
        tokens = self._positioned("decoder", codes[:, None].repeat(1, self.config.tokens, 1))  # (T, W, d)
        for layer in range(self.config.decoder_layers):
            tokens = self._decoder_layer(f"decoder.{face}_decoder.layers.{layer}", tokens, memory, codes)
        hidden = self._norm(f"decoder.{face}_decoder.norm", tokens)[:, self.config.window]  # (T, d)
        for linear in (0, 2):
            hidden = torch.relu(self._linear(f"decoder.{face}_tail_fc.{linear}", hidden))
        return self._linear(f"decoder.{face}_tail_fc.4", hidden)

    def _decoder_layer(self, name: str, tokens: Tensor, memory: Tensor, codes: Tensor) -> Tensor:
        """(T, W, d), (T, W, d), (T, d) -> (T, W, d)."""
        tokens = self._norm(f"{name}.norm1", tokens + self._attention(f"{name}.self_attn", tokens, tokens))
        tokens = self._norm(f"{name}.norm2", tokens + self._attention(f"{name}.multihead_attn", tokens, memory))
        hidden = torch.relu(self._dynamic_linear(f"{name}.linear1.dynamic_conv", tokens, codes))
        return self._norm(f"{name}.norm3", tokens + self._linear(f"{name}.linear2", hidden))

    def _dynamic_linear(self, name: str, tokens: Tensor, codes: Tensor) -> Tensor:
        """W̃ = Σₖ πₖ(s) W̃ₖ for each frame's own style s (paper, equation of the dynamic layer): (T, W, d) -> (T, W, f).

        Here are the (frames × weights): a matrix (f, d) for each of the T frames.
        """
        config = self.config
        first, second = (self.tensors[f"{name}.attention.net.{i}.weight"][:, :, 0, 0] for i in (0, 2))
        logits = functional.linear(torch.relu(functional.linear(codes, first)), second)
        shares = torch.softmax(logits / config.temperature, dim=1)  # (T, K)
        weights = shares @ self.tensors[f"{name}.weight"].reshape(config.kernels, -1)  # (T, f·d)
        weights = weights.reshape(len(codes), config.feedforward, config.d_model)
        biases = shares @ self.tensors[f"{name}.bias"]  # (T, f)
        if self.batched:
            return torch.baddbmm(biases[:, None], tokens, weights.transpose(1, 2))
        return self._grouped_convolution(tokens, weights, biases)

    @staticmethod
    def _grouped_convolution(tokens: Tensor, weights: Tensor, biases: Tensor) -> Tensor:
        """Frames as groups: tokens (T, W, d), weights (T, f, d), biases (T, f) -> (T, W, f)."""
        frames, width = len(tokens), tokens.shape[1]
        picture = tokens.transpose(1, 2).reshape(1, -1, width, 1)  # (1, T·d, W, 1)
        kernels = weights.reshape(-1, tokens.shape[2], 1, 1)  # (T·f, d, 1, 1)
        hidden = functional.conv2d(picture, kernels, biases.reshape(-1), groups=frames)  # (1, T·f, W, 1)
        return hidden.reshape(frames, -1, width).transpose(1, 2)

    def _encoder(self, part: str, tokens: Tensor, layers: int) -> Tensor:
        """Post-norm transformer encoder layers, (B, N, d) -> (B, N, d)."""
        for name in (f"{part}.encoder.layers.{i}" for i in range(layers)):
            tokens = self._norm(f"{name}.norm1", tokens + self._attention(f"{name}.self_attn", tokens, tokens))
            hidden = torch.relu(self._linear(f"{name}.linear1", tokens))
            tokens = self._norm(f"{name}.norm2", tokens + self._linear(f"{name}.linear2", hidden))
        return tokens

    def _attention(self, name: str, queries_from: Tensor, keys_from: Tensor) -> Tensor:
        """Multi-head attention, (B, Q, d), (B, N, d) -> (B, Q, d)."""
        weights = self.tensors[f"{name}.in_proj_weight"].chunk(3)
        biases = self.tensors[f"{name}.in_proj_bias"].chunk(3)
        queries, keys, values = (
            self._heads(functional.linear(tokens, weight, bias))
            for tokens, weight, bias in zip((queries_from, keys_from, keys_from), weights, biases, strict=True)
        )
        scores = queries @ keys.transpose(-1, -2) / queries.shape[-1] ** 0.5  # (B, h, Q, N)
        context = torch.softmax(scores, dim=-1) @ values  # (B, h, Q, e)
        return self._linear(f"{name}.out_proj", context.transpose(1, 2).flatten(2))

    def _heads(self, tokens: Tensor) -> Tensor:
        """(B, N, d) -> (B, h, N, d/h)."""
        return tokens.unflatten(-1, (self.config.nhead, -1)).transpose(1, 2)

    def _positioned(self, part: str, tokens: Tensor) -> Tensor:
        return tokens + self.tensors[f"{part}.pos_embed.pos_table"][:, : tokens.shape[1]]

    def _linear(self, name: str, tokens: Tensor) -> Tensor:
        return functional.linear(tokens, self.tensors[f"{name}.weight"], self.tensors[f"{name}.bias"])

    def _norm(self, name: str, tokens: Tensor) -> Tensor:
        return functional.layer_norm(
            tokens, tokens.shape[-1:], self.tensors[f"{name}.weight"], self.tensors[f"{name}.bias"]
        )
