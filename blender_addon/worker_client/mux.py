# SPDX-License-Identifier: GPL-3.0-or-later
"""Run by the worker's Python: `python mux.py VIDEO AUDIO` gives the video that sound as AAC, in place."""

import os
import sys
from fractions import Fraction
from pathlib import Path
from typing import Any

AUDIO_RATE_HZ = 48000


def add_sound(video: Path, audio: Path) -> None:
    """Rewrite `video` with the first sound stream of `audio`, cut to the picture's length; the pictures are copied."""
    import av

    output = video.with_name(f"{video.stem}-sound{video.suffix}")
    try:
        with av.open(str(video)) as pictures, av.open(str(audio)) as sound, av.open(str(output), "w") as result:
            _copy(pictures, sound, result)
        os.replace(output, video)
    finally:
        output.unlink(missing_ok=True)


def _copy(pictures: Any, sound: Any, result: Any) -> None:
    import av

    source = pictures.streams.video[0]
    add_copy = getattr(result, "add_stream_from_template", None)
    video_stream = add_copy(source) if add_copy else result.add_stream(template=source)
    audio_stream = result.add_stream("aac", rate=AUDIO_RATE_HZ)
    for packet in pictures.demux(source):
        if packet.dts is not None:
            packet.stream = video_stream
            result.mux(packet)
    end_s = float(source.duration * source.time_base) if source.duration else float("inf")
    resampler = av.AudioResampler(format="fltp", layout="mono", rate=AUDIO_RATE_HZ)
    written = 0
    for frame in sound.decode(audio=0):
        for piece in resampler.resample(frame):
            if written / AUDIO_RATE_HZ >= end_s:
                break
            piece.pts, piece.time_base = written, Fraction(1, AUDIO_RATE_HZ)
            written += piece.samples
            result.mux(audio_stream.encode(piece))
    result.mux(audio_stream.encode(None))


if __name__ == "__main__":
    add_sound(Path(sys.argv[1]), Path(sys.argv[2]))
