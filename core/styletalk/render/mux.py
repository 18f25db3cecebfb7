# SPDX-License-Identifier: Apache-2.0
"""A silent film and a sound become one MP4: the pictures are copied as they are, the sound becomes AAC.

Blender writes films with sound by itself where it was built with audaspace; the `bpy` wheels are not.
"""

import itertools
import math
from collections.abc import Iterator
from fractions import Fraction
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np

from ..errors import AudioError, MissingPackageError, OutputError, StyleTalkError
from ..files.writing import written_whole
from ..speech.audio.decoders import LOCAL_FILES_ONLY
from ..speech.audio.sound_file import failures_explained, open_sound
from ..speech.audio.stream import SoundStream, finite_samples, within_duration

if TYPE_CHECKING:
    from av.container import InputContainer, OutputContainer

AAC_SAMPLE_RATE_HZ = 48_000
AAC_BITS_PER_SECOND = 160_000


def add_sound(film: Path, sound: Path, output: Path, delay_s: float = 0.0) -> None:
    """Write `output` (.mp4): the pictures of `film` with `sound`, whole or not at all.

    film: any video file whose codec MP4 takes, H.264 usually; a sound of its own is left out. sound: any sound or video
    file. delay_s: when the sound begins in the film; below 0 its first -delay_s seconds are not heard. `output` may be
    `film`. Raises AudioError, OutputError, MissingPackageError.
    """
    av = import_av()
    voice = open_sound(sound)
    with written_whole(output) as temporary:
        no_film = OutputError("The film that the sound is for has no pictures that MP4 can hold. Render it again.")
        with opened_film(film, no_film) as pictures:
            if not pictures.streams.video:
                raise no_film
            try:
                with av.open(str(temporary), "w", format="mp4", options={"movflags": "faststart"}) as container:
                    _write(pictures, sound_frames(voice, sound, delay_s), container, no_film)
            except av.FFmpegError as error:
                raise OutputError(f"Cannot write {output}: {error.strerror}. Is there space on the disk?") from error


def opened_film(path: Path, otherwise: StyleTalkError) -> "InputContainer":
    """A film to read. Raises `otherwise` where FFmpeg cannot."""
    try:
        return import_av().open(str(path.absolute()), options=LOCAL_FILES_ONLY)
    except (import_av().FFmpegError, UnicodeDecodeError) as error:
        raise otherwise from error


def sound_frames(voice: SoundStream, sound: Path, delay_s: float, end_s: float = math.inf) -> Iterator[Any]:
    """The sound as FFmpeg's frames, in stereo where it has two channels, else in mono; none from end_s of the film on.

    Raises AudioError.
    """
    av = import_av()
    with failures_explained(sound):
        blocks = map(finite_samples, within_duration(voice, sound.name))
        delayed = _delayed(blocks, round(delay_s * voice.rate_hz), voice.channels)
        for samples in _cut(delayed, end_s * voice.rate_hz):
            if voice.channels != 2:
                samples = samples.mean(axis=1, keepdims=True)
            layout = "stereo" if voice.channels == 2 else "mono"
            frame = av.AudioFrame.from_ndarray(np.ascontiguousarray(samples.T), format="fltp", layout=layout)
            frame.sample_rate = voice.rate_hz
            yield frame


def _delayed(blocks: Iterator[np.ndarray], by: int, channels: int) -> Iterator[np.ndarray]:
    """The samples (N, channels) after `by` of silence, or without as many at their beginning where it is below 0."""
    if by > 0:
        yield np.zeros((by, channels), np.float32)
    skipped = max(-by, 0)
    for block in blocks:
        if len(block) > skipped:
            yield block[skipped:]
        skipped = max(skipped - len(block), 0)


def _cut(blocks: Iterator[np.ndarray], count: float) -> Iterator[np.ndarray]:
    """The first `count` of the samples (N, channels)."""
    for block in blocks:
        if count >= len(block):
            yield block
        elif count >= 1:
            yield block[: int(count)]
        else:
            return
        count -= len(block)


def _write(
    pictures: "InputContainer", sound: Iterator[Any], container: "OutputContainer", no_film: StyleTalkError
) -> None:
    """Raises `no_film` where MP4 does not take the pictures, AudioError where the sound is damaged."""
    source = pictures.streams.video[0]
    try:
        video = copied_stream(container, source)
    except ValueError as error:
        raise no_film from error
    first = next(sound, None)
    if first is None:
        raise AudioError("The sound for the film is empty. Choose another file.")
    audio = add_aac(container, first)
    for packet in pictures.demux(source):
        if packet.dts is not None:  # the flushing packet at the end has none
            packet.stream = video
            container.mux(packet)
    for packet in encoded_sound(itertools.chain([first], sound), audio):
        container.mux(packet)


def add_aac(container: "OutputContainer", first: Any) -> Any:
    """A stream of sound like `first`, one of its frames."""
    audio: Any = container.add_stream("aac", rate=AAC_SAMPLE_RATE_HZ)
    audio.bit_rate = AAC_BITS_PER_SECOND
    audio.codec_context.layout = first.layout
    return audio


def copied_stream(container: "OutputContainer", source: Any) -> Any:
    """A stream that takes the packets of `source` as they are. Raises ValueError where there is none."""
    if hasattr(container, "add_stream_from_template"):  # PyAV 14; before it, the template was an argument
        return container.add_stream_from_template(source)
    return container.add_stream(template=source)  # pyright: ignore


def encoded_sound(frames: Iterator[Any], audio: Any) -> Iterator[Any]:
    """The packets of the whole sound as AAC, from time 0 on."""
    resampler = import_av().AudioResampler(format="fltp", layout=audio.codec_context.layout, rate=AAC_SAMPLE_RATE_HZ)
    samples = 0
    for frame in itertools.chain(frames, [None]):
        for ready in resampler.resample(frame):
            # MP4 refuses packets of which only some have times
            ready.pts, ready.time_base = samples, Fraction(1, AAC_SAMPLE_RATE_HZ)
            samples += ready.samples
            yield from audio.encode(ready)
    yield from audio.encode(None)


def import_av() -> Any:
    try:
        import av
    except ImportError as error:
        raise MissingPackageError("Making a film needs PyAV: pip install av") from error
    return av
