# SPDX-License-Identifier: Apache-2.0
"""Where the eyes look: small seeded jumps round straight ahead, often in the shelter of a blink."""

import numpy as np

from ..styles.manner import Manner
from ..timeline import FRAME_RATE_HZ
from .blinks import blink_peaks
from .noise import ends_at_rest

FIXATION_S = (0.35, 2.2)
"""The eyes of a neutral speaker rest this long on one point, shortest and longest."""
MAX_REST = 3.0
"""A stare rests no longer than so many times that."""
MAX_TURN = 0.3
FULL_TURN_DEG = (32.0, 20.0)
"""What a gaze of 1 is, to the side and up or down, on the open face."""
MAX_HOLD = 0.6
"""Of the eyes' full turn, against the head's."""
HOME_CHANCE = 0.45
"""How often a jump goes back to straight ahead: at the listener."""
EASE_S = 0.4
"""How long the eyes take to the height at which the style looks."""
BLINK_JUMP_CHANCE = 0.6
BLINK_DIP = 0.06
"""The eyes dip this much under closed lids."""


def gaze_track(
    blinks: np.ndarray, seed: int, manner: Manner | None = None, head_pose: np.ndarray | None = None
) -> np.ndarray:
    """(T, 4) float32 in 0..1: look to the person's left, right, up, down. blinks: (T, 2). Same seed, same looks.

    manner: of the style, None for a neutral speaker's: how often the eyes jump, how far, and how low they look.
    head_pose: (T, 6), against whose turns the eyes stay with the listener as far as the manner says; None for a still
    head.
    """
    manner, rows = manner or Manner(), len(blinks)
    generator = np.random.default_rng([seed, 2])
    jumps = _jump_rows(blinks, manner.looks, generator)
    points = np.array([(0.0, 0.0), *(_next_point(manner, generator) for _ in jumps)])  # left positive, up positive
    point = _one_row_on_the_way(np.repeat(points, np.diff([0, *jumps, rows]), axis=0))
    point[:, 1] -= manner.look_down * ends_at_rest(rows, EASE_S)
    point[:, 1] -= BLINK_DIP * np.asarray(blinks, np.float64).mean(axis=1)
    point = np.clip(point, -MAX_TURN, MAX_TURN)
    if head_pose is not None:
        turned = np.degrees(np.asarray(head_pose, np.float64)[:, [1, 0]]) * (-1, 1)  # to the right, and up
        point = point + MAX_HOLD * np.tanh(manner.hold * turned / FULL_TURN_DEG / MAX_HOLD)
    left, up = point.T
    return np.clip(np.stack([left, -left, up, -up], axis=1), 0, 1).astype(np.float32)


def _jump_rows(blinks: np.ndarray, looks: float, generator: np.random.Generator) -> list[int]:
    """Rows at which the eyes jump, in order: at the end of each fixation, and at many blinks."""
    rest = min(Manner().looks / looks, MAX_REST)
    shortest, longest = (rest * s * FRAME_RATE_HZ for s in FIXATION_S)
    jumps: list[int] = []
    row = generator.uniform(shortest, longest)
    while row < len(blinks):
        jumps.append(int(row))
        row += shortest + (longest - shortest) * generator.beta(1.2, 2.0)
    jumps += [int(peak) for peak in blink_peaks(blinks) if generator.random() < BLINK_JUMP_CHANCE]
    return sorted(set(jumps))


def _next_point(manner: Manner, generator: np.random.Generator) -> np.ndarray:
    home = generator.random() < HOME_CHANCE
    jump = generator.normal(size=2) * manner.spread
    return 0.15 * jump if home else jump


def _one_row_on_the_way(point: np.ndarray) -> np.ndarray:
    """A jump of the eyes takes 30 to 60 ms: one row lies between."""
    before = np.concatenate([point[:1], point[:-1]])
    return np.where(point != before, (point + before) / 2, point)
