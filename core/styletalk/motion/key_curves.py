# SPDX-License-Identifier: Apache-2.0
"""Keys of many channels in one row, and the curves between them: cubics with their values and slopes (Hermite)."""

from dataclasses import dataclass

import numpy as np

ALMOST = 1e-6
"""What is added to squares so that none is zero, as a part of them."""


def cubic(share: np.ndarray, span: np.ndarray) -> tuple[np.ndarray, np.ndarray, np.ndarray, np.ndarray]:
    """What value and slope of the key before, and of the key after, count at a share of the way over `span` frames."""
    square = share * share
    cube = square * share
    to_value = 3 * square - 2 * cube
    return 1 - to_value, (cube - 2 * square + share) * span, to_value, (cube - square) * span


def rise(share: np.ndarray, span: np.ndarray) -> tuple[np.ndarray, np.ndarray, np.ndarray, np.ndarray]:
    """The same for the slope there."""
    square = share * share
    to_value = 6 * (share - square) / span
    return -to_value, 3 * square - 4 * share + 1, to_value, 3 * square - 2 * share


@dataclass(frozen=True)
class KeyRow:
    """Keys of C channels over N frames, channel by channel; the first and the last frame of each have one.

    channel, frame: (K,) of each key. first: (S,) keys after which a span begins; starts: (S,) where, in (C·N,) frames.
    span_of: (C·N,) the span of each frame. counts: (4, C·N) float32, see `cubic`.
    """

    shape: tuple[int, int]
    channel: np.ndarray
    frame: np.ndarray
    first: np.ndarray
    starts: np.ndarray
    span_of: np.ndarray
    counts: np.ndarray

    @classmethod
    def of(cls, chosen: np.ndarray) -> "KeyRow":
        """chosen: (C, N) bool, which frames have a key; at least two frames."""
        size = chosen.shape[1]
        channel, frame = np.nonzero(chosen)
        first = np.flatnonzero(frame < size - 1)
        starts = channel[first] * size + frame[first]
        span_of = np.repeat(np.arange(len(first)), np.diff(np.append(starts, chosen.size)))
        span = (frame[first + 1] - frame[first]).astype(np.float32)[span_of]
        share = (np.arange(chosen.size) - starts[span_of]) / span
        counts = np.array(cubic(share.astype(np.float32), span), np.float32)
        return cls((len(chosen), size), channel, frame, first, starts, span_of, counts)

    @property
    def inner(self) -> np.ndarray:
        """Keys that are neither the first nor the last of their channel."""
        return np.flatnonzero((self.frame > 0) & (self.frame < self.shape[1] - 1))

    def curves(self, keys: np.ndarray) -> np.ndarray:
        """(C, N) of (2, K) values and slopes."""
        parts = np.take(np.concatenate([keys[:, self.first], keys[:, self.first + 1]]), self.span_of, axis=1)
        parts *= self.counts
        made = parts[0]  # added one by one, which is many times as quick as `sum`
        for part in parts[1:]:
            made += part
        return made.reshape(self.shape)

    def pulled(self, curves: np.ndarray) -> np.ndarray:
        """(2, K): the transpose of `curves`."""
        sums = np.add.reduceat(self.counts * curves.ravel(), self.starts, axis=1)
        keys = np.zeros((2, len(self.frame)), np.float32)
        keys[:, self.first] = sums[:2]
        keys[:, self.first + 1] += sums[2:]
        return keys

    def blocks(self, weight: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
        """(K, 2, 2) float64 each: of the least squares of each channel by itself, with (C, N) weights, what each key
        has to do with itself, and with the next one of its channel."""
        counts, weighted = self.counts, self.counts * weight.ravel()
        pairs = ((0, 0), (0, 1), (1, 1), (2, 2), (2, 3), (3, 3), (0, 2), (0, 3), (1, 2), (1, 3))
        sums = np.array([np.add.reduceat(weighted[i] * counts[j], self.starts) for i, j in pairs], np.float64).T
        itself, following = np.zeros((len(self.frame), 3)), np.zeros((len(self.frame), 4))
        itself[self.first] = sums[:, :3]
        itself[self.first + 1] += sums[:, 3:6]
        following[self.first] = sums[:, 6:]
        itself[:, [0, 2]] = itself[:, [0, 2]] * (1 + ALMOST) + ALMOST
        return itself[:, [0, 1, 1, 2]].reshape(-1, 2, 2), following.reshape(-1, 2, 2)


def inverted(matrices: np.ndarray) -> np.ndarray:
    """(K, 2, 2): the inverse of each."""
    a, b, c, d = matrices.reshape(-1, 4).T
    return (np.array([d, -b, -c, a]) / (a * d - b * c)).T.reshape(-1, 2, 2)
