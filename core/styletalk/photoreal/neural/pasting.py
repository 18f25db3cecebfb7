# SPDX-License-Identifier: Apache-2.0
"""The square of a photo that the renderer sees, and its frames laid back over the photo."""

from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

from ...files.torch_file import import_torch
from .alignment import Square

if TYPE_CHECKING:
    from torch import Tensor

FEATHER = 0.12
"""Of the square's side: so far from its border a frame is fully seen."""
MAX_GAIN = 1.5
"""A renderer whose contrast is further off is not corrected beyond it."""


@dataclass(frozen=True, eq=False)
class Colours:
    """What brings the renderer's colours to the photo's: frame · gain + offset, (3,) each, of pictures in -1..1."""

    gain: np.ndarray
    offset: np.ndarray


def cut(picture: np.ndarray, square: Square, side: int) -> np.ndarray:
    """(C, side, side) float32: the square of a picture (H, W, C); beyond the picture its border goes on."""
    torch = import_torch()
    height, width = picture.shape[:2]
    pixels = torch.from_numpy(np.ascontiguousarray(picture, np.float32)).permute(2, 0, 1)[None]
    if square.side > side:  # smaller pixels first, so that none is passed over
        share = side / square.side
        size = (max(1, round(height * share)), max(1, round(width * share)))
        pixels = torch.nn.functional.interpolate(pixels, size=size, mode="bilinear", antialias=True)
    places = (np.arange(side) + 0.5) / side * square.side
    x, y = (square.left + places) / width * 2 - 1, (square.top + places) / height * 2 - 1
    return _looked_up(pixels, x, y)


def laid_over(photo: np.ndarray, frame: np.ndarray, square: Square) -> np.ndarray:
    """A photo (H, W, C) uint8 with a frame (C, S, S), 0..255, in its square, soft at the border; a new array."""
    height, width = photo.shape[:2]
    left, top = max(0, int(np.floor(square.left))), max(0, int(np.floor(square.top)))
    right = min(width, int(np.ceil(square.left + square.side)))
    bottom = min(height, int(np.ceil(square.top + square.side)))
    across = (np.arange(left, right) + 0.5 - square.left) / square.side  # 0..1 within the square
    down = (np.arange(top, bottom) + 0.5 - square.top) / square.side
    torch = import_torch()
    shown = _looked_up(torch.from_numpy(frame)[None], across * 2 - 1, down * 2 - 1).transpose(1, 2, 0)
    mask = (_soft(down)[:, None] * _soft(across))[..., None]
    result = photo.copy()
    under = photo[top:bottom, left:right].astype(np.float32)
    result[top:bottom, left:right] = np.clip(under + (shown - under) * mask + 0.5, 0, 255).astype(np.uint8)
    return result


def matched_colours(frame: np.ndarray, photo: np.ndarray) -> Colours:
    """Mean and deviation of each channel brought to the photo's: two pictures (3, S, S) of the same moment."""
    means, wanted = frame.mean((1, 2)), photo.mean((1, 2))
    spread = np.maximum(frame.std((1, 2)), 1e-3)
    gain = np.clip(photo.std((1, 2)) / spread, 1 / MAX_GAIN, MAX_GAIN)
    return Colours(gain, wanted - gain * means)


def _looked_up(pixels: "Tensor", x: np.ndarray, y: np.ndarray) -> np.ndarray:
    """(C, Y, X): pixels (1, C, H, W) at the columns x and rows y, -1..1 between the outer borders."""
    torch = import_torch()
    grid = torch.from_numpy(np.stack(np.meshgrid(x, y), axis=-1).astype(np.float32))[None]  # (1, Y, X, 2)
    found = torch.nn.functional.grid_sample(pixels, grid, padding_mode="border", align_corners=False)
    return found[0].numpy()


def _soft(at: np.ndarray) -> np.ndarray:
    """(N,) float32: 0 at the border of the square, 1 from FEATHER on, smooth. at: 0..1 within it."""
    share = np.clip(np.minimum(at, 1 - at) / FEATHER, 0, 1)
    return (share * share * (3 - 2 * share)).astype(np.float32)
