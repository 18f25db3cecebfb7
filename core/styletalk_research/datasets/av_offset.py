# SPDX-License-Identifier: Apache-2.0
"""By how many rows a face leads its labels, measured: extractors and codecs shift sound against picture.

A lead of L says that row i of the face goes with label i + L. Shifting the sample clips to their own leads doubled what
a linear model explains, so a wrong lead costs more than any network gains.
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

LEADS = np.arange(-6, 13)
RIDGE = 100.0
BIAS_ROWS = 0.55
"""So much later than a label its sound explains the mouth best: the seven sample clips then show their known leads."""
ALONE_ROWS = 300
"""From ten seconds on a clip is judged by itself, below that with the others of its speaker."""
CLEAR_R, CLEAR_RISE = 0.3, 0.1
"""A peak is believed from this correlation on, if it stands so far above the middle of the curve."""


def lead_curve(expression: np.ndarray, audio: Audio) -> np.ndarray:
    """(19,): how well the sound explains the mouth gap of (T, 64) at each of LEADS, as a correlation.

    Ridge regression from one row of sound, learnt on one half of the clip and tried on the other, both ways.
    """
    gap = face_tracks(open_face(), expression)[:, 0].astype(np.float64)
    heard = prosody(audio, len(gap) + int(LEADS[-1])).astype(np.float64)
    rows = np.arange(-LEADS[0], len(gap))
    return np.array([_explained(heard[rows + lead], gap[rows]) for lead in LEADS])


def _explained(heard: np.ndarray, gap: np.ndarray) -> float:
    half = len(gap) // 2
    scores = []
    for learn, test in ((slice(None, half), slice(half, None)), (slice(half, None), slice(None, half))):
        centred = heard[learn] - heard[learn].mean(axis=0)
        system = centred.T @ centred + RIDGE * np.eye(heard.shape[1])
        found = heard[test] @ np.linalg.solve(system, centred.T @ (gap[learn] - gap[learn].mean()))
        spread = found.std() * gap[test].std()
        scores.append(np.mean((found - found.mean()) * (gap[test] - gap[test].mean())) / spread if spread > 0 else 0.0)
    return float(np.mean(scores))


def clear_lead(curve: np.ndarray) -> int | None:
    """The lead at the curve's peak, or None where it has no clear one."""
    top = int(np.argmax(curve))
    if curve[top] < CLEAR_R or curve[top] - np.median(curve) < CLEAR_RISE or top in (0, len(curve) - 1):
        return None
    before, at, after = curve[top - 1 : top + 2]
    bend = before - 2 * at + after
    peak = LEADS[top] + (0.5 * (before - after) / bend if bend < 0 else 0.0)  # vertex of the parabola through three
    return round(peak - BIAS_ROWS)


def with_measured_leads(clips: Collection[Clip], curves: dict[str, np.ndarray]) -> tuple[tuple[Clip, ...], int]:
    """The clips with the leads that their curves say (by name), and how many keep the lead they had.

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
        own = clear_lead(curves[clip.name]) if clip.name in curves and clip.rows >= ALONE_ROWS else None
        found = next((lead for lead in (own, together.get(clip.speaker), everybody) if lead is not None), None)
        kept += found is None
        measured.append(clip if found is None else replace(clip, lead=found))
    return tuple(measured), kept


def _pooled(clips: list[Clip], curves: dict[str, np.ndarray]) -> int | None:
    """The lead at the peak of the clips' mean curve, longer clips counting more."""
    if not clips:
        return None
    return clear_lead(np.average([curves[clip.name] for clip in clips], axis=0, weights=[clip.rows for clip in clips]))
