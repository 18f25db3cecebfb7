# SPDX-License-Identifier: GPL-3.0-or-later
"""The tempo of a sound strip: by its speed until Blender 3.6, by its retiming keys from 4.0 on."""

from collections.abc import Iterator, Sequence
from itertools import pairwise
from typing import Any

import numpy as np

from .. import compat
from .tempo import AT_SPEED, MAX_SPEED, MIN_SPEED, Tempo


def tempo_of(strip: Any, fps: float) -> Tempo:
    """How fast a sound strip plays, from the frame on which its content begins; see `retiming_refusal`."""
    frames = np.array([*_places(strip)], np.float64)
    if len(frames) < 2 or np.any(np.diff(frames, axis=0) <= 0):
        return Tempo()
    content, _, _, trimmed, _ = compat.sound_frames(strip)
    return Tempo.of(tuple(knot) for knot in ((frames - (content + trimmed, -trimmed)) / fps).tolist())


def retiming_refusal(strip: Any, fps: float) -> str:
    """Why a line cannot follow how fast a strip plays, or ""."""
    if compat.has_odd_retiming(strip):
        return (
            f"The strip “{strip.name}” is retimed, and a line cannot follow that. Reset its retiming, or export it "
            "as a sound file (Render > Render Audio) and use that."
        )
    frozen = [one.frame for one, next_one in pairwise(compat.retiming_keys(strip)) if one.content >= next_one.content]
    if frozen:
        return (
            f"The strip “{strip.name}” has a freeze on frame {frozen[0]:.0f}: what Blender plays after it depends on "
            "where playback begins. Remove it, or export the strip as a sound file (Render > Render Audio)."
        )
    for frame, speed in _heard_speeds(strip, fps):
        if not MIN_SPEED - AT_SPEED <= speed <= MAX_SPEED + AT_SPEED:
            return (
                f"The strip “{strip.name}” plays at {speed:.0%} of its speed on frame {frame:.0f}, where nobody could "
                f"say what is said. Keep it between {MIN_SPEED:.0%} and {MAX_SPEED:.0%}."
            )
    return ""


def _heard_speeds(strip: Any, fps: float) -> Iterator[tuple[float, float]]:
    """(frame, speed from there on) of all stretches that are heard."""
    content, first, end, trimmed, _ = compat.sound_frames(strip)
    speeds = [(content + trimmed + second * fps, speed) for second, speed in tempo_of(strip, fps).speeds()]
    for number, (frame, speed) in enumerate(speeds):
        is_last = number + 1 == len(speeds)
        if frame < end and (is_last or speeds[number + 1][0] > first):
            yield max(frame, first), speed


def _places(strip: Any) -> Iterator[tuple[float, float]]:
    """(frame of the scene, frame of the content) where a strip is retimed."""
    keys, speed = compat.retiming_keys(strip), compat.speed_factor(strip)
    for number, key in enumerate(keys):
        yield key.frame, key.content
        if key.flags & compat.TRANSITION and 0 < number < len(keys) - 2:
            yield from _transition(keys[number - 1 : number + 3])
    if speed != 1.0:
        content, first, _, trimmed, _ = compat.sound_frames(strip)
        begins = first - content - trimmed
        yield first, begins
        yield first + 1.0, begins + speed


def _transition(keys: Sequence[Any]) -> Iterator[tuple[float, float]]:
    """Between the second and the third of four keys the speed goes over from that before them to that after them."""
    frames, contents = (np.array([key[part] for key in keys], np.float64) for part in (0, 1))
    before, _, after = np.diff(contents) / np.diff(frames)
    whole = frames[2] - frames[1]
    passed = np.arange(1.0, np.ceil(whole))
    share = (before * passed + (after - before) * passed**2 / (2 * whole)) / ((before + after) / 2 * whole)
    yield from zip(frames[1] + passed, contents[1] + share * (contents[2] - contents[1]), strict=True)
