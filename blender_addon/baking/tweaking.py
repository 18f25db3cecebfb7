# SPDX-License-Identifier: GPL-3.0-or-later
"""The curves of a line that plays as an NLA strip, opened for editing: Blender's tweak mode, which it enters for the
active strip alone, and a script cannot choose that."""

from collections.abc import Iterable
from typing import Any

from .nla import line_of


def strip_of_line(owner: Any, identity: str) -> tuple[Any, Any] | None:
    """(track, strip) that a line plays in on `owner`; None where it is no strip there."""
    data = owner.animation_data
    tracks = data.nla_tracks if data is not None else ()
    found = ((track, strip) for track in tracks for strip in track.strips if line_of(strip.action) == identity)
    return next(found, None)


def is_tweaked(owner: Any) -> bool:
    """Whether a strip of `owner` is open for editing."""
    return owner.animation_data is not None and owner.animation_data.use_tweak_mode


def open_curves(owners: Iterable[Any], identity: str) -> int:
    """Show the keys of a line in the Graph Editor and the Dope Sheet; on how many data-blocks it was a strip."""
    opened = 0
    for owner in owners:
        if (found := strip_of_line(owner, identity)) is not None:
            data = owner.animation_data
            data.use_tweak_mode = False
            _make_active(data, *found)
            data.use_tweak_mode = True
            opened += data.use_tweak_mode
    return opened


def close_curves(owners: Iterable[Any]) -> None:
    """Let all strips play again."""
    for owner in filter(is_tweaked, owners):
        owner.animation_data.use_tweak_mode = False


def _make_active(data: Any, track: Any, strip: Any) -> None:
    """Let tweak mode take that strip: of the active track it takes the active one, or else the one that is selected."""
    passing = data.nla_tracks.new()  # a new strip becomes the active one, and with it goes that mark
    passing.strips.remove(passing.strips.new("", round(strip.frame_start), strip.action))
    data.nla_tracks.remove(passing)
    for each in data.nla_tracks:
        each.select = False
        for other in each.strips:
            other.select = False
    data.nla_tracks.active = track
    strip.select = True
