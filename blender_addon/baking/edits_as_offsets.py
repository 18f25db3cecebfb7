# SPDX-License-Identifier: GPL-3.0-or-later
"""Keys edited by hand become keys of the offset layer: what they differ by from what the bake wrote there."""

from collections.abc import Iterator
from contextlib import ExitStack
from dataclasses import dataclass
from typing import Any

import bpy
import numpy as np

from .. import compat
from ..faces import offsets
from ..styletalk.motion.hand_edits import Keys
from .curve_keys import fill, seen_values
from .hand_edits import EditedChannel, HandEdits, own_curves
from .kept_layer import KeptLayer
from .nla import ORIGIN_MARK, SOUND_MARK, action_of, scene_frames
from .written import remembered

SMALL = 1e-6
"""Differences that are none."""


@dataclass(frozen=True)
class Difference:
    """Of the shape key `name`: (N,) times from the line's origin on, and (N,) values. They begin and end with nothing,
    on keys that were not edited."""

    name: str
    times_s: np.ndarray
    values: np.ndarray


def can_be_offset(face: Any, channel: EditedChannel) -> bool:
    """Whether edits of a channel can move to the offset layer: those of the face's own shape keys."""
    keys = getattr(face.data, "shape_keys", None)
    return channel.owner == keys and channel.data_path.startswith("key_blocks[")


def refusal(face: Any, edits: HandEdits) -> str:
    """Why edits cannot move to offsets, as a sentence, or ""."""
    if not any(can_be_offset(face, channel) for channel in edits.channels):
        return ""
    reason = offsets.refusal(face)
    return f"Hand edits cannot move to the offset layer: {reason} Or choose Kept." if reason else ""


def differences(face: Any, edits: HandEdits, identity: str) -> tuple[Difference, ...]:
    """What the edits of a face's own shape keys add to what was written. To be called before they are replaced."""
    chosen = [channel for channel in edits.channels if can_be_offset(face, channel)]
    action = action_of(face.data.shape_keys, identity) if chosen else None
    written, curves = remembered(action) or {}, own_curves(action) if action is not None else {}
    found = []
    for channel in chosen:
        which = channel.data_path, channel.index
        curve, wrote = curves.get(which), written[which]
        frames = _frames(curve, wrote, channel)
        now = seen_values(curve, frames) if curve is not None else np.zeros(len(frames))
        values = now - _values(wrote, channel, frames)
        values[[0, -1]] = 0.0
        times_s = (frames - action[ORIGIN_MARK]) / action[SOUND_MARK][1]  # type: ignore[index]
        found.append(Difference(channel.name, times_s, values))
    return tuple(found)


def _frames(curve: Any | None, wrote: Keys, channel: EditedChannel) -> np.ndarray:
    """(N,) the whole frames and keys between the unedited neighbours of what was edited."""
    present = np.array([point.co[0] for point in curve.keyframe_points]) if curve is not None else np.empty(0)
    edited, every = np.array(channel.action_frames), np.unique(np.concatenate([present, wrote.frames]))
    plain = every[np.abs(every[:, None] - edited).min(axis=1) > SMALL]
    spans: set[float] = set()
    for frame in edited:
        before, after = plain[plain < frame], plain[plain > frame]
        first = before[-1] if len(before) else np.floor(frame) - 1
        last = after[0] if len(after) else np.ceil(frame) + 1
        spans.update((first, last, *np.arange(np.floor(first) + 1, last), *edited[(edited > first) & (edited < last)]))
    return np.array(sorted(spans))


def _values(wrote: Keys, channel: EditedChannel, frames: np.ndarray) -> np.ndarray:
    """(N,) what the bake wrote, on these frames."""
    action, fcurves = compat.new_action("KEY", "StyleTalk", channel.owner.name)
    try:
        curve = fcurves.new(data_path=channel.data_path, index=channel.index)
        fill(curve, wrote)
        return seen_values(curve, frames)
    finally:
        bpy.data.actions.remove(action)


def add(face: Any, found: tuple[Difference, ...], identity: str, undo: ExitStack) -> None:
    """Add differences to the offset layer, where the line's new bake lies. Raises OffsetError. `undo` brings back the
    layer as it was, also where this fails on its way."""
    if not found:
        return
    block = face.data.shape_keys
    action: Any = action_of(block, identity)
    undo.callback(KeptLayer.of(face).bring_back)
    offsets.ensure(face, [each.name for each in found])
    for each in found:
        frames = scene_frames(block, identity, action[ORIGIN_MARK] + action[SOUND_MARK][1] * each.times_s)
        for frame in frames:
            offsets.add_offset(face, each.name, frame, 0.0)  # or a key would change what the next one begins from
        for frame, value in zip(frames, each.values, strict=True):
            if abs(value) > SMALL:
                offsets.add_offset(face, each.name, frame, float(value))


def said_of(face: Any, edits: HandEdits) -> str:
    """What has become of edits, as a sentence, or ""."""
    moved = HandEdits(tuple(each for each in edits.channels if can_be_offset(face, each)))
    rest = HandEdits(tuple(each for each in edits.channels if not can_be_offset(face, each)))
    return " ".join(_sentences(moved, rest))


def _sentences(moved: HandEdits, rest: HandEdits) -> Iterator[str]:
    if moved.keys:
        yield f"{moved.summary}: moved to the offset layer."
    if rest.keys:
        yield f"{rest.summary}: kept, for the offset layer has shape keys alone."
