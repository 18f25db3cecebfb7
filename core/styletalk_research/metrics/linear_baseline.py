# SPDX-License-Identifier: Apache-2.0
"""The linear yardstick: how much of the mouth's motion a ridge regression reads off phoneme labels.

A network that does worse on the same labels is broken; a change of labels is judged by what it does to these figures.
Ridge (λ 10) from the one-hot labels of i..i+6 (that is ±3 around i+3, after the lead correction) to row i,
clip means removed, one clip or one speaker left out at a time.
"""

import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Literal

import numpy as np

from styletalk.animation import EXPRESSION_DIM
from styletalk.errors import StyleTalkError
from styletalk.phonemes import PHONEMES, SILENCE_INDEX
from styletalk.timeline import LABEL_LEAD_ROWS

from .scores import pearson

RIDGE = 10.0
WINDOW = 3
"""Labels on either side of the one that a row shows."""
EXPRESSION_COLUMNS = slice(80, 80 + EXPRESSION_DIM)
"""Where the expression stands in the 257 columns of a published .mat file."""
UPPER_LIP, LOWER_LIP, LEFT_CORNER, RIGHT_CORNER = 13, 14, 61, 291
"""MediaPipe face-mesh points."""


@dataclass(frozen=True)
class YardstickClip:
    """One clip with labels and coefficients at 30 fps.

    labels: (L,) int, indices of PHONEMES, late by one frame as published. expression: (T, 64) float32.
    lead: row i is explained by label i + lead.
    """

    name: str
    speaker: str
    labels: np.ndarray
    expression: np.ndarray
    lead: int = LABEL_LEAD_ROWS

    def with_labels(self, labels: np.ndarray) -> "YardstickClip":
        """The same clip, labelled by another road."""
        return replace(self, labels=np.asarray(labels))


@dataclass(frozen=True)
class YardstickResult:
    """Pearson r between predicted and true mouth tracks, for each held-out clip and their means."""

    gap: float
    width: float
    clips: Mapping[str, tuple[float, float]]

    @property
    def means(self) -> tuple[float, float]:
        """(mouth gap r, mouth width r)."""
        return self.gap, self.width


def speech_clips(data_dir: Path) -> tuple[YardstickClip, ...]:
    """The published speech pairs of `data_dir` (the folder with speech/ and av_offsets.json), with their own labels."""
    import scipy.io

    leads = json.loads((data_dir / "av_offsets.json").read_text())["lead"]
    clips = []
    for name, lead in sorted(leads.items()):
        stem = data_dir / "speech" / name
        rows = scipy.io.loadmat(f"{stem}.mat")["coeff"][:, EXPRESSION_COLUMNS].astype(np.float32)  # (T, 64)
        labels = np.array(json.loads(Path(f"{stem}_seq.json").read_text()), np.int16)
        clips.append(YardstickClip(name, name.split("_")[0], labels, rows, lead))
    return tuple(clips)


def jacobian_path(data_dir: Path) -> Path:
    """Where the landmark Jacobian lies beside the sample clips."""
    return data_dir.parent / "calibration" / "J64_mediapipe478.npy"


def mouth_readout(jacobian: Path) -> np.ndarray:
    """(64, 2) float64: mouth gap and mouth width per unit of each coefficient, in units of the eye distance.

    jacobian: .npy (64, 478, 3), displacement of MediaPipe's points (x right, y down) per unit of each coefficient.
    Raises StyleTalkError where the file holds anything else.
    """
    try:
        moves = np.load(jacobian, allow_pickle=False)
    except ValueError as error:
        raise StyleTalkError(f"{jacobian} cannot be read ({error}). Mend it or move it away.") from error
    if np.shape(moves) != (EXPRESSION_DIM, 478, 3):
        raise StyleTalkError(f"{jacobian} is not the landmark Jacobian, (64, 478, 3). Mend it or move it away.")
    gap = moves[:, LOWER_LIP, 1] - moves[:, UPPER_LIP, 1]
    width = moves[:, RIGHT_CORNER, 0] - moves[:, LEFT_CORNER, 0]
    return np.stack([gap, width], axis=1)


def label_features(labels: np.ndarray, rows: int, lead: int = LABEL_LEAD_ROWS) -> np.ndarray:
    """(rows, 7 * 41) float64: one-hot labels i + lead - 3 .. i + lead + 3 of each row i, silence outside the clip."""
    index = np.arange(rows)[:, None] + np.arange(-WINDOW, WINDOW + 1) + lead  # (rows, 7)
    inside = (index >= 0) & (index < len(labels))
    seen = np.where(inside, labels[np.clip(index, 0, len(labels) - 1)], SILENCE_INDEX)
    return np.eye(len(PHONEMES))[seen].reshape(rows, -1)


def linear_yardstick(
    clips: Sequence[YardstickClip],
    readout: np.ndarray,
    hold_out: Literal["clip", "speaker"] = "clip",
    test_labels: Mapping[str, np.ndarray] | None = None,
) -> YardstickResult:
    """Train on all clips but one (or all speakers but one), test on what was left out, for each in turn.

    readout: (64, K), mouth gap first and width second, from `mouth_readout`.
    test_labels: labels (L,) by clip name to test with in place of the clips' own; training keeps the clips' own.
    """
    results = {}
    for held in clips:
        rest = [clip for clip in clips if getattr(clip, _KEY[hold_out]) != getattr(held, _KEY[hold_out])]
        weights = _fit(rest, readout)
        shown = held if test_labels is None else held.with_labels(test_labels[held.name])
        predicted = label_features(shown.labels, len(shown.expression), shown.lead) @ weights
        results[held.name] = track_correlation(predicted, _centred(held.expression @ readout))
    gap, width = np.mean(list(results.values()), axis=0)
    return YardstickResult(float(gap), float(width), results)


def track_correlation(predicted: np.ndarray, true: np.ndarray) -> tuple[float, float]:
    """Pearson r of mouth gap and mouth width, (T, 2) against (T, 2); 0 where the prediction does not move."""
    gap, width = (pearson(predicted[:, k], true[:, k]) for k in (0, 1))
    return gap, width


def _fit(clips: Sequence[YardstickClip], readout: np.ndarray) -> np.ndarray:
    """(7 * 41, K) ridge weights: (XᵀX + λI)⁻¹ XᵀY."""
    x = np.concatenate([label_features(clip.labels, len(clip.expression), clip.lead) for clip in clips])
    y = np.concatenate([_centred(clip.expression @ readout) for clip in clips])
    return np.linalg.solve(x.T @ x + RIDGE * np.eye(x.shape[1]), x.T @ y)


def _centred(track: np.ndarray) -> np.ndarray:
    return track - track.mean(axis=0)


_KEY = {"clip": "name", "speaker": "speaker"}
