# SPDX-License-Identifier: Apache-2.0
"""The generator's sizes: one frozen dataclass, stored as JSON beside the weights."""

import dataclasses
import json
import math
import reprlib
from dataclasses import dataclass

from ..animation import EXPRESSION_DIM, LOWER_FACE, UPPER_FACE
from ..errors import WeightsError
from ..phonemes import SILENCE_INDEX
from .config_json import check_counts, config_fields

POOLINGS = ("attention", "mean")


@dataclass(frozen=True)
class GeneratorConfig:
    """Sizes of the generator. The defaults are the published ones (paper, section 3 and supplement).

    d_model: width of every token and of the style code.
    nhead: attention heads; divides d_model.
    audio_layers, style_layers, decoder_layers: transformer layers of the audio encoder, of the style encoder, and of
        each of the two face decoders.
    feedforward: hidden width of every feed-forward block.
    kernels: K, how many kernels a dynamic linear mixes; 1 makes it static, the same for every style.
    gate_ratio: d_model / hidden width of the gate that weighs the kernels. temperature: divides the gate's logits
        before the softmax; high means an even mix.
    window: frames on either side of the one that is animated; the input is 2·window + 1 labels.
    style_frames: frames of a style clip that are used; the rest of a longer one is left out.
    phoneme_count, phoneme_dim: rows and columns of the phoneme embedding.
    upper_face, lower_face: which expression coefficients each decoder makes, in the order of its outputs; together
        every one of 0..63 exactly once.
    dropout: in training only.
    lookahead: rows by which a window is centred later than the frame that is animated; 0, the paper's. Published
        labels lag the lips by three rows: a window centred there covers as much of the future as of the past.
    pooling: how frames become a style code: "attention", the paper's, or "mean", the average it is compared with.
    audio_dim: columns of the audio features that the audio encoder takes beside the labels; 0, the paper's, for none.
    """

    d_model: int = 256
    nhead: int = 8
    audio_layers: int = 3
    style_layers: int = 3
    decoder_layers: int = 3
    feedforward: int = 1024
    kernels: int = 8
    gate_ratio: int = 4
    temperature: float = 30.0
    window: int = 5
    style_frames: int = 256
    phoneme_count: int = 41
    phoneme_dim: int = 128
    upper_face: tuple[int, ...] = UPPER_FACE
    lower_face: tuple[int, ...] = LOWER_FACE
    dropout: float = 0.1
    audio_dim: int = 0
    lookahead: int = 0
    pooling: str = "attention"

    def __post_init__(self) -> None:
        """Raises WeightsError where the numbers contradict each other."""
        check_counts(self, _COUNTS)
        for name, holds, wanted in self._rules():
            if not holds:
                raise WeightsError(f"The model config has {name} = {reprlib.repr(getattr(self, name))}; {wanted}.")

    def _rules(self) -> tuple[tuple[str, bool, str], ...]:
        return (
            ("nhead", self.d_model % self.nhead == 0, f"it must divide d_model = {self.d_model}"),
            ("d_model", self.d_model % 2 == 0, "it must be even"),
            ("gate_ratio", self.gate_ratio <= self.d_model, f"it cannot exceed d_model = {self.d_model}"),
            (
                "phoneme_count",
                self.phoneme_count > SILENCE_INDEX,
                f"it must exceed the label of silence, {SILENCE_INDEX}",
            ),
            ("temperature", _is_number(self.temperature) and 0 < self.temperature < math.inf, "it must be positive"),
            ("audio_dim", type(self.audio_dim) is int and 0 <= self.audio_dim <= 4096, "it must lie in 0..4096"),
            ("lookahead", type(self.lookahead) is int and 0 <= self.lookahead <= 64, "it must lie in 0..64"),
            ("pooling", self.pooling in POOLINGS, f"it must be one of {', '.join(POOLINGS)}"),
            ("dropout", _is_number(self.dropout) and 0 <= self.dropout < 1, "it must lie in 0..1"),
            ("upper_face", self._faces_cover_all(), "with lower_face it must name each of 0..63 exactly once"),
        )

    def _faces_cover_all(self) -> bool:
        both = (*self.upper_face, *self.lower_face)
        return all(type(k) is int for k in both) and sorted(both) == list(range(EXPRESSION_DIM))

    @property
    def tokens(self) -> int:
        """Labels in a window."""
        return 2 * self.window + 1

    @property
    def gate_dim(self) -> int:
        """Hidden width of a dynamic linear's gate."""
        return self.d_model // self.gate_ratio

    @property
    def tail_dim(self) -> int:
        """Hidden width of the tails that turn the middle token into coefficients."""
        return self.d_model // 2

    def to_json(self) -> str:
        """All fields as a JSON object."""
        return json.dumps(dataclasses.asdict(self))

    @classmethod
    def from_json(cls, text: str) -> "GeneratorConfig":
        """The inverse of `to_json`. Absent fields keep their published values.

        Raises WeightsError for anything that is not a config: no JSON object, unknown fields, contradicting numbers.
        """
        fields = config_fields(cls, text)
        for name in ("upper_face", "lower_face"):
            if name in fields:
                fields[name] = tuple(fields[name]) if isinstance(fields[name], list) else ()
        return cls(**fields)


_COUNTS = {
    "d_model": 16384, "nhead": 1024, "audio_layers": 64, "style_layers": 64, "decoder_layers": 64,
    "feedforward": 65536, "kernels": 1024, "gate_ratio": 16384, "window": 1024, "style_frames": 65536,
    "phoneme_count": 65536, "phoneme_dim": 16384,
}  # fmt: skip
"""Upper limits of the counts: a damaged file must not make us allocate all memory."""


def _is_number(value: object) -> bool:
    return isinstance(value, (int, float)) and not isinstance(value, bool)
