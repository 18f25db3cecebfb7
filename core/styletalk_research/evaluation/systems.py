# SPDX-License-Identifier: Apache-2.0
"""The systems that are compared: the recording, the networks, baselines without networks, and controls that must fail.

All are given the same: the labels and sound of a clip, and the rows that show its style. Baselines take their level
(mean expression) from those rows, as the networks may; what they learn from data, they learn from the other clips.
"""

from collections.abc import Callable, Collection, Iterator, Sequence
from dataclasses import dataclass, replace
from functools import lru_cache
from pathlib import Path
from typing import TYPE_CHECKING, Literal

import numpy as np

from styletalk.errors import StyleTalkError, WeightsError
from styletalk.face.model import open_face
from styletalk.motion.closures import close_lips
from styletalk.phonemes import SILENCE_INDEX
from styletalk.progress import Progress, silent
from styletalk.timeline import FRAME_RATE_HZ

from ..datasets.recordings import Recording
from ..metrics.linear_baseline import RIDGE, label_features, ridge_weights
from .clip_set import ClipSet, track_labels

if TYPE_CHECKING:
    from styletalk.networks.engine.inference import Engine

Kind = Literal["recording", "model", "baseline", "control"]
Predict = Callable[[Recording, np.ndarray], np.ndarray]
"""(pair, style rows (N, 64)) -> expression (T, 64)."""
SHIFTS = (5, 10, 15)
"""Frames by which the control moves the sound against the face."""
SEED = 7
RECORDING, STYLETALK, NETWORKS, FROM_SOUND = "recording", "StyleTalk", "networks alone", "from the sound alone"
MEAN_FACE, LINEAR, SCRAMBLED = "mean face", "linear model", "scrambled phonemes"


@dataclass(frozen=True)
class System:
    """Whatever turns a clip's labels and sound into motion. about: one line for the report."""

    name: str
    kind: Kind
    about: str
    predict: Predict


class Models:
    """The engine for each clip: one for all, or for each clip the weights that never saw it.

    folds: a folder of runs as `styletalk_research.experiments.cross_validation` makes it, FOLDS/CLIP/*.safetensors.
    """

    def __init__(self, checkpoint: Path | None = None, folds: Path | None = None) -> None:
        self._checkpoint, self._folds = checkpoint, folds
        self._engines: dict[Path | None, Engine] = {}

    @property
    def used(self) -> bool:
        """Whether any weights were loaded."""
        return bool(self._engines)

    def of(self, pair: Recording | None = None) -> "Engine":
        """The engine for `pair`; without one, the engine for everything else. Raises WeightsError."""
        from styletalk.networks.engine.inference import load_engine

        path = self._fold(pair.name) if pair and self._folds else self._checkpoint
        if path not in self._engines:
            self._engines[path] = load_engine(path)
        return self._engines[path]

    def _fold(self, name: str) -> Path:
        found = sorted((self._folds / name).glob("*.safetensors")) if self._folds else []
        if not found:
            raise WeightsError(f"{self._folds} holds no weights for {name}. Train that fold, or omit --folds.")
        return found[0]

    def predict(self, pair: Recording, style: np.ndarray) -> np.ndarray:
        """(T, 64) float32: the decoder's output, nothing of motion/ applied."""
        engine = self.of(pair)
        return engine.coefficients(
            pair.utterance.labels, engine.encode_style(style), audio_features=pair.audio_features
        )


def recording() -> System:
    """The clip itself."""
    return System(RECORDING, "recording", "what the person did", lambda pair, _: pair.expression)


def networks(models: Models) -> list[System]:
    """The networks alone, and with what motion/ does to the lips."""

    def with_lips(pair: Recording, style: np.ndarray) -> np.ndarray:
        return close_lips(models.predict(pair, style), pair.utterance.labels, open_face())

    return [
        System(STYLETALK, "model", "the networks, lips closed and at rest by motion/", with_lips),
        System(NETWORKS, "model", "the decoder's output", models.predict),
    ]


def mean_face() -> System:
    """The style's mean expression, standing still."""
    about = "the style's mean expression, without motion"
    return System(MEAN_FACE, "baseline", about, lambda pair, style: levelled(np.zeros_like(pair.expression), style))


def levelled(motion: np.ndarray, style: np.ndarray) -> np.ndarray:
    """Motion (T, 64) at the level of the style: its own mean removed, the style's mean given."""
    return (motion - motion.mean(0) + style.mean(0)).astype(np.float32)


def linear_model(pairs: Sequence[Recording]) -> System:
    """The linear baseline for all 64 coefficients: ridge from seven labels, learnt from the other clips."""
    weights = LeftOut(pairs, lambda rest: ridge_weights(rest, np.eye(rest[0].expression.shape[1])))

    def predict(pair: Recording, style: np.ndarray) -> np.ndarray:
        return levelled(label_features(pair.utterance.labels) @ weights.without(pair), style)

    about = f"ridge (λ {RIDGE:g}) from seven labels, learnt from the other clips"
    return System(LINEAR, "baseline", about, predict)


class LeftOut:
    """What is learnt from all clips but one, each learnt once. learn: pairs -> array."""

    def __init__(self, pairs: Sequence[Recording], learn: Callable[[Sequence[Recording]], np.ndarray]) -> None:
        self._pairs, self._learn = pairs, learn
        self._learnt: dict[str, np.ndarray] = {}

    def without(self, pair: Recording) -> np.ndarray:
        """Learnt from every clip but `pair`. Raises StyleTalkError where there is no other."""
        rest = [other for other in self._pairs if other.name != pair.name]
        if not rest:
            raise StyleTalkError("one clip alone leaves nothing to learn from")
        if pair.name not in self._learnt:
            self._learnt[pair.name] = self._learn(rest)
        return self._learnt[pair.name]


def controls(models: Models) -> list[System]:
    """The networks on phonemes in the wrong order, and on sound at the wrong time. Both must fail."""
    late = [
        System(f"sound {n} frames off", "control", f"the networks, sound moved by ±{n / FRAME_RATE_HZ * 1000:.0f} ms",
               _shifted(models, n))
        for n in SHIFTS
    ]  # fmt: skip
    about = "the networks on the clip's own phonemes in random order"
    return [System(SCRAMBLED, "control", about, lambda p, style: models.predict(scrambled(p), style)), *late]


def scrambled(pair: Recording, seed: int = SEED) -> Recording:
    """The pair with its phonemes, and the sound that goes with each, in random order. Durations are kept."""
    labels = pair.utterance.labels
    bounds = np.flatnonzero(np.diff(labels, prepend=-1))
    runs = np.split(np.arange(len(labels)), bounds[1:])
    order = np.concatenate([runs[k] for k in np.random.default_rng(seed).permutation(len(runs))])
    audio_features = None if pair.audio_features is None else pair.audio_features[order]
    return replace(pair, labels=labels[order], audio_features=audio_features)


def shifted(pair: Recording, frames: int) -> Recording:
    """The pair with its sound later by `frames` (earlier where negative); silence fills the end that opens."""
    opened = slice(0, frames) if frames >= 0 else slice(frames, None)
    labels, audio_features = np.roll(pair.utterance.labels, frames), pair.audio_features
    labels[opened] = SILENCE_INDEX
    if audio_features is not None:
        audio_features = np.roll(audio_features, frames, axis=0)
        audio_features[opened] = 0
    return replace(pair, labels=labels, audio_features=audio_features)


def _shifted(models: Models, frames: int) -> Predict:
    """Later for the first style of a clip, earlier for the second: scores are means over both."""

    def predict(pair: Recording, style: np.ndarray) -> np.ndarray:
        first = np.shares_memory(style, pair.expression[pair.halves[0]])
        return models.predict(shifted(pair, frames if first else -frames), style)

    return predict


def from_sound(models: Models) -> System:
    """The networks on labels that our own recogniser makes of the clip's sound, as for any user's line."""

    def predict(pair: Recording, style: np.ndarray) -> np.ndarray:
        return models.predict(replace(pair, labels=recognised_labels(pair)), style)

    return System(FROM_SOUND, "model", "the networks on our recogniser's labels", predict)


@lru_cache(maxsize=256)
def recognised_labels(pair: Recording) -> np.ndarray:
    """(T,) int16 labels of a clip's sound by our own recogniser. Raises StyleTalkError where it has no sound."""
    from styletalk.speech.audio.sound_file import load_audio
    from styletalk.speech.track import phoneme_track

    if pair.audio is None:
        raise StyleTalkError(f"{pair.name} has no sound to recognise")
    return track_labels(phoneme_track(load_audio(pair.audio)), pair)


class Predictions:
    """The motions of all systems on all clips. notes: systems that were dropped, and why."""

    def __init__(self, clips: ClipSet, systems: Sequence[System], notes: Sequence[str] = ()) -> None:
        self.clips, self.systems, self.notes = clips, tuple(systems), list(notes)
        self._made: dict[tuple[str, str], tuple[np.ndarray, np.ndarray]] = {}

    def run(self, progress: Progress = silent, names: Collection[str] | None = None) -> None:
        """Run all systems, or those of `names`, on every clip; one that fails is dropped, and a note says why.

        Raises WeightsError: without the networks that were asked for there is no comparison.
        """
        chosen = [system for system in self.systems if names is None or system.name in names]
        for count, system in enumerate(chosen):
            progress(count / len(chosen), f"running: {system.name}")
            try:
                for pair in self.clips.pairs:
                    self.of(system, pair)
            except WeightsError:
                raise
            except StyleTalkError as error:
                self.notes.append(f"{system.name} is not in the tables: {str(error).rstrip('.')}.")
                self.systems = tuple(other for other in self.systems if other is not system)

    def of(self, system: System, pair: Recording) -> tuple[np.ndarray, np.ndarray]:
        """The motion (T, 64) of the whole clip, in the style of its first half and in the style of its second half."""
        key = (system.name, pair.name)
        if key not in self._made:
            first, second = (system.predict(pair, pair.expression[half]) for half in pair.halves)
            self._made[key] = (first, second)
        return self._made[key]

    def halves(self, system: System, pair: Recording) -> Iterator[tuple[np.ndarray, slice, slice]]:
        """(rows (T, 64), the half that lent its style, the half that is scored), twice."""
        first, second = pair.halves
        made = self.of(system, pair)
        yield made[0], first, second
        yield made[1], second, first

    def system(self, name: str) -> System | None:
        """The system of that name, None where it was dropped or never there."""
        return next((system for system in self.systems if system.name == name), None)
