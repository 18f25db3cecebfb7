# SPDX-License-Identifier: Apache-2.0
"""A manner measured from a person: how the head moved, the lids fell and the eyes went, row by row."""

from dataclasses import dataclass, replace

import numpy as np

from ..timeline import FRAME_RATE_HZ
from .manner import Manner

MIN_MEASURED_ROWS = 30
"""A second. Of less nothing is known of how a head moves."""
SMOOTH_ROWS = 7
"""Rows of the parabola that takes the tracker's noise out of a speed: what is faster than about 5 Hz."""
OPEN_PERCENTILE, OPEN_ROWS = 70, 91
"""An eye's usual opening: this percentile over so many rows round each."""
SHUT_SHARE, HALF_SHUT_SHARE = 0.55, 0.8
"""A blink takes the opening below the first part of the usual one, and lasts while it is below the second."""
MAX_BLINK_ROWS = 14
"""Eyes that are shut for longer are narrowed, or closed on purpose."""
KNOWN_S = 4.0
"""What the usual rate of blinks and looks weighs beside what is counted: few seconds have none, or two, by chance."""
JUMP, JUMP_TO_NOISE = 0.05, 8.0
"""An iris has jumped that moves by this part of the eyes' full turn within a fifteenth of a second, and by so many
times what is usual."""


@dataclass(frozen=True)
class Motion:
    """What was seen, 30 rows a second, (T, ...) each; None where it was not.

    rotation: (T, 3) radians as the published clips have them. translation: (T, 3) metres. opening: (T,) of the eyes,
    in any unit, blinks in it. gaze: (T, 4) as `FaceAnimation.gaze`. usable: (T,) bool, which rows can be believed.
    """

    rotation: np.ndarray
    translation: np.ndarray | None = None
    opening: np.ndarray | None = None
    gaze: np.ndarray | None = None
    usable: np.ndarray | None = None

    def part(self, rows: slice) -> "Motion":
        """Those rows of it."""
        others = (self.translation, self.opening, self.gaze, self.usable)
        return Motion(self.rotation[rows], *(each if each is None else each[rows] for each in others))


def measured(motion: Motion, otherwise: Manner) -> Manner:
    """The manner of what was seen; what cannot be seen in it is as `otherwise` says.

    A short clip says little of how often its person blinks: its count is taken together with the usual rate.
    """
    usable = np.ones(len(motion.rotation), bool) if motion.usable is None else motion.usable
    if usable.sum() < MIN_MEASURED_ROWS:
        return otherwise
    degrees = np.degrees(np.asarray(motion.rotation, np.float64))
    level = degrees[usable].mean(axis=0) * (1, 0, 1)
    found = replace(
        otherwise, level_deg=tuple(level), size_deg=tuple(degrees[usable].std(axis=0)), speed=tuple(speed_of(degrees))
    )
    if motion.translation is not None:
        x, y = 1000.0 * smooth(motion.translation[:, :2])[usable].std(axis=0)
        found = replace(found, sway_mm=(x, y, (x + y) / 2))  # depth is mostly noise in a tracked face
    if motion.opening is not None:
        found = replace(found, blinks=blink_rate(motion.opening, otherwise.blinks))
    if motion.gaze is not None:
        found = _looking(motion.gaze[usable], found)
    return found.bounded()


def speed_of(degrees: np.ndarray) -> np.ndarray:
    """(3,) mean |speed| of (T, 3) angles, units a second: between that of the rows as they are and that of smooth ones.

    Part of what is fast in a tracked head is the tracker's noise, and nobody knows which; so it is the geometric mean.
    """
    speeds = [np.abs(np.diff(each, axis=0)).mean(axis=0) * FRAME_RATE_HZ for each in (degrees, smooth(degrees))]
    return np.sqrt(speeds[0] * speeds[1])


def smooth(track: np.ndarray) -> np.ndarray:
    """(T, C): each row on the parabola that fits the SMOOTH_ROWS round it best (Savitzky and Golay, 1964)."""
    half = SMOOTH_ROWS // 2
    around = np.vander(np.arange(-half, half + 1), 3)
    weights = np.linalg.pinv(around)[-1]
    padded = np.pad(np.asarray(track, np.float64), ((half, half), (0, 0)), mode="reflect", reflect_type="odd")
    return sum(w * padded[i : i + len(track)] for i, w in enumerate(weights))  # type: ignore[return-value]


def blinks_in(opening: np.ndarray) -> np.ndarray:
    """(K,) rows at which a person blinks, of the eyes' opening (T,): quick dips far below what is usual just then."""
    if len(opening) < 3:
        return np.zeros(0, int)
    mode = "reflect" if len(opening) > OPEN_ROWS else "edge"
    padded = np.pad(np.asarray(opening, np.float64), OPEN_ROWS // 2, mode=mode)
    usual = np.percentile(np.lib.stride_tricks.sliding_window_view(padded, OPEN_ROWS), OPEN_PERCENTILE, axis=1)
    share = opening / np.maximum(usual[: len(opening)], 1e-3)
    low = np.concatenate([[False], share < HALF_SHUT_SHARE, [False]]).astype(np.int8)
    dips = np.flatnonzero(np.diff(low)).reshape(-1, 2)
    short = [(a, share[a:b]) for a, b in dips if b - a <= MAX_BLINK_ROWS]
    return np.array([a + int(np.argmin(dip)) for a, dip in short if dip.min() < SHUT_SHARE], int)


def blink_rate(opening: np.ndarray, usual: float) -> float:
    """Blinks a minute of the eyes' opening (T,), beside the usual rate."""
    seconds = len(opening) / FRAME_RATE_HZ
    return (60.0 * len(blinks_in(opening)) + usual * KNOWN_S) / (seconds + KNOWN_S)


def _looking(gaze: np.ndarray, manner: Manner) -> Manner:
    """The manner with the looks of a gaze (T, 4). Where the eyes are mostly is straight ahead, so no level is known."""
    point = np.stack([gaze[:, 0] - gaze[:, 1], gaze[:, 2] - gaze[:, 3]], axis=1).astype(np.float64)
    padded = np.pad(point, ((2, 2), (0, 0)), mode="edge")
    point = np.median(np.lib.stride_tricks.sliding_window_view(padded, 5, axis=0), axis=-1)  # jumps stay, noise goes
    step = np.linalg.norm(point[2:] - point[:-2], axis=1)
    jumping = step > max(JUMP, JUMP_TO_NOISE * float(np.median(step)))
    jumps = np.count_nonzero(np.diff(jumping.astype(np.int8)) > 0)
    spread = np.percentile(np.abs(point), 68, axis=0)  # a deviation that lost tracking does not widen
    seconds = len(gaze) / FRAME_RATE_HZ
    looks = (jumps + manner.looks * KNOWN_S) / (seconds + KNOWN_S)
    return replace(manner, spread=tuple(spread), looks=looks)
