# SPDX-License-Identifier: Apache-2.0
"""The photo's pixels between its pixels, and pictures of another size."""

import numpy as np

FINE_SIDES_PX = ((800, 2), (1600, 1))
"""Photos up to a size are kept so many times doubled: between pixels they stay sharp."""
BAND_PIXELS = 1 << 17
"""Pixels that are made at a time, so that a large photo takes no more memory than a small one."""
MIRROR = 0.02
"""The share of the picture that is mirrored beyond its borders; farther out its end is drawn on."""
_EVEN, _HALVES = np.uint32(0x00FF00FF), np.uint32(0x00800080)
"""Of a packed pixel its first and third channel; and what rounds both."""
_BETWEEN = np.array([0.0243, -0.1351, 0.6108, 0.6108, -0.1351, 0.0243], np.float32)
"""Lanczos of three lobes, half-way between pixels."""


class Sampler:
    """A picture (H, W, C) uint8 that can be asked for any place."""

    def __init__(self, picture: np.ndarray) -> None:
        self.height, self.width, self.channels = picture.shape
        doublings = next((times for side, times in FINE_SIDES_PX if max(picture.shape[:2]) <= side), 0)
        self._factor, fine = 2**doublings, picture
        for _ in range(doublings):
            fine = _doubled(fine)
        self._rows, self._columns = fine.shape[:2]
        four = np.full((*fine.shape[:2], 4), 255, np.uint8)
        four[..., : self.channels] = fine
        self._packed = four.reshape(-1, 4).view(np.uint32).ravel()  # one look-up brings a whole pixel

    def at(self, x: np.ndarray, y: np.ndarray) -> np.ndarray:
        """(..., C) float32 0..255 at x, y (...,) pixels, where a pixel's middle is at .5; beyond it a mirrored edge."""
        return self.bytes_at(x, y).astype(np.float32)

    def bytes_at(self, x: np.ndarray, y: np.ndarray) -> np.ndarray:
        """(..., C) uint8: the same, rounded as it is anyway."""
        shape = x.shape
        x, y = np.ravel(x), np.ravel(y)
        made = np.empty(x.size, np.uint32)
        for start in range(0, x.size, BAND_PIXELS):
            part = slice(start, start + BAND_PIXELS)
            made[part] = self._some(x[part], y[part])
        return made.view(np.uint8).reshape(*shape, 4)[..., : self.channels]

    def _some(self, x: np.ndarray, y: np.ndarray) -> np.ndarray:
        """(N,) uint32: packed pixels. Two channels at a time are mixed in one number, by weights of 256 in all."""
        column, across = _split((x - 0.5) * self._factor, self._columns)
        row, down = _split((y - 0.5) * self._factor, self._rows)
        at = row * self._columns + column
        both = (across * down).astype(np.uint32) + 128 >> 8
        right, below = across.astype(np.uint32), down.astype(np.uint32)
        shares = (256 + both - right - below, right - both, below - both, both)
        odd, even = np.full(len(at), _HALVES, np.uint32), np.full(len(at), _HALVES, np.uint32)
        for offset, share in zip((0, 1, self._columns, self._columns + 1), shares, strict=True):
            pixel = np.take(self._packed, at + offset)
            even += (pixel & _EVEN) * share
            pixel >>= 8
            pixel &= _EVEN
            pixel *= share
            odd += pixel
        return (even >> 8 & _EVEN) | (odd & ~_EVEN)


def _split(place: np.ndarray, count: int) -> tuple[np.ndarray, np.ndarray]:
    """The pixel before each place and the way to the next one, 0..256 whole; beyond the picture a mirrored edge."""
    last = count - 1
    inside = np.clip(place, 0, last)
    beyond = place - inside
    mirrored = MIRROR * count * np.tanh(np.abs(beyond) / (MIRROR * count))
    place = np.clip(inside - np.sign(beyond) * mirrored, 0, last).astype(np.float32)
    first = np.minimum(place.astype(np.int32), count - 2)
    return first, np.rint((place - first) * 256)


def _doubled(picture: np.ndarray) -> np.ndarray:
    """(2H - 1, 2W - 1, C) uint8: every second pixel is the picture's own."""
    for axis in (0, 1):
        last = picture.shape[axis] - 1
        between = np.zeros(picture.shape, np.float32)
        for offset, weight in enumerate(_BETWEEN, start=-2):
            index = np.clip(np.arange(picture.shape[axis]) + offset, 0, last)
            between += weight * np.take(picture, index, axis=axis)
        both = np.stack([picture, np.clip(between + 0.5, 0, 255).astype(np.uint8)], axis=axis + 1)
        shape = list(picture.shape)
        shape[axis] *= 2
        picture = np.take(both.reshape(shape), np.arange(2 * last + 1), axis=axis)
    return picture


def resized(picture: np.ndarray, width: int, height: int) -> np.ndarray:
    """(height, width, C) uint8: the picture in another size; each pixel the mean of those under it, or between them."""
    rows, columns = _shares(picture.shape[0], height), _shares(picture.shape[1], width)
    flat = rows @ picture.reshape(picture.shape[0], -1).astype(np.float32)
    lines = flat.reshape(height, picture.shape[1], -1)
    made = np.einsum("wc,hcd->hwd", columns, lines, optimize=True)
    return np.clip(made + 0.5, 0, 255).astype(np.uint8)


def _shares(count: int, wanted: int) -> np.ndarray:
    """(wanted, count) float32: how much each old pixel says of each new one; a triangle as wide as either's pixels."""
    factor = count / wanted
    middle = (np.arange(wanted) + 0.5) * factor - 0.5
    share = np.clip(1 - np.abs(np.arange(count) - middle[:, None]) / max(factor, 1.0), 0, None)
    return (share / share.sum(1, keepdims=True)).astype(np.float32)
