# SPDX-License-Identifier: Apache-2.0
"""Everybody who speaks in the comparison: the recording, the networks, yardsticks that know nothing of networks,
and controls that must fail.

All are given the same: the labels and sound of a clip, and the rows that show its style. Yardsticks take their level
(mean expression) from those rows, as the networks may; what they learn from data, they learn from the other clips.
"""

from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from functools import lru_cache
from pathlib import Path
from typing import TYPE_CHECKING, Literal

import numpy as np

from styletalk.errors import StyleTalkError, WeightsError
from styletalk.phonemes import SILENCE_INDEX
from styletalk.timeline import LABEL_LEAD_ROWS

from ..datasets.pairs import shifted_labels
from ..metrics.linear_baseline import RIDGE, label_features
from .clip_set import EvaluationPair

if TYPE_CHECKING:
    from styletalk.networks.engine.inference import Engine

Kind = Literal["recording", "model", "yardstick", "control"]
Speak = Callable[[EvaluationPair, np.ndarray], np.ndarray]
"""(pair, style rows (N, 64)) -> expression (T, 64)."""
SHIFTS = (5, 10, 15)
"""Frames by which the control moves the sound against the face."""
SEED = 7
RECORDING, STYLETALK, NETWORKS, FROM_SOUND = "recording", "StyleTalk", "networks alone", "from the sound alone"
MEAN_FACE, LINEAR, SCRAMBLED = "mean face", "linear model", "scrambled phonemes"


@dataclass(frozen=True)
class Voice:
    """Somebody who speaks the clips. about: one line for the report."""

    name: str
    kind: Kind
    about: str
    speak: Speak


class Models:
    """The engine for each clip: one for all, or for each clip the weights that never saw it.

    folds: a folder of runs as `styletalk_research.experiments.cross_validation` makes it, FOLDS/CLIP/*.safetensors.
    """

    def __init__(self, checkpoint: Path | None = None, folds: Path | None = None) -> None:
        self._checkpoint, self._folds = checkpoint, folds
        self._engines: dict[Path | None, Engine] = {}

    @property
    def used(self) -> bool:
        """Whether anything was asked of the networks."""
        return bool(self._engines)

    def of(self, pair: EvaluationPair | None = None) -> "Engine":
        """The engine that speaks `pair`; without one, the engine for everything else. Raises WeightsError."""
        from styletalk.networks.engine.inference import load_engine

        path = self._fold(pair.name) if pair and self._folds else self._checkpoint
        if path not in self._engines:
            self._engines[path] = load_engine(path)
        return self._engines[path]

    def _fold(self, name: str) -> Path:
        found = sorted((self._folds / name).glob("*.safetensors")) if self._folds else []
        if not found:
            raise WeightsError(f"{self._folds} holds no weights for {name}. Train that fold, or leave out --folds.")
        return found[0]

    def speak(self, pair: EvaluationPair, style: np.ndarray) -> np.ndarray:
        """(T, 64) float32: the decoder's output, nothing of motion/ applied."""
        engine = self.of(pair)
        return engine.coefficients(pair.labels, engine.encode_style(style), audio_features=pair.audio_features)


def recording() -> Voice:
    """The clip itself."""
    return Voice(RECORDING, "recording", "what the person did", lambda pair, _: pair.expression)


def networks(models: Models) -> list[Voice]:
    """The networks alone, and with what motion/ does to the lips."""
    return [
        Voice(STYLETALK, "model", "the networks, lips closed and at rest by motion/", lambda pair, style: with_lips(
            models.speak(pair, style), pair)),
        Voice(NETWORKS, "model", "the decoder's output", models.speak),
    ]  # fmt: skip


def with_lips(rows: np.ndarray, pair: EvaluationPair) -> np.ndarray:
    """Rows (T, 64) after what motion/ does to the lips of the open face."""
    from styletalk.face.model import open_face
    from styletalk.motion.closures import close_lips

    return close_lips(rows, pair.labels, open_face())


def mean_face() -> Voice:
    """The style's mean expression, standing still."""
    about = "the style's mean expression, without motion"
    return Voice(MEAN_FACE, "yardstick", about, lambda pair, style: levelled(np.zeros((len(pair.labels), 64)), style))


def levelled(motion: np.ndarray, style: np.ndarray) -> np.ndarray:
    """Motion (T, 64) at the level of the style: its own mean removed, the style's mean given."""
    return (motion - motion.mean(0) + style.mean(0)).astype(np.float32)


def linear_model(pairs: Sequence[EvaluationPair]) -> Voice:
    """The linear yardstick for all 64 coefficients: ridge from seven labels, learnt from the other clips."""
    weights = LeftOut(pairs, _linear_fit)

    def speak(pair: EvaluationPair, style: np.ndarray) -> np.ndarray:
        return levelled(label_features(pair.labels, len(pair.labels)) @ weights.without(pair), style)

    about = f"ridge (λ {RIDGE:g}) from seven labels, learnt from the other clips"
    return Voice(LINEAR, "yardstick", about, speak)


def _linear_fit(pairs: Sequence[EvaluationPair]) -> np.ndarray:
    """(7 * 41, 64): (XᵀX + λI)⁻¹ XᵀY, clip means removed."""
    x = np.concatenate([label_features(pair.labels, len(pair.labels)) for pair in pairs])
    y = np.concatenate([pair.expression - pair.expression.mean(0) for pair in pairs])
    return np.linalg.solve(x.T @ x + RIDGE * np.eye(x.shape[1]), x.T @ y)


class LeftOut:
    """What is learnt from all clips but one, each learnt once. learn: pairs -> array."""

    def __init__(
        self, pairs: Sequence[EvaluationPair], learn: Callable[[Sequence[EvaluationPair]], np.ndarray]
    ) -> None:
        self._pairs, self._learn = pairs, learn
        self._learnt: dict[str, np.ndarray] = {}

    def without(self, pair: EvaluationPair) -> np.ndarray:
        """Learnt from every clip but `pair`. Raises StyleTalkError where there is no other."""
        rest = [other for other in self._pairs if other.name != pair.name]
        if not rest:
            raise StyleTalkError("one clip alone leaves nothing to learn from")
        if pair.name not in self._learnt:
            self._learnt[pair.name] = self._learn(rest)
        return self._learnt[pair.name]


def controls(models: Models) -> list[Voice]:
    """The networks on sounds in the wrong order, and on sound at the wrong time. Both must fail."""
    late = [
        Voice(f"sound {shift} frames off", "control", f"the networks, sound moved by ±{shift / 30 * 1000:.0f} ms",
              _shifted(models, shift))
        for shift in SHIFTS
    ]  # fmt: skip
    about = "the networks on the clip's own sounds in random order"
    return [Voice(SCRAMBLED, "control", about, lambda p, style: models.speak(scrambled(p), style)), *late]


def scrambled(pair: EvaluationPair, seed: int = SEED) -> EvaluationPair:
    """The pair with its phonemes, and the sound that goes with each, in random order. Durations are kept."""
    bounds = np.flatnonzero(np.diff(pair.labels, prepend=-1))
    runs = np.split(np.arange(len(pair.labels)), bounds[1:])
    order = np.concatenate([runs[k] for k in np.random.default_rng(seed).permutation(len(runs))])
    return replace(
        pair,
        labels=pair.labels[order],
        audio_features=None if pair.audio_features is None else pair.audio_features[order],
    )


def shifted(pair: EvaluationPair, frames: int) -> EvaluationPair:
    """The pair with its sound later by `frames` (earlier where negative); silence fills the end that opens."""
    labels = np.roll(pair.labels, frames)
    opened = slice(0, frames) if frames >= 0 else slice(frames, None)
    labels[opened] = SILENCE_INDEX
    if pair.audio_features is None:
        return replace(pair, labels=labels)
    audio_features = np.roll(pair.audio_features, frames, axis=0)
    audio_features[opened] = 0
    return replace(pair, labels=labels, audio_features=audio_features)


def _shifted(models: Models, frames: int) -> Speak:
    """Later for the first style of a clip, earlier for the second: scores are means over both."""

    def speak(pair: EvaluationPair, style: np.ndarray) -> np.ndarray:
        first = np.shares_memory(style, pair.expression[pair.halves[0]])
        return models.speak(shifted(pair, frames if first else -frames), style)

    return speak


def from_sound(models: Models) -> Voice:
    """The networks on labels that our own recogniser makes of the clip's sound, as for any user's line."""

    def speak(pair: EvaluationPair, style: np.ndarray) -> np.ndarray:
        return models.speak(replace(pair, labels=recognised_labels(pair)), style)

    return Voice(FROM_SOUND, "model", "the networks on our recogniser's labels", speak)


@lru_cache(maxsize=256)
def recognised_labels(pair: EvaluationPair) -> np.ndarray:
    """(T,) int16 labels of a clip's sound by our own recogniser. Raises StyleTalkError where it has no sound."""
    from styletalk.speech.audio.sound_file import load_audio
    from styletalk.speech.track import phoneme_track

    if pair.audio is None:
        raise StyleTalkError(f"{pair.name} has no sound to recognise")
    rows = len(pair.labels) + max(0, pair.lead - LABEL_LEAD_ROWS)
    return shifted_labels(phoneme_track(load_audio(pair.audio)).labels(rows), pair.lead)[: len(pair.labels)]
