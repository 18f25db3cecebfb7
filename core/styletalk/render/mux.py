# SPDX-License-Identifier: Apache-2.0
"""A silent film and a sound become one MP4: the pictures are copied as they are, the sound becomes AAC.

Blender writes films with sound by itself where it was built with audaspace; the `bpy` wheels are not.
"""

from pathlib import Path
from typing import TYPE_CHECKING, Any

from ..errors import AudioError, MissingPackageError, OutputError, StyleTalkError
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
    with written_whole(output) as temporary:
        try:
            with av.open(str(film)) as pictures, av.open(str(sound)) as voice:
                _require(pictures.streams.video, OutputError(f"{film} holds no pictures. Render the film again."))
                _require(voice.streams.audio, AudioError(f"{sound} holds no sound. Choose another file."))
                with av.open(str(temporary), "w", format="mp4", options={"movflags": "faststart"}) as container:
                    _write(pictures, voice, container)
        except av.FFmpegError as error:
            raise OutputError(f"Cannot join {film} and {sound}: {error}. Is one of them damaged?") from error


def _write(pictures: "InputContainer", voice: "InputContainer", container: "OutputContainer") -> None:
    source = pictures.streams.video[0]
    video = _copied_stream(container, source)
    audio: Any = container.add_stream("aac", rate=AAC_SAMPLE_RATE_HZ)
    audio.bit_rate = AAC_BITS_PER_SECOND
    audio.codec_context.layout = "mono" if voice.streams.audio[0].codec_context.channels == 1 else "stereo"
    for packet in pictures.demux(source):
        if packet.dts is not None:  # the flushing packet at the end has none
            packet.stream = video
            container.mux(packet)
    for packet in _encoded(voice, audio):
        container.mux(packet)


def _copied_stream(container: "OutputContainer", source: Any) -> Any:
    """A stream that takes the packets of `source` as they are."""
    if hasattr(container, "add_stream_from_template"):  # PyAV 14; before it, the template was an argument
        return container.add_stream_from_template(source)
    return container.add_stream(template=source)  # pyright: ignore


def _encoded(voice: "InputContainer", audio: Any) -> Any:
    """The packets of the whole sound as AAC: decoded, resampled to what the encoder takes, flushed at the end."""
    av = _av()
    source = voice.streams.audio[0]
    resampler = av.AudioResampler(format="fltp", layout=audio.codec_context.layout, rate=AAC_SAMPLE_RATE_HZ)
    for frame in voice.decode(source):
        frame.pts = None  # the resampler counts from zero: files that begin later begin now
        for ready in resampler.resample(frame):
            yield from audio.encode(ready)
    for ready in resampler.resample(None):
        yield from audio.encode(ready)
    yield from audio.encode(None)


def _require(found: Any, error: StyleTalkError) -> None:
    if not found:
        raise error


def _av() -> Any:
    try:
        import av
    except ImportError as error:
        raise MissingPackageError("Putting sound into a film needs PyAV: pip install av") from error
    return av
