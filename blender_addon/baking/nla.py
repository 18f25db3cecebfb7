# SPDX-License-Identifier: GPL-3.0-or-later
"""Where the action of a line plays on a data-block: one line alone is its action, several are strips.

Strips lie on tracks called StyleTalk, by their start; where two overlap the later line lies on a track above, whichever
was baked first. Nothing else in the NLA is touched, and actions that give way are kept with a fake user.
"""

import math
from collections.abc import Iterator
from contextlib import ExitStack
from dataclasses import dataclass
from typing import Any

from .. import compat

LINE_MARK = "styletalk_line"
"""Custom property of our actions: the identity of the line that was baked into them."""
TRACK_NAME = "StyleTalk"


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


def _pieces(tracks: list[Any]) -> Iterator[_Piece]:
    """The strips of ours, from the bottom up: of two that begin together, the one that was baked later stays above."""
    for number, track in enumerate(tracks):
        ours = (strip for strip in track.strips if _line_of(strip.action))
        yield from (_Piece(strip.frame_start, strip.frame_end, {}, strip, number) for strip in ours)


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
