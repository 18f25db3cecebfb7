# SPDX-License-Identifier: Apache-2.0
"""Pictures become a film in parts, which are joined without encoding anything twice: a film that is stopped goes on."""

import itertools
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from fractions import Fraction
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np

from ..errors import MissingPackageError, OutputError
from ..files.writing import written_whole
from ..speech.audio.sound_file import open_sound
from .mux import add_aac, copied_stream, encoded_sound, import_av, opened_film, sound_frames

if TYPE_CHECKING:
    from av.container import OutputContainer

MAX_RATE_DENOMINATOR = 1001
_CODEC = "libx264"
_OPTIONS = {"crf": "17", "preset": "medium", "bf": "0"}
"""Visually without loss. Without frames that look ahead, so that parts can stand one behind the other."""
_BT709, _SRGB = 1, 13
"""FFmpeg's numbers, for players to show the photo's own colours."""


@dataclass(frozen=True)
class FilmSound:
    """delay_s: when the sound begins in the film; below 0 its first -delay_s seconds are not heard. end_s: the film's
    length, at which it ends."""

    path: Path
    delay_s: float
    end_s: float


def exact_rate(fps: float) -> Fraction:
    """A frame rate as films have it: 29.97 as 2997/100, 30/1.001 as 30000/1001."""
    return Fraction(fps).limit_denominator(MAX_RATE_DENOMINATOR)


def write_part(path: Path, pictures: Iterable[np.ndarray], rate: Fraction) -> int:
    """Write pictures (H, W, 3) uint8, sRGB, as an H.264 .mp4, whole or not at all; return how many there were.

    Odd sides get their last line twice, for H.264 has none. Raises OutputError, MissingPackageError.
    """
    av, count = import_av(), 0
    if _CODEC not in av.codecs_available:
        raise MissingPackageError("This PyAV cannot write H.264. Install the one from PyPI: pip install av")
    with written_whole(path) as temporary:
        try:
            with av.open(str(temporary), "w", format="mp4") as container:
                stream: Any = None
                for picture in pictures:
                    even = _even(picture)
                    stream = stream or _stream(container, even.shape[1], even.shape[0], rate)
                    frame = av.VideoFrame.from_ndarray(even, format="rgb24")
                    frame = frame.reformat(format="yuv420p", dst_colorspace="ITU709")
                    frame.pts, frame.time_base = count, 1 / rate
                    container.mux(stream.encode(frame))
                    count += 1
                if stream is not None:
                    container.mux(stream.encode(None))
        except av.FFmpegError as error:
            raise OutputError(f"Cannot write {path}: {error.strerror}. Is there space on the disk?") from error
    return count


def frames_in(path: Path) -> int:
    """How many pictures a part has; 0 for what is none."""
    damaged = OutputError("damaged")
    try:
        with opened_film(path, damaged) as container:
            if not container.streams.video:
                return 0
            return sum(packet.dts is not None for packet in container.demux(container.streams.video[0]))
    except (OutputError, import_av().FFmpegError):
        return 0


def join_parts(
    parts: Sequence[Path], output: Path, rate: Fraction, sound: FilmSound | None, tags: Mapping[str, str]
) -> None:
    """Write `output` (.mp4): the pictures of `parts` one after the other, with `sound` and `tags`; over what is there.

    parts: films that `write_part` made at this rate. Raises AudioError, OutputError.
    """
    av = import_av()
    heard = _sound(sound)
    try:
        with av.open(str(output), "w", format="mp4", options={"movflags": "faststart"}) as container:
            container.metadata.update(tags)
            _write(container, parts, rate, heard)
    except av.FFmpegError as error:
        raise OutputError(f"Cannot write the film: {error.strerror}. Is there space on the disk?") from error


def _sound(sound: FilmSound | None) -> Iterator[Any]:
    if sound is None:
        return iter(())
    return sound_frames(open_sound(sound.path), sound.path, sound.delay_s, sound.end_s)


def _write(container: "OutputContainer", parts: Sequence[Path], rate: Fraction, heard: Iterator[Any]) -> None:
    first = next(heard, None)
    video: Any = None
    audio = None
    start = 0
    for path in parts:
        damaged = OutputError(f"The part {path.name} of the film is damaged. Render again.")
        with opened_film(path, damaged) as pictures:
            source = pictures.streams.video[0]
            if video is None:
                video = copied_stream(container, source)
                audio = add_aac(container, first) if first is not None else None
            shift = round(start / rate / source.time_base)
            for packet in pictures.demux(source):
                if packet.dts is not None:  # the flushing packet at the end has none
                    packet.pts, packet.dts = packet.pts + shift, packet.dts + shift
                    packet.stream = video
                    container.mux(packet)
                    start += 1
    if audio is not None:
        for packet in encoded_sound(itertools.chain([first], heard), audio):
            container.mux(packet)


def _stream(container: "OutputContainer", width: int, height: int, rate: Fraction) -> Any:
    stream: Any = container.add_stream(_CODEC, rate=rate, options=_OPTIONS)
    stream.width, stream.height, stream.pix_fmt = width, height, "yuv420p"
    context = stream.codec_context
    context.colorspace = context.color_primaries = _BT709
    context.color_trc = _SRGB
    context.time_base = 1 / rate
    return stream


def _even(picture: np.ndarray) -> np.ndarray:
    height, width = picture.shape[:2]
    if height % 2 or width % 2:
        picture = np.pad(picture, ((0, height % 2), (0, width % 2), (0, 0)), mode="edge")
    return np.ascontiguousarray(picture)
