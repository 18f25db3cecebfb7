# SPDX-License-Identifier: Apache-2.0
"""Which phoneme is spoken, from what Whisper's encoder makes of the sound: a small convolutional network, in NumPy.

One row of the encoder, a fiftieth of a second, gives the probabilities of two frames of ten milliseconds. How it was
learnt: docs/hearing.md.
"""

from dataclasses import dataclass
from functools import lru_cache
from pathlib import Path

import numpy as np

from ...errors import WeightsError
from ...phonemes import PHONEMES
from .encoder import Linear, gelu, shipped_encoder
from .packed import MISSING, read_packed, taken

NETWORK_FILE = Path(__file__).parent / "weights" / "phonemes.npz"
DILATIONS = (1, 2, 4, 8)
"""Of the convolutions over three rows, in rows."""
FRAMES_PER_ROW = 2
FRAME_RATE_HZ = 100


@dataclass(frozen=True)
class PhonemeNetwork:
    """blocks: of the encoder, whose outputs the network takes side by side: early ones know when, the last one knows
    what. first: those features -> width. convolutions: three rows, 3 width -> width, one for each of DILATIONS; their
    output is added to their input. last: width -> FRAMES_PER_ROW * 41."""

    blocks: tuple[int, ...]
    first: Linear
    convolutions: tuple[Linear, ...]
    last: Linear

    def __call__(self, states: list[np.ndarray]) -> np.ndarray:
        """(FRAMES_PER_ROW * R, 41) float32 log-probabilities of the encoder's states, (R, 384) each.

        Frame f is the sound at f / FRAME_RATE_HZ seconds.
        """
        x = gelu(self.first(np.concatenate([states[block] for block in self.blocks], axis=1)))
        for dilation, convolution in zip(DILATIONS, self.convolutions, strict=True):
            x = x + gelu(convolution(_dilated(x, dilation)))
        logits = self.last(x).reshape(-1, len(PHONEMES))
        logits -= logits.max(axis=1, keepdims=True)
        logits -= np.log(np.exp(logits).sum(axis=1, keepdims=True))
        return logits


@dataclass(frozen=True)
class PhonemeNetworks:
    """Networks that were trained from other beginnings; together they are right more often than any of them."""

    members: tuple[PhonemeNetwork, ...]

    def __call__(self, states: list[np.ndarray]) -> np.ndarray:
        """Log of the mean probability; see `PhonemeNetwork`."""
        first, *others = (member(states) for member in self.members)
        for other in others:
            np.logaddexp(first, other, out=first)
        return first - np.float32(np.log(len(self.members)))


@lru_cache(maxsize=1)
def shipped_networks() -> PhonemeNetworks:
    """The networks that ship. Raises WeightsError where their file is missing or damaged."""
    return networks_of(read_packed(NETWORK_FILE))


def networks_of(tensors: dict[str, np.ndarray]) -> PhonemeNetworks:
    """The networks of tensors by name: N_first, N_convolutionK and N_last, each with _weight (in, out) and _bias, and
    N_blocks, the numbers of the encoder's blocks.

    Raises WeightsError where one is missing or of another shape.
    """
    members = max(len({name.partition("_")[0] for name in tensors}), 1)
    return PhonemeNetworks(tuple(_network_of(tensors, n) for n in range(members)))


def _network_of(tensors: dict[str, np.ndarray], n: int) -> PhonemeNetwork:
    encoder, width = shipped_encoder(), tensors.get(f"{n}_first_bias", MISSING).size
    blocks = taken(tensors, f"{n}_blocks", -1)
    if not set(blocks.tolist()) <= {*range(len(encoder.blocks))}:
        raise WeightsError(f"The weights do not fit the encoder at {n}_blocks. Install StyleTalk again.")

    def linear(name: str, inputs: int, outputs: int = width) -> Linear:
        weight = taken(tensors, f"{n}_{name}_weight", inputs, outputs)
        return Linear(weight, taken(tensors, f"{n}_{name}_bias", outputs))

    return PhonemeNetwork(
        tuple(map(int, blocks)),
        linear("first", len(blocks) * encoder.width),
        tuple(linear(f"convolution{k}", 3 * width) for k in range(len(DILATIONS))),
        linear("last", width, FRAMES_PER_ROW * len(PHONEMES)),
    )


def _dilated(x: np.ndarray, dilation: int) -> np.ndarray:
    """(T, W) -> (T, 3 W): the row `dilation` before each, itself, and the one as far after it; zeros outside."""
    padded = np.pad(x, ((dilation, dilation), (0, 0)))
    return np.concatenate([padded[k * dilation : k * dilation + len(x)] for k in range(3)], axis=1)
