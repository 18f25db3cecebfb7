# SPDX-License-Identifier: Apache-2.0
"""The pictures of a film or photo, one at a time, as they are shown, with times on the clock of the film's sound."""

import contextlib
import math
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np

from ..errors import FilmError, MissingPackageError, StyleTalkError
from ..files.limits import MAX_PIXELS
from ..files.reading import UnusableContent, existing_file, explaining, opened
from ..speech.audio.decoders import LOCAL_FILES_ONLY
from ..timeline import MAX_DURATION_S

MIN_SIDE_PX = 16
SEEN_SIDE_PX = 1920
"""Pictures are looked at no larger than this: a face that fills less than a fiftieth of it tells nothing."""
SMALL_SIDE_PX = 480
"""Smaller ones are enlarged to this, which steadies their landmarks."""


@dataclass(frozen=True)
class Film:
    """What is known of a film before its pictures are read.

    width, height: pixels, as shown: turned as it says, its pixels made square. duration_s: 0 for a photo, and where
    the file does not say. has_sound: whether there is a sound to be in time with.
    """

    path: Path
    width: int
    height: int
    duration_s: float
    has_sound: bool

    @property
    def is_photo(self) -> bool:
        return self.duration_s == 0 and not self.has_sound


@dataclass(frozen=True)
class Picture:
    """One picture. time_s: when it is shown, on the sound's clock. pixels: (H, W, 3) uint8, RGB, at a convenient size;
    the film's own is `Film.width`. damaged_before: so many between it and the one before could not be read."""

    time_s: float
    pixels: np.ndarray
    damaged_before: int = 0


def open_film(path: Path) -> Film:
    """Look at a film or photo. Raises FilmError where it has no pictures or too large ones, MissingPackageError."""
    with _opened(path) as (container, stream):
        picture = _first(container, stream, path)
        width, height = _shown_size(picture, stream)
        return Film(Path(path), width, height, _duration_s(container, stream), bool(container.streams.audio))


def pictures(film: Film, start_s: float = 0.0, end_s: float = math.inf) -> Iterator[Picture]:
    """The pictures that are shown from start_s until end_s, their times rising; from 0 on means all, for a film may
    begin before its sound. Raises FilmError."""
    if start_s > MAX_DURATION_S:
        return
    origin_s = _sound_start_s(film)
    with _opened(film.path) as (container, stream), _explaining(film.path):
        if start_s > 0 and not film.is_photo:
            container.seek(max(0, int((start_s + origin_s) * 1e6)), backward=True)  # microseconds
        before, damaged = -math.inf, 0
        for frame in _decoded(container, stream):
            if frame is None:
                damaged += 1
                continue
            time_s = _time_s(frame, before, stream) - origin_s
            if time_s >= end_s:
                return
            if time_s > before and (start_s <= 0 or time_s >= start_s - 1e-6):
                before = time_s
                yield Picture(time_s, _pixels(frame, stream), damaged)
                damaged = 0


@contextlib.contextmanager
def _opened(path: Path) -> Iterator[tuple[Any, Any]]:
    """The container and its stream of pictures."""
    path = existing_file(Path(path), "film or photo", FilmError)
    try:
        import av
    except ImportError as error:
        raise MissingPackageError("Reading films needs PyAV. Install it with `pip install av`.") from error
    with _explaining(path), _container(av, path) as found:
        streams = [each for each in found.streams.video if each.codec_context is not None]
        if not streams:
            raise FilmError(f"{path.name} has no pictures, only sound. Give a film or photo in which a face is seen.")
        size = streams[0].codec_context
        if not 0 <= size.width * size.height <= MAX_PIXELS:
            raise UnusableContent(f"{size.width} × {size.height} pixels are more than {MAX_PIXELS // 10**6} million")
        streams[0].thread_type = "AUTO"
        yield found, streams[0]


def _container(av: Any, path: Path) -> Any:
    try:
        return av.open(str(path.absolute()), options=LOCAL_FILES_ONLY, metadata_errors="ignore")
    except av.InvalidDataError as error:
        with opened(path) as (stream, _):
            if stream.read(8)[4:] == b"ftyp":  # .mp4 and .mov, of which cameras write the index last
                raise UnusableContent("it is cut off: its index is missing") from error
        raise


def _explaining(path: Path) -> contextlib.AbstractContextManager[None]:
    def explained(reason: str) -> StyleTalkError:
        return FilmError(f"The pictures of {Path(path).name} cannot be read ({reason}). Export it again, as .mp4.")

    return explaining(explained)


def _decoded(container: Any, stream: Any) -> Iterator[Any]:
    """The frames of a stream, and None for each that is damaged; as many as there are before it breaks off."""
    from av.error import FFmpegError

    try:
        for packet in container.demux(stream):
            try:
                frames = packet.decode()
            except FFmpegError:
                frames = [None]
            for frame in frames:
                yield None if frame is None or frame.is_corrupt else frame
    except FFmpegError:
        return


def _first(container: Any, stream: Any, path: Path) -> Any:
    for frame in filter(None, _decoded(container, stream)):
        if min(frame.width, frame.height) < MIN_SIDE_PX:
            raise UnusableContent(f"{frame.width} × {frame.height} pixels, and {MIN_SIDE_PX} are needed")
        return frame
    raise FilmError(f"{path.name} has no pictures that can be read. Export it again, as .mp4.")


def _duration_s(container: Any, stream: Any) -> float:
    """As the file says; 0 for one picture. Raises FilmError beyond the limit of a line."""
    length, unit = stream.duration, stream.time_base
    duration_s = (container.duration or 0) / 1e6 if length is None or unit is None else float(length * unit)
    if duration_s > MAX_DURATION_S:
        raise UnusableContent(f"it is longer than {MAX_DURATION_S / 3600:g} hours")
    lone = stream.frames == 1 or "image2" in container.format.name or container.format.name.endswith("_pipe")
    return 0.0 if lone else max(duration_s, 0.0)


def _sound_start_s(film: Film) -> float:
    """When the film's first sound comes, or its first picture where it has none, on the file's own clock."""
    with _opened(film.path) as (container, stream), _explaining(film.path):
        heard = container.streams.best("audio") or stream
        for frame in filter(None, _decoded(container, heard)):
            return float(frame.pts * frame.time_base) if frame.pts is not None else 0.0
    return 0.0


def _time_s(frame: Any, before: float, stream: Any) -> float:
    if frame.pts is not None:
        return float(frame.pts * frame.time_base)
    return 0.0 if before == -math.inf else before + 1.0 / float(stream.average_rate or 25)


def _turns(frame: Any) -> int:
    """Quarters of a turn, against the clock, by which the picture is shown."""
    return round(getattr(frame, "rotation", 0) / 90) % 4  # none before PyAV 13


def _shown_size(frame: Any, stream: Any) -> tuple[int, int]:
    ratio = float(stream.sample_aspect_ratio or 1)
    width = round(frame.width * ratio) if 0.1 < ratio < 10 else frame.width
    return (frame.height, width) if _turns(frame) % 2 else (width, frame.height)


def _pixels(frame: Any, stream: Any) -> np.ndarray:
    shown = _shown_size(frame, stream)
    longest = max(shown)
    scale = min(1.0, SEEN_SIDE_PX / longest) if longest >= SMALL_SIDE_PX else SMALL_SIDE_PX / longest
    width, height = (max(1, round(side * scale)) for side in (shown if _turns(frame) % 2 == 0 else shown[::-1]))
    if (width, height) != (frame.width, frame.height):
        frame = frame.reformat(
            width=width, height=height, format="rgb24", interpolation="AREA" if scale < 1 else "BICUBIC"
        )
    pixels = frame.to_ndarray(format="rgb24")
    return np.ascontiguousarray(np.rot90(pixels, _turns(frame)))
