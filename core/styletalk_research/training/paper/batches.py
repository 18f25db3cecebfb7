# SPDX-License-Identifier: Apache-2.0
"""What each step learns from. Item i of step s depends on the seed, s and i alone.

So a resumed run goes on as if never stopped, and two processes with half a batch each see what one process sees.
"""

from collections.abc import Callable, Sequence
from dataclasses import dataclass, fields
from typing import TypeVar

import numpy as np
import torch
from torch import Tensor

from ...datasets.errors import TrainingDataError
from ...datasets.recordings import Recording
from .config import PaperConfig
from .corpus import Corpus, Draw, Stretch, audio_features_of, audio_windows, by_style, label_windows, labelled

SYNC, STYLE, SPEECH, HELD_OUT = range(4)
"""Parts of the seed, so that no two stages draw alike."""
OTHER_DRAWS = 20
"""How often a negative is drawn again that says the same as the positive."""


@dataclass(frozen=True)
class SyncBatch:
    """expression (B, F, 64) round a frame, windows (B, W) int64, together (B,) float32: 1 in sync, 0 not.

    shifted (B,) bool: a negative by shift; the other negatives are of another clip.
    """

    expression: Tensor
    windows: Tensor
    together: Tensor
    shifted: Tensor


@dataclass(frozen=True)
class StyleBatch:
    """expression (B, T, 64), styles (B,) int64."""

    expression: Tensor
    styles: Tensor


@dataclass(frozen=True)
class SpeechBatch:
    """recorded (B, T, 64); its windows (B, T, W) int64, audio_features (B, T, W, F) or F = 0; styles (B,) int64.

    clips (3B, N, 64), padding (3B, N) bool, true behind a clip's end: B style clips in the style of the recording
    (anchors), B others in the same styles, B in other styles.
    """

    recorded: Tensor
    windows: Tensor
    audio_features: Tensor
    styles: Tensor
    clips: Tensor
    padding: Tensor


Batch = TypeVar("Batch", SyncBatch, StyleBatch, SpeechBatch)


def moved_to(batch: Batch, device: torch.device) -> Batch:
    """The same batch on a device."""
    return type(batch)(**{f.name: getattr(batch, f.name).to(device, non_blocking=True) for f in fields(batch)})


class SyncBatches:
    """Draws frames with their phonemes, every second time with the wrong ones."""

    def __init__(self, stretches: Sequence[Stretch], config: PaperConfig) -> None:
        self.config, self.radius = config, config.sync.mouth_frames // 2
        self.stretches = labelled(stretches, self.shortest(config))
        if not self.stretches:
            raise TrainingDataError(
                f"No recording with labels has {self.shortest(config)} rows to train the lip-sync discriminator with "
                "or to judge it by. Raise held_out_share or add recordings."
            )
        self.pick, self.sizes = Draw(self.stretches), config.generator

    @staticmethod
    def shortest(config: PaperConfig) -> int:
        """Rows of a stretch in which every frame can be seen, and shifted to one side at least."""
        return config.sync.mouth_frames + 2 * config.sync.shifts[0]

    def draw(self, step: int, items: range, part: int = SYNC) -> SyncBatch:
        """The items of a step."""
        drawn = [self._item(item, np.random.default_rng((self.config.seed, part, step, item))) for item in items]
        expression, windows, kinds = (list(column) for column in zip(*drawn, strict=True))
        return SyncBatch(
            _stacked(expression), _stacked(windows), torch.tensor([kind == 0 for kind in kinds]).float(),
            torch.tensor([kind == 1 for kind in kinds]),
        )  # fmt: skip

    def _item(self, item: int, rng: np.random.Generator) -> tuple[np.ndarray, np.ndarray, int]:
        """Expression (F, 64), window (W,), and 0 for in sync, 1 for shifted, 2 for another clip's phonemes."""
        stretch = self.pick(rng)
        frame = int(rng.integers(stretch.start + self.radius, stretch.stop - self.radius))
        expression = stretch.recording.expression[frame - self.radius : frame + self.radius + 1]
        synced = self._window(stretch, frame)
        kind = (0, 1, 0, 2)[item % 4]
        if kind == 0:
            return expression, synced, kind
        wrong = self._shifted if kind == 1 else self._of_another_clip
        return expression, _other_than(synced, lambda: wrong(stretch, frame, rng)), kind

    def _shifted(self, stretch: Stretch, frame: int, rng: np.random.Generator) -> np.ndarray:
        """(W,) at another frame of the stretch, off by a number of frames within the configured range."""
        low, high = self.config.sync.shifts
        shifts = np.arange(low, high + 1)
        frames = frame + np.concatenate([-shifts, shifts])
        frames = frames[(frames >= stretch.start) & (frames < stretch.stop)]
        return self._window(stretch, int(frames[rng.integers(len(frames))]))

    def _of_another_clip(self, stretch: Stretch, frame: int, rng: np.random.Generator) -> np.ndarray:
        """(W,) what is said at any moment of another recording, or of this one where chance finds no other."""
        other = stretch
        for _ in range(OTHER_DRAWS):
            other = self.pick(rng)
            if other.recording.name != stretch.recording.name:
                break
        return self._window(other, int(rng.integers(other.start, other.stop)))

    def _window(self, stretch: Stretch, frame: int) -> np.ndarray:
        return label_windows(stretch.recording, frame, frame + 1, self.sizes)[0]


class StyleBatches:
    """Draws sequences with their style, each style as often as any other."""

    def __init__(self, stretches: Sequence[Stretch], corpus: Corpus, config: PaperConfig) -> None:
        self.config, self.numbers = config, {style: number for number, style in enumerate(corpus.styles)}
        if not stretches:
            raise TrainingDataError(
                "Nothing is held out to judge the style discriminator by: every recording is too short, and no style "
                "has enough of them to hold out a whole one. Raise held_out_share or add recordings."
            )
        self.of_style = by_style(stretches)
        self.names = list(self.of_style)

    def draw(self, step: int, items: range, part: int = STYLE) -> StyleBatch:
        """The items of a step."""
        rngs = [np.random.default_rng((self.config.seed, part, step, item)) for item in items]
        styles = [self.names[int(rng.integers(len(self.names)))] for rng in rngs]
        drawn = zip(styles, rngs, strict=True)
        sequences = [sequence_of(self.of_style[style](rng), self.config.frames, rng) for style, rng in drawn]
        return StyleBatch(_stacked(sequences), torch.tensor([self.numbers[style] for style in styles]))


class SpeechBatches:
    """Draws recorded speech with three style clips each: anchor, same style, other style."""

    def __init__(self, stretches: Sequence[Stretch], corpus: Corpus, config: PaperConfig) -> None:
        self.config, self.corpus = config, corpus
        self.stretches = labelled(stretches, config.frames)
        if not self.stretches:
            raise TrainingDataError(
                f"No recording with labels has {config.frames} rows to learn from or to judge by. "
                "Lower frames, raise held_out_share or add recordings."
            )
        if config.generator.audio_dim:
            for stretch in self.stretches:  # now, instead of when chance first draws it
                audio_features_of(stretch.recording, config.generator.audio_dim)
        self.pick, self.of_style = Draw(self.stretches), by_style(corpus.train)
        self.names = list(self.of_style)
        if config.weights.triplet and len(self.names) < 2:
            raise TrainingDataError("The triplet term needs two styles, the data has one. Set weights.triplet to 0.")

    def draw(self, step: int, items: range, part: int = SPEECH) -> SpeechBatch:
        """The items of a step."""
        frames = self.config.frames
        rngs = [np.random.default_rng((self.config.seed, part, step, item)) for item in items]
        spoken = [self.pick(rng) for rng in rngs]
        starts = [
            int(rng.integers(stretch.start, stretch.stop - frames + 1))
            for stretch, rng in zip(spoken, rngs, strict=True)
        ]
        places = list(zip((stretch.recording for stretch in spoken), starts, strict=True))
        clips, padding = padded(self._style_clips(spoken, rngs))
        return SpeechBatch(
            recorded=_stacked([recording.expression[at : at + frames] for recording, at in places]),
            windows=_stacked([label_windows(clip, at, at + frames, self.config.generator) for clip, at in places]),
            audio_features=self._audio_windows(places),
            styles=torch.tensor([self.corpus.styles.index(stretch.recording.style) for stretch in spoken]),
            clips=clips, padding=padding,
        )  # fmt: skip

    def _audio_windows(self, places: Sequence[tuple[Recording, int]]) -> Tensor:
        frames, sizes = self.config.frames, self.config.generator
        if not sizes.audio_dim:
            return torch.zeros(len(places), frames, sizes.tokens, 0)
        return _stacked([audio_windows(recording, at, at + frames, sizes) for recording, at in places])

    def _style_clips(self, spoken: Sequence[Stretch], rngs: Sequence[np.random.Generator]) -> list[np.ndarray]:
        """3B clips (N_i, 64): anchors, same styles, other styles."""
        anchors, same, other = [], [], []
        for stretch, rng in zip(spoken, rngs, strict=True):
            style = stretch.recording.style
            anchors.append(self._clip(style, rng))
            same.append(self._clip(style, rng))
            other.append(self._clip(self._other_style(style, rng), rng))
        return anchors + same + other

    def _other_style(self, style: str, rng: np.random.Generator) -> str:
        """Any other style; this one where it is the only one."""
        name = self.names[int(rng.integers(max(1, len(self.names) - 1)))]
        return self.names[-1] if name == style else name

    def _clip(self, style: str, rng: np.random.Generator) -> np.ndarray:
        """(at most the longest style clip, 64) from any training stretch in that style."""
        rows = self.of_style[style](rng).rows
        length = min(len(rows), int(rng.integers(self.config.style_rows[0], self.config.style_rows[1] + 1)))
        start = int(rng.integers(0, len(rows) - length + 1))
        return rows[start : start + length]


def sequence_of(stretch: Stretch, frames: int, rng: np.random.Generator) -> np.ndarray:
    """(frames, 64) from a stretch; a shorter one is played there and back until it is long enough."""
    rows = stretch.rows
    if len(rows) < frames:
        return np.pad(rows, ((0, frames - len(rows)), (0, 0)), mode="reflect")
    start = int(rng.integers(0, len(rows) - frames + 1))
    return rows[start : start + frames]


def padded(clips: Sequence[np.ndarray]) -> tuple[Tensor, Tensor]:
    """Clips (N_i, 64) of different lengths as (B, N, 64) float32 and padding (B, N) bool, true behind each end."""
    rows = max(len(clip) for clip in clips)
    together = np.zeros((len(clips), rows, clips[0].shape[1]), np.float32)
    padding = np.ones((len(clips), rows), bool)
    for index, clip in enumerate(clips):
        together[index, : len(clip)] = clip
        padding[index, : len(clip)] = False
    return torch.from_numpy(together), torch.from_numpy(padding)


def _other_than(window: np.ndarray, draw: Callable[[], np.ndarray]) -> np.ndarray:
    """A drawn window that differs from `window`; in a recording of silence the last one drawn."""
    for _ in range(OTHER_DRAWS):
        drawn = draw()
        if not np.array_equal(drawn, window):
            break
    return drawn


def _stacked(arrays: Sequence[np.ndarray]) -> Tensor:
    return torch.from_numpy(np.stack(arrays))
