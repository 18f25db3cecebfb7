# SPDX-License-Identifier: Apache-2.0
"""Many pictures on one sheet."""

from collections.abc import Sequence

import numpy as np


def contact_sheet(
    pictures: Sequence[np.ndarray], columns: int, gap: int = 4, background: tuple[int, int, int] = (24, 24, 26)
) -> np.ndarray:
    """Pictures of one size, (H, W, 3) uint8, in reading order on a grid. Raises ValueError for none or mixed sizes."""
    shapes = {picture.shape for picture in pictures}
    if len(shapes) != 1 or columns < 1:
        raise ValueError(f"A sheet needs pictures of one size and at least one column; found {sorted(shapes)}.")
    height, width = pictures[0].shape[:2]
    rows = -(-len(pictures) // columns)
    sheet = np.empty((rows * (height + gap) + gap, columns * (width + gap) + gap, 3), np.uint8)
    sheet[:] = background
    for k, picture in enumerate(pictures):
        top, left = gap + k // columns * (height + gap), gap + k % columns * (width + gap)
        sheet[top : top + height, left : left + width] = picture
    return sheet
