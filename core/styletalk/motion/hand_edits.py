# SPDX-License-Identifier: Apache-2.0
"""Keys that an animator has changed since they were written, and how they outlive the next writing.

What was written is remembered key by key. Whatever differs from it is the animator's: it stays exactly as it is, and
the new keys beside it go over, within a few frames, from the curve as it was seen to the new one.
"""

from collections.abc import Callable
from dataclasses import dataclass

import numpy as np

SAME_FRAME = 1e-2
"""Keys nearer than this lie on the same frame."""
SLACK = 1e-4
"""Handles that differ by less, or by this part of their value, are the same: Blender aligns them anew."""
OWN_HANDLES = (0, 3)
"""Of Blender's handle types FREE and ALIGNED: the others follow from the keys around."""


@dataclass(frozen=True)
class Keys:
    """The K keys of one curve, by frame.

    points: (K, 6) float32, frame and value of the key, of its left and of its right handle. kinds: (K, 5) uint8,
    Blender's numbers of interpolation, left handle, right handle, easing and kind of key. ease: (K, 3) float32, back,
    amplitude and period.
    """

    points: np.ndarray
    kinds: np.ndarray
    ease: np.ndarray

    def __len__(self) -> int:
        return len(self.points)

    @property
    def frames(self) -> np.ndarray:
        """(K,) float32."""
        return self.points[:, 0]

    def of(self, which: np.ndarray) -> "Keys":
        """Some of them: (K,) bool, or their numbers."""
        return Keys(self.points[which], self.kinds[which], self.ease[which])

    def beside(self, other: "Keys") -> "Keys":
        """These and those, by frame."""
        points = np.concatenate([self.points, other.points])
        order = np.argsort(points[:, 0], kind="stable")
        kinds, ease = np.concatenate([self.kinds, other.kinds]), np.concatenate([self.ease, other.ease])
        return Keys(points[order], kinds[order], ease[order])

    def at(self, origin: float, new_origin: float, stretch: float = 1.0) -> "Keys":
        """The same around another frame; stretch: how many frames are one by now."""
        if origin == new_origin and stretch == 1.0:
            return self
        points = self.points.astype(np.float64)
        points[:, ::2] = (points[:, ::2] - origin) * stretch + new_origin
        return Keys(points.astype(np.float32), self.kinds, self.ease)

    def is_same_as(self, other: "Keys") -> bool:
        """Whether all numbers are the same: which most curves are, and is seen at once."""
        mine, theirs = (self.points, self.kinds, self.ease), (other.points, other.kinds, other.ease)
        return all(map(np.array_equal, mine, theirs))

    @classmethod
    def none(cls) -> "Keys":
        """No keys."""
        return cls(np.empty((0, 6), np.float32), np.empty((0, 5), np.uint8), np.empty((0, 3), np.float32))


@dataclass(frozen=True)
class Edits:
    """changed, added: (K,) bool of the keys that are there. gone, was: (R,) bool of those that were written: those that
    are there no more, and the former state of those that were changed."""

    changed: np.ndarray
    added: np.ndarray
    gone: np.ndarray
    was: np.ndarray

    @property
    def count(self) -> int:
        """How many keys were touched: a moved one is gone from one frame, and added on another."""
        return int(self.changed.sum()) + max(int(self.added.sum()), int(self.gone.sum()))

    @property
    def hand(self) -> np.ndarray:
        """(K,) bool: the animator's keys."""
        return self.changed | self.added


def edits_between(wrote: Keys, now: Keys) -> Edits:
    """What an animator did to a curve that was written as `wrote` and is `now`."""
    if wrote.is_same_as(now):
        nothing = np.zeros(len(now), bool)
        return Edits(nothing, nothing, nothing, nothing)
    at = _nearest(wrote.frames, now.frames)
    first = _first_of_each(at)
    changed = np.zeros(len(now), bool)
    beside = np.stack([np.append(False, ~first[:-1]), np.append(~first[1:], False)], axis=1)[: len(now)]
    changed[first] = _differ(wrote.of(at[first]), now.of(first), beside[first])
    gone, was = np.ones(len(wrote), bool), np.zeros(len(wrote), bool)
    gone[at[first]] = False
    was[at[changed]] = True
    return Edits(changed, ~first, gone, was)


def has_own_handle(types: np.ndarray) -> np.ndarray:
    """Whether handles of such Blender types say something that does not follow from the keys around."""
    return (types[..., None] == OWN_HANDLES).any(axis=-1)


def _nearest(frames: np.ndarray, wanted: np.ndarray) -> np.ndarray:
    """(K,) the number of the frame on which each wanted one lies, −1 for none. frames rise."""
    if not len(frames):
        return np.full(len(wanted), -1)
    right = np.clip(np.searchsorted(frames, wanted), 0, len(frames) - 1)
    left = np.maximum(right - 1, 0)
    best = np.where(np.abs(frames[left] - wanted) <= np.abs(frames[right] - wanted), left, right)
    return np.where(np.abs(frames[best] - wanted) < SAME_FRAME, best, -1)


def _first_of_each(at: np.ndarray) -> np.ndarray:
    """(K,) bool: of several keys on one frame the first one, of keys on none (−1) no one."""
    first = np.zeros(len(at), bool)
    first[np.unique(at, return_index=True)[1]] = True
    return first & (at >= 0)


def _differ(before: Keys, now: Keys, beside: np.ndarray) -> np.ndarray:
    """(K,) bool, key by key. beside: (K, 2) bool, whether the key before, and after, is an added one: then Blender has
    cut the handle there, which keeps its direction."""
    differs = before.points[:, 1] != now.points[:, 1]
    differs = differs | (before.kinds != now.kinds).any(axis=1) | (before.ease != now.ease).any(axis=1)
    for side in (1, 2):
        own = has_own_handle(now.kinds[:, side])
        cut = beside[:, side - 1] & _same_direction(before, now, side)
        differs = differs | (own & ~cut & _pulled(before, now, side))
    return differs


def _pulled(before: Keys, now: Keys, side: int) -> np.ndarray:
    """(K,) bool: whether the left (1) or right (2) handles end elsewhere, by more than Blender's rounding."""
    handles = slice(2 * side, 2 * side + 2)
    reach = SAME_FRAME + 4 * np.spacing(np.abs(now.frames))
    off = np.abs(before.points[:, handles] - now.points[:, handles])
    height = SLACK * np.maximum(1.0, np.abs(now.points[:, 2 * side + 1])) + np.abs(_slope(now, side)) * reach
    return (off[:, 0] > reach) | (off[:, 1] > height)


def _slope(keys: Keys, side: int) -> np.ndarray:
    """(K,) of a handle, a frame."""
    run = keys.points[:, 2 * side] - keys.frames
    return (keys.points[:, 2 * side + 1] - keys.points[:, 1]) / np.where(np.abs(run) < SAME_FRAME, np.inf, run)


def _same_direction(before: Keys, now: Keys, side: int) -> np.ndarray:
    then, found = _slope(before, side), _slope(now, side)
    return np.abs(then - found) <= SAME_FRAME * np.maximum(1e-2, np.abs(then))


def rewritten(
    wrote: Keys, now: Keys, new: Keys, fade: int, seen: Callable[[np.ndarray], np.ndarray]
) -> tuple[Keys, Keys]:  # fmt: skip
    """(the keys of a curve that is written anew, what of them counts as written).

    new: what is to be written. fade: frames over which keys beside the animator's go over to the new curve. seen: the
    value of the curve as it is now on (K,) frames.
    Keys of the animator stay as they are, and the curve between two of them that follow each other does. Those that
    were deleted stay away: between the neighbours that they had there are no new ones, and the neighbours keep their
    values.
    """
    edits = edits_between(wrote, now)
    if not edits.count:
        return new, new
    kept, gaps = now.of(edits.hand), _gaps(wrote.frames[edits.gone], now.frames)
    base = _with_anchors(new, now.of(~edits.hand), gaps)
    free = _nearest(kept.frames, base.frames) < 0
    for start, end in [*gaps, *_runs(now.frames, edits.hand)]:
        free &= (base.frames <= start + SAME_FRAME) | (base.frames >= end - SAME_FRAME)
    base = _within_reach(_faded(base.of(free), kept.frames, gaps, fade, seen), kept.frames)
    return base.beside(kept), base.beside(wrote.of(edits.gone | edits.was))


def _gaps(gone: np.ndarray, present: np.ndarray) -> list[tuple[float, float]]:
    """From which key to which there is nothing where keys were deleted."""
    right = np.searchsorted(present, gone)
    starts = [float(present[at - 1]) if at else float(frame) - 0.5 for at, frame in zip(right, gone, strict=True)]
    ends = [
        float(present[at]) if at < len(present) else float(frame) + 0.5 for at, frame in zip(right, gone, strict=True)
    ]
    return sorted(set(zip(starts, ends, strict=True)))


def _runs(frames: np.ndarray, hand: np.ndarray) -> list[tuple[float, float]]:
    """From which key to which every key is the animator's: each whole run of two or more."""
    edges = np.flatnonzero(np.diff(np.concatenate([[False], hand, [False]]).astype(np.int8)))
    first, last = edges[::2], edges[1::2] - 1
    return [(float(frames[a]), float(frames[b])) for a, b in zip(first, last, strict=True) if b > a]


def _with_anchors(new: Keys, unchanged: Keys, gaps: list[tuple[float, float]]) -> Keys:
    """The new keys, and the old ones at the ends of gaps where no new one lies."""
    ends = np.unique(np.array(gaps, np.float32).ravel()) if gaps else np.empty(0, np.float32)
    anchors = unchanged.of(np.isin(unchanged.frames, ends))
    return new.beside(anchors.of(_nearest(new.frames, anchors.frames) < 0))


def _faded(
    base: Keys, kept: np.ndarray, gaps: list[tuple[float, float]], fade: int, seen: Callable[[np.ndarray], np.ndarray]
) -> Keys:  # fmt: skip
    """New keys that go over from what was seen, beside an edit, to what they are themselves, further away."""
    if not len(base):
        return base
    distance = np.full(len(base), np.inf)
    for start, end in [*((frame, frame) for frame in kept), *gaps]:
        distance = np.minimum(distance, np.maximum(np.maximum(start - base.frames, base.frames - end), 0.0))
    share = np.clip(1.0 - distance / (fade + 1), 0.0, 1.0)
    near = share > 0.0
    shift = np.zeros(len(base))
    shift[near] = share[near] * (seen(base.frames[near]) - base.points[near, 1])
    points = base.points.copy()
    points[:, 1::2] += shift[:, None].astype(np.float32)
    return Keys(points, base.kinds, base.ease)


def _within_reach(base: Keys, kept: np.ndarray) -> Keys:
    """Handles of new keys that would reach over a key of the animator's end a third of the way there instead; their
    slopes stay."""
    points, frames = base.points.copy(), base.frames.astype(np.float64)
    for column, side in ((2, -1), (4, 1)):
        at = np.searchsorted(kept, frames) - (side < 0)
        there = (at >= 0) & (at < len(kept))
        room = np.full(len(base), np.inf)
        room[there] = np.abs(kept[at[there]] - frames[there]) / 3
        reach = side * (points[:, column] - frames)
        share = np.where(reach > room, room / np.maximum(reach, SAME_FRAME), 1.0)
        for own in (column, column + 1):
            middle = points[:, own - column]
            points[:, own] = middle + share * (points[:, own] - middle)
    return Keys(points, base.kinds, base.ease)
