# SPDX-License-Identifier: Apache-2.0
"""What the networks see of a line at each of its rows (paper, section 3.1)."""

import numpy as np

from styletalk.networks.config import GeneratorConfig


def surroundings(track: np.ndarray, start: int, stop: int, sizes: GeneratorConfig, beyond: float) -> np.ndarray:
    """(N, W, ...) windows of a track (T, ...) that belong to rows start..stop; `beyond` before and after the track."""
    rows = np.arange(start - sizes.window, stop + sizes.window) + sizes.lookahead
    inside = (rows >= 0) & (rows < len(track))
    around = np.full((len(rows), *track.shape[1:]), beyond, track.dtype)
    around[inside] = track[rows[inside]]
    return around[np.arange(stop - start)[:, None] + np.arange(sizes.tokens)]
