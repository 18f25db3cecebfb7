# SPDX-License-Identifier: Apache-2.0
"""The window of labels, and of audio features for weights that take them, around each frame of a line."""

from dataclasses import dataclass

import numpy as np

from ...errors import PhonemeFileError, RequestError
from ...phonemes import SILENCE_INDEX
from ..config import GeneratorConfig


@dataclass(frozen=True)
class Windows:
    """The windows of U frames.

    labels: (U, W) int16. audio_features: (U + W - 1, F) float32, of successive frames: the window of frame u is the
    rows u .. u + W - 1. None for zeros, or where the weights take none.
    """

    labels: np.ndarray
    audio_features: np.ndarray | None = None

    def __len__(self) -> int:
        return len(self.labels)

    def part(self, start: int, stop: int) -> "Windows":
        """The windows of the frames start .. stop - 1."""
        if self.audio_features is None:
            return Windows(self.labels[start:stop])
        return Windows(self.labels[start:stop], self.audio_features[start : stop + self.labels.shape[1] - 1])


def line_windows(
    labels: np.ndarray, audio_features: np.ndarray | None, config: GeneratorConfig
) -> tuple[Windows, np.ndarray]:
    """Labels (T,) and audio_features (T, F) or None -> windows to compute, and which of them each frame has, (T,).

    Equal label windows are listed once; with audio features each frame has a window of its own. Windows are padded
    with silence and zeros. Raises PhonemeFileError for labels, RequestError for features, not of these weights.
    """
    windows = _label_windows(labels, config)
    features = _checked_features(audio_features, len(windows), config)
    if features is None or not features.any():
        unique, frame_window = np.unique(windows, axis=0, return_inverse=True)
        return Windows(unique), frame_window.reshape(-1)
    return Windows(windows, surroundings(features, config)), np.arange(len(windows))


def surroundings(track: np.ndarray, config: GeneratorConfig, beyond: int = 0) -> np.ndarray:
    """A track (T, ...) -> (T + W - 1, ...), padded with `beyond`: the window of frame t is the rows t .. t + W - 1."""
    padded = np.full((len(track) + config.tokens - 1, *track.shape[1:]), beyond, track.dtype)
    start = config.window - config.lookahead  # where the track begins
    inside = track[max(-start, 0) :][: len(padded) - max(start, 0)]
    padded[max(start, 0) : max(start, 0) + len(inside)] = inside
    return padded


def _label_windows(labels: np.ndarray, config: GeneratorConfig) -> np.ndarray:
    """(T,) -> (T, W) int16: the labels around each frame, silence beyond the ends."""
    labels = np.asarray(labels)
    if labels.ndim != 1 or not np.issubdtype(labels.dtype, np.integer):
        raise PhonemeFileError(
            f"Phoneme labels must be a row of whole numbers, not {labels.dtype} of the shape {labels.shape}."
        )
    wrong = np.flatnonzero((labels < 0) | (labels >= config.phoneme_count))
    if len(wrong):
        raise PhonemeFileError(
            f"Row {wrong[0]} has the phoneme label {labels[wrong[0]]}. Labels lie in 0..{config.phoneme_count - 1}."
        )
    padded = surroundings(labels.astype(np.int16), config, SILENCE_INDEX)
    return padded[np.arange(len(labels))[:, None] + np.arange(config.tokens)]


def _checked_features(audio_features: np.ndarray | None, frames: int, config: GeneratorConfig) -> np.ndarray | None:
    """(T, F) float32, the columns that the weights take; None where there are none or the weights take none."""
    if audio_features is None or not config.audio_dim:
        return None
    audio_features = np.asarray(audio_features, np.float32)
    if audio_features.ndim == 2:
        audio_features = audio_features[:, : config.audio_dim]
    if audio_features.shape != (frames, config.audio_dim):
        raise RequestError(
            f"These weights take audio features of the shape ({frames}, {config.audio_dim}), a row for each label, not "
            f"{audio_features.shape}. Compute them from the same sound as the labels."
        )
    wrong = np.flatnonzero(~np.isfinite(audio_features).all(axis=1))
    if len(wrong):
        raise RequestError(
            f"Row {wrong[0]} of the audio features holds numbers that are not finite. Compute them again."
        )
    return audio_features
