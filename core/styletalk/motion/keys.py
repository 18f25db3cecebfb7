# SPDX-License-Identifier: Apache-2.0
"""Few keys in place of one on every frame: smooth curves that move no point of the face further off than it may be.

Keys begin where each channel would have them by itself. What they say, all channels decide together: what one of them
cannot follow another makes up for, where both move the same points. Then those that are missed least are left out, some
at a time, and come back where a frame would be off by too much. Between two keys a curve is the cubic with their values
and slopes (Hermite), which is what a Bezier curve is whose handles end a third of the way. Keys lie on frames; that the
points stay near is looked at in the middle between two frames too.
"""

from dataclasses import dataclass

import numpy as np

from ..animation import FaceAnimation
from .articulation import shut_spans
from .key_curves import KeyRow, cubic
from .key_fit import Fit, Fitting, with_halves
from .key_removal import removal
from .key_search import placed, slopes_of

FIRST_SHARES = (0.5, 0.3, 0.15)
"""Of the tolerance: what each channel may be off by itself where its keys begin; the next where that is too much."""
FIRST_ROUNDS, FIRST_STEPS, STEPS = 3, 15, 12
"""Of weighing frames anew, and steps of the solver in each; then only steps."""
REPAIRS, NEAR, FURTHER = 3, 6, 6
"""How often keys come back after a batch was left out; so many half frames around those that are off, and so many more
each time."""
SPARED = 4
"""For so many batches a key that came back is not tried again."""
LONG_FRAMES = 20_000
"""Of longer lines no more is looked for than in haste."""
STILL = 1e-6


@dataclass(frozen=True)
class Effort:
    """How hard few keys are looked for. share: of all keys, those that are left out at a time; batches: how often;
    rounds: of weighing frames anew after each."""

    share: float
    batches: int
    rounds: int


THOROUGH, QUICK = Effort(0.06, 25, 2), Effort(0.15, 4, 1)


@dataclass(frozen=True)
class Curve:
    """A channel's keys. frames: (K,) int, samples from 0. values: (K,). slopes: (K,) a frame."""

    frames: np.ndarray
    values: np.ndarray
    slopes: np.ndarray

    def samples(self, count: int) -> np.ndarray:
        """(count,) of the curve, one a frame."""
        if len(self.frames) < 2:
            return np.repeat(self.values, count)
        every = np.arange(count)
        before = np.clip(np.searchsorted(self.frames, every, side="right") - 1, 0, len(self.frames) - 2)
        span = (self.frames[before + 1] - self.frames[before]).astype(np.float64)
        first, rise, second, fall = cubic((every - self.frames[before]) / span, span)
        made = first * self.values[before] + rise * self.slopes[before]
        return made + second * self.values[before + 1] + fall * self.slopes[before + 1]


@dataclass(frozen=True)
class Reduced:
    """curves: one for each channel. worst: the most that a point is off on a frame, as a share of its tolerance;
    pinned: the same on the pinned frames."""

    curves: tuple[Curve, ...]
    worst: float
    pinned: float

    @property
    def keys(self) -> int:
        """All of them."""
        return sum(len(curve.frames) for curve in self.curves)


def reduced(
    samples: np.ndarray,
    effects: np.ndarray,
    fps: float,
    pinned: np.ndarray | None = None,
    effort: Effort = THOROUGH,
    bounds: np.ndarray | None = None,
) -> Reduced:
    """The fewest keys found with which no point is off by more than its tolerance.

    samples: (N, C), a channel's values, one a frame. effects: (C, P, 3), where one of a channel moves each point, in
    tolerances of that point; a channel that moves none is to come in one of its own, see `reduced_alone`. pinned:
    (N,) bool, frames that are kept closer, as those with closed lips. bounds: (2, C), between which values of keys lie.
    Where no try is good enough, or there are few frames, there is a key on every frame.
    """
    pinned = np.zeros(len(samples), bool) if pinned is None else pinned
    fitting = Fitting(with_halves(samples, slopes_of(samples)), effects, pinned, bounds)
    found = _first(samples, effects, fps, fitting) if len(samples) > 3 else None
    if found is not None:
        found = _Search(fitting, found).searched(effort if len(samples) <= LONG_FRAMES else QUICK)
    if found is None or len(found.row.frame) >= samples.size / 2:
        slopes = slopes_of(samples)
        every = np.arange(len(samples))
        return Reduced(tuple(Curve(every, *each) for each in zip(samples.T, slopes.T, strict=True)), 0.0, 0.0)
    off = fitting.off(found.row.curves(found.keys))[::2]
    return Reduced(_parted(found), float(off.max()), float(off[pinned].max(initial=0.0)))


def reduced_alone(samples: np.ndarray, tolerance: float, fps: float) -> Curve:
    """(N,) samples of one channel by keys that are all samples, nowhere off by more than `tolerance`."""
    return reduced_apart(samples[:, None], np.array([tolerance]), fps)[0]


def reduced_apart(samples: np.ndarray, tolerances: np.ndarray, fps: float) -> tuple[Curve, ...]:
    """The same of (N, C) channels at once, each by itself, with (C,) tolerances."""
    slopes, frames = slopes_of(samples), placed(samples, tolerances, fps)
    return tuple(
        Curve(own, samples[own, number].astype(np.float64), slopes[own, number]) for number, own in enumerate(frames)
    )


def _first(samples: np.ndarray, effects: np.ndarray, fps: float, fitting: Fitting) -> Fit | None:
    """Keys where each channel would have them by itself, fitted; None where that is never enough."""
    own = np.maximum(np.linalg.norm(effects, axis=2).max(axis=1), STILL)
    every = np.array([fitting.wanted, slopes_of(fitting.wanted.T).T], np.float32)
    for share in FIRST_SHARES:
        chosen = np.zeros(fitting.wanted.shape, bool)
        for channel, frames in enumerate(placed(samples, share / own, fps)):
            chosen[channel, 2 * frames] = True
        row = KeyRow.of(chosen)
        found = fitting.fitted(row, every[:, chosen], fitting.first_weight, FIRST_ROUNDS, FIRST_STEPS)
        if found.reach <= 1.0:
            return found
    return None


class _Search:
    """Leaves out keys as long as no point is off by too much."""

    def __init__(self, fitting: Fitting, found: Fit) -> None:
        self.fitting, self.found = fitting, found
        self.spared = np.zeros(found.row.shape, int)
        """(C, 2N − 1) up to which batch a key is not tried."""

    def searched(self, effort: Effort) -> Fit:
        """The fewest keys."""
        for batch in range(1, effort.batches + 1):
            if not self._left_out(batch, effort):
                break
        return self.found

    def _left_out(self, batch: int, effort: Effort) -> bool:
        """Leave out a share of the keys. Returns whether there were any to try."""
        row, keys = self.found.row, self.found.keys
        weight = self.fitting.reweighted(self.found)
        missed = removal(row, keys, (self.fitting.apart[:, None] * weight).astype(np.float32))
        barred = self.spared[row.channel[missed.which], row.frame[missed.which]] >= batch
        missed = missed.chosen(effort.share, barred, len(row.frame))
        gone = row.channel[missed.which], row.frame[missed.which]
        stored = np.zeros((2, *row.shape), np.float32)
        stored[:, row.channel, row.frame] = missed.without(keys)
        chosen = np.zeros(row.shape, bool)
        chosen[row.channel, row.frame] = True
        chosen[gone] = False
        for repair in range(REPAIRS if len(missed.which) else 0):
            found = self.fitting.fitted(KeyRow.of(chosen), stored[:, chosen], weight, effort.rounds, STEPS)
            if found.reach <= 1.0:
                self.found = found
                return True
            back = _around(found.off > 1.0, NEAR + FURTHER * repair)[gone[1]]
            stored[:, chosen] = found.keys
            stored[:, gone[0][back], gone[1][back]] = keys[:, missed.which[back]]
            chosen[gone[0][back], gone[1][back]] = True
            self.spared[gone[0][back], gone[1][back]] = batch + SPARED
        self.spared[gone] = batch + SPARED
        return len(missed.which) > 0


def _around(frames: np.ndarray, reach: int) -> np.ndarray:
    """(N,) bool: these frames and so many on either side."""
    return np.convolve(frames, np.ones(2 * reach + 1), mode="same")[: len(frames)] > 0.5


def _parted(found: Fit) -> tuple[Curve, ...]:
    """A curve for each channel, half frames become frames."""
    ends = np.flatnonzero(np.diff(found.row.channel)) + 1
    values, slopes = (np.split(each.astype(np.float64), ends) for each in found.keys)
    frames = np.split(found.row.frame // 2, ends)
    return tuple(Curve(*each) for each in zip(frames, values, (2.0 * each for each in slopes), strict=True))


def shut_frames(animation: FaceAnimation, times_s: np.ndarray) -> np.ndarray:
    """(N,) bool: at which of these times of the sound P, B and M have the lips shut."""
    shut = np.zeros(len(times_s), bool)
    if len(animation) < 2:
        return shut
    start_s, step_s = animation.times_s[0], animation.times_s[1] - animation.times_s[0]
    for first, last in shut_spans(animation.row_track):
        shut |= (times_s >= start_s + step_s * first - STILL) & (times_s <= start_s + step_s * last + STILL)
    return shut
