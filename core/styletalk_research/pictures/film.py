# SPDX-License-Identifier: Apache-2.0
"""Pictures become an MP4 film with sound, without Blender; and one picture a JPEG. Both with PyAV."""

from collections.abc import Iterable, Iterator
from fractions import Fraction
from pathlib import Path
from typing import Any

import numpy as np

from styletalk.errors import MissingPackageError, OutputError
from styletalk.files.writing import written_whole
from styletalk.render.mux import add_sound

QUALITY = "26"
"""H.264's constant rate factor: half-tones of a smooth face still look smooth."""
JPEG_QUALITY = 4
"""FFmpeg's scale, 1 best to 31."""


def write_film(path: Path, pictures: Iterable[np.ndarray], fps: float, sound: Path, quality: str = QUALITY) -> None:
    """Write an MP4, H.264 and AAC, whole or not at all.

    pictures: (H, W, 3) uint8 with even H and W, one a frame. sound: any sound file, from its first moment on.
    Raises OutputError, AudioError, MissingPackageError.
    """
    av = _av()
    failures: list[Exception] = []
    with written_whole(Path(path)) as temporary:
        silent = temporary.with_name("silent-" + temporary.name)
        try:
            with av.open(str(silent), "w", format="mp4") as container:
                _encode(container, _watched(pictures, failures), fps, quality)
            add_sound(silent, sound, temporary)
        except av.FFmpegError as error:
            if error in failures:
                raise
            raise OutputError(f"Cannot write {path}: {error.strerror}. Is there space on the disk?") from error
        finally:
            silent.unlink(missing_ok=True)


def _watched(pictures: Iterable[np.ndarray], failures: list[Exception]) -> Iterator[np.ndarray]:
    """The same pictures; what making them raises is noted, for it is no failure of the film."""
    try:
        yield from pictures
    except Exception as error:
        failures.append(error)
        raise


def write_jpeg(path: Path, picture: np.ndarray) -> None:
    """Write (H, W, 3) uint8 as a JPEG, whole or not at all. Raises OutputError, MissingPackageError."""
    av = _av()
    encoder: Any = av.CodecContext.create("mjpeg", "w")
    encoder.height, encoder.width = picture.shape[:2]
    encoder.pix_fmt, encoder.time_base = "yuvj420p", Fraction(1, 1)
    encoder.options = {"qmin": str(JPEG_QUALITY), "qmax": str(JPEG_QUALITY)}
    frame = av.VideoFrame.from_ndarray(np.ascontiguousarray(picture), format="rgb24").reformat(format="yuvj420p")
    packets = [*encoder.encode(frame), *encoder.encode(None)]
    with written_whole(Path(path)) as temporary:
        temporary.write_bytes(b"".join(bytes(packet) for packet in packets))


def _encode(container: Any, pictures: Iterable[np.ndarray], fps: float, quality: str) -> None:
    stream: Any = None
    for picture in pictures:
        if stream is None:
            stream = container.add_stream("libx264", rate=Fraction(fps).limit_denominator(1001))
            stream.height, stream.width = picture.shape[:2]
            stream.pix_fmt = "yuv420p"
            stream.options = {"crf": quality, "preset": "slow"}
        frame = _av().VideoFrame.from_ndarray(np.ascontiguousarray(picture), format="rgb24")
        for packet in stream.encode(frame):
            container.mux(packet)
    if stream is None:
        raise OutputError("A film needs one picture or more.")
    for packet in stream.encode(None):
        container.mux(packet)


def _av() -> Any:
    try:
        import av
    except ImportError as error:
        raise MissingPackageError("Writing films needs PyAV: pip install av") from error
    return av
