# SPDX-License-Identifier: Apache-2.0
"""Any sound or video file as mono 16 kHz samples.

The file is decoded, mixed and resampled a few seconds at a time, so that an hour of 48 kHz stereo takes no more memory
than its 16 kHz mono samples. Wave files need NumPy alone.
"""

import contextlib
import functools
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import numpy as np

from ...errors import AudioError, StyleTalkError
from ...files.reading import existing_file
from .decoders import open_with_ffmpeg, open_with_libsndfile
from .level import gain_for_16_bits
from .resampling import resampled
from .stream import SAMPLE_RATE_HZ, SoundStream, check_limits, mono_stretches
from .wav import open_wav

MIN_DURATION_S = 0.05
SILENT_PEAK = 1.5 / 2**15
"""One step of 16 bits, and what resampling adds to it: rounding noise."""


@dataclass(frozen=True)
class Audio:
    """A sound. samples: (N,) float32 in [-1, 1], mono, 16 kHz. path: where it came from, for messages.

    note: a sentence for the user, or "".
    """

    samples: np.ndarray
    path: Path
    note: str = ""

    @property
    def duration_s(self) -> float:
        return len(self.samples) / SAMPLE_RATE_HZ

    def blocks(self) -> Iterator[np.ndarray]:
        """The samples from first to last, (n,) at a time."""
        yield self.samples

    @functools.cached_property
    def gain(self) -> float:
        """What the samples are multiplied by before they become 16 bits."""
        return gain_for_16_bits(self.samples)

    @property
    def silent(self) -> bool:
        """Whether nothing in it is louder than rounding noise."""
        return len(self.samples) == 0 or max(self.samples.max(), -self.samples.min()) < SILENT_PEAK


class AudioInFile(Audio):
    """A sound that stays in its file: its length is known, its samples are read again for every use.

    length: how many they are.
    """

    length: int

    def __init__(self, path: Path, length: int, note: str = "") -> None:
        for name, value in (("path", path), ("length", length), ("note", note)):
            object.__setattr__(self, name, value)  # frozen

    @property
    def samples(self) -> np.ndarray:  # type: ignore[override]
        return load_audio(self.path).samples

    @property
    def duration_s(self) -> float:
        return self.length / SAMPLE_RATE_HZ

    def blocks(self) -> Iterator[np.ndarray]:
        return _blocks(open_sound(self.path), self.path)


def load_audio(path: Path) -> Audio:
    """Read a sound or video file. Raises AudioError (missing, empty, corrupt, no sound), MissingPackageError."""
    path = Path(path)
    sound = open_sound(path)
    samples = bytearray()  # grows in place, where joining a list would hold an hour twice
    for block in _blocks(sound, path):
        samples += block.tobytes()
    audio = Audio(np.frombuffer(samples, np.float32), path, sound.note)
    _check_length(audio)
    return audio


def measure_audio(path: Path) -> AudioInFile:
    """The same without keeping the samples: the whole file is read and checked, a block at a time."""
    path = Path(path)
    sound = open_sound(path)
    audio = AudioInFile(path, sum(len(block) for block in _blocks(sound, path)), sound.note)
    _check_length(audio)
    return audio


def _check_length(audio: Audio) -> None:
    if audio.duration_s < MIN_DURATION_S:
        raise AudioError(f"There is no sound in {audio.path.name}. Give a recording of speech.")


def open_sound(path: Path) -> SoundStream:
    """The sound by the first decoder that knows its format. Raises AudioError, MissingPackageError.

    Its blocks may raise anything: take them within `failures_explained`.
    """
    existing_file(path, "sound file", AudioError)
    if path.stat().st_size == 0:
        raise AudioError(f"{path.name} is empty (0 bytes). Export it again.")
    with failures_explained(path):
        sound = open_wav(path) or open_with_libsndfile(path) or open_with_ffmpeg(path)
    check_limits(sound, path.name)
    return sound


def _blocks(sound: SoundStream, path: Path) -> Iterator[np.ndarray]:
    """(n,) float32 in [-1, 1] at a time: all of the file at 16 kHz. Raises AudioError."""
    with failures_explained(path):
        for block in resampled(mono_stretches(sound, path.name), sound.rate_hz):
            yield np.clip(block, -1.0, 1.0, out=block)


@contextlib.contextmanager
def failures_explained(path: Path) -> Iterator[None]:
    """Whatever libsndfile, FFmpeg and their bindings raise, in many types, becomes one AudioError."""
    try:
        yield
    except StyleTalkError:
        raise
    except Exception as error:
        if isinstance(error, MemoryError) and not hasattr(error, "errno"):  # FFmpeg's own is the header's fault
            raise
        raise AudioError(f"{path.name} is damaged, or neither sound nor video. Export it again, as .wav.") from error
