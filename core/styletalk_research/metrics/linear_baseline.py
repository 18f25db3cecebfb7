# SPDX-License-Identifier: Apache-2.0
"""The linear baseline: how much of the mouth's motion a ridge regression reads off phoneme labels.

A network that does worse on the same labels is broken; a change of labels is judged by what it does to these figures.
Ridge (λ 10) from the one-hot labels of i..i+6 (that is ±3 around i+3) to row i, clip means removed, one clip or one
speaker left out at a time.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Literal

import numpy as np

from styletalk.phonemes import PHONEMES, SILENCE_INDEX
from styletalk.timeline import LABEL_LEAD_ROWS

from ..datasets.recordings import Recording
from .scores import pearson

RIDGE = 10.0
WINDOW = 3
"""Labels on either side of the one that a row shows."""


@dataclass(frozen=True)
class BaselineResult:
    """Pearson r between predicted and true mouth tracks: means (gap, width), and the same of each held-out clip."""

    means: tuple[float, float]
    clips: Mapping[str, tuple[float, float]]


def label_features(labels: np.ndarray) -> np.ndarray:
    """(T, 7 * 41) float64: one-hot labels i .. i + 6 of each row i of labels (T,), silence beyond the end."""
    index = np.arange(len(labels))[:, None] + np.arange(-WINDOW, WINDOW + 1) + LABEL_LEAD_ROWS  # (T, 7)
    seen = np.where(index < len(labels), labels[np.minimum(index, len(labels) - 1)], SILENCE_INDEX)
    return np.eye(len(PHONEMES))[seen].reshape(len(labels), -1)


def linear_baseline(
    clips: Sequence[Recording],
    readout: np.ndarray,
    hold_out: Literal["clip", "speaker"] = "clip",
    test_labels: Mapping[str, np.ndarray] | None = None,
) -> BaselineResult:
    """Train on all clips but one (or all speakers but one), test on what was left out, for each in turn.

    readout: (64, K), mouth gap first and width second, per unit of each coefficient. test_labels: labels (T,) by clip
    name to test with in place of the clips' own; training keeps the clips' own.
    """
    key = {"clip": "name", "speaker": "speaker"}[hold_out]
    results = {}
    for held in clips:
        rest = [clip for clip in clips if getattr(clip, key) != getattr(held, key)]
        labels = held.utterance.labels if test_labels is None else test_labels[held.name]
        predicted = label_features(labels) @ ridge_weights(rest, readout)
        true = _centred(held.expression @ readout)
        results[held.name] = (pearson(predicted[:, 0], true[:, 0]), pearson(predicted[:, 1], true[:, 1]))
    gap, width = np.mean(list(results.values()), axis=0)
    return BaselineResult((float(gap), float(width)), results)


def ridge_weights(clips: Sequence[Recording], readout: np.ndarray) -> np.ndarray:
    """(7 * 41, K): (XᵀX + λI)⁻¹ XᵀY from label features to the readout (64, K) of the clips, clip means removed."""
    x = np.concatenate([label_features(clip.utterance.labels) for clip in clips])
    y = np.concatenate([_centred(clip.expression @ readout) for clip in clips])
    return np.linalg.solve(x.T @ x + RIDGE * np.eye(x.shape[1]), x.T @ y)


def _centred(track: np.ndarray) -> np.ndarray:
    return track - track.mean(axis=0)
