# SPDX-License-Identifier: GPL-3.0-or-later
"""How a line's style changes along it: keys on its style, markers of the timeline, words of the list, and a file.

Places are frames from the line's first one until the request is made, and then seconds of its sound.
"""

import hashlib
import json
import re
from collections.abc import Iterator
from dataclasses import dataclass
from math import ceil, floor
from pathlib import Path
from typing import Any

import bpy
import numpy as np

from ..baking import nla
from ..baking.heard import rate
from ..faces.channels import carrier
from ..styletalk.animation import MAX_INTENSITY_IN_ROW
from ..styletalk.errors import OutputError
from ..styletalk.motion.style_changes import read_style_changes
from ..styletalk.request import MAX_INTENSITY
from ..styletalk.styles.presets import preset_names
from ..styletalk.timeline import MAX_DURATION_S
from . import line_keys
from .line_strips import start_frame
from .lines import CUSTOM_STYLE, key_number
from .user_styles import named_style

MARKER_SIGN = "· "
"""Before the names of our markers of words and phonemes, which have no properties of their own to be known by."""
MARKER = re.compile(r"(?:(?P<who>[^:]+):)?\s*(?P<style>[^:]+?)(?:\s+(?P<intensity>\d+(?:\.\d+)?|\.\d+))?\s*")
NEIGHBOURS_S = 0.1
"""Words of one style that are no farther apart are one change."""
SPARE_S = 6.0
"""A line moves no longer before and after its sound."""


@dataclass(frozen=True)
class Change:
    """From `frame` on, counted from the line's first one, or from there until another frame. source: for sentences."""

    frame: float
    style: str
    intensity: float | None
    until: float | None
    source: str


def changes_of(line: Any, scene: Any) -> list[Change]:
    """All changes but those of a file, by their frames."""
    changes = [*_keyed(line, scene), *_marked(line, scene), *_of_words(line, scene)]
    return sorted(changes, key=lambda change: change.frame)


def changes_file(line: Any, scene: Any) -> Path | None:
    """The changes as a file for the worker, with those of the line's own file; None where there are none.

    Raises StyleError, OutputError.
    """
    own = Path(bpy.path.abspath(line.style_changes)) if line.style_changes else None
    changes = changes_of(line, scene)
    if not changes:
        return own
    rows = [] if own is None else [vars(each) for each in read_style_changes(own)]
    rows += [_row(line, scene, each) for each in changes]
    return _file("changes.json", json.dumps(rows))


def keys_file(line: Any, scene: Any, name: str) -> Path | None:
    """The keys of a line's intensity or blend as a file of seconds and values, None where it has none.

    Raises OutputError.
    """
    curve = line_keys.curve_of(line, name)
    if curve is None:
        return None
    (first, last), keys = _span(line, scene), curve.range()
    frames, values = line_keys.sampled(curve, max(first, floor(keys[0])), min(last, ceil(keys[1])))
    values = np.clip(values, 0.0, MAX_INTENSITY_IN_ROW if name == "intensity" else 1.0)
    seconds = [_seconds(line, scene, frame - start_frame(line, scene)) for frame in frames]
    return _file(f"{name}.csv", "".join(f"{at:.5f},{value:.5f}\n" for at, value in zip(seconds, values, strict=True)))


def style_at_start(line: Any, scene: Any) -> str:
    """The line's style where it begins: its own, unless a key before that says another."""
    start = start_frame(line, scene)
    before = [style for frame, style in _key_styles(line) if frame <= start and style]
    return before[-1] if before else line.style


def track_digest(line: Any, scene: Any) -> tuple[Any, ...]:
    """All that decides how a line's style changes along it; empty where it does not."""
    start = start_frame(line, scene)
    curves = [(name, found) for name in line_keys.KEYED if (found := line_keys.curve_digest(line, name, start))]
    changes = [(*_rounded(each.frame, each.until), each.style, each.intensity) for each in changes_of(line, scene)]
    return tuple(curves + changes)


def style_holding(line: Any, scene: Any, frame: int) -> str:
    """Which style holds on a frame of the scene, and why, as a sentence; "" where the line has its own throughout, and
    where it does not speak there. Changes of a file are not known here."""
    start, changes, key = start_frame(line, scene), changes_of(line, scene), _key_before(line, scene)
    first, last = _span(line, scene)
    if not (changes or key) or not first <= frame <= last:
        return ""
    reached = [each for each in changes if each.frame <= frame - start]
    words = [each for each in reached if each.until is not None and frame - start < each.until]
    holding = (words or [each for each in reached if each.until is None] or [None])[-1]
    if holding is None:
        label = _label(style_at_start(line, scene), line.style_file)
        return f"Frame {frame}: {label}, by the key before it." if key else f"Frame {frame}: {label}, the line's own."
    label = _label(holding.style, line.style_file)
    if holding.intensity is not None:
        label += f" {holding.intensity:g}"
    if holding.source == "word":
        return f"Frame {frame}: {label}, by its word."
    place = round(start + holding.frame)
    if holding.source == "key":
        return f"Frame {frame}: {label}, by the key on frame {place}."
    return f"Frame {frame}: {label}, by the marker on frame {place}."


def _key_before(line: Any, scene: Any) -> bool:
    """Whether a key of the style stands where the line begins or before."""
    return any(style and frame <= start_frame(line, scene) for frame, style in _key_styles(line))


def _label(style: str, style_file: str) -> str:
    """What a preset, a file, or the line's own file is called."""
    path = style_file if style == CUSTOM_STYLE else style
    return path.capitalize() if path in preset_names() else Path(path).stem


def said_of(line: Any, scene: Any) -> str:
    """A sentence about the changes that the line will speak with, or ""."""
    sources = [each.source for each in changes_of(line, scene)]
    counted = [(sources.count(name), name) for name in ("key", "marker", "word")]
    said = [f"{count} {name}{'s' if count > 1 else ''}" for count, name in counted if count]
    return f"The style changes by {' and '.join(said)}." if said else ""


def _keyed(line: Any, scene: Any) -> Iterator[Change]:
    start, (_, last) = start_frame(line, scene), _span(line, scene)
    for frame, style in _key_styles(line):
        if start < frame <= last and style:
            path = str(Path(bpy.path.abspath(line.style_file))) if style == CUSTOM_STYLE else style
            yield Change(frame - start, path, None, None, "key")


def _key_styles(line: Any) -> list[tuple[float, str]]:
    """(frame, style) of each key; "" for none of this version."""
    curve = line_keys.curve_of(line, "style_key")
    names = {key_number(each.identifier): each.identifier for each in line.bl_rna.properties["style_key"].enum_items}
    points = curve.keyframe_points if curve is not None else ()
    return sorted((point.co[0], names.get(round(point.co[1]), "")) for point in points)


def _marked(line: Any, scene: Any) -> Iterator[Change]:
    """Markers within the line, which are named like a style, with an intensity behind it and who is meant before it."""
    if not line.style_markers:
        return
    from .speakers import name_of  # which needs lines that can be found

    start, (_, last) = start_frame(line, scene), _span(line, scene)
    for marker in scene.timeline_markers:
        said = MARKER.fullmatch(marker.name)
        if said is None or not start <= marker.frame <= last or marker.name.startswith(MARKER_SIGN):
            continue
        if said["who"] and said["who"].strip().casefold() != name_of(line.id_data).casefold():
            continue
        if style := named_style(said["style"]):
            intensity = None if said["intensity"] is None else min(float(said["intensity"]), MAX_INTENSITY)
            yield Change(marker.frame - start, style, intensity, None, "marker")


def _of_words(line: Any, scene: Any) -> Iterator[Change]:
    """Words with a style of their own; neighbours of the same one are one change."""
    fps, before = rate(scene), None
    for word in line.heard.words:
        if not word.style:
            continue
        begin, end, intensity = word.start_s * fps, word.end_s * fps, round(word.style_intensity, 3)
        here = Change(begin, word.style, intensity, end, "word")
        if before is not None and _goes_on(before, here, NEIGHBOURS_S * fps):
            before = Change(before.frame, before.style, intensity, end, "word")
            continue
        if before is not None:
            yield before
        before = here
    if before is not None:
        yield before


def _goes_on(before: Change, here: Change, gap: float) -> bool:
    same = (before.style, before.intensity) == (here.style, here.intensity)
    return same and here.frame - (before.until or 0.0) < gap


def _span(line: Any, scene: Any) -> tuple[int, int]:
    """The first and the last frame at which a line can move; where its length is not known, far beyond."""
    start, fps = start_frame(line, scene), rate(scene)
    length_s = line.heard.duration_s if line.heard.version else MAX_DURATION_S
    return floor(start - SPARE_S * fps), ceil(start + (length_s + SPARE_S) * fps)


def _row(line: Any, scene: Any, change: Change) -> dict[str, Any]:
    """A change as the worker reads it; words are in seconds of their sound already."""
    fps = rate(scene)

    def at(frame: float) -> float:
        return round(frame / fps, 5) if change.source == "word" else _seconds(line, scene, frame)

    until = None if change.until is None else at(change.until)
    return {"seconds": at(change.frame), "style": change.style, "intensity": change.intensity, "until": until}


def _seconds(line: Any, scene: Any, frame: float) -> float:
    """Seconds of the sound of a frame that is counted from the line's first one."""
    keys, fps = carrier(line.id_data), rate(scene)
    begins = float(start_frame(line, scene))
    if line.start == "SCENE" and keys is not None:  # there the face begins first, and the bake says how much
        action = nla.action_of(keys, line.identity)
        begins = action[nla.SOUND_MARK][0] if action is not None and nla.SOUND_MARK in action else begins
        return round((start_frame(line, scene) + frame - begins) / fps, 5)
    return round(frame / fps - line.sync_offset_ms / 1000.0, 5)


def _rounded(frame: float, until: float | None) -> tuple[float, float]:
    return round(frame, 2), -1.0 if until is None else round(until, 2)


def _file(name: str, content: str) -> Path:
    """A file in Blender's own temporary folder, one for each content. Raises OutputError."""
    folder = Path(bpy.app.tempdir) / f"styletalk-{hashlib.sha256(content.encode()).hexdigest()[:16]}"
    path = folder / name
    try:
        folder.mkdir(exist_ok=True)
        path.write_text(content, encoding="utf-8")
        return path
    except OSError as error:
        raise OutputError(f"The style's changes cannot be handed on: {error.strerror}. Is the disk full?") from error
