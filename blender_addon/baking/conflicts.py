# SPDX-License-Identifier: GPL-3.0-or-later
"""What wins silently over a bake: drivers, the NLA's switches and other tracks, settings of the face itself."""

from collections.abc import Iterator
from typing import Any

from ..compat import action_fcurves, all_fcurves, lacks_slot
from ..faces.channels import Part, some
from ..faces.targets import Target
from .nla import BASE_MARK, action_of, paths_of
from .nla_layout import LINE_MARK, line_of, our_tracks


def conflicts(target: Target, parts: tuple[Part, ...]) -> tuple[str, ...]:
    """A sentence for each thing that keeps what was baked onto `parts` from being seen."""
    general = (sentence for part in parts for sentence in _of_part(part))
    return (*target.conflicts(), *_of_view(target.mesh), *general)


def mixed(target: Target, identity: str) -> Iterator[str]:
    """A sentence where other lines of a face are baked on shape keys that are not those of its choice now."""
    others = set(target.other_keys())
    for block in target.blocks() if others else ():
        data = block.animation_data
        playing = [data.action, *(strip.action for track in our_tracks(data) for strip in track.strips)] if data else []
        for action in (each for each in playing if line_of(each) not in ("", identity)):
            if any(channel_name(path, index) in others for path, index in paths_of(all_fcurves(action))):
                yield "Another line is baked on other Keys: where both play they add up. Press Bake All."
                return


def _of_view(mesh: Any) -> Iterator[str]:
    """What keeps the mesh itself from being seen as it is."""
    if mesh.mode == "EDIT":
        yield f"“{mesh.name}” is in Edit Mode, where shape keys stand still. Leave it (Tab) to see the line."
    if mesh.hide_viewport:
        yield f"“{mesh.name}” is hidden in all viewports: show it (the screen in the Outliner) to see the line."


def _of_part(part: Part) -> Iterator[str]:
    data, name = part.owner.animation_data, part.name
    channels = {(channel.data_path, channel.index): channel.name for channel in part.channels}
    driven = {channels[each] for each in paths_of(data.drivers) if each in channels}
    if driven:
        yield f"Drivers win over the line on “{name}”: {some(sorted(driven))}."
    tracks = our_tracks(data)
    solo = [track for track in data.nla_tracks if track.is_solo]
    if solo and solo != tracks:
        yield f"The NLA track “{solo[0].name}” of “{name}” is solo: switch that off to see the line."
    if any(track.strips for track in tracks):
        yield from _of_strips(data, name, set(channels))
    elif lacks_slot(data):
        yield f"The action of “{name}” has no slot there, and moves nothing: choose one in the action editor."
    elif data.action_influence < 1.0 or data.action_blend_type != "REPLACE":
        yield f"The action of “{name}” is mixed with others: set it to Replace and influence 1 in the NLA editor."


def _of_strips(data: Any, name: str, channels: set[tuple[str, int]]) -> Iterator[str]:
    """What keeps strips of ours from being seen."""
    tracks = our_tracks(data)
    if not data.use_nla:
        yield f"The NLA of “{name}” is switched off: switch it on to see its lines."
    if any(track.mute or any(strip.mute for strip in track.strips) for track in tracks):
        yield f"A StyleTalk track or strip of “{name}” is muted in the NLA editor."
    strips = [strip for track in tracks for strip in track.strips]
    if faint := [strip.name for strip in strips if _is_faint(strip)]:
        yield f"The NLA strip “{faint[0]}” of “{name}” has an influence of less than 1 throughout."
    if slotless := [strip.name for strip in strips if lacks_slot(strip)]:
        yield f"The NLA strip “{slotless[0]}” of “{name}” has no slot of its action, and moves nothing: choose one."
    if _replaces(data) and channels & paths_of(action_fcurves(data)):
        yield f"The action “{data.action.name}” of “{name}” plays over its lines. Push it down or remove it."
    above = list(data.nla_tracks)[list(data.nla_tracks).index(tracks[-1]) + 1 :]
    hiding = [strip for track in above if not track.mute for strip in track.strips if not strip.mute]
    for strip in hiding:
        if channels & paths_of(action_fcurves(strip)):
            yield f"The NLA strip “{strip.name}” of “{name}” lies above its lines."


def _is_faint(strip: Any) -> bool:
    """Whether a strip never has its full influence, which an animator sets by keys alone; else blends decide it."""
    if not strip.use_animated_influence:
        return False
    values = [
        point.co[1] for curve in strip.fcurves if curve.data_path == "influence" for point in curve.keyframe_points
    ]
    return max(values, default=strip.influence) < 1.0


def active_action(owner: Any) -> Any | None:
    """The active action of a data-block, None where it has none."""
    return owner.animation_data.action if owner.animation_data is not None else None


def overridden(target: Target, identity: str) -> Iterator[str]:
    """A sentence for each strip of the animator's that a baked line plays over, with the channels that it wins."""
    for block in target.blocks():
        data, action = block.animation_data, action_of(block, identity)
        if data is None or action is None:
            continue
        ours = paths_of(all_fcurves(action))
        tracks, ours_lie = list(data.nla_tracks), our_tracks(data)
        below = tracks[: tracks.index(ours_lie[0])] if ours_lie and line_of(data.action) != identity else tracks
        for strip in (strip for track in below if not track.mute for strip in track.strips if not strip.mute):
            shared = ours & paths_of(action_fcurves(strip))
            if shared and not line_of(strip.action):
                names = some(sorted(channel_name(path, index) for path, index in shared))
                yield f"Over “{strip.name}” it moves {names}."


def channel_name(path: str, index: int) -> str:
    """What an animator calls a channel: the shape key's name, or its path and axis."""
    name = path.split('"')[1] if '"' in path else path
    return f"{name} {'XYZW'[index]}" if path.endswith(("location", "rotation_euler", "scale")) else name


def pushed_down(parts: tuple[Part, ...], before: list[Any | None]) -> Iterator[str]:
    """A sentence for each action of the animator's own that plays below what was baked onto `parts` now.

    before: the active action of each part before the bake.
    """
    for part, action in zip(parts, before, strict=True):
        now = part.owner.animation_data.action
        if action is None or line_of(action) or now == action or (now is not None and now.get(BASE_MARK) == action):
            continue
        theirs = paths_of(all_fcurves(action))
        shared = sorted(each.name for each in part.channels if (each.data_path, each.index) in theirs)
        yield (
            f"Your action “{action.name}” of “{part.name}” plays below the line now, as an NLA strip: both move "
            f"{some(shared) if shared else 'the same'}."
        )


def _replaces(data: Any) -> bool:
    """Whether an action of the animator plays over what is below it, instead of adding to it."""
    theirs = data.action is not None and LINE_MARK not in data.action
    return theirs and data.action_blend_type != "COMBINE"
