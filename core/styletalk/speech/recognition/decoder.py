# SPDX-License-Identifier: Apache-2.0
"""Whisper's decoder in NumPy: which piece of text comes next, given the sound and the pieces before it.

Blocks of self-attention, of attention to what the encoder made of the sound, and of feed-forward layers, normalised
before each (Radford et al. 2022; Vaswani et al. 2017). Keys and values are kept from step to step. One text is written
at a time: OpenBLAS multiplies the vocabulary by one row ten times as fast as by two.
"""

from dataclasses import dataclass
from functools import cached_property, partial

import numpy as np

from ..hearing.encoder import HEAD_WIDTH, Linear, Norm, Tensors, gelu
from ..hearing.packed import MISSING, taken


@dataclass(frozen=True)
class DecoderBlock:
    """One block. queries_keys_values: width -> 3 width. sound_keys_values: width -> 2 width. widen: to 4 width."""

    self_norm: Norm
    queries_keys_values: Linear
    self_out: Linear
    sound_norm: Norm
    sound_queries: Linear
    sound_keys_values: Linear
    sound_out: Linear
    feed_forward_norm: Norm
    widen: Linear
    narrow: Linear


@dataclass(frozen=True)
class Decoder:
    """embedding: (width, V), a column for each piece. positions: (L, width), of the longest text.

    nothing: (F, width), what the encoder makes of half a minute in which nothing sounds. It follows every sound: this
    decoder has only seen sounds of half a minute, and says the same again and again after a shorter one.
    """

    embedding: np.ndarray
    positions: np.ndarray
    nothing: np.ndarray
    blocks: tuple[DecoderBlock, ...]
    last_norm: Norm

    @cached_property
    def nothing_in_heads(self) -> list[np.ndarray]:
        """Keys and values of `nothing` in each block, (2, heads, F, HEAD_WIDTH)."""
        return [np.ascontiguousarray(_in_heads(block.sound_keys_values(self.nothing), 2)) for block in self.blocks]


class Writing:
    """A text that grows by a piece a step."""

    def __init__(self, decoder: Decoder, sound: np.ndarray) -> None:
        """sound: (up to F, width), the states of the encoder's last block."""
        self._decoder = decoder
        self._sound = [nothing.copy() for nothing in decoder.nothing_in_heads]
        for block, keys_values in zip(decoder.blocks, self._sound, strict=True):
            keys_values[:, :, : len(sound)] = _in_heads(block.sound_keys_values(sound), 2)
        width = len(decoder.embedding)
        shape = (2, width // HEAD_WIDTH, len(decoder.positions), HEAD_WIDTH)
        self._text = [np.empty(shape, np.float32) for _ in decoder.blocks]
        self.length = 0

    def step(self, piece: int) -> np.ndarray:
        """(V,) float32 logits of what follows, after `piece` as the next of the text; at most L steps."""
        decoder, here = self._decoder, self.length
        x = decoder.embedding[:, piece][None] + decoder.positions[here]
        for block, text, sound in zip(decoder.blocks, self._text, self._sound, strict=True):
            queries, *keys_values = _in_heads(block.queries_keys_values(block.self_norm(x)), 3)
            text[:, :, here : here + 1] = keys_values
            x = x + block.self_out(_attention(queries, *text[:, :, : here + 1]))
            (queries,) = _in_heads(block.sound_queries(block.sound_norm(x)), 1)
            x += block.sound_out(_attention(queries, *sound))
            x += block.narrow(gelu(block.widen(block.feed_forward_norm(x))))
        self.length += 1
        return (decoder.last_norm(x) @ decoder.embedding)[0]


def decoder_of(tensors: Tensors) -> Decoder:
    """The decoder of tensors by name: embedding_weight, positions_weight, nothing_weight, norm_gain, norm_bias, and
    blockN_..., the fields of DecoderBlock, each with _weight (in, out), _bias or _gain.

    Raises WeightsError where one is missing or of another shape.
    """
    width = tensors.get("norm_gain", MISSING).size

    found = partial(taken, tensors)

    def linear(name: str, inputs: int = 1, outputs: int = 1) -> Linear:
        """inputs, outputs: in widths."""
        return Linear(found(f"{name}_weight", inputs * width, outputs * width), found(f"{name}_bias", outputs * width))

    def norm(name: str) -> Norm:
        return Norm(found(f"{name}_gain", width), found(f"{name}_bias", width))

    def block(n: str) -> DecoderBlock:
        return DecoderBlock(
            norm(f"{n}_self_norm"), linear(f"{n}_queries_keys_values", 1, 3), linear(f"{n}_self_out"),
            norm(f"{n}_sound_norm"), linear(f"{n}_sound_queries"), linear(f"{n}_sound_keys_values", 1, 2),
            linear(f"{n}_sound_out"), norm(f"{n}_feed_forward_norm"), linear(f"{n}_widen", 1, 4),
            linear(f"{n}_narrow", 4, 1),
        )  # fmt: skip

    blocks = max(len({name.partition("_")[0] for name in tensors if name.startswith("block")}), 1)
    return Decoder(
        found("embedding_weight", width, -1),
        found("positions_weight", -1, width),
        found("nothing_weight", -1, width),
        tuple(block(f"block{n}") for n in range(blocks)),
        norm("norm"),
    )


def _in_heads(projected: np.ndarray, parts: int) -> np.ndarray:
    """(n, parts * width) -> (parts, heads, n, HEAD_WIDTH)."""
    return projected.reshape(len(projected), parts, -1, HEAD_WIDTH).transpose(1, 2, 0, 3)


def _attention(queries: np.ndarray, keys: np.ndarray, values: np.ndarray) -> np.ndarray:
    """softmax(Q Kᵀ / √d) V for each head, (heads, 1, HEAD_WIDTH) and (heads, n, HEAD_WIDTH) twice -> (1, width)."""
    weights = (queries * np.float32(HEAD_WIDTH**-0.5)) @ keys.transpose(0, 2, 1)  # (heads, 1, n)
    weights -= weights.max(axis=2, keepdims=True)
    np.exp(weights, out=weights)
    return ((weights @ values) / weights.sum(axis=2, keepdims=True)).reshape(1, -1)
