# SPDX-License-Identifier: GPL-3.0-or-later
"""Where the action of a line plays on a data-block: one line alone is its action, several are strips.

Strips lie on tracks called StyleTalk, by their start; where two overlap the later line lies on a track above. Nothing
else in the NLA is touched, and actions that give way are kept with a fake user.
"""

from collections.abc import Iterator
from contextlib import ExitStack
from typing import Any

from .. import compat

LINE_MARK = "styletalk_line"
"""Custom property of our actions: the identity of the line that was baked into them."""
TRACK_NAME = "StyleTalk"


def place(owner: Any, action: Any, undo: ExitStack) -> None:
    """Let `action`, marked with its line, play on `owner` in place of what that line was before."""
    data = owner.animation_data
    if data is None:
        data = owner.animation_data_create()
        undo.callback(owner.animation_data_clear)
    identity, active = action[LINE_MARK], data.action
    is_alone = not any(track.strips for track in our_tracks(data)) and _line_of(active) in ("", identity)
    _remove_strips(data, identity, undo)
    if is_alone:
        _activate(data, action, undo)
        return
    if _line_of(active):
        _activate(data, None, undo)
        if _line_of(active) != identity:
            _add_strip(data, active, undo)
    _add_strip(data, action, undo)


def take_away(owner: Any, identity: str) -> bool:
    """Take what a line was baked into off `owner`. Returns whether nothing of ours is left there."""
    data = owner.animation_data
    if data is None:
        return False
    was_there = plays(owner, identity)
    with ExitStack() as undo:
        _remove_strips(data, identity, undo)
        if _line_of(data.action) == identity:
            _activate(data, None, undo)
        undo.pop_all()
    for track in [track for track in our_tracks(data) if not track.strips]:
        data.nla_tracks.remove(track)
    return was_there and not our_tracks(data) and data.action is None


def plays(owner: Any, identity: str) -> bool:
    """Whether that line is baked onto `owner`."""
    data = owner.animation_data
    return data is not None and (_line_of(data.action) == identity or any(_strips_of(data, identity)))


def our_tracks(data: Any) -> list[Any]:
    """The NLA tracks on which lines lie, from the bottom up."""
    return [track for track in data.nla_tracks if track.name.startswith(TRACK_NAME)]


def _line_of(action: Any | None) -> str:
    """The line that was baked into an action, or "" for the animator's own and for none."""
    return action.get(LINE_MARK, "") if action is not None else ""


def _strips_of(data: Any, identity: str) -> Iterator[tuple[Any, Any]]:
    """(track, strip) of a line, wherever the animator has moved it."""
    for track in data.nla_tracks:
        yield from ((track, strip) for strip in track.strips if _line_of(strip.action) == identity)


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
        undo.callback(_restore_strip, track, _strip_state(strip))
        _keep(strip.action, undo)
        track.strips.remove(strip)


def _add_strip(data: Any, action: Any, undo: ExitStack) -> None:
    """Put an action where its keys lie, on the lowest of our tracks where no earlier line plays over it."""
    start, end = (round(frame) for frame in action.frame_range)
    tracks = our_tracks(data)
    above = [number for number, track in enumerate(tracks) if any(s.frame_start <= start for s in track.strips)]
    free = (track for track in tracks[max(above, default=0) :] if _has_room(track, start, end))
    track = next(free, None) or _new_track(data, tracks, undo)
    strip = track.strips.new(action.name, start, action)
    undo.callback(track.strips.remove, strip)
    compat.assign_action(strip, action)
    strip.blend_type = "REPLACE"
    strip.extrapolation = _extrapolation(our_tracks(data), track, start, end)


def _has_room(track: Any, start: int, end: int) -> bool:
    return all(strip.frame_end < start or strip.frame_start > end for strip in track.strips)


def _new_track(data: Any, tracks: list[Any], undo: ExitStack) -> Any:
    track = data.nla_tracks.new(
        prev=next(reversed(tracks or list(data.nla_tracks)), None)
    )  # without, 3.4 adds below all
    undo.callback(data.nla_tracks.remove, track)
    track.name = TRACK_NAME
    return track


def _extrapolation(tracks: list[Any], own: Any, start: int, end: int) -> str:
    """A line's last pose is held until the next line, unless it would hide one that goes on below.

    The first line's first pose is held as well: before all strips Blender puts channels to their defaults, and a neck
    at the origin is no rest.
    """
    below = [strip for track in tracks[: tracks.index(own)] for strip in track.strips]
    if any(strip.frame_end > end for strip in below):
        return "NOTHING"
    is_first = not below and all(strip.frame_start >= start for strip in own.strips)
    return "HOLD" if is_first else "HOLD_FORWARD"


def _strip_state(strip: Any) -> dict[str, Any]:
    """The properties of a strip that can be set again."""
    names = [each.identifier for each in strip.bl_rna.properties if not each.is_readonly]
    return {name: getattr(strip, name) for name in names}


def _restore_strip(track: Any, state: dict[str, Any]) -> None:
    action = state.pop("action")
    strip = track.strips.new(state["name"], round(state["frame_start"]), action)
    compat.assign_action(strip, action, state.pop("action_slot", None))
    for name, value in state.items():
        setattr(strip, name, value)
