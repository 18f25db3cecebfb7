# SPDX-License-Identifier: Apache-2.0
"""How good a picture is: SSIM and PSNR against the real one, and CPBD, which asks of a picture alone whether it is
sharp."""

import numpy as np
from scipy import ndimage

SSIM_SIGMA = 1.5
SSIM_RADIUS = 5
"""An 11 × 11 Gaussian window, as published."""
SSIM_K = (0.01, 0.03)
FULL_SCALE = 255.0
MAX_PSNR_DB = 100.0

BLOCK = 64
"""Pixels on each side of a block of CPBD."""
EDGE_SHARE = 0.002
"""A block with more edge pixels than this share is an edge block."""
BETA = 3.6
WIDTH_LOW_CONTRAST, WIDTH_HIGH_CONTRAST, CONTRAST = 5.0, 3.0, 50.0
"""Width of an edge at which its blur is just noticed, pixels, for contrasts up to and above 50 grey values."""
JUST_NOTICED = 1 - np.exp(-1) + 1e-9
"""Probability of seeing the blur of an edge that is as wide as just noticed, 63 %, that edge included."""


def luminance(picture: np.ndarray) -> np.ndarray:
    """(H, W) float64 in 0..255 of an (H, W, 3) or (H, W) uint8 picture, ITU-R BT.601 weights."""
    picture = np.asarray(picture, np.float64)
    return picture if picture.ndim == 2 else picture @ np.array([0.299, 0.587, 0.114])


def ssim(made: np.ndarray, real: np.ndarray) -> float:
    """Structural similarity of two grey pictures (H, W) in 0..255, -1..1, 1 for the same (Wang et al. 2004, eq. 13).

    Mean over all places where the window of 11 × 11 (σ 1.5) lies inside the picture. Raises ValueError for other sizes.
    """
    if made.shape != real.shape or min(made.shape) < 2 * SSIM_RADIUS + 1:
        raise ValueError(
            f"SSIM needs two pictures of one size, 11 pixels or more; found {made.shape} and {real.shape}."
        )
    a, b = np.asarray(made, np.float64), np.asarray(real, np.float64)
    mean_a, mean_b = _window(a), _window(b)
    spread_a, spread_b = _window(a * a) - mean_a**2, _window(b * b) - mean_b**2
    both = _window(a * b) - mean_a * mean_b
    c1, c2 = ((k * FULL_SCALE) ** 2 for k in SSIM_K)
    up = (2 * mean_a * mean_b + c1) * (2 * both + c2)
    down = (mean_a**2 + mean_b**2 + c1) * (spread_a + spread_b + c2)
    return float((up / down).mean())


def squared_error(made: np.ndarray, real: np.ndarray) -> float:
    """Mean squared difference of two pictures of one shape in 0..255."""
    return float(np.mean((np.asarray(made, np.float64) - np.asarray(real, np.float64)) ** 2))


def psnr(error: float) -> float:
    """Peak signal-to-noise ratio of a mean squared error, dB; 100 at most.

    Of a film take the mean error of its pictures: a mean of dB goes by the one picture that is almost the same.
    """
    return min(MAX_PSNR_DB, 10 * float(np.log10(FULL_SCALE**2 / error))) if error else MAX_PSNR_DB


def _window(picture: np.ndarray) -> np.ndarray:
    """Gaussian means of (H, W) where the window lies inside: (H - 10, W - 10)."""
    inside = slice(SSIM_RADIUS, -SSIM_RADIUS)
    return ndimage.gaussian_filter(picture, SSIM_SIGMA, radius=SSIM_RADIUS)[inside, inside]


def cpbd(picture: np.ndarray) -> float:
    """Sharpness of a grey picture (H, W) in 0..255: the share of edges whose blur is not noticed, 0..1.

    Cumulative probability of blur detection (Narvekar & Karam 2011): vertical edges in edge blocks of 64 × 64; an edge
    of width w in a block whose width of just noticeable blur is w_jnb (5 pixels at a contrast up to 50, else 3) is seen
    as blurred with P = 1 − exp(−(w / w_jnb)^3.6); CPBD is the share with P ≤ 63 %. NaN where there is no edge.
    """
    picture = np.round(np.asarray(picture, np.float64))  # whole grey values: rounding is what ends the run of an edge
    edges, widths = vertical_edges(picture), edge_widths(picture)
    noticed = []
    for top in range(0, picture.shape[0] - BLOCK + 1, BLOCK):
        for left in range(0, picture.shape[1] - BLOCK + 1, BLOCK):
            block = np.s_[top : top + BLOCK, left : left + BLOCK]
            if edges[block].mean() > EDGE_SHARE:
                contrast = float(np.ptp(picture[block]))
                just = WIDTH_LOW_CONTRAST if contrast <= CONTRAST else WIDTH_HIGH_CONTRAST
                known = widths[block][edges[block] & (widths[block] > 0)]
                noticed.append(1 - np.exp(-((known / just) ** BETA)))
    seen = np.concatenate(noticed) if noticed else np.zeros(0)
    return float((seen <= JUST_NOTICED).mean()) if len(seen) else float("nan")


def vertical_edges(picture: np.ndarray) -> np.ndarray:
    """(H, W) bool: pixels where Sobel's horizontal gradient is strong, thinned.

    As in the evaluation that papers print figures of: the squared gradient exceeds twice the root of its square's mean,
    in grey values, and is the greatest among its neighbours of the row or of the column.
    """
    strength = (ndimage.sobel(picture, axis=1, mode="nearest") / 8) ** 2
    strong = np.pad(np.where(strength > 2 * np.sqrt(strength.mean()), strength, 0.0), 1)
    here = strong[1:-1, 1:-1]
    in_row = (here >= strong[1:-1, :-2]) & (here > strong[1:-1, 2:])
    in_column = (here > strong[:-2, 1:-1]) & (here > strong[2:, 1:-1])
    return (here > 0) & (in_row | in_column)


def edge_widths(picture: np.ndarray) -> np.ndarray:
    """(H, W) pixels: how far brightness goes one way round each pixel (Marziliano et al. 2002); 0 at slanted edges.

    As in the published evaluation of CPBD: a pixel and its neighbours are two pixels, and to them comes, on either
    side, how long the brightness goes on falling or rising beyond the neighbour. Edges whose gradient is more than
    22.5° from the horizontal have no width along the row.
    """
    down, across = np.gradient(picture)
    upright = np.abs(down) < np.tan(np.pi / 8) * np.abs(across)
    direction = np.sign(across)
    steps = np.sign(np.diff(picture, axis=1))  # (H, W - 1): which way it goes from each pixel to the next
    widths = np.full(picture.shape, 2.0)
    for way in (1.0, -1.0):
        goes = steps == way
        left, right = _run_lengths(goes), _run_lengths(goes[:, ::-1])[:, ::-1]
        beyond = np.zeros(picture.shape)
        beyond[:, 2:] += left[:, :-1]  # the step from two pixels before to the one before, and on
        beyond[:, :-2] += right[:, 1:]
        widths += np.where(direction == way, beyond, 0.0)
    return np.where(upright, widths, 0.0)


def _run_lengths(goes: np.ndarray) -> np.ndarray:
    """(H, W): of (H, W) bool, how many in a row are true up to each place, that place included."""
    column = np.arange(1, goes.shape[1] + 1)
    return column - np.maximum.accumulate(np.where(goes, 0, column), axis=1)
