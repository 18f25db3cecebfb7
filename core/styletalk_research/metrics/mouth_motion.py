# SPDX-License-Identifier: Apache-2.0
"""Does the network move the mouth as the person did? Figures of clips left out, beside the linear baseline.

Protocol: published labels (and the sound, for weights with an audio input), mouth gap and width read off by the
landmark Jacobian, Pearson correlation at the convention's lag, clip means removed. The clip is unknown to the weights.
Its style comes from one half of it (level and amplitude, no timing); amplitude and jerk are measured on the other half.
"""

from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass, field
from pathlib import Path
from typing import Protocol

import numpy as np

from ..datasets.pairs import Readouts
from ..datasets.recordings import Recording
from .linear_baseline import linear_baseline
from .scores import amplitude_ratio, jerk_ratio, pearson


class Predict(Protocol):
    """Labels (T,) int16, style clip (N, 64) float32, audio_features (T, F) float32 or None -> expression (T, 64)."""

    def __call__(
        self, labels: np.ndarray, style: np.ndarray, audio_features: np.ndarray | None = None, /
    ) -> np.ndarray: ...


@dataclass(frozen=True)
class ClipFigures:
    """Of one held-out clip: correlations; amplitude and jerk of the mouth gap against the real clip's."""

    name: str
    gap: float
    width: float
    gap_amplitude: float
    width_amplitude: float
    jerk: float


@dataclass(frozen=True)
class MotionReport:
    """Figures of each clip, of the linear baseline on the same clips, and of styles that the weights never saw."""

    title: str
    clips: tuple[ClipFigures, ...]
    baseline_gap: float
    baseline_width: float
    unseen_level: Mapping[str, float] = field(default_factory=dict)

    def mean(self, name: str) -> float:
        """The mean over clips of figure `name`."""
        return float(np.mean([getattr(clip, name) for clip in self.clips]))

    @property
    def beats_baseline(self) -> bool:
        """Whether both correlations are above the baseline's."""
        return self.mean("gap") > self.baseline_gap and self.mean("width") > self.baseline_width

    def as_dict(self) -> dict[str, object]:
        """Everything, ready for JSON."""
        return {**asdict(self), "means": {name: self.mean(name) for name in _FIGURES}, "beats": self.beats_baseline}

    def as_markdown(self) -> str:
        """A table, one line a clip."""
        lines = [f"### {self.title}", "", "| clip | gap r | width r | gap amplitude | width amplitude | jerk |"]
        lines.append("|---|---|---|---|---|---|")
        for clip in self.clips:
            lines.append(f"| {clip.name} | " + " | ".join(f"{getattr(clip, name):.3f}" for name in _FIGURES) + " |")
        lines.append("| **mean** | " + " | ".join(f"**{self.mean(name):.3f}**" for name in _FIGURES) + " |")
        lines.append(f"| linear baseline | {self.baseline_gap:.3f} | {self.baseline_width:.3f} | | | |")
        lines += ["", "Amplitude and jerk are those of the output divided by those of the real clip."]
        if self.unseen_level:
            level = np.mean(list(self.unseen_level.values()))
            lines.append(f"Mean expression of the output against that of {len(self.unseen_level)} style clips that the "
                         f"weights never saw: r = {level:.3f} over the 64 coefficients.")  # fmt: skip
        return "\n".join(lines)


def predictor(weights: Path | None) -> Predict:
    """A function from labels and a style clip to motion, by the weights of a file (None: the shipped ones).

    Raises WeightsError.
    """
    from styletalk.networks.engine.inference import load_engine

    engine = load_engine(weights)

    def predict(labels: np.ndarray, style: np.ndarray, audio_features: np.ndarray | None = None, /) -> np.ndarray:
        return engine.coefficients(labels, engine.encode_style(style), audio_features=audio_features)

    return predict


def clip_figures(pair: Recording, predict: Predict, readouts: Readouts) -> ClipFigures:
    """The figures of one clip: in the style of either half; correlation over the whole, the rest by halves.

    A face that was tracked is compared with what its landmarks show, any other with its coefficients.
    """
    found = []
    for style, other in (pair.halves, pair.halves[::-1]):
        made = predict(pair.utterance.labels, pair.expression[style], pair.audio_features)
        tracks = [
            (
                readouts.track(made, name),
                readouts.track(pair.expression, name) if pair.mouth is None else pair.mouth[:, k],
            )
            for k, name in enumerate(("gap", "width"))
        ]
        amplitude = [amplitude_ratio(m[other], t[other]) for m, t in tracks]
        jerk = jerk_ratio(tracks[0][0][other], tracks[0][1][other])
        found.append([*(pearson(m, t) for m, t in tracks), *amplitude, jerk])
    return ClipFigures(pair.name, *np.mean(found, axis=0).tolist())


def baseline(pairs: Sequence[Recording], readouts: Readouts) -> tuple[float, float]:
    """(mouth gap r, mouth width r) of the linear baseline on the same clips."""
    readout = np.stack([readouts.column("gap"), readouts.column("width")], axis=1)
    return linear_baseline(pairs, readout).means


def level_correlation(
    predict: Predict, styles: Mapping[str, np.ndarray], labels: np.ndarray, audio_features: np.ndarray | None = None
) -> dict[str, float]:
    """How well the output's mean expression follows each style clip's, r over the 64 coefficients.

    Both are taken against the mean of all styles, which any output would share.
    """
    wanted = np.stack([rows.mean(0) for rows in styles.values()])
    made = np.stack([predict(labels, rows, audio_features).mean(0) for rows in styles.values()])
    wanted, made = wanted - wanted.mean(0), made - made.mean(0)
    return {name: pearson(a, b) for name, a, b in zip(styles, wanted, made, strict=True)}


_FIGURES = ("gap", "width", "gap_amplitude", "width_amplitude", "jerk")
