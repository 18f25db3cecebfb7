# SPDX-License-Identifier: Apache-2.0
"""A renderer whose pictures say what they show."""

import numpy as np

from styletalk.photoreal.renderers import KEEP

HEIGHT, WIDTH = 131, 129
"""Odd, which H.264 is not."""


def shown(coefficient: float) -> int:
    """The grey by which the stand-in renderer shows a row's first coefficient."""
    return round(100 + 40 * float(coefficient))


class StandInRenderer:
    """Grey pictures by the row's first coefficient; the left half is background."""

    def __init__(self, portrait, options, notify=None) -> None:
        self.shape, self.options, self.asked = portrait.pixels.shape, options, []

    def frames(self, motion, rows=None):
        rows = range(len(motion)) if rows is None else rows
        self.asked += [rows]
        for row in rows:
            picture = np.full((*self.shape[:2], 3), shown(motion.coefficients[row, 0]), np.uint8)
            if self.options.background == KEEP:
                yield picture
                continue
            alpha = np.full((*self.shape[:2], 1), 255, np.uint8)
            alpha[:, : self.shape[1] // 2] = 0
            yield np.concatenate([picture, alpha], axis=2)
