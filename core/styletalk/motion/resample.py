# SPDX-License-Identifier: Apache-2.0
"""The face at a scene's own frame rate, with closed lips and closed eyes still closed.

Sample n is the face at n / fps seconds of the sound. Plain interpolation at 24 frames a second passes beside most of
the rows in which the lips touch, and the mouth never shuts. So time is bent a little: the rows in which lips are shut
are seen on all scene frames of that time and on the one to either side, so that what lies between two keys is shut too.
An eye is seen shut on the frame that is nearest to it.
"""

import math
from dataclasses import dataclass

import numpy as np

from ..animation import LIP_SHAPES, FaceAnimation, between_rows
from .articulation import shut_spans

BEND_S = 0.1
"""How long the bend of time takes to fade out on either side of a closure: about the length of a phoneme."""
SLACK_FRAMES = 0.1
"""A frame this near to the time that lips are shut counts as within it."""
_NOWHERE = np.empty((0, 2))
_OF_LIPS = -len(LIP_SHAPES)
CLOSED_EYE = 0.5
"""A blink counts as a closed eye from here on, where 1 is shut."""


@dataclass(frozen=True)
class SceneSamples:
    """A face over time at the scene's rate; sample n belongs on the frame of the sound's beginning + first_frame + n.

    times_s: (N,) float64, (first_frame + n) / fps. coefficients: (N, 64), head_pose: (N, 6), blinks: (N, 2), gaze:
    (N, 4), tongue: (N, 4), upper: (N, 15), intensity: (N,) where it is known, recorded: (N, 52) ARKit weights where it
    is a take; all float32, units as in FaceAnimation.
    """

    times_s: np.ndarray
    coefficients: np.ndarray
    head_pose: np.ndarray
    blinks: np.ndarray
    gaze: np.ndarray
    tongue: np.ndarray
    upper: np.ndarray
    first_frame: int = 0
    intensity: np.ndarray | None = None
    recorded: np.ndarray | None = None


def scene_samples(
    animation: FaceAnimation, fps: float, frame_count: int | None = None, first_frame: int = 0
) -> SceneSamples:
    """The animation at `fps` frames a second (a scene's render.fps / render.fps_base), edges held.

    first_frame: where it begins; 0 is the frame of the sound's beginning, and `default_first_frame` that of the face's.
    frame_count: how many samples; by default as many as it takes to see the last row. Raises ValueError for an fps or
    frame count that is not positive.
    """
    if not (math.isfinite(fps) and fps > 0):
        raise ValueError(f"fps must be a positive number, not {fps}.")
    row_frames = animation.times_s * fps  # (T,): where on the scene's frames each row belongs
    count = default_frame_count(animation, fps) - first_frame if frame_count is None else frame_count
    if count < 1:
        raise ValueError(f"frame_count must be at least 1, not {count}.")
    frames = first_frame + np.arange(count, dtype=np.float64)

    plain = bent_rows(frames, row_frames, _NOWHERE, fps)
    lips = bent_rows(frames, row_frames, _shut_lips(animation, row_frames), fps)
    lids = bent_rows(frames, row_frames, _shut_eyes(animation.blinks, row_frames), fps)
    return SceneSamples(
        times_s=frames / fps,
        coefficients=_interpolated(animation.coefficients, lips),
        head_pose=_interpolated(animation.head_pose, plain),
        blinks=_interpolated(animation.blinks, lids),
        gaze=_interpolated(animation.gaze, plain),
        tongue=_interpolated(animation.tongue, lips),
        upper=np.hstack(
            [_interpolated(animation.upper[:, :_OF_LIPS], plain), _interpolated(animation.upper[:, _OF_LIPS:], lips)]
        ),
        first_frame=first_frame,
        intensity=None if animation.intensity is None else _interpolated(animation.intensity[:, None], plain)[:, 0],
        recorded=animation.recorded and animation.recorded.at(frames / fps - animation.sync_offset_s),
    )


def default_first_frame(animation: FaceAnimation, fps: float) -> int:
    """The frame on which the face begins to move, counted from that of the sound's beginning: 0 or below."""
    return min(0, math.floor(animation.times_s[0] * fps + 1e-6)) if len(animation) else 0


def default_frame_count(animation: FaceAnimation, fps: float) -> int:
    """How many scene frames it takes to see the whole animation, from the sound's first moment to the last row."""
    if len(animation) == 0:
        return 1
    return max(1, math.ceil(animation.times_s[-1] * fps - 1e-6) + 1)


def bent_rows(frames: np.ndarray, row_frames: np.ndarray, landing: np.ndarray, fps: float) -> np.ndarray:
    """(N,) fractional rows seen on each of `frames`, never falling, with every row of `landing` exactly on its frame.

    frames: (N,) scene frames. row_frames: (T,) where each row belongs, evenly spaced. landing: (K, 2) frame and row,
    frames rising, rows not falling. Around landings, for BEND_S, time runs a little fast or slow.
    """
    rows = np.arange(len(row_frames), dtype=np.float64)
    if len(rows) < 2:
        return np.zeros_like(frames)
    step = (row_frames[-1] - row_frames[0]) / (len(rows) - 1)  # scene frames a row
    if len(landing) == 0:
        return (frames - row_frames[0]) / step
    targets, landed = landing.T
    knots, shifts = _bend(targets, targets - (row_frames[0] + landed * step), reach=max(2.0, BEND_S * fps))
    return (frames - np.interp(frames, knots, shifts) - row_frames[0]) / step


def _bend(targets: np.ndarray, shifts: np.ndarray, reach: float) -> tuple[np.ndarray, np.ndarray]:
    """Knots of the shift of time over scene frames: each target's own shift there, zero from `reach` frames away."""
    knots: list[tuple[float, float]] = [(targets[0] - reach, 0.0)]
    for k, (target, shift) in enumerate(zip(targets, shifts, strict=True)):
        if k and target - targets[k - 1] > 2 * reach:
            knots += [(targets[k - 1] + reach, 0.0), (target - reach, 0.0)]
        knots.append((target, shift))
    knots.append((targets[-1] + reach, 0.0))
    positions, values = np.asarray(knots, np.float64).T
    return positions, values


def _shut_lips(animation: FaceAnimation, row_frames: np.ndarray) -> np.ndarray:
    """(K, 2) scene frames and the rows seen on them: the first and last of each time that the lips are shut.

    None where every row has a frame of its own: then keys say what rows say.
    """
    if len(row_frames) < 2 or np.abs(row_frames - np.rint(row_frames)).max() < SLACK_FRAMES**2:
        return _NOWHERE
    step, found = row_frames[1] - row_frames[0], []
    for first, last in np.maximum(shut_spans(animation.row_track), 0.0):
        begins = max(math.floor(row_frames[0] + first * step + SLACK_FRAMES), found[-1][0] + 1 if found else -math.inf)
        ends = math.ceil(row_frames[0] + last * step - SLACK_FRAMES)
        if begins > ends and found:
            continue  # the one before is seen on all its frames: one picture shows one closure, and time does not slip
        found += [(begins, first), (ends, last)] if ends > begins else [(begins, (first + last) / 2)]
    return _rising(np.array(found, np.float64).reshape(-1, 2), len(row_frames))


def _rising(landing: np.ndarray, rows: int) -> np.ndarray:
    """(K, 2) frames and rows within the animation, no row before one that is seen earlier."""
    return np.stack([landing[:, 0], np.minimum(np.maximum.accumulate(landing[:, 1]), rows - 1)], axis=1)


def _shut_eyes(blinks: np.ndarray, row_frames: np.ndarray) -> np.ndarray:
    """(K, 2) scene frames and the rows seen on them: the middle of each peak of the blink track, both eyes together."""
    shut = blinks.mean(axis=1, dtype=np.float64)
    edges = np.flatnonzero(np.diff(shut)) + 1  # plateaus count as one peak
    starts = np.concatenate([[0], edges]).astype(np.int64)
    ends = np.append(starts[1:], len(shut)) - 1
    level = shut[starts] if len(shut) else shut
    padded = np.concatenate([[-1.0], level, [-1.0]])
    peak = (level > padded[:-2]) & (level > padded[2:]) & (level >= CLOSED_EYE)
    rows = (starts[: len(level)][peak] + ends[: len(level)][peak]) // 2
    best: dict[float, int] = {}
    for row in rows:  # of rows that fall on the same scene frame the most closed one: one picture shows one row
        frame = math.floor(row_frames[row] + 0.5)
        if frame not in best or shut[row] > shut[best[frame]]:
            best[frame] = int(row)
    return np.array(sorted(best.items()), np.float64).reshape(-1, 2)


def _interpolated(track: np.ndarray, rows: np.ndarray) -> np.ndarray:
    """(N, C) float32: `track` (T, C) at fractional rows, zeros where it has none."""
    return between_rows(track, rows) if len(track) else np.zeros((len(rows), track.shape[1]), np.float32)
