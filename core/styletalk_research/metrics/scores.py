# SPDX-License-Identifier: Apache-2.0
"""Figures that need numbers only: two tracks, two motions, labels, or style codes. No face, no file, no network."""

from collections.abc import Sequence

import numpy as np
from scipy.spatial.distance import cdist

JERK_ORDER = 3
STILL = 1e-5
"""A track that moves by less than this part of its greatest value stands still: the rest is rounding."""


def pearson(a: np.ndarray, b: np.ndarray) -> float:
    """Pearson's r of two tracks (T,), -1..1, means removed; 0 where one of them stands still but for rounding."""
    a, b = np.asarray(a, np.float64), np.asarray(b, np.float64)
    if any(np.ptp(track) <= STILL * np.abs(track).max() for track in (a, b)):
        return 0.0
    a, b = a - a.mean(), b - b.mean()
    return float(a @ b / np.sqrt((a @ a) * (b @ b)))


def amplitude_ratio(made: np.ndarray, real: np.ndarray) -> float:
    """How far a track moves against the recording's: std / std. 1 is right, below 1 mumbles. NaN: no motion."""
    spread = float(np.std(real))
    return float(np.std(made)) / spread if spread > 0 else float("nan")


def mean_squared_jerk(track: np.ndarray) -> float:
    """Mean square of the third difference of a track (T,), in its unit per frame³, squared. 0 below four frames."""
    third = np.diff(np.asarray(track, np.float64), n=JERK_ORDER)
    return float(np.mean(third**2)) if third.size else 0.0


def jerk_ratio(made: np.ndarray, real: np.ndarray) -> float:
    """Mean squared jerk against the recording's. Below 0.5 it is mush, above 1 it jitters. NaN: none in real."""
    jerk = mean_squared_jerk(real)
    return mean_squared_jerk(made) / jerk if jerk > 0 else float("nan")


def level_correlation(made: np.ndarray, style: np.ndarray) -> float:
    """Pearson's r over the 64 coefficients between the mean expressions of two motions, (T, 64) and (N, 64)."""
    return pearson(np.mean(made, axis=0), np.mean(style, axis=0))


def label_agreement(found: np.ndarray, true: np.ndarray, class_of: np.ndarray) -> tuple[float, float]:
    """Share of frames whose labels (T,) agree, and of those whose classes do. class_of: (labels,) the class of each."""
    return float((found == true).mean()), float((class_of[found] == class_of[true]).mean())


def lag_curve(made: np.ndarray, real: np.ndarray, reach: int) -> np.ndarray:
    """(2 * reach + 1,): r of two tracks (T,) with `made` moved by -reach..reach frames; its peak belongs at 0.

    Positive lag: made is compared with what the recording did that much earlier, so a peak there means made is late.
    """
    count = len(real)
    curve = []
    for lag in range(-reach, reach + 1):
        first, last = max(lag, 0), count + min(lag, 0)
        curve.append(pearson(made[first:last], real[first - lag : last - lag]))
    return np.array(curve)


def pairwise_distances(codes: np.ndarray) -> np.ndarray:
    """(N, N) Euclidean distances between codes (N, d)."""
    return cdist(codes, codes)


def recall_at_1(codes: np.ndarray, speakers: Sequence[str], footage: Sequence[str]) -> tuple[float, int]:
    """Share of codes (N, d) whose nearest code from *other* footage is the same speaker's, and how many could be asked.

    Asked are the codes whose speaker has other footage at all. Retrieval as in metric learning (recall@1, Jégou et al.
    2011, section V). NaN where nobody has two pieces of footage.
    """
    distances = pairwise_distances(codes)
    speaker, source = np.asarray(speakers), np.asarray(footage)
    other = source[:, None] != source[None]
    asked = ((speaker[:, None] == speaker[None]) & other).any(1)
    nearest = np.where(other, distances, np.inf).argmin(1)
    hits = (speaker[nearest] == speaker)[asked]
    return (float(hits.mean()) if len(hits) else float("nan")), int(asked.sum())


def chance_of_recall(speakers: Sequence[str], footage: Sequence[str]) -> float:
    """What `recall_at_1` would give by picking other footage blindly, on average over those asked."""
    speaker, source = np.asarray(speakers), np.asarray(footage)
    other = source[:, None] != source[None]
    same = (speaker[:, None] == speaker[None]) & other
    asked = same.any(1)
    return float((same.sum(1) / np.maximum(other.sum(1), 1))[asked].mean()) if asked.any() else float("nan")


def separation(codes: np.ndarray, speakers: Sequence[str], footage: Sequence[str]) -> float:
    """Mean distance to the same speaker's other footage over mean distance to other speakers. Below 1 styles gather."""
    distances = pairwise_distances(codes)
    speaker, source = np.asarray(speakers), np.asarray(footage)
    same = (speaker[:, None] == speaker[None]) & (source[:, None] != source[None])
    other = speaker[:, None] != speaker[None]
    if not same.any() or not other.any():
        return float("nan")
    return float(distances[same].mean() / distances[other].mean())
