# SPDX-License-Identifier: GPL-3.0-or-later
"""How fast a sound strip plays: until 3.6 by one factor, from 4.0 on by keys.

Blender's Python says of a key on which frame it lies, and not which frame of the sound is heard there: that stands
beside it in memory. It is believed only where what is known otherwise agrees with it.
"""

import ctypes
import struct
from typing import Any, NamedTuple

import bpy

TRANSITION, FREEZE = 1 << 0, 1 << 2
"""Of `RetimingKey.flags`: from this key to the next one the speed goes over; the sound stands still."""
_FACTOR_AT = 12 if bpy.app.version >= (5, 0) else 16
"""Bytes from a key's beginning to its share of the content; 5.0 joined it to the flags."""
_LAST_FRAME = 0 if bpy.app.version >= (5, 0) else 1
"""Until 4.5 a share of 1 is the content's last frame, and from 5.0 on the one after it."""
_HEAD, _NAME_SIZE = 256, 64


class RetimingKey(NamedTuple):
    """A frame of the scene, the frame of the strip's content that is heard there, and Blender's flags."""

    frame: float
    content: float
    flags: int


def speed_factor(strip: Any) -> float:
    """How fast a strip plays as a whole: until 3.6, 1 from then on."""
    return float(getattr(strip, "speed_factor", 1.0))


def has_odd_retiming(strip: Any) -> bool:
    """Whether a strip plays faster or slower in a way that cannot be told: a speed that is animated, keys of 3.6 or
    4.0, or keys that cannot be read."""
    if len(getattr(strip, "retiming_handles", ())) > 0:
        return True
    keys = getattr(strip, "retiming_keys", ())
    return (len(keys) > 0 and len(retiming_keys(strip)) < 2) or _has_animated_speed(strip)


def _has_animated_speed(strip: Any) -> bool:
    data = getattr(strip.id_data, "animation_data", None)
    if not hasattr(strip, "speed_factor") or data is None or data.action is None:
        return False
    place = f'["{bpy.utils.escape_identifier(strip.name)}"].speed_factor'
    return any(curve.data_path.endswith(place) for curve in (*data.action.fcurves, *data.drivers))


def retiming_keys(strip: Any) -> tuple[RetimingKey, ...]:
    """The retiming keys of a strip, by their frames; none where it has none, or where they cannot be read."""
    found = list(getattr(strip, "retiming_keys", ()))
    length = _content_length(strip) if found else 0
    keys = [_key(each, _start(strip), length - _LAST_FRAME) for each in found] if length else []
    return tuple(sorted(each for each in keys if each is not None)) if None not in keys else ()


def _key(key: Any, strip_start: float, length: int) -> RetimingKey | None:
    raw = ctypes.string_at(key.as_pointer(), _FACTOR_AT + 4)
    place, flags = struct.unpack_from("<di", raw)
    (share,) = struct.unpack_from("<f", raw, _FACTOR_AT)
    if not (0.0 <= share <= 1.0 and abs(strip_start + place - key.timeline_frame) <= 1.0):
        return None
    return RetimingKey(strip_start + place, share * length, flags)


def _content_length(strip: Any) -> int:
    """Frames of a strip's sound as it was recorded, without what was cut off it for good; 0 where that cannot be read.

    It stands behind the strip's name, its flags and its type, and before its first frame.
    """
    raw = ctypes.string_at(strip.as_pointer(), _HEAD)
    place = raw.find(b"SQ" + strip.name.encode() + b"\0")
    if place < 0 or place + _NAME_SIZE + 16 > len(raw):
        return 0
    length, start = struct.unpack_from("<if", raw, place + _NAME_SIZE + 8)
    return length if length > 1 and abs(start - _start(strip)) < 0.01 else 0


def _start(strip: Any) -> float:
    """The frame on which a strip's content begins, after what was cut off it for good; see `sequencer.sound_frames`."""
    return strip.content_start if hasattr(strip, "content_start") else strip.frame_start


def keeps_pitch(strip: Any) -> bool:
    """Whether a retimed strip sounds as high as it was recorded: a choice from 5.0 on."""
    return bool(getattr(strip, "pitch_correction", False))


def at_speed(sound: Any, speed: float, keeps: bool) -> Any:
    """An `aud.Sound` that plays so fast, at its own pitch where Blender can do that."""
    if keeps and hasattr(sound, "timeStretchPitchScale"):
        return sound.timeStretchPitchScale(1.0 / speed)
    return sound.pitch(speed)
