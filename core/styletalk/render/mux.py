# SPDX-License-Identifier: Apache-2.0
"""A silent film and a sound become one MP4: the pictures are copied as they are, the sound becomes AAC.

Blender writes films with sound by itself where it was built with audaspace; the `bpy` wheels are not.
"""

import itertools
from collections.abc import Iterator
from fractions import Fraction
from pathlib import Path
from typing import TYPE_CHECKING, Any

from ..errors import AudioError, MissingPackageError, OutputError, StyleTalkError
from ..files.reading import existing_file
from ..files.writing import written_whole

if TYPE_CHECKING:
    from av.container import InputContainer, OutputContainer

AAC_SAMPLE_RATE_HZ = 48_000
AAC_BITS_PER_SECOND = 160_000


def add_sound(film: Path, sound: Path, output: Path) -> None:
    """Write `output` (.mp4): the pictures of `film` with `sound` from its first moment on, whole or not at all.

    film: any video file whose codec MP4 takes, H.264 usually; a sound of its own is left out. sound: any sound or video
    file. `output` may be `film`. Raises AudioError, OutputError, MissingPackageError.
    """
    av = _av()
    existing_file(sound, "sound file", AudioError)
    with written_whole(output) as temporary:
        no_film = OutputError("The film that the sound is for has no pictures that MP4 can hold. Render it again.")
        no_sound = AudioError(f"{sound} holds no sound that can be read. Choose another file.")
        with _opened(film, no_film) as pictures, _opened(sound, no_sound) as voice:
            _require(pictures.streams.video, no_film)
            _require(voice.streams.audio and voice.streams.audio[0].codec_context, no_sound)
            try:
                with av.open(str(temporary), "w", format="mp4", options={"movflags": "faststart"}) as container:
                    _write(pictures, voice, container, no_film, no_sound)
            except av.FFmpegError as error:
                raise OutputError(f"Cannot write {output}: {error.strerror}. Is there space on the disk?") from error


def _opened(path: Path, otherwise: StyleTalkError) -> "InputContainer":
    """A film or sound to read. Raises `otherwise` where FFmpeg cannot."""
    try:
        return _av().open(str(path))
    except (_av().FFmpegError, UnicodeDecodeError) as error:
        raise otherwise from error


def _write(
    pictures: "InputContainer",
    voice: "InputContainer",
    container: "OutputContainer",
    no_film: StyleTalkError,
    no_sound: StyleTalkError,
) -> None:
    """Raises `no_film` where MP4 does not take the pictures, `no_sound` where the sound is damaged."""
    source = pictures.streams.video[0]
    try:
        video = _copied_stream(container, source)
    except ValueError as error:
        raise no_film from error
    audio: Any = container.add_stream("aac", rate=AAC_SAMPLE_RATE_HZ)
    audio.bit_rate = AAC_BITS_PER_SECOND
    audio.codec_context.layout = "mono" if voice.streams.audio[0].codec_context.channels == 1 else "stereo"
    for packet in pictures.demux(source):
        if packet.dts is not None:  # the flushing packet at the end has none
            packet.stream = video
            container.mux(packet)
    for packet in _encoded(voice, audio, no_sound):
        container.mux(packet)


def _copied_stream(container: "OutputContainer", source: Any) -> Any:
    """A stream that takes the packets of `source` as they are. Raises ValueError where there is none."""
    if hasattr(container, "add_stream_from_template"):  # PyAV 14; before it, the template was an argument
        return container.add_stream_from_template(source)
    return container.add_stream(template=source)  # pyright: ignore


def _encoded(voice: "InputContainer", audio: Any, otherwise: StyleTalkError) -> Iterator[Any]:
    """The packets of the whole sound as AAC, from time 0 on. Raises `otherwise` where it is damaged."""
    av = _av()
    resampler = av.AudioResampler(format="fltp", layout=audio.codec_context.layout, rate=AAC_SAMPLE_RATE_HZ)
    samples = 0
    try:
        for frame in itertools.chain(voice.decode(voice.streams.audio[0]), [None]):
            if frame is not None:
                frame.pts = None  # gaps in the times would become gaps in the sound
            for ready in resampler.resample(frame):
                # files that begin later begin now; and MP4 refuses packets of which only some have times
                ready.pts, ready.time_base = samples, Fraction(1, AAC_SAMPLE_RATE_HZ)
                samples += ready.samples
                yield from audio.encode(ready)
        yield from audio.encode(None)
    except (av.FFmpegError, ValueError) as error:  # ValueError: a frame of another format than the first
        raise otherwise from error


def _require(found: Any, error: StyleTalkError) -> None:
    if not found:
        raise error


def _av() -> Any:
    try:
        import av
    except ImportError as error:
        raise MissingPackageError("Putting sound into a film needs PyAV: pip install av") from error
    return av
