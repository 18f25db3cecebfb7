# SPDX-License-Identifier: Apache-2.0
"""Whisper's encoder in NumPy: what each fiftieth of a second sounds like, (F, 384).

Two convolutions, then blocks of self-attention and feed-forward layers, normalised before each (Radford et al. 2022;
Vaswani et al. 2017). The weights of tiny.en ship beside this module, in eight bits with a scale for each row; how they
were made: styletalk_research.hearing.convert_encoder.
"""

from dataclasses import dataclass
from functools import lru_cache
from pathlib import Path

import numpy as np

from .mel import BANDS, log_mel
from .packed import MISSING, read_packed, taken

ENCODER_FILE = Path(__file__).parent / "weights" / "whisper_tiny_en_encoder.npz"
ENCODER_RATE_HZ = 50
HEAD_WIDTH = 64
LONGEST_WAVELENGTH = 10_000.0
"""Of the sinusoids that tell the blocks where a row is, in the shortest one's."""
NORM_EPSILON = 1e-5
GELU_ODD, GELU_REACH = (1.5944477, 0.0744470, -0.00076566), 8.0
"""log Φ(x) - log Φ(-x) as a x + b x³ + c x⁵, fitted to the product x Φ(x), and up to which x it is good."""

Tensors = dict[str, np.ndarray]


@dataclass(frozen=True)
class Linear:
    """y = x W + b. weight: (in, out). bias: (out,)."""

    weight: np.ndarray
    bias: np.ndarray

    def __call__(self, x: np.ndarray) -> np.ndarray:
        y = x @ self.weight
        y += self.bias
        return y


@dataclass(frozen=True)
class Norm:
    """Layer normalisation of rows (Ba et al. 2016). gain, bias: (width,)."""

    gain: np.ndarray
    bias: np.ndarray

    def __call__(self, x: np.ndarray) -> np.ndarray:
        centred = x - x.mean(axis=1, keepdims=True)
        variance = np.einsum("tw,tw->t", centred, centred)[:, None] / np.float32(x.shape[1])
        centred *= 1.0 / np.sqrt(variance + np.float32(NORM_EPSILON))
        centred *= self.gain
        centred += self.bias
        return centred


@dataclass(frozen=True)
class Block:
    """x + attention(norm(x)), then x + feed_forward(norm(x)). queries_keys_values: width -> 3 width."""

    attention_norm: Norm
    queries_keys_values: Linear
    attention_out: Linear
    feed_forward_norm: Norm
    widen: Linear
    narrow: Linear

    def __call__(self, x: np.ndarray) -> np.ndarray:
        x = x + self.attention_out(self._attention(self.queries_keys_values(self.attention_norm(x))))
        x += self.narrow(gelu(self.widen(self.feed_forward_norm(x))))
        return x

    @staticmethod
    def _attention(projected: np.ndarray) -> np.ndarray:
        """softmax(Q Kᵀ / √d) V for each head, (T, 3 width) -> (T, width)."""
        rows, width = len(projected), projected.shape[1] // 3
        mixed = np.empty((rows, width), projected.dtype)
        for head in range(0, width, HEAD_WIDTH):
            q, k, v = (projected[:, part + head : part + head + HEAD_WIDTH] for part in (0, width, 2 * width))
            weights = (q * np.float32(HEAD_WIDTH**-0.5)) @ k.T  # (T, T)
            weights -= weights.max(axis=1, keepdims=True)
            np.exp(weights, out=weights)
            mixed[:, head : head + HEAD_WIDTH] = (weights @ v) / weights.sum(axis=1, keepdims=True)
        return mixed


@dataclass(frozen=True)
class Encoder:
    """The network of one model. convolutions: Linear over three neighbours, the second with stride 2."""

    convolutions: tuple[Linear, Linear]
    blocks: tuple[Block, ...]
    last_norm: Norm

    @property
    def width(self) -> int:
        """Features of a row."""
        return len(self.last_norm.gain)

    def __call__(self, samples: np.ndarray) -> list[np.ndarray]:
        """The output of each block for samples (N,) float32 at 16 kHz: (F, width) float32 each, 50 rows a second.

        The last is normalised, as Whisper's decoder takes it. Memory grows with the square of N: give half a minute at
        the most.
        """
        return self.of_mel(log_mel(samples))

    def of_mel(self, mel: np.ndarray) -> list[np.ndarray]:
        """The same for a spectrogram (2 F, BANDS), see `log_mel`."""
        mel = mel[: len(mel) // 2 * 2]  # the second convolution takes them two by two
        first, second = self.convolutions
        x = gelu(second(_neighbours(gelu(first(_neighbours(mel, 1))), 2)))
        x += _positions(len(x), self.width)
        states = []
        for block in self.blocks:
            x = block(x)
            states.append(x)
        states[-1] = self.last_norm(x)
        return states


@lru_cache(maxsize=1)
def shipped_encoder() -> Encoder:
    """Whisper tiny.en's encoder. Raises WeightsError where its file is missing or damaged."""
    return encoder_of(read_packed(ENCODER_FILE))


def encoder_of(tensors: Tensors) -> Encoder:
    """The encoder of tensors by name: conv1, conv2 (in, out), block_N_..., norm, each with _weight, _bias or _gain.

    Raises WeightsError where one is missing or of another shape.
    """

    width = tensors.get("norm_gain", MISSING).size

    def linear(name: str, inputs: int, outputs: int = 1) -> Linear:
        """inputs, outputs: in widths; 0: the bands of three rows."""
        weight = taken(tensors, f"{name}_weight", inputs * width or 3 * BANDS, outputs * width)
        return Linear(weight, taken(tensors, f"{name}_bias", outputs * width))

    def norm(name: str) -> Norm:
        return Norm(taken(tensors, f"{name}_gain", width), taken(tensors, f"{name}_bias", width))

    blocks = max(len({name.partition("_")[0] for name in tensors if name.startswith("block")}), 1)
    return Encoder(
        (linear("conv1", 0), linear("conv2", 3)),
        tuple(
            Block(
                norm(f"block{n}_attention_norm"), linear(f"block{n}_queries_keys_values", 1, 3),
                linear(f"block{n}_attention_out", 1), norm(f"block{n}_feed_forward_norm"),
                linear(f"block{n}_widen", 1, 4), linear(f"block{n}_narrow", 4),
            )
            for n in range(blocks)
        ),
        norm("norm"),
    )  # fmt: skip


def gelu(x: np.ndarray) -> np.ndarray:
    """x Φ(x) (Hendrycks and Gimpel 2016), in place: x / (1 + exp(-p(x))), p an odd polynomial, within 6e-5."""
    near = np.clip(x, -GELU_REACH, GELU_REACH)  # beyond, Φ is 0 or 1
    square = near * near
    odd = square * np.float32(-GELU_ODD[2])
    odd -= np.float32(GELU_ODD[1])
    odd *= square
    odd -= np.float32(GELU_ODD[0])
    odd *= near
    np.exp(odd, out=odd)
    odd += np.float32(1.0)
    x /= odd
    return x


def _neighbours(x: np.ndarray, stride: int) -> np.ndarray:
    """(T, C) -> (ceil(T / stride), 3 C): each row between the one before it and the one after it, zeros outside."""
    padded = np.pad(x, ((1, 1), (0, 0)))
    return np.concatenate([padded[k : k + len(x) : stride] for k in range(3)], axis=1)


def _positions(rows: int, width: int) -> np.ndarray:
    """(rows, width) float32: sines, then cosines, of the row at rates from 1 to 1 / LONGEST_WAVELENGTH radians."""
    rates = np.exp(-np.log(LONGEST_WAVELENGTH) / (width // 2 - 1) * np.arange(width // 2))
    angles = np.arange(rows)[:, None] * rates
    return np.concatenate([np.sin(angles), np.cos(angles)], axis=1).astype(np.float32)
