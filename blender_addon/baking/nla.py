# SPDX-License-Identifier: GPL-3.0-or-later
"""Where the action of a line plays on a data-block: one line alone is its action, several are strips.

Nothing of the animator's is lost: an action that gives way is kept with a fake user; an action of their own goes on
playing, as a strip below ours where both move the same. `nla_layout` says how strips lie.
On an armature it is always strips: its action is the animator's.
"""

from collections.abc import Iterable, Iterator
from contextlib import ExitStack
from typing import Any

from .. import compat
from .nla_layout import (
    BLEND_MARK,
    LINE_MARK,
    arrange,
    chosen,
    join_again,
    line_of,
    moved_piece,
    new_piece,
    new_track_below,
    our_tracks,
    remove_strip,
)

SOUND_MARK = "styletalk_sound"
"""Custom property of our actions: the frame that shows the sound's first moment, the sync offset included, and frames a
second."""
ORIGIN_MARK = "styletalk_origin"
"""Custom property of our actions: the frame on which the sound's file begins, heard or cut off."""
TEMPO_MARK = "styletalk_tempo"
"""Custom property of our actions: how fast the strip played, see `Tempo.rounded`; absent: as recorded."""
SPEECH_MARK = "styletalk_speech"
"""Custom property of our actions: the frames of the first and the last sound, where something is said."""
LIVE_MARK = "styletalk_live"
"""Custom property of actions that were baked by themselves: the identity of their line."""
BASE_MARK = "styletalk_base"
"""Custom property of our actions: the animator's action of which one is a copy, with the line's curves in it."""
AUTO, STRIP, ACTION, INTO = "AUTO", "NLA", "ACTION", "INTO"
"""Where a line is to play: as an action while it is alone, else as a strip; as a strip; as the active action; in a copy
of the active action of the animator."""
COMBINED_MARK = "styletalk_combined"
"""Custom property of armatures: we let the animator's action add to what is below it, where it replaced that."""


def place(owner: Any, action: Any, undo: ExitStack, output: str = AUTO) -> None:
    """Let `action`, marked with its line, play on `owner` in place of what that line was before."""
    data = owner.animation_data
    if data is None:
        data = owner.animation_data_create()
        undo.callback(owner.animation_data_clear)
    identity = action[LINE_MARK]
    if data.action is not None and action.get(BASE_MARK) == data.action:
        _activate(data, action, undo)
        arrange(data, [], undo)
        return
    theirs = _make_way(data, action, undo, output)
    active = data.action
    lines = {line_of(strip.action) for track in our_tracks(data) for strip in track.strips}
    is_alone = not (lines - {"", identity} or theirs or is_shared(owner)) and line_of(active) in ("", identity)
    former = next((chosen(strip) for _, strip in _strips_of(data, identity)), {})
    _remove_strips(data, identity, undo)
    if output == ACTION or (output != STRIP and is_alone):
        _activate(data, action, undo)
        pieces = [new_piece(active)] if line_of(active) not in ("", identity) else []
    else:
        pieces = [new_piece(action)]
        pieces[0].properties.update(former)
        if line_of(active):
            _activate(data, None, undo)
            if line_of(active) != identity:
                pieces.insert(0, new_piece(active))
    arrange(data, pieces, undo)
    if is_shared(owner):
        _play_both(owner, action, undo)


def _make_way(data: Any, action: Any, undo: ExitStack, output: str) -> bool:
    """Where the animator's own action moves what `action` moves, let it play as a strip below ours. Returns whether
    their action stays the active one: also above strips of ours that are there already, which it may have polished."""
    theirs = data.action
    if theirs is None or line_of(theirs):
        return False
    has_strips = output != ACTION and any(track.strips for track in our_tracks(data))
    if has_strips or is_shared(data.id_data):
        return True
    if not paths_of(compat.action_fcurves(data)) & paths_of(compat.all_fcurves(action)):
        return output != ACTION and bool(compat.action_fcurves(data))
    slot, start = compat.action_slot(data), theirs.frame_range[0]
    _activate(data, None, undo)
    track = new_track_below(data, theirs.name, undo)
    strip = track.strips.new(theirs.name, round(start), theirs)
    undo.callback(track.strips.remove, strip)
    compat.assign_action(strip, theirs, slot)
    return False


def is_shared(owner: Any) -> bool:
    """Whether a data-block's active action is the animator's at all times: that of a skeleton moves the body, too."""
    return getattr(owner, "type", "") == "ARMATURE"


def paths_of(fcurves: Any) -> set[tuple[str, int]]:
    """(data path, index) of each F-curve or driver that is not muted."""
    return {(curve.data_path, curve.array_index) for curve in fcurves if not curve.mute}


def move(owner: Any, identity: str, origin: float) -> bool:
    """Let a line play where its sound's file begins on frame `origin` now. Returns whether it was elsewhere."""
    data = owner.animation_data
    if data is None or data.use_tweak_mode:
        return False
    moved = False
    with ExitStack() as undo:
        if line_of(data.action) == identity and ORIGIN_MARK in data.action and data.action.library is None:
            moved = _shift_keys(data, round(origin - data.action[ORIGIN_MARK]))
        pieces = []
        for track, strip in list(_strips_of(data, identity)):
            delta = round(origin - strip.action.get(ORIGIN_MARK, origin) - _shift_of(strip))
            if delta and ORIGIN_MARK in strip.action:
                pieces.append(moved_piece(track, strip, delta, undo))
        if pieces:
            arrange(data, pieces, undo)
        undo.pop_all()
    return moved or bool(pieces)


def _shift_of(strip: Any) -> float:
    """By how many frames a strip plays its action later than its keys lie."""
    return strip.frame_start - strip.action_frame_start


def _shift_keys(data: Any, frames: int) -> bool:
    """Move all keys of the active action, and what we remember of it."""
    if not frames:
        return False
    for curve in compat.action_fcurves(data):
        compat.shift_curve(curve, frames)
    action = data.action
    action[ORIGIN_MARK] += frames
    if SOUND_MARK in action:
        begins, fps = action[SOUND_MARK]
        action[SOUND_MARK] = (begins + frames, fps)
    if SPEECH_MARK in action:
        action[SPEECH_MARK] = [frame + frames for frame in action[SPEECH_MARK]]
    return True


def set_blends(owner: Any, identity: str, blends: tuple[int, int]) -> None:
    """Let a line come in and go over so many frames; 0 where we choose."""
    data = owner.animation_data
    if data is None or data.use_tweak_mode:
        return
    actions = [strip.action for _, strip in _strips_of(data, identity)]
    if line_of(data.action) == identity:
        actions.append(data.action)
    for _, strip in _strips_of(data, identity):
        strip.blend_in = strip.blend_out = 0.0
    for action in (each for each in actions if each.library is None):
        action[BLEND_MARK] = blends
    join_again(data)


def _play_both(owner: Any, action: Any, undo: ExitStack) -> None:
    """Let an action of the animator that moves the same bones add to the line below it, instead of hiding it."""
    data = owner.animation_data
    if data.action is None or data.action_blend_type != "REPLACE" or not _shared_paths(data.action, action):
        return
    undo.callback(setattr, data, "action_blend_type", "REPLACE")
    data.action_blend_type = "COMBINE"
    if COMBINED_MARK not in owner:
        owner[COMBINED_MARK] = True
        undo.callback(owner.pop, COMBINED_MARK)


def _shared_paths(one: Any, other: Any) -> set[str]:
    """The data paths that two actions both move."""
    return {curve.data_path for curve in compat.all_fcurves(one)} & {
        curve.data_path for curve in compat.all_fcurves(other)
    }


def take_away(owner: Any, identity: str) -> bool:
    """Take what a line was baked into off `owner`. Returns whether nothing of ours is left there."""
    data = owner.animation_data
    if data is None:
        return False
    was_there, ours = plays(owner, identity), action_of(owner, identity)
    with ExitStack() as undo:
        _remove_strips(data, identity, undo)
        if line_of(data.action) == identity:
            _activate(data, None, undo)
        if data.action is None and ours is not None and ours.get(BASE_MARK) is not None:
            compat.assign_action(data, ours[BASE_MARK], compat.same_slot(ours[BASE_MARK], compat.own_slot(ours)))
        arrange(data, [], undo)
        undo.pop_all()
    for track in [track for track in our_tracks(data) if not track.strips]:
        data.nla_tracks.remove(track)
    nothing_left = not our_tracks(data)
    if nothing_left and owner.get(COMBINED_MARK):
        data.action_blend_type = "REPLACE"
        del owner[COMBINED_MARK]
    return was_there and nothing_left and (data.action is None or is_shared(owner))


def plays(owner: Any, identity: str) -> bool:
    """Whether that line is baked onto `owner`."""
    data = owner.animation_data
    return data is not None and (line_of(data.action) == identity or any(_strips_of(data, identity)))


def action_of(owner: Any, identity: str) -> Any | None:
    """The action that line was baked into, where it plays on `owner`."""
    data = owner.animation_data
    if data is None or line_of(data.action) == identity:
        return data.action if data is not None else None
    return next((strip.action for _, strip in _strips_of(data, identity)), None)


def sound_begins(owner: Any, identity: str) -> float | None:
    """The frame on which the sound of a line begins that plays on `owner`, its sync offset included; None where that
    is not known, and where a strip plays it faster or slower."""
    data, action = owner.animation_data, action_of(owner, identity)
    if data is None or action is None or SOUND_MARK not in action:
        return None
    if line_of(data.action) == identity:
        return float(action[SOUND_MARK][0])
    strip = next(strip for _, strip in _strips_of(data, identity))
    return None if abs(strip.scale - 1) > 1e-4 else float(action[SOUND_MARK][0]) + _shift_of(strip)


def frames_of(owner: Any, identity: str) -> tuple[float, float]:
    """The first and the last frame of a line that plays on `owner`."""
    data = owner.animation_data
    strips = [strip for _, strip in _strips_of(data, identity)]
    if not strips:
        return tuple(data.action.frame_range)
    return min(strip.frame_start for strip in strips), max(strip.frame_end for strip in strips)


def scene_frames(owner: Any, identity: str, frames: Iterable[float]) -> list[float]:
    """On which frames of the scene those of a line's action are shown."""
    data = owner.animation_data
    strip = next((strip for _, strip in _strips_of(data, identity)), None)
    if strip is None or line_of(data.action) == identity:
        return [float(frame) for frame in frames]
    return [strip.frame_start + (float(frame) - strip.action_frame_start) * strip.scale for frame in frames]


def shift_of(owner: Any, identity: str) -> float:
    """By how many frames a line plays later than its keys lie."""
    data = owner.animation_data
    return next((_shift_of(strip) for _, strip in _strips_of(data, identity)), 0.0) if data is not None else 0.0


def _strips_of(data: Any, identity: str) -> Iterator[tuple[Any, Any]]:
    """(track, strip) of a line, wherever the animator has moved it."""
    for track in data.nla_tracks:
        yield from ((track, strip) for strip in track.strips if line_of(strip.action) == identity)


def _activate(data: Any, action: Any | None, undo: ExitStack) -> None:
    """Make `action` the active one. The former is kept: without a user it would be gone with the next save."""
    before, slot = data.action, compat.action_slot(data)
    undo.callback(compat.assign_action, data, before, slot)
    _keep(before, undo)
    compat.assign_action(data, action)


def _keep(action: Any | None, undo: ExitStack) -> None:
    if action is not None:
        undo.callback(setattr, action, "use_fake_user", action.use_fake_user)
        action.use_fake_user = True


def _remove_strips(data: Any, identity: str, undo: ExitStack) -> None:
    for track, strip in list(_strips_of(data, identity)):
        _keep(strip.action, undo)
        remove_strip(track, strip, undo)
