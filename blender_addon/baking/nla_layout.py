# SPDX-License-Identifier: GPL-3.0-or-later
"""How the strips of lines lie in the NLA: on tracks called StyleTalk, by their start, the later line above.

Where two overlap the later one lies on a track above, whichever was baked first, and comes in over a few frames: one
expression goes while the next one comes. Nothing else in the NLA is touched.
"""

import math
from collections.abc import Iterator, Sequence
from contextlib import ExitStack
from dataclasses import dataclass
from typing import Any

from .. import compat

LINE_MARK = "styletalk_line"
"""Custom property of our actions: the identity of the line that was baked into them."""
SPEECH_MARK = "styletalk_speech"
"""Custom property of our actions: the frames of the first and the last sound, where something is said."""
BLEND_MARK = "styletalk_blend"
"""Custom property of our actions: frames of blend-in and blend-out that the animator chose, 0 where we choose."""
TRACK_NAME = "StyleTalk"
CHOSEN = ("mute", "blend_type", "use_animated_influence", "influence", "use_reverse")
INFLUENCE_KEYS = "influence keys"
"""Beside a strip's properties."""
SHORTEST_BLEND = 4.0
"""Frames in which a line takes over from another one at least."""


@dataclass
class Piece:
    """A line in the NLA: its frames, the strip that it has or the properties of the one it gets, its track's number."""

    start: float
    end: float
    properties: dict[str, Any]
    strip: Any | None = None
    track: int = -1


def our_tracks(data: Any) -> list[Any]:
    """The NLA tracks on which lines lie, from the bottom up."""
    return [track for track in data.nla_tracks if track.name.startswith(TRACK_NAME)]


def line_of(action: Any | None) -> str:
    """The line that was baked into an action, or "" for the animator's own and for none."""
    return action.get(LINE_MARK, "") if action is not None else ""


def arrange(data: Any, new: Sequence[Piece], undo: ExitStack) -> None:
    """Lay out all our strips, and the `new` ones, anew: by their start, the later line above.

    Strips that lie right stay as they are. What each shows before and after its frames is set for all.
    """
    tracks = our_tracks(data)
    pieces = sorted([*_pieces(tracks), *new], key=lambda piece: piece.start)
    moving = []
    for piece, number in zip(pieces, _track_numbers(tracks, pieces), strict=True):
        if piece.track != number:
            moving.append(piece)
            if piece.strip is not None:
                piece.properties = remove_strip(tracks[piece.track], piece.strip, undo)
        piece.track = number
    while len(tracks) <= max((piece.track for piece in moving), default=-1):
        tracks.append(_new_track(data, tracks, undo))
    for piece in moving:
        piece.strip = _make_strip(tracks[piece.track], piece.properties, undo)
    for place, piece in enumerate(pieces):
        undo.callback(setattr, piece.strip, "extrapolation", piece.strip.extrapolation)  # type: ignore[union-attr]
        piece.strip.extrapolation = _extrapolation(piece, pieces[:place])  # type: ignore[union-attr]
        _join(piece.strip, [each.strip for each in pieces[:place]], undo)


def _pieces(tracks: list[Any]) -> Iterator[Piece]:
    """The strips of ours, from the bottom up: of two that begin together, the one that was baked later stays above."""
    for number, track in enumerate(tracks):
        ours = (strip for strip in track.strips if line_of(strip.action))
        yield from (Piece(whole_start(strip), strip.frame_end, {}, strip, number) for strip in ours)


def _join(strip: Any, earlier: list[Any], undo: ExitStack) -> None:
    """Let a line that begins before another one's end come in between the last sound of that and its own first one, and
    go after its own last one where that still plays; over as many frames as the animator chose, where they did.

    What it has before it comes in is cut off, or given back where nothing is in the way any more. Strips that the
    animator has stretched or repeated stay as they are.
    """
    if strip.scale != 1.0 or strip.repeat != 1.0 or strip.use_auto_blend:
        return
    start, end = whole_start(strip), strip.frame_end
    chosen_in, chosen_out = map(float, strip.action.get(BLEND_MARK, (0, 0)))
    before = [each for each in earlier if each.frame_end > start]
    if not before and strip.frame_start == start and not (chosen_in or chosen_out):
        return
    begin, blend_in, blend_out = start, 0.0, 0.0
    if before:
        first, last = _speech(strip, start, end)
        others_last = max(_speech(each, 0.0, each.frame_end)[1] for each in before)
        shortest = chosen_in or SHORTEST_BLEND
        begin = float(round(min(max(start, others_last), max(start, first - shortest))))
        blend_in = chosen_in or max(first - begin, SHORTEST_BLEND)
        if any(each.frame_end > end for each in before):
            blend_out = max(end - last, SHORTEST_BLEND)
    blend_in = min(chosen_in or blend_in, end - begin)
    blend_out = max(min(chosen_out or blend_out, end - begin - blend_in), 0.0)
    shift = strip.frame_start - strip.action_frame_start
    wanted = (begin, begin - shift, end, blend_in, blend_out)
    present = (strip.frame_start, strip.action_frame_start, end, strip.blend_in, strip.blend_out)
    if wanted != present:
        undo.callback(_set_range, strip, *present)
        _set_range(strip, *wanted)


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


def whole_start(strip: Any) -> float:
    """Where a strip would begin of which nothing is cut off."""
    if strip.scale != 1.0 or strip.repeat != 1.0:
        return strip.frame_start
    return strip.frame_start - max(0.0, strip.action_frame_start - strip.action.frame_range[0])


def moved_piece(track: Any, strip: Any, frames: int, undo: ExitStack) -> Piece:
    """A strip taken off its track, to be laid so many frames later."""
    start, end = whole_start(strip) + frames, strip.frame_end + frames
    properties = remove_strip(track, strip, undo)
    for name in properties:
        if name.startswith(("frame_start", "frame_end")):
            properties[name] += frames
    properties[INFLUENCE_KEYS] = [(frame + frames, value) for frame, value in properties[INFLUENCE_KEYS]]
    return Piece(start, end, properties)


def join_again(data: Any) -> None:
    """Blend all our strips in and out anew."""
    pieces = sorted(_pieces(our_tracks(data)), key=lambda piece: piece.start)
    for place, piece in enumerate(pieces):
        _join(piece.strip, [each.strip for each in pieces[:place]], ExitStack())


def new_piece(action: Any) -> Piece:
    """Where its keys lie."""
    start, end = action.frame_range
    return Piece(start, end, {"name": action.name, "frame_start": start, "action": action, "blend_type": "REPLACE"})


def _track_numbers(tracks: list[Any], pieces: list[Piece]) -> Iterator[int]:
    """The track of each: that of the one before, or the next above while that still plays or the animator's strip does.

    Never one below, for the pose at the end of a line is held and would hide it.
    """
    number, end = 0, -math.inf
    for piece in pieces:
        while piece.start <= end or (number < len(tracks) and _is_taken(tracks[number], piece)):
            number, end = number + 1, -math.inf
        end = piece.end
        yield number


def _is_taken(track: Any, piece: Piece) -> bool:
    theirs = (strip for strip in track.strips if not line_of(strip.action))
    return any(strip.frame_start <= piece.end and strip.frame_end >= piece.start for strip in theirs)


def _new_track(data: Any, tracks: list[Any], undo: ExitStack) -> Any:
    track = data.nla_tracks.new(
        prev=next(reversed(tracks or list(data.nla_tracks)), None)
    )  # without, 3.4 adds below all
    undo.callback(data.nla_tracks.remove, track)
    track.name = TRACK_NAME
    return track


def new_track_below(data: Any, name: str, undo: ExitStack) -> Any:
    """A track for the animator's own action, below ours and above all else."""
    ours = our_tracks(data)
    tracks = list(data.nla_tracks)
    others = tracks[: tracks.index(ours[0])] if ours else tracks
    track = data.nla_tracks.new(prev=others[-1] if others else None)
    undo.callback(data.nla_tracks.remove, track)
    track.name = name
    return track


def _extrapolation(piece: Piece, earlier: list[Piece]) -> str:
    """A line's last pose is held until the next line, unless it would hide an earlier one that goes on below.

    The first line's first pose is held as well: before all strips Blender puts channels to their defaults, and a neck
    at the origin is no rest.
    """
    if any(each.end > piece.end for each in earlier):
        return "NOTHING"
    return "HOLD_FORWARD" if earlier else "HOLD"


def remove_strip(track: Any, strip: Any, undo: ExitStack) -> dict[str, Any]:
    """Remove a strip; return the properties of it that can be set again."""
    names = [each.identifier for each in strip.bl_rna.properties if not each.is_readonly]
    properties = {name: getattr(strip, name) for name in names}
    properties[INFLUENCE_KEYS] = _influence_keys(strip)
    undo.callback(_make_strip, track, properties, ExitStack())
    track.strips.remove(strip)
    return properties


def _make_strip(track: Any, properties: dict[str, Any], undo: ExitStack) -> Any:
    """A strip of `properties`, among them its name, action and frame_start."""
    rest = dict(properties)
    action, influence = rest.pop("action"), rest.pop(INFLUENCE_KEYS, ())
    strip = track.strips.new(rest["name"], round(rest["frame_start"]), action)
    undo.callback(track.strips.remove, strip)
    compat.assign_action(strip, action, rest.pop("action_slot", None))
    for name, value in rest.items():
        setattr(strip, name, value)
    for frame, value in influence:
        strip.influence = value
        strip.keyframe_insert("influence", frame=frame)
    return strip


def _influence_keys(strip: Any) -> list[tuple[float, float]]:
    """(frame, value) of the keys of a strip's influence."""
    curves = (
        [curve for curve in strip.fcurves if curve.data_path == "influence"] if strip.use_animated_influence else []
    )
    return [(point.co[0], point.co[1]) for curve in curves for point in curve.keyframe_points]


def chosen(strip: Any) -> dict[str, Any]:
    """What of a strip the animator chooses, which the strip of the next bake has, too."""
    return {**{name: getattr(strip, name) for name in CHOSEN}, INFLUENCE_KEYS: _influence_keys(strip)}
