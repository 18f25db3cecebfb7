# SPDX-License-Identifier: Apache-2.0
"""By how many rows a face leads its labels, measured: extractors and codecs shift sound against picture.

An offset of L says that row i of the face goes with label i + L. Shifting the sample clips by their own offsets doubled
what a linear model explains, so a wrong offset costs more than any network gains.
"""

from collections import defaultdict
from collections.abc import Collection
from dataclasses import replace

import numpy as np

from styletalk.face.landmarks import face_tracks
from styletalk.face.model import open_face
from styletalk.speech.audio.sound_file import Audio
from styletalk.speech.features.prosody import prosody

from .clip import Clip

OFFSETS = np.arange(-6, 13)
RIDGE = 100.0
BIAS_ROWS = 0.55
"""So much later than a label its sound explains the mouth best: the seven sample clips then show the known ones."""
ALONE_ROWS = 300
"""From ten seconds on a clip is judged by itself, below that with the others of its speaker."""
CLEAR_R, CLEAR_RISE = 0.3, 0.1
"""A peak is believed from this correlation on, if it stands so far above the middle of the curve."""


def offset_curve(expression: np.ndarray, audio: Audio) -> np.ndarray:
    """(19,): how well the sound explains the mouth gap of (T, 64) at each of OFFSETS, as a correlation.

    Ridge regression from one row of sound, learnt on one half of the clip and tried on the other, both ways.
    """
    gap = face_tracks(open_face(), expression)[:, 0].astype(np.float64)
    features = prosody(audio, len(gap) + int(OFFSETS[-1])).astype(np.float64)
    rows = np.arange(-OFFSETS[0], len(gap))
    return np.array([_explained(features[rows + offset], gap[rows]) for offset in OFFSETS])


def _explained(features: np.ndarray, gap: np.ndarray) -> float:
    half = len(gap) // 2
    scores = []
    for learn, test in ((slice(None, half), slice(half, None)), (slice(half, None), slice(None, half))):
        centred = features[learn] - features[learn].mean(axis=0)
        system = centred.T @ centred + RIDGE * np.eye(features.shape[1])
        found = features[test] @ np.linalg.solve(system, centred.T @ (gap[learn] - gap[learn].mean()))
        spread = found.std() * gap[test].std()
        scores.append(np.mean((found - found.mean()) * (gap[test] - gap[test].mean())) / spread if spread > 0 else 0.0)
    return float(np.mean(scores))


def clear_offset(curve: np.ndarray) -> int | None:
    """The offset at the curve's peak, or None where it has no clear one."""
    top = int(np.argmax(curve))
    if curve[top] < CLEAR_R or curve[top] - np.median(curve) < CLEAR_RISE or top in (0, len(curve) - 1):
        return None
    before, at, after = curve[top - 1 : top + 2]
    bend = before - 2 * at + after
    peak = OFFSETS[top] + (0.5 * (before - after) / bend if bend < 0 else 0.0)  # vertex of the parabola through three
    return round(peak - BIAS_ROWS)


def with_measured_offsets(clips: Collection[Clip], curves: dict[str, np.ndarray]) -> tuple[tuple[Clip, ...], int]:
    """The clips with the offsets that their curves say (by name), and how many keep the offset they had.

    A clip too short or unclear goes by all clips of its speaker, then by all clips.
    """
    by_speaker: dict[str, list[Clip]] = defaultdict(list)
    for clip in clips:
        if clip.name in curves:
            by_speaker[clip.speaker].append(clip)
    together = {speaker: _pooled(group, curves) for speaker, group in by_speaker.items()}
    everybody = _pooled([clip for clip in clips if clip.name in curves], curves)
    measured, kept = [], 0
    for clip in clips:
        own = clear_offset(curves[clip.name]) if clip.name in curves and clip.rows >= ALONE_ROWS else None
        found = next((offset for offset in (own, together.get(clip.speaker), everybody) if offset is not None), None)
        kept += found is None
        measured.append(clip if found is None else replace(clip, av_offset=found))
    return tuple(measured), kept


def _pooled(clips: list[Clip], curves: dict[str, np.ndarray]) -> int | None:
    """The offset at the peak of the clips' mean curve, longer clips counting more."""
    if not clips:
        return None
    return clear_offset(
        np.average([curves[clip.name] for clip in clips], axis=0, weights=[clip.rows for clip in clips])
    )
