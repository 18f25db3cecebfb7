# SPDX-License-Identifier: GPL-3.0-or-later
"""Where the action of a line plays on a data-block: one line alone is its action, several are strips.

On an armature it is always strips: its action is the animator's.

Strips lie on tracks called StyleTalk, by their start; where two overlap the later line lies on a track above, whichever
was baked first, and comes in over a few frames: one expression goes while the next one comes. Nothing else in the NLA
is touched, and actions that give way are kept with a fake user.
"""

import math
from collections.abc import Iterator
from contextlib import ExitStack
from dataclasses import dataclass
from typing import Any

from .. import compat

LINE_MARK = "styletalk_line"
"""Custom property of our actions: the identity of the line that was baked into them."""
SPEECH_MARK = "styletalk_speech"
"""Custom property of our actions: the frames of the first and the last sound, where something is said."""
TRACK_NAME = "StyleTalk"
SOUND_MARK = "styletalk_sound"
"""Custom property of our actions: the frame that shows the sound's first moment, the sync offset included, and frames a
second."""
COMBINED_MARK = "styletalk_combined"
"""Custom property of armatures: we let the animator's action add to what is below it, where it replaced that."""
SHORTEST_BLEND = 4.0
"""Frames in which a line takes over from another one at least."""


@dataclass
class _Piece:
    """A line in the NLA: its frames, the strip that it has or the properties of the one it gets, its track's number."""

    start: float
    end: float
    properties: dict[str, Any]
    strip: Any | None = None
    track: int = -1


def place(owner: Any, action: Any, undo: ExitStack) -> None:
    """Let `action`, marked with its line, play on `owner` in place of what that line was before."""
    data = owner.animation_data
    if data is None:
        data = owner.animation_data_create()
        undo.callback(owner.animation_data_clear)
    identity, active = action[LINE_MARK], data.action
    is_alone = not any(track.strips for track in our_tracks(data)) and _line_of(active) in ("", identity)
    is_alone = is_alone and not _is_animators(owner)
    _remove_strips(data, identity, undo)
    if is_alone:
        _activate(data, action, undo)
        return
    new = [action]
    if _line_of(active):
        _activate(data, None, undo)
        if _line_of(active) != identity:
            new = [active, action]
    _arrange(data, new, undo)
    if _is_animators(owner):
        _play_both(owner, action, undo)


def _is_animators(owner: Any) -> bool:
    """Whether the action of a data-block is the animator's alone: a character's body is animated on its armature."""
    return getattr(owner, "type", "") == "ARMATURE"


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
    was_there = plays(owner, identity)
    with ExitStack() as undo:
        _remove_strips(data, identity, undo)
        if _line_of(data.action) == identity:
            _activate(data, None, undo)
        _arrange(data, [], undo)
        undo.pop_all()
    for track in [track for track in our_tracks(data) if not track.strips]:
        data.nla_tracks.remove(track)
    nothing_left = not our_tracks(data)
    if nothing_left and owner.get(COMBINED_MARK):
        data.action_blend_type = "REPLACE"
        del owner[COMBINED_MARK]
    return was_there and nothing_left and (data.action is None or _is_animators(owner))


def plays(owner: Any, identity: str) -> bool:
    """Whether that line is baked onto `owner`."""
    data = owner.animation_data
    return data is not None and (_line_of(data.action) == identity or any(_strips_of(data, identity)))


def action_of(owner: Any, identity: str) -> Any | None:
    """The action that line was baked into, where it plays on `owner`."""
    data = owner.animation_data
    if data is None or _line_of(data.action) == identity:
        return data.action if data is not None else None
    return next((strip.action for _, strip in _strips_of(data, identity)), None)


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
        _keep(strip.action, undo)
        _remove_strip(track, strip, undo)


def _arrange(data: Any, new: list[Any], undo: ExitStack) -> None:
    """Lay out all our strips, and those that the `new` actions get, anew: by their start, the later line above.

    Strips that lie right stay as they are. What each shows before and after its frames is set for all.
    """
    tracks = our_tracks(data)
    pieces = sorted([*_pieces(tracks), *map(_new_piece, new)], key=lambda piece: piece.start)
    moving = []
    for piece, number in zip(pieces, _track_numbers(tracks, pieces), strict=True):
        if piece.track != number:
            moving.append(piece)
            if piece.strip is not None:
                piece.properties = _remove_strip(tracks[piece.track], piece.strip, undo)
        piece.track = number
    while len(tracks) <= max((piece.track for piece in moving), default=-1):
        tracks.append(_new_track(data, tracks, undo))
    for piece in moving:
        piece.strip = _make_strip(tracks[piece.track], piece.properties, undo)
    for place, piece in enumerate(pieces):
        undo.callback(setattr, piece.strip, "extrapolation", piece.strip.extrapolation)  # type: ignore[union-attr]
        piece.strip.extrapolation = _extrapolation(piece, pieces[:place])  # type: ignore[union-attr]
        _join(piece.strip, [each.strip for each in pieces[:place]], undo)


def _pieces(tracks: list[Any]) -> Iterator[_Piece]:
    """The strips of ours, from the bottom up: of two that begin together, the one that was baked later stays above."""
    for number, track in enumerate(tracks):
        ours = (strip for strip in track.strips if _line_of(strip.action))
        yield from (_Piece(_whole_start(strip), strip.frame_end, {}, strip, number) for strip in ours)


def _join(strip: Any, earlier: list[Any], undo: ExitStack) -> None:
    """Let a line that begins before another one's end come in between the last sound of that and its own first one, and
    go after its own last one where that still plays.

    What it has before it comes in is cut off, or given back where nothing is in the way any more. Strips that the
    animator has stretched or repeated stay as they are.
    """
    if strip.scale != 1.0 or strip.repeat != 1.0 or strip.use_auto_blend:
        return
    start, end = _whole_start(strip), strip.frame_end
    before = [each for each in earlier if each.frame_end > start]
    if not before and strip.frame_start == start:
        return
    first, last = _speech(strip, start, end)
    others_last = max((_speech(each, 0.0, each.frame_end)[1] for each in before), default=start)
    begin = float(round(min(max(start, others_last), max(start, first - SHORTEST_BLEND))))
    blend_in = max(first - begin, SHORTEST_BLEND) if before else 0.0
    goes_on = any(each.frame_end > end for each in before)
    blend_out = min(max(end - last, SHORTEST_BLEND), end - begin - blend_in) if goes_on else 0.0
    undo.callback(_set_range, strip, strip.frame_start, strip.action_frame_start, end, strip.blend_in, strip.blend_out)
    shift = strip.frame_start - strip.action_frame_start
    _set_range(strip, begin, begin - shift, end, min(blend_in, end - begin), max(blend_out, 0.0))


def _set_range(
    strip: Any, start: float, action_start: float, end: float, blend_in: float, blend_out: float
) -> None:  # fmt: skip
    """In this order, or Blender scales the strip."""
    strip.blend_in = strip.blend_out = 0.0
    strip.action_frame_start = action_start
    strip.frame_start, strip.frame_end = start, end
    strip.blend_in, strip.blend_out = blend_in, blend_out


def _speech(strip: Any, first: float, last: float) -> tuple[float, float]:
    """The scene's frames of a strip's first and last sound; as given where nothing is said in it."""
    found = strip.action.get(SPEECH_MARK)
    if found is None:
        return first, last
    shift = strip.frame_start - strip.action_frame_start
    return found[0] + shift, found[1] + shift


def _whole_start(strip: Any) -> float:
    """Where a strip would begin of which nothing is cut off."""
    if strip.scale != 1.0 or strip.repeat != 1.0:
        return strip.frame_start
    return strip.frame_start - max(0.0, strip.action_frame_start - strip.action.frame_range[0])


def _new_piece(action: Any) -> _Piece:
    """Where its keys lie."""
    start, end = action.frame_range
    return _Piece(start, end, {"name": action.name, "frame_start": start, "action": action, "blend_type": "REPLACE"})


def _track_numbers(tracks: list[Any], pieces: list[_Piece]) -> Iterator[int]:
    """The track of each: that of the one before, or the next above while that still plays or the animator's strip does.

    Never one below, for the pose at the end of a line is held and would hide it.
    """
    number, end = 0, -math.inf
    for piece in pieces:
        while piece.start <= end or (number < len(tracks) and _is_taken(tracks[number], piece)):
            number, end = number + 1, -math.inf
        end = piece.end
        yield number


def _is_taken(track: Any, piece: _Piece) -> bool:
    theirs = (strip for strip in track.strips if not _line_of(strip.action))
    return any(strip.frame_start <= piece.end and strip.frame_end >= piece.start for strip in theirs)


def _new_track(data: Any, tracks: list[Any], undo: ExitStack) -> Any:
    track = data.nla_tracks.new(
        prev=next(reversed(tracks or list(data.nla_tracks)), None)
    )  # without, 3.4 adds below all
    undo.callback(data.nla_tracks.remove, track)
    track.name = TRACK_NAME
    return track


def _extrapolation(piece: _Piece, earlier: list[_Piece]) -> str:
    """A line's last pose is held until the next line, unless it would hide an earlier one that goes on below.

    The first line's first pose is held as well: before all strips Blender puts channels to their defaults, and a neck
    at the origin is no rest.
    """
    if any(each.end > piece.end for each in earlier):
        return "NOTHING"
    return "HOLD_FORWARD" if earlier else "HOLD"


def _remove_strip(track: Any, strip: Any, undo: ExitStack) -> dict[str, Any]:
    """Remove a strip; return the properties of it that can be set again."""
    names = [each.identifier for each in strip.bl_rna.properties if not each.is_readonly]
    properties = {name: getattr(strip, name) for name in names}
    undo.callback(_make_strip, track, properties, ExitStack())
    track.strips.remove(strip)
    return properties


def _make_strip(track: Any, properties: dict[str, Any], undo: ExitStack) -> Any:
    """A strip of `properties`, among them its name, action and frame_start."""
    rest = dict(properties)
    action = rest.pop("action")
    strip = track.strips.new(rest["name"], round(rest["frame_start"]), action)
    undo.callback(track.strips.remove, strip)
    compat.assign_action(strip, action, rest.pop("action_slot", None))
    for name, value in rest.items():
        setattr(strip, name, value)
    return strip
