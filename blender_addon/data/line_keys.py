# SPDX-License-Identifier: GPL-3.0-or-later
"""Keys that the animator has set on a line's own properties: style key, intensity, blend. They shape its bake.

They are F-curves of the face's object, in its active action or, where that was pushed down, in a strip of the NLA.
"""

import hashlib
from collections.abc import Iterator
from typing import Any

import numpy as np

from .. import compat

KEYED = ("style_key", "intensity", "style_blend")
MAX_FRAMES = 216_000


def curve_of(line: Any, name: str) -> Any | None:
    """The F-curve of a line's property, None where it has none that counts."""
    face = line.id_data
    if face.animation_data is None:
        return None
    place = next((number for number, each in enumerate(face.styletalk.lines) if each.identity == line.identity), -1)
    wanted = f"styletalk.lines[{place}].{name}", f'styletalk.lines["{line.identity}"].{name}'
    curves = (curve for curve in _curves(face.animation_data) if curve.data_path in wanted)
    return next((curve for curve in curves if not curve.mute and len(curve.keyframe_points)), None)


def curve_digest(line: Any, name: str, start: int) -> str:
    """What decides the curve of a property, "" where it has none. start: the line's first frame."""
    curve = curve_of(line, name)
    if curve is None:
        return ""
    points = curve.keyframe_points
    digest = hashlib.sha256(f"{len(points)} {curve.extrapolation}".encode())
    for attribute, width in (("co", 2), ("handle_left", 2), ("handle_right", 2), ("interpolation", 1)):
        values = np.empty(len(points) * width, np.float32 if width == 2 else np.int32)
        points.foreach_get(attribute, values)
        if width == 2:
            values[::2] -= start
        digest.update(np.round(values, 3).tobytes())
    return digest.hexdigest()[:16]


def sampled(curve: Any, first: int, last: int) -> tuple[np.ndarray, np.ndarray]:
    """(N,) frames from the first to the last, and (N,) the curve there; a key more than that has no say."""
    frames = np.arange(first, min(last, first + MAX_FRAMES) + 1)
    return frames, np.array([curve.evaluate(frame) for frame in frames], np.float64)


def renumber(face: Any, order: list[int]) -> None:
    """Let keys go with their lines. order: of each line the place that it had before; those of others are removed."""
    if face.animation_data is None:
        return
    places = {old: new for new, old in enumerate(order)}
    every = _owners(face.animation_data, with_muted=True)
    found = {curve.as_pointer(): (owner, curve) for owner in every for curve in owner}  # strips may share an action
    for owner, curve in found.values():
        place = _place(curve.data_path)
        if place is None:
            continue
        if place not in places:
            owner.remove(curve)
        elif places[place] != place:
            curve.data_path = curve.data_path.replace(f"[{place}]", f"[{places[place]}]", 1)


def _place(path: str) -> int | None:
    start, _, rest = path.partition("styletalk.lines[")
    number = rest.partition("]")[0]
    return int(number) if not start and number.isdigit() else None


def _curves(data: Any) -> Iterator[Any]:
    """All F-curves that may move the face's object, the active ones first."""
    for owner in _owners(data):
        yield from owner


def _owners(data: Any, with_muted: bool = False) -> Iterator[Any]:
    """The collections of F-curves of the active action and of strips. From 4.4 keys on the object go into the action of
    its shape keys, which may be a bake of ours, in a slot of their own."""
    tracks = [track for track in data.nla_tracks if with_muted or not track.mute]
    strips = [strip for track in tracks for strip in track.strips if with_muted or not strip.mute]
    for user in (data, *strips):
        if user.action is not None:
            yield from compat.fcurve_collections(user)
