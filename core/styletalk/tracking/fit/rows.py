# SPDX-License-Identifier: Apache-2.0
"""From the frames of a film to 30 rows a second: smoothed without lag, by quality; bridged; never across a cut."""

import numpy as np

from ...timeline import FILM_DELAY_ROWS, FRAME_RATE_HZ, film_row_time_s

KERNEL_S = 0.018
"""Deviation of the Gaussian that weighs frames round a row: about half a row."""
REACH_S = 0.085
"""Frames further from a row say nothing of it."""
MAX_STEP_S = 0.1
"""Rows between frames that lie further apart are bridged."""
CHUNK_ROWS = 4096
STEADY = 0.03
"""Weight of the prior that a curve is level: decides where there are too few frames for a parabola."""


def rows_until(end_s: float) -> np.ndarray:
    """(T,) seconds of the rows up to `end_s` of the sound; at least one."""
    last = int(np.floor(end_s * FRAME_RATE_HZ + 0.5)) - FILM_DELAY_ROWS
    return film_row_time_s(np.arange(max(last, 0) + 1))


def shots(times_s: np.ndarray, cuts_s: tuple[float, ...]) -> np.ndarray:
    """(N,) int: the number of the shot that each time lies in; a cut begins the next one."""
    return np.searchsorted(np.sort(np.asarray(cuts_s, float)), np.asarray(times_s) + 1e-6, side="right")


def seen_rows(rows_s: np.ndarray, row_shot: np.ndarray, times_s: np.ndarray, frame_shot: np.ndarray) -> np.ndarray:
    """(T,) bool: rows with a frame beside them, or with frames on both sides that follow each other closely.

    times_s: (N,) of the frames that can be believed, in order.
    """
    if not len(times_s):
        return np.zeros(len(rows_s), bool)
    after = np.searchsorted(times_s, rows_s)
    left, right = np.maximum(after - 1, 0), np.minimum(after, len(times_s) - 1)
    near = np.zeros(len(rows_s), bool)
    for side in (left, right):
        near |= (np.abs(times_s[side] - rows_s) <= MAX_STEP_S / 4) & (frame_shot[side] == row_shot)
    between = (frame_shot[left] == row_shot) & (frame_shot[right] == row_shot)
    return near | (between & (after > 0) & (after < len(times_s)) & (times_s[right] - times_s[left] <= MAX_STEP_S))


def smoothed(
    rows_s: np.ndarray, row_shot: np.ndarray, times_s: np.ndarray, frame_shot: np.ndarray, weight: np.ndarray,
    values: np.ndarray,
) -> np.ndarray:  # fmt: skip
    """(T, C) of values (N, C) at the rows: a parabola through the frames round each row, the nearest counting most.

    weight: (N,) of each frame. Frames of other shots do not count. Symmetric in time: nothing comes late.
    """
    curves = np.zeros((len(rows_s), values.shape[1]))
    for start in range(0, len(rows_s), CHUNK_ROWS):
        part = slice(start, start + CHUNK_ROWS)
        index, share = _shares(rows_s[part], row_shot[part], times_s, frame_shot, weight)
        curves[part] = np.einsum("tw,twc->tc", share, values[index])
    return curves


def _shares(
    rows_s: np.ndarray, row_shot: np.ndarray, times_s: np.ndarray, frame_shot: np.ndarray, weight: np.ndarray
) -> tuple[np.ndarray, np.ndarray]:
    """(T, W) frames round each row, and their share in it: the value at the row of the parabola through them."""
    first, end = np.searchsorted(times_s, rows_s - REACH_S), np.searchsorted(times_s, rows_s + REACH_S)
    index = first[:, None] + np.arange(max(1, int((end - first).max(initial=1))))
    inside = index < end[:, None]
    index = np.minimum(index, len(times_s) - 1)
    off = (times_s[index] - rows_s[:, None]) / KERNEL_S
    believed = weight[index] * np.exp(-0.5 * off**2) * (inside & (frame_shot[index] == row_shot[:, None]))
    powers = np.stack([np.ones_like(off), off, off**2], axis=2)  # (T, W, 3)
    system = np.einsum("twi,tw,twj->tij", powers, believed, powers) + STEADY * np.diag([1e-9, 1.0, 1.0])
    return index, np.einsum("ti,twi->tw", np.linalg.inv(system)[:, 0], powers) * believed


def bridged(values: np.ndarray, seen: np.ndarray, row_shot: np.ndarray) -> np.ndarray:
    """(T, C) with the rows that were not seen made up from those before and after in their shot, easing in and out.

    At the ends of a shot the nearest row stays; a shot of which nothing is seen takes the nearest row of all.
    """
    known = np.flatnonzero(seen)
    filled = values.copy()
    for row in np.flatnonzero(~seen):
        place = np.searchsorted(known, row)
        sides = [known[at] for at in (place - 1, place) if 0 <= at < len(known)]
        sides = [side for side in sides if row_shot[side] == row_shot[row]] or [min(sides, key=lambda s: abs(s - row))]
        share = (row - sides[0]) / max(sides[-1] - sides[0], 1)
        ease = share * share * (3 - 2 * share) if len(sides) > 1 else 0.0
        filled[row] = (1 - ease) * values[sides[0]] + ease * values[sides[-1]]
    return filled
