# SPDX-License-Identifier: Apache-2.0
"""Few keys in place of one on every frame: smooth curves that move no point of the face further off than it may be.

Where a channel gets its keys, it decides by itself. What the keys say, all channels decide together: what one of them
cannot follow another makes up for, where both move the same points. Between two keys a curve is the cubic with their
values and slopes (Hermite), which is what a Bezier curve is whose handles end a third of the way.
"""

from dataclasses import dataclass

import numpy as np

from ..animation import FaceAnimation
from .articulation import shut_spans

MAX_SPAN_S = 2.0
"""Two keys are no further apart, or nobody would find the next one."""
FIRST_SHARE, TRIES = 0.9, 7
"""Of the tolerance: what each channel may be off by itself at the first try, and how often a better share is tried."""
ENOUGH, STEP = 0.85, 0.7
"""A try whose worst point is off by this share of its tolerance or more is as good as it gets; how boldly the next
share follows from the last, until one is too much and another too little."""
OWN = 0.1
"""How much a channel is held to its own samples beside the points that it moves."""
PINNED, CLOSER = 30.0, 4.0
"""How much more a pinned frame counts in the fit, and what part of its tolerance a point may be off there."""
ROUNDS, STEPS = 3, 40
"""Of weighing the worst frames anew, and of the solver (conjugate gradients) in each."""
FIRST_WIDTH = 6
"""How many frames beyond the next two are tried first for the next key."""
STILL = 1e-6


@dataclass(frozen=True)
class Curve:
    """A channel's keys. frames: (K,) int, samples from 0. values: (K,). slopes: (K,) a frame."""

    frames: np.ndarray
    values: np.ndarray
    slopes: np.ndarray

    def samples(self, count: int) -> np.ndarray:
        """(count,) of the curve, one a frame."""
        return _Knots.of([self.frames], count).curves(self.values, self.slopes)[0]


@dataclass(frozen=True)
class Reduced:
    """curves: one for each channel. worst: the most that a point is off, as a share of its tolerance; pinned: the same
    on the pinned frames."""

    curves: tuple[Curve, ...]
    worst: float
    pinned: float

    @property
    def reach(self) -> float:
        """How much of what is allowed is used up, on the pinned frames of less."""
        return max(self.worst, CLOSER * self.pinned)

    @property
    def keys(self) -> int:
        """All of them."""
        return sum(len(curve.frames) for curve in self.curves)


def reduced(samples: np.ndarray, effects: np.ndarray, fps: float, pinned: np.ndarray | None = None) -> Reduced:
    """The fewest keys found with which no point is off by more than its tolerance.

    samples: (N, C), a channel's values, one a frame. effects: (C, P, 3), where one of a channel moves each point, in
    tolerances of that point; a channel that moves none is to come in one of its own, see `reduced_alone`. pinned:
    (N,) bool, frames that are kept closer, as those with closed lips.
    Where no try is good enough, or there are few frames, there is a key on every frame.
    """
    count = len(samples)
    weight = np.ones(count) if pinned is None else np.where(pinned, PINNED, 1.0)
    own = np.maximum(np.linalg.norm(effects, axis=2).max(axis=1), STILL)
    best, share, fits, breaks = None, FIRST_SHARE, 0.0, np.inf
    for _ in range(TRIES if count > 3 else 0):
        knots = _Knots.of(_placed(samples, share / own, fps), count)
        found = _fitted(samples, effects, knots, weight)
        if found.reach <= 1.0:
            best = found if best is None or found.keys < best.keys else best
            fits = max(fits, share)
        else:
            breaks = min(breaks, share)
        if ENOUGH <= found.reach <= 1.0:
            break
        between = 0.0 < fits < breaks < np.inf
        share = np.sqrt(fits * breaks) if between else share * (ENOUGH / max(found.reach, STILL)) ** STEP
    if best is not None and best.keys < samples.size / 2:
        return best
    every = _Knots.of([np.arange(count)] * len(own), count)
    return Reduced(every.parted(samples.T.ravel(), _slopes(samples).T.ravel()), 0.0, 0.0)


def reduced_alone(samples: np.ndarray, tolerance: float, fps: float) -> Curve:
    """(N,) samples of one channel by keys that are all samples, nowhere off by more than `tolerance`."""
    (frames,) = _placed(samples[:, None], np.array([tolerance]), fps)
    return Curve(frames, samples[frames].astype(np.float64), _slopes(samples[:, None])[frames, 0])


def _slopes(samples: np.ndarray) -> np.ndarray:
    """(N, C) a frame, of (N, C)."""
    return np.gradient(samples.astype(np.float64), axis=0) if len(samples) > 1 else np.zeros(samples.shape)


def _placed(samples: np.ndarray, tolerances: np.ndarray, fps: float) -> list[np.ndarray]:
    """For each channel the frames of its keys: from each the furthest to which a cubic follows the samples (N, C)
    within the channel's tolerance. All channels go on together, for each of their steps is small."""
    count, channels = samples.shape
    search = _Search(samples.astype(np.float64), _slopes(samples), tolerances, max(2, round(MAX_SPAN_S * fps)))
    still = (np.ptp(samples, axis=0) <= tolerances) if count > 2 else np.ones(channels, bool)
    keys = [[0] for _ in range(channels)]
    going = np.flatnonzero(~still)
    while len(going):
        for channel in search.stepped(going):
            keys[channel].append(int(search.start[channel]))
        going = going[search.start[going] < count - 1]
    return [np.unique([0, count - 1]) if rests else np.array(own) for own, rests in zip(keys, still, strict=True)]


class _Search:
    """Where each channel's next key is looked for: more and more frames at once, for most curves turn soon."""

    def __init__(self, samples: np.ndarray, slopes: np.ndarray, tolerances: np.ndarray, longest: int) -> None:
        channels = samples.shape[1]
        self.samples, self.slopes, self.tolerances, self.longest = samples.T, slopes.T, tolerances, longest
        self.start, self.best = np.zeros(channels, int), np.ones(channels, int)
        self.first, self.width = np.full(channels, 2), np.full(channels, FIRST_WIDTH)

    def stepped(self, going: np.ndarray) -> list[int]:
        """Look further; return the channels whose next key was found, at `start`."""
        found = []
        for width in np.unique(self.width[going]):
            channels = going[self.width[going] == width]
            limit = np.minimum(self.longest, self.samples.shape[1] - 1 - self.start[channels])
            last = np.minimum(self.first[channels] + width, limit)
            spans = self.first[channels][:, None] + np.arange(width + 1)
            within = (spans <= last[:, None]) & (self._errors(channels, spans) <= self.tolerances[channels][:, None])
            self.best[channels] = np.maximum(self.best[channels], np.where(within, spans, 1).max(axis=1))
            ended = (self.best[channels] < last) | (last >= limit)
            self.first[channels], self.width[channels] = last + 1, 2 * width
            done = channels[ended]
            self.start[done] += self.best[done]
            self.best[done], self.first[done], self.width[done] = 1, 2, FIRST_WIDTH
            found += done.tolist()
        return found

    def _errors(self, channels: np.ndarray, spans: np.ndarray) -> np.ndarray:
        """(K, E) the most that the cubics of (K,) channels over (K, E) frames are off in between."""
        start, own, count = self.start[channels], channels[:, None], self.samples.shape[1] - 1
        ends = np.minimum(start[:, None] + spans, count)
        inner = np.arange(1, spans.max())
        share = np.minimum(inner / spans[..., None], 1.0)  # (K, E, I)
        from_value, from_slope, to_value, to_slope = _cubic(share, spans[..., None])
        made = from_value * self.samples[channels, start][:, None, None]
        made += from_slope * self.slopes[channels, start][:, None, None]
        made += to_value * self.samples[own, ends][..., None] + to_slope * self.slopes[own, ends][..., None]
        there = self.samples[own, np.minimum(start[:, None] + inner, count)][:, None]
        return np.where(share < 1.0, np.abs(made - there), 0.0).max(axis=2)


def _cubic(share: np.ndarray, span: np.ndarray) -> tuple[np.ndarray, np.ndarray, np.ndarray, np.ndarray]:
    """What value and slope of the key before, and of the key after, count at a share of the way over `span` frames."""
    square, cube = share * share, share * share * share
    to_value = 3 * square - 2 * cube
    return 1 - to_value, (cube - 2 * square + share) * span, to_value, (cube - square) * span


@dataclass(frozen=True)
class _Knots:
    """Keys of all channels in one row. before: (C, N) the key before each frame; counts: (4, C, N), see `_cubic`."""

    frames: tuple[np.ndarray, ...]
    before: np.ndarray
    counts: np.ndarray
    total: int

    @classmethod
    def of(cls, frames: list[np.ndarray], count: int) -> "_Knots":
        every, before, shares, spans, total = np.arange(count), [], [], [], 0
        for own in frames:
            at = np.clip(np.searchsorted(own, every, side="right") - 1, 0, max(len(own) - 2, 0))
            span = np.append(np.diff(own), 1)[at].astype(np.float64)
            before.append(total + at)
            shares.append((every - own[at]) / span)
            spans.append(span)
            total += len(own)
        return cls(tuple(frames), np.array(before), np.array(_cubic(np.array(shares), np.array(spans))), total)

    def curves(self, values: np.ndarray, slopes: np.ndarray) -> np.ndarray:
        """(C, N) of keys with (K,) values and slopes."""
        after = np.minimum(self.before + 1, self.total - 1)
        first, rise, second, fall = self.counts
        return first * values[self.before] + rise * slopes[self.before] + second * values[after] + fall * slopes[after]

    def pulled(self, curves: np.ndarray) -> np.ndarray:
        """(2, K): the transpose of `curves`, for values and slopes."""
        after = np.minimum(self.before + 1, self.total - 1).ravel()
        before = self.before.ravel()
        first, rise, second, fall = (count * curves for count in self.counts)
        values = np.bincount(before, first.ravel(), self.total) + np.bincount(after, second.ravel(), self.total)
        slopes = np.bincount(before, rise.ravel(), self.total) + np.bincount(after, fall.ravel(), self.total)
        return np.array([values, slopes])

    def squared(self, weight: np.ndarray) -> np.ndarray:
        """(2, K): the sum of what each key counts, squared, over (C, N) weights."""
        squares = _Knots(self.frames, self.before, self.counts**2, self.total)
        return squares.pulled(weight)

    def parted(self, values: np.ndarray, slopes: np.ndarray) -> tuple[Curve, ...]:
        """A curve for each channel."""
        ends = np.cumsum([len(own) for own in self.frames])[:-1]
        return tuple(map(Curve, self.frames, np.split(values, ends), np.split(slopes, ends)))


def _fitted(samples: np.ndarray, effects: np.ndarray, knots: _Knots, weight: np.ndarray) -> Reduced:
    """Values and slopes with which all channels together move the points as the samples do, by least squares in which
    the frames that are worst off count more from round to round. weight: (N,)."""
    wanted = samples.T.astype(np.float64)  # (C, N)
    alike = np.einsum("ipx,jpx->ij", effects, effects)
    own = OWN * np.diag(alike)
    slopes = _slopes(samples).T
    found = np.array([np.concatenate([each[k, at] for k, at in enumerate(knots.frames)]) for each in (wanted, slopes)])
    best, counts = None, weight.copy()
    for _ in range(ROUNDS):
        found = _solved(found, wanted, alike, own, knots, counts)
        off = _off(knots.curves(*found) - wanted, effects)
        result = Reduced(knots.parted(*found), float(off.max()), float(off[weight > 1.0].max(initial=0.0)))
        best = result if best is None or result.reach < best.reach else best
        counts = counts * np.clip(np.where(weight > 1.0, CLOSER, 1.0) * off, 0.5, 2.0) ** 2
    assert best is not None
    return best


def _off(error: np.ndarray, effects: np.ndarray) -> np.ndarray:
    """(N,) the most that any point is off on each frame. error: (C, N)."""
    moved = (error.T @ effects.reshape(len(effects), -1)).reshape(error.shape[1], -1, 3)
    return np.sqrt((moved * moved).sum(axis=2)).max(axis=1)


def _solved(
    start: np.ndarray, wanted: np.ndarray, alike: np.ndarray, own: np.ndarray, knots: _Knots, weight: np.ndarray
) -> np.ndarray:
    """(2, K) values and slopes by conjugate gradients from `start`, each scaled by what it counts."""

    def pull(curves: np.ndarray) -> np.ndarray:
        return knots.pulled((alike @ curves) * weight + own[:, None] * curves)

    scale = 1.0 / np.sqrt(knots.squared(np.diag(alike)[:, None] * weight + own[:, None]) + STILL)
    left = scale * pull(wanted - knots.curves(*start))
    change, way, size = np.zeros_like(start), left, (left * left).sum()
    for _ in range(STEPS):
        if size < STILL**2:
            break
        moved = scale * pull(knots.curves(*(scale * way)))
        step = size / (way * moved).sum()
        change, left = change + step * way, left - step * moved
        before, size = size, (left * left).sum()
        way = left + size / before * way
    return start + scale * change


def shut_frames(animation: FaceAnimation, times_s: np.ndarray) -> np.ndarray:
    """(N,) bool: at which of these times of the sound P, B and M have the lips shut."""
    shut = np.zeros(len(times_s), bool)
    if len(animation) < 2:
        return shut
    start_s, step_s = animation.times_s[0], animation.times_s[1] - animation.times_s[0]
    for first, last in shut_spans(animation.row_track):
        shut |= (times_s >= start_s + step_s * first - STILL) & (times_s <= start_s + step_s * last + STILL)
    return shut
