# SPDX-License-Identifier: Apache-2.0
"""The frame rate of a clip: said by somebody, read off the video beside it, or the one that its sound agrees with."""

import math
from dataclasses import dataclass
from pathlib import Path

from styletalk.speech.audio.decoders import LOCAL_FILES_ONLY
from styletalk.timeline import FRAME_RATE_HZ

from .errors import ClipError

COMMON_RATES_HZ = (FRAME_RATE_HZ, 25.0, 24.0, 60.0, 50.0)
NTSC = {23.976: 24000 / 1001, 23.98: 24000 / 1001, 29.97: 30000 / 1001, 59.94: 60000 / 1001}
"""What people write → what it is."""
SLACK_S = 0.2
"""By so much a face may be shorter or longer than its sound: codecs pad, extractors drop a frame."""


def exact_rate(text: str) -> float:
    """A rate as people write it: 25, 29.97 or 30000/1001. Raises ValueError."""
    over, _, under = text.partition("/")
    rate_hz = float(over) / float(under or 1)
    if not (math.isfinite(rate_hz) and 1 <= rate_hz <= 1000):
        raise ValueError(f"{text} is no frame rate")
    return NTSC.get(rate_hz, rate_hz)


def video_rate(path: Path) -> float | None:
    """The frame rate of a video's picture, or None where it has none or cannot be read."""
    try:
        import av
        import av.error
    except ImportError:
        return None
    try:
        with av.open(str(path.absolute()), options=LOCAL_FILES_ONLY) as container:
            streams = container.streams.video
            return float(streams[0].average_rate) if streams and streams[0].average_rate else None
    except (av.error.FFmpegError, OSError, ValueError, ArithmeticError):
        return None


@dataclass(frozen=True)
class Rate:
    """Frames a second; guessed: nobody said so, the clip's sound merely agrees with it."""

    hertz: float
    guessed: bool = False


def settled_rate(frames: int, duration_s: float | None, said_hz: float | None, video_hz: float | None) -> Rate:
    """The rate of a clip of `frames` frames whose sound lasts duration_s (None: no sound). Raises ClipError.

    said_hz: by the user or by timecodes; wins, but must agree with the sound. video_hz: of the video beside it; then
    30 fps, then, as a guess, the common rate that fits the sound best.
    """
    if duration_s is None:
        return Rate(said_hz or video_hz or FRAME_RATE_HZ)
    candidates = [said_hz] if said_hz else [video_hz or FRAME_RATE_HZ, FRAME_RATE_HZ]
    for rate_hz in candidates:
        if agrees(frames, rate_hz, duration_s):
            return Rate(rate_hz)
    nearest = min(COMMON_RATES_HZ, key=lambda rate: abs(frames / rate - duration_s))
    if said_hz is None and agrees(frames, nearest, duration_s):
        return Rate(nearest, guessed=True)
    rate_hz = candidates[0]
    raise ClipError(
        f"its {frames} frames last {frames / rate_hz:.2f} s at {rate_hz:.6g} fps, its sound {duration_s:.2f} s."
    )


def agrees(frames: int, rate_hz: float, duration_s: float) -> bool:
    """Whether the face lasts as long as its sound, or as its whole seconds (as the published clips were cut)."""
    whole = math.floor(duration_s) * rate_hz
    return abs(frames / rate_hz - duration_s) <= SLACK_S or (duration_s >= 2 and abs(frames - whole) <= 1)
