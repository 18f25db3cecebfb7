# SPDX-License-Identifier: Apache-2.0
"""What each frame of a line sees of its neighbourhood: labels, and for weights that listen, prosody."""

from dataclasses import dataclass

import numpy as np

from ...errors import PhonemeFileError, RequestError
from ..config import SIL_LABEL, GeneratorConfig


@dataclass(frozen=True)
class Windows:
    """The windows of U frames.

    labels: (U, W) int16. audio_features: (U + W - 1, F) float32, where the frames follow one another: frame u sees
    the rows u .. u + W - 1. None where nobody listens, or for zeros.
    """

    labels: np.ndarray
    audio_features: np.ndarray | None = None

    def __len__(self) -> int:
        return len(self.labels)

    def part(self, start: int, stop: int) -> "Windows":
        """The windows of the frames start .. stop - 1."""
        if self.audio_features is None:
            return Windows(self.labels[start:stop])
        surroundings = self.labels.shape[1] - 1
        return Windows(self.labels[start:stop], self.audio_features[start : stop + surroundings])


def line_windows(
    labels: np.ndarray, audio_features: np.ndarray | None, config: GeneratorConfig
) -> tuple[Windows, np.ndarray]:
    """Labels (T,) and audio_features (T, F) or None -> windows to compute, and which of them each frame has, (T,).

    Equal label windows are listed once; with sound no two frames are equal, and each has its own. Beyond the ends
    lie silence and zeros. Raises PhonemeFileError for labels, RequestError for sound, not of these weights.
    """
    around = _label_windows(labels, config)
    heard = _checked_features(audio_features, len(around), config)
    if heard is None or not heard.any():
        unique, frame_window = np.unique(around, axis=0, return_inverse=True)
        return Windows(unique), frame_window.reshape(-1)
    return Windows(around, surroundings(heard, config)), np.arange(len(around))


def surroundings(track: np.ndarray, config: GeneratorConfig, beyond: int = 0) -> np.ndarray:
    """A track (T, ...) -> (T + W - 1, ...): frame t sees the rows t .. t + W - 1. `beyond` is outside the track."""
    seen = np.full((len(track) + config.tokens - 1, *track.shape[1:]), beyond, track.dtype)
    start = config.window - config.lookahead  # where the track begins
    known = track[max(-start, 0) :][: len(seen) - max(start, 0)]
    seen[max(start, 0) : max(start, 0) + len(known)] = known
    return seen


def _label_windows(labels: np.ndarray, config: GeneratorConfig) -> np.ndarray:
    """(T,) -> (T, W) int16: each frame's neighbourhood, silence beyond the ends."""
    labels = np.asarray(labels)
    if labels.ndim != 1 or not np.issubdtype(labels.dtype, np.integer):
        raise PhonemeFileError(f"Phoneme labels are a row of whole numbers; these are {labels.dtype} {labels.shape}.")
    wrong = np.flatnonzero((labels < 0) | (labels >= config.phoneme_count))
    if len(wrong):
        raise PhonemeFileError(
            f"Row {wrong[0]} has the phoneme label {labels[wrong[0]]}; labels run from 0 to {config.phoneme_count - 1}."
        )
    seen = surroundings(labels.astype(np.int16), config, SIL_LABEL)
    return seen[np.arange(len(labels))[:, None] + np.arange(config.tokens)]


def _checked_features(audio_features: np.ndarray | None, frames: int, config: GeneratorConfig) -> np.ndarray | None:
    """(T, F) float32, the columns that the weights take; None where there is no sound or they do not listen."""
    if audio_features is None or not config.audio_dim:
        return None
    audio_features = np.asarray(audio_features, np.float32)
    if audio_features.ndim == 2:
        audio_features = audio_features[:, : config.audio_dim]
    if audio_features.shape != (frames, config.audio_dim):
        raise RequestError(
            f"These weights take sound of the shape ({frames}, {config.audio_dim}), a row for each label; "
            f"this one has {audio_features.shape}."
        )
    wrong = np.flatnonzero(~np.isfinite(audio_features).all(axis=1))
    if len(wrong):
        raise RequestError(f"Row {wrong[0]} of the sound holds numbers that are not finite. Read the sound again.")
    return audio_features
