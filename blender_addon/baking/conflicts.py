# SPDX-License-Identifier: GPL-3.0-or-later
"""What wins silently over a bake: drivers, the NLA's switches and other tracks, settings of the face itself."""

from collections.abc import Iterator
from typing import Any

from .. import compat
from ..faces.channels import Part, some
from ..faces.targets import Target
from .nla import LINE_MARK, our_tracks


def conflicts(target: Target, parts: tuple[Part, ...]) -> tuple[str, ...]:
    """A sentence for each thing that keeps what was baked onto `parts` from being seen."""
    general = (sentence for part in parts for sentence in _of_part(part))
    return (*target.conflicts(), *general)


def _of_part(part: Part) -> Iterator[str]:
    data, name = part.owner.animation_data, part.name
    channels = {(channel.data_path, channel.index): channel.name for channel in part.channels}
    driven = {channels[each] for each in _paths(data.drivers) if each in channels}
    if driven:
        yield f"Drivers win over the line on “{name}”: {some(sorted(driven))}."
    tracks = our_tracks(data)
    solo = [track for track in data.nla_tracks if track.is_solo]
    if solo and solo != tracks:
        yield f"The NLA track “{solo[0].name}” of “{name}” is solo: switch that off to see the line."
    if any(track.strips for track in tracks):
        yield from _of_strips(data, name, set(channels))
    elif data.action_influence < 1.0 or data.action_blend_type != "REPLACE":
        yield f"The action of “{name}” is mixed with others: set it to Replace and influence 1 in the NLA editor."


def _of_strips(data: Any, name: str, channels: set[tuple[str, int]]) -> Iterator[str]:
    """What keeps strips of ours from being seen."""
    tracks = our_tracks(data)
    if not data.use_nla:
        yield f"The NLA of “{name}” is switched off: switch it on to see its lines."
    if any(track.mute or any(strip.mute for strip in track.strips) for track in tracks):
        yield f"A StyleTalk track or strip of “{name}” is muted in the NLA editor."
    if _replaces(data) and channels & _paths(compat.action_fcurves(data)):
        yield f"The action “{data.action.name}” of “{name}” plays over its lines. Push it down or remove it."
    above = list(data.nla_tracks)[list(data.nla_tracks).index(tracks[-1]) + 1 :]
    hiding = [strip for track in above if not track.mute for strip in track.strips if not strip.mute]
    for strip in hiding:
        if channels & _paths(compat.action_fcurves(strip)):
            yield f"The NLA strip “{strip.name}” of “{name}” lies above its lines."


def _replaces(data: Any) -> bool:
    """Whether an action of the animator plays over what is below it, instead of adding to it."""
    theirs = data.action is not None and LINE_MARK not in data.action
    return theirs and data.action_blend_type != "COMBINE"


def _paths(fcurves: Any) -> set[tuple[str, int]]:
    """(data path, index) of each F-curve or driver that is not muted."""
    return {(curve.data_path, curve.array_index) for curve in fcurves if not curve.mute}
