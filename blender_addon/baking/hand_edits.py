# SPDX-License-Identifier: GPL-3.0-or-later
"""What an animator changed in the action of a line since its bake, and how that outlives the next one.

The next bake writes into a copy of the action: F-curves, modifiers, groups and slots of the animator's own are in it as
they were, and only keys that a bake wrote are replaced.
"""

from collections.abc import Callable, Iterator
from contextlib import ExitStack
from dataclasses import dataclass
from typing import Any

import bpy
import numpy as np

from .. import compat
from ..styletalk.motion.hand_edits import Keys, edits_between, rewritten
from .conflicts import channel_name
from .curve_keys import fill, keys_of, seen_values
from .nla import BASE_MARK, ORIGIN_MARK, SOUND_MARK, action_of, scene_frames
from .written import Channels, remember, remembered

KEEP, OFFSETS, REPLACE = "KEEP", "OFFSETS", "REPLACE"
"""What becomes of keys that were edited by hand: they stay, go to the offset layer as a difference, or are replaced."""
FADE = 3
"""Frames over which keys beside an edited one go over to the new bake, where nobody chose."""
Channel = tuple[str, int]
"""Data path and index."""


@dataclass(frozen=True)
class EditedChannel:
    """A channel of a data-block with keys edited by hand. keys: how many; frames: of the scene, rising."""

    owner: Any
    data_path: str
    index: int
    keys: int
    frames: tuple[float, ...]

    @property
    def name(self) -> str:
        """What an animator calls it."""
        return channel_name(self.data_path, self.index)


@dataclass(frozen=True)
class HandEdits:
    """channels: those of ours with keys edited by hand. own: names of channels that the animator has in our action."""

    channels: tuple[EditedChannel, ...] = ()
    own: tuple[str, ...] = ()

    @property
    def keys(self) -> int:
        """How many keys were touched."""
        return sum(each.keys for each in self.channels)

    @property
    def summary(self) -> str:
        """As it is said: "7 hand-edited keys on 3 channels"."""
        return f"{_counted(self.keys, 'hand-edited key')} on {_counted(len(self.channels), 'channel')}"


def _counted(number: int, what: str) -> str:
    return f"{number:,} {what}" + ("s" if number != 1 else "")


def hand_edits(blocks: tuple[Any, ...], identity: str) -> HandEdits:
    """What was edited by hand in the bake of a line since. blocks: the data-blocks that carry it."""
    channels, own = [], []
    for block in blocks:
        action = action_of(block, identity)
        written = remembered(action)
        if action is None or written is None:
            continue
        channels += [
            EditedChannel(block, path, index, count, tuple(scene_frames(block, identity, frames)))
            for (path, index), count, frames in _edited(action, written)
        ]
        own += [channel_name(*which) for which in _curves(action) if which not in written]
    return HandEdits(tuple(channels), tuple(own))


def select_keys(blocks: tuple[Any, ...], identity: str, channels: tuple[EditedChannel, ...]) -> int:
    """Select the keys of these channels that were edited by hand, and deselect all others of the line. Returns how
    many are selected."""
    chosen, count = {(each.owner, each.data_path, each.index) for each in channels}, 0
    for block in blocks:
        action = action_of(block, identity)
        written = remembered(action) or {}
        for which, curve in (_curves(action) if action is not None else {}).items():
            now = keys_of(curve)
            hand = edits_between(written[which], now).hand if which in written else np.zeros(len(now), bool)
            wanted = hand & ((block, *which) in chosen)
            for name in ("select_control_point", "select_left_handle", "select_right_handle"):
                curve.keyframe_points.foreach_set(name, wanted)
            curve.select, count = bool(wanted.any()), count + int(wanted.sum())
    return count


def _edited(action: Any, written: Channels) -> Iterator[tuple[Channel, int, np.ndarray]]:
    """(channel, how many keys, their frames) where something differs from what was written."""
    curves = _curves(action)
    for which, wrote in written.items():
        now = keys_of(curves[which]) if which in curves else Keys.none()
        edits = edits_between(wrote, now)
        if edits.count:
            frames = np.concatenate([now.frames[edits.hand], wrote.frames[edits.gone]])
            yield which, edits.count, np.unique(frames)


def _curves(action: Any) -> dict[Channel, Any]:
    return {(curve.data_path, curve.array_index): curve for curve in compat.own_fcurves(action) or ()}


def remember_written(action: Any) -> None:
    """Let a new action know its keys as those that we wrote."""
    remember(action, {which: keys_of(curve) for which, curve in _curves(action).items()})


def carried_over(
    previous: Any | None, fresh: Any, edits: str, fade: int, undo: ExitStack
) -> Any | None:  # fmt: skip
    """A copy of a line's `previous` action in which the keys that a bake wrote are those of `fresh`; None where nothing
    of the animator's is in it, and `fresh` will do. Both know where their line lies; `undo` removes the copy.

    edits: what becomes of keys edited by hand. fade: see `rewritten`.
    """
    written = remembered(previous)
    if previous is None or written is None or not _is_touched(previous, written):
        return None
    made = previous.copy()
    undo.callback(bpy.data.actions.remove, made)
    made.use_fake_user = False
    time, new = _Time.between(previous, fresh), {which: keys_of(curve) for which, curve in _curves(fresh).items()}
    record = _rewrite(made, written, new, time, lambda path: stays(path, edits), fade)
    for name in _marks(made):
        del made[name]
    for name, value in _marks(fresh).items():
        made[name] = value
    remember(made, record)
    return made


def _marks(action: Any) -> dict[str, Any]:
    lasting = (compat.SLOT_MARK, BASE_MARK)
    return {name: value for name, value in action.items() if name.startswith("styletalk_") and name not in lasting}


def stays(data_path: str, edits: str) -> bool:
    """Whether keys edited by hand stay where they are on a channel of that path."""
    return edits == KEEP


def said_of(edits: HandEdits, choice: str) -> str:
    """What a bake has done with edits, as a sentence, or ""."""
    if not edits.keys:
        return ""
    return f"{edits.summary}: {'kept' if choice == KEEP else 'replaced'}."


def _is_touched(action: Any, written: Channels) -> bool:
    """Whether anything in an action is the animator's: keys, curves, modifiers, slots."""
    curves = _curves(action)
    if curves.keys() != written.keys() or len(compat.all_fcurves(action)) != len(curves):
        return True
    plain = all(
        not len(curve.modifiers) and curve.extrapolation == "CONSTANT" and not (curve.mute or curve.lock)
        for curve in curves.values()
    )
    return not plain or next(_edited(action, written), None) is not None


@dataclass(frozen=True)
class _Time:
    """From the frames of one bake of a line to those of another."""

    origin: float
    new_origin: float
    stretch: float

    @classmethod
    def between(cls, previous: Any, fresh: Any) -> "_Time":
        origin, new_origin = previous[ORIGIN_MARK], fresh[ORIGIN_MARK]
        stretch = float(fresh[SOUND_MARK][1]) / float(previous[SOUND_MARK][1]) if SOUND_MARK in previous else 1.0
        if abs(stretch - 1.0) < 1e-6:
            return cls(0.0, float(round(new_origin - origin)), 1.0)
        return cls(origin, new_origin, stretch)

    def moved(self, keys: Keys) -> Keys:
        return keys.at(self.origin, self.new_origin, self.stretch)

    def back(self, frames: np.ndarray) -> np.ndarray:
        return (frames.astype(np.float64) - self.new_origin) / self.stretch + self.origin


def _rewrite(
    made: Any, written: Channels, new: Channels, time: _Time, keeps: Callable[[str], bool], fade: int
) -> Channels:  # fmt: skip
    """Put the `new` keys into a copy of the action. Returns what counts as written by bakes."""
    record: Channels = {}
    curves, fcurves = _curves(made), compat.own_fcurves(made)
    for which in {**curves, **written, **new}:
        wrote, wanted = time.moved(written.get(which, Keys.none())), new.get(which, Keys.none())
        kept_here, curve = keeps(which[0]), curves.get(which)
        if curve is not None and (len(curve.sampled_points) or (which not in written and which not in new)):
            if not len(curve.sampled_points):
                fill(curve, time.moved(keys_of(curve)))
            continue
        if curve is None and which in written and kept_here:
            record[which] = wrote  # the animator has removed all of it
            continue
        if curve is None:
            curve = fcurves.new(data_path=which[0], index=which[1])  # type: ignore[union-attr]
            result = kept = wanted
        elif kept_here or which not in written:
            now = time.moved(keys_of(curve))
            result, kept = rewritten(
                wrote, now, wanted, fade, lambda at, curve=curve: seen_values(curve, time.back(at))
            )
        else:
            result = kept = wanted
        fill(curve, result)
        record[which] = kept
        if not len(result) and which not in new and not len(curve.modifiers):
            fcurves.remove(curve)  # type: ignore[union-attr]
            del record[which]
    return record
