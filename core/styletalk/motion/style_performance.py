# SPDX-License-Identifier: Apache-2.0
"""What a line's styles do beside its coefficients, by their shares: the upper face, accents, head, lids and eyes."""

from collections.abc import Iterable
from dataclasses import replace

import numpy as np

from ..face.model import open_face
from ..request import NEUTRAL_STYLE, AnimationRequest
from ..styles.library import read_style
from .accents import accent_track
from .finish import Performance
from .head import auto_pose
from .line import SpokenLine
from .style_plan import StylePlan, head_shares


def performance_of(line: SpokenLine, plan: StylePlan, shares: np.ndarray, request: AnimationRequest) -> Performance:
    """What motion is told of a line: by the shares (S, T) of its styles what they show beside the coefficients, and how
    they move the head."""
    is_even = plan.is_plain and request.intensity_curve is None
    strength = request.intensity if is_even else line.mean_intensity
    spoken = shares[:, line.spoken].mean(axis=1) if shares[:, line.spoken].size else shares[:, :1].sum(axis=1)
    upper = None if request.raw else _sum(shares, (style.upper(line.intensity) for style in plan.styles))
    performance = Performance(
        line.track, line.emphasis, line.first_row, line.intensity, upper, plan.manner(spoken, strength)
    )
    if request.pose != "auto" or request.raw or np.all(shares == shares[:, :1]):
        return performance
    manners = [plan.manner(alone, strength) for alone in np.eye(len(plan.styles))]
    poses = (auto_pose(line.labels, request.seed, each, line.emphasis, line.intensity) for each in manners)
    return replace(performance, head_pose=_sum(head_shares(shares), poses))


def accents_of(
    line: SpokenLine, plan: StylePlan, shares: np.ndarray, request: AnimationRequest
) -> float | np.ndarray:  # fmt: skip
    """(T,) millimetres: how far the brows accent, by the shares (S, T) of the styles; 0 where they are kept out."""
    if request.raw or not request.accents:
        return 0.0
    neutral = read_style(NEUTRAL_STYLE).clip
    tracks = [accent_track(style.clip, neutral, line.intensity, open_face()) for style in plan.styles]
    return tracks[0] if len(tracks) == 1 else np.sum(shares * np.stack(tracks), axis=0)


def _sum(shares: np.ndarray, tracks: Iterable[np.ndarray]) -> np.ndarray:
    """(T, …) float32: tracks by their shares (S, T)."""
    parts = [
        np.asarray(track) * share.reshape(-1, *[1] * (np.ndim(track) - 1))
        for share, track in zip(shares, tracks, strict=True)
    ]
    return np.sum(parts, axis=0).astype(np.float32) if len(parts) > 1 else parts[0].astype(np.float32)
