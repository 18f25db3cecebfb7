# SPDX-License-Identifier: Apache-2.0
"""Where another shot begins: the picture and the face in it jump at once, and only once."""

import numpy as np

MIN_CHANGE, OTHER_SCENE = 4.0, 25.0
"""Mean change of brightness, of 255, from one picture to the next: at a jump cut within a scene, and to another one."""
MIN_JUMP = 0.05
"""By how much a face is displaced at a jump cut, in distances between the outer corners of its eyes."""
MIN_ISOLATION = 3.5
"""How much greater both are than with their neighbours: heads that turn fast do so for several pictures."""
NEIGHBOURS = (-3, -2, -1, 1, 2, 3)
CHANGE_FLOOR, JUMP_FLOOR = 0.5, 0.005


def shot_starts(signatures: np.ndarray, places: np.ndarray) -> np.ndarray:
    """(S,) int: the first picture of each shot, 0 among them.

    signatures: (N, K) uint8, each picture very small. places: (N, P, 2) points of the largest face in distances between
    its eyes, NaN where there is none.
    """
    change = np.concatenate([[0.0], np.abs(np.diff(signatures.astype(np.int16), axis=0)).mean(axis=1)])
    jump = np.concatenate([[0.0], np.linalg.norm(np.diff(places, axis=0), axis=2).mean(axis=1)])
    lost = np.isnan(jump)
    jump[lost] = 0.0
    alone = _isolation(change, CHANGE_FLOOR) > MIN_ISOLATION
    jumps = (jump > MIN_JUMP) & (_isolation(jump, JUMP_FLOOR) > MIN_ISOLATION)
    cut = alone & np.where(lost, change > OTHER_SCENE, jumps & (change > MIN_CHANGE) | (change > OTHER_SCENE))
    return np.flatnonzero(cut | (np.arange(len(cut)) == 0))


def _isolation(values: np.ndarray, floor: float) -> np.ndarray:
    """How many times greater each is than the greatest of its neighbours."""
    around, reach = np.zeros_like(values), max(NEIGHBOURS)
    padded = np.pad(values, reach)  # before the first picture and after the last there is none
    for step in NEIGHBOURS:
        around = np.maximum(around, padded[reach + step : reach + step + len(values)])
    return values / (around + floor)
