# SPDX-License-Identifier: Apache-2.0
"""Sound and video files through libsndfile and FFmpeg, which need not be there."""

import os
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np

from ...errors import AudioError, MissingPackageError, one_line
from .stream import BLOCK_SAMPLES, SoundStream

if TYPE_CHECKING:
    from av.audio.stream import AudioStream
    from av.container import InputContainer

_KNOWN_STARTS = (b"RIFF", b"RIFX", b"RF64", b"riff", b"FORM", b".snd", b"fLaC", b"OggS", b"caff", b"ID3")
LOCAL_FILES_ONLY = {"protocol_whitelist": "file"}
"""Options of whatever FFmpeg opens: a playlist must not make it fetch what it names."""
MAX_TRACKS = 16
PROBED_SAMPLES = 3_000_000
"""Of each sound track of a file with several, to tell which have sound in them: a minute at 48 kHz."""
SILENT_TRACK_POWER = 1e-8
"""80 dB below full scale."""
_DEFAULT_TRACK = 1
"""AV_DISPOSITION_DEFAULT of FFmpeg."""


def open_with_libsndfile(path: Path) -> SoundStream | None:
    """A flac, ogg, mp3, aiff, …, or None where libsndfile is missing or does not know the file.

    libsndfile takes anything unknown for MP3 and complains on the process's stderr, so it gets only what it knows.
    """
    try:
        import soundfile
    except (ImportError, OSError):  # OSError: the wheel's libsndfile does not load here
        return None
    if not _is_known_to_libsndfile(path):
        return None
    name: Any = path if os.name == "nt" else os.fsencode(path)  # which need not be text
    try:
        sound = soundfile.SoundFile(name)
    except soundfile.LibsndfileError:
        return None
    return SoundStream(sound.samplerate, sound.channels, _libsndfile_blocks(sound))


def _is_known_to_libsndfile(path: Path) -> bool:
    """By the first bytes: wav, aiff, au, flac, ogg, caf; mp3 with or without a tag before its first frame."""
    with path.open("rb") as stream:
        start = stream.read(4)
    return start.startswith(_KNOWN_STARTS) or (start[:1] == b"\xff" and start[1:2] > b"\xe0")


def _libsndfile_blocks(sound: Any) -> Iterator[np.ndarray]:
    """Until no more come: the header's length may be anything."""
    size = max(1, BLOCK_SAMPLES // sound.channels)
    with sound:
        while len(block := sound.read(size, dtype="float32", always_2d=True)):
            yield block


def open_with_ffmpeg(path: Path) -> SoundStream:
    """An m4a, mp4, mov, webm, … Raises AudioError where it has no sound track, MissingPackageError."""
    try:
        import av
    except ImportError as error:
        raise MissingPackageError(
            f"{path.name} needs the package av to be read. Install it with `pip install av`, or export a .wav file."
        ) from error
    with _container(av, path) as container:
        tracks = container.streams.audio[:MAX_TRACKS]
        if not tracks:
            raise AudioError(f"{path.name} has no sound track. Give a recording of speech.")
        number = _track_with_speech(av, path, tracks) if len(tracks) > 1 else 0
        rate_hz, channels = tracks[number].rate or 0, tracks[number].channels
    note = f"{path.name} has {len(tracks)} sound tracks: number {number + 1} was used." if len(tracks) > 1 else ""
    return SoundStream(rate_hz, channels, _ffmpeg_blocks(av, path, number), one_line(note))


def _container(av: Any, path: Path) -> "InputContainer":
    return av.open(str(path.absolute()), options=LOCAL_FILES_ONLY, metadata_errors="ignore")


def _ffmpeg_blocks(av: Any, path: Path, number: int) -> Iterator[np.ndarray]:
    """The frames of a track, from the first one on whatever time it bears, with the rate and channels of its header."""
    with _container(av, path) as container:
        track = container.streams.audio[number]
        resampler, kind = None, None
        for frame in container.decode(track):
            frame.pts = None  # gaps in the timestamps would become gaps in the samples
            if kind != (found := (frame.format.name, frame.layout.name, frame.sample_rate)):
                yield from _resampled(resampler, None)
                resampler, kind = av.AudioResampler("flt", track.layout, track.rate), found
            yield from _resampled(resampler, frame)
        yield from _resampled(resampler, None)


def _resampled(resampler: Any, frame: Any) -> Iterator[np.ndarray]:
    """(n, channels) float32 of a frame, or of what the resampler still holds.

    In one plane: of eight channels in planes of their own, av reads a ninth, and the process dies.
    """
    for part in resampler.resample(frame) if resampler is not None else ():
        yield part.to_ndarray().reshape(-1, part.layout.nb_channels)


def _track_with_speech(av: Any, path: Path, tracks: Sequence["AudioStream"]) -> int:
    """The track that is marked as the default one; where that is silent, or none is marked, the loudest."""
    marked = [at for at, track in enumerate(tracks) if int(getattr(track, "disposition", 0)) & _DEFAULT_TRACK]
    loudness = [_loudness(_ffmpeg_blocks(av, path, at)) for at in range(len(tracks))]
    audible = [at for at in marked if loudness[at] > SILENT_TRACK_POWER]
    return max(audible or range(len(tracks)), key=loudness.__getitem__)


def _loudness(blocks: Iterator[np.ndarray]) -> float:
    """Mean square of the beginning of a track; 0 for one that cannot be decoded, as a phone's spatial sound."""
    energy, count = 0.0, 1
    try:
        for block in blocks:
            energy, count = energy + float(np.square(block).sum()), count + block.size
            if count > PROBED_SAMPLES:
                break
    except Exception:  # of many types; where this is the only track with sound, its use says why
        return 0.0
    return energy / count
