# SPDX-License-Identifier: Apache-2.0
"""Any sound or video file as mono 16 kHz samples.

The file is read, mixed and resampled in blocks, so that an hour of 48 kHz stereo takes no more memory than its 16 kHz
mono samples.
"""

from collections.abc import Iterator
from dataclasses import dataclass
from math import gcd
from pathlib import Path

import numpy as np

from ...errors import AudioError, MissingPackageError
from ...files.reading import existing_file

SAMPLE_RATE_HZ = 16000
BLOCK_S = 10
MARGIN_S = 0.1
"""Sound on either side of a block that the resampling filter sees; far longer than the filter."""
MIN_DURATION_S = 0.05
SILENT_PEAK = 1e-4
"""-80 dB below full scale: less than one step of 14 bits."""
_KNOWN_STARTS = (b"RIFF", b"RIFX", b"RF64", b"riff", b"FORM", b".snd", b"fLaC", b"OggS", b"caff", b"ID3")


@dataclass(frozen=True)
class Audio:
    """A sound. samples: (N,) float32 in [-1, 1], mono, 16 kHz. path: where it came from, for messages."""

    samples: np.ndarray
    path: Path

    @property
    def duration_s(self) -> float:
        return len(self.samples) / SAMPLE_RATE_HZ

    def blocks(self) -> Iterator[np.ndarray]:
        """The samples from first to last, (n,) at a time."""
        yield self.samples

    @property
    def silent(self) -> bool:
        """Whether nothing in it is louder than rounding noise."""
        return len(self.samples) == 0 or max(self.samples.max(), -self.samples.min()) < SILENT_PEAK


class AudioInFile(Audio):
    """A sound that stays in its file: its length is known, its samples are read again for every use.

    length: how many they are.
    """

    length: int

    def __init__(self, path: Path, length: int) -> None:
        object.__setattr__(self, "path", path)  # frozen
        object.__setattr__(self, "length", length)

    @property
    def samples(self) -> np.ndarray:  # type: ignore[override]
        return load_audio(self.path).samples

    @property
    def duration_s(self) -> float:
        return self.length / SAMPLE_RATE_HZ

    def blocks(self) -> Iterator[np.ndarray]:
        return _sound_blocks(self.path)


def load_audio(path: Path) -> Audio:
    """Read a sound or video file. Raises AudioError (missing, empty, corrupt, no sound), MissingPackageError."""
    path = Path(path)
    samples = bytearray()  # grows in place, where joining a list would hold an hour twice
    for block in _sound_blocks(path):
        samples += block.tobytes()
    audio = Audio(np.frombuffer(samples, np.float32), path)
    _check_length(audio)
    return audio


def measure_audio(path: Path) -> AudioInFile:
    """The same without keeping the samples: the whole file is read and checked, a block at a time."""
    path = Path(path)
    audio = AudioInFile(path, sum(len(block) for block in _sound_blocks(path)))
    _check_length(audio)
    return audio


def _check_length(audio: Audio) -> None:
    if audio.duration_s < MIN_DURATION_S:
        raise AudioError(f"There is no sound in {audio.path.name}. Give a recording of speech.")


def _check_file(path: Path) -> None:
    existing_file(path, "sound file", AudioError)
    if path.stat().st_size == 0:
        raise AudioError(f"{path.name} is empty (0 bytes). Export it again.")


def _sound_blocks(path: Path) -> Iterator[np.ndarray]:
    """(n,) float32 in [-1, 1] at a time: all of the file at 16 kHz, from the first reader that knows its format."""
    _check_file(path)
    blocks = _soundfile_blocks(path)
    for block in _av_blocks(path) if blocks is None else blocks:
        finite = np.nan_to_num(block, nan=0.0, posinf=0.0, neginf=0.0).astype(np.float32)
        yield np.clip(finite, -1.0, 1.0, out=finite)


def _soundfile_blocks(path: Path) -> Iterator[np.ndarray] | None:
    """Blocks at 16 kHz from libsndfile (wav, flac, ogg, mp3), or None where FFmpeg must read the file.

    libsndfile takes anything unknown for MP3 and complains on the process's stderr, so it gets only what it knows.
    """
    try:
        import soundfile
    except (ImportError, OSError):  # OSError: the wheel's libsndfile does not load here
        return None
    if not _is_known_to_libsndfile(path):
        return None
    try:
        sound = soundfile.SoundFile(path)
    except soundfile.LibsndfileError:
        return None
    if sound.frames == 0 or not sound.seekable():  # a recorder that crashed; GSM, whose length is unknown
        sound.close()
        return None

    def blocks() -> Iterator[np.ndarray]:
        with sound:
            try:
                yield from sound.blocks(BLOCK_S * sound.samplerate, dtype="float32", always_2d=True)
            except soundfile.LibsndfileError as error:
                raise AudioError(f"{path.name} is damaged ({error}). Export it again.") from error

    return _at_16_khz(blocks(), sound.samplerate)


def _is_known_to_libsndfile(path: Path) -> bool:
    """By the first bytes: wav, aiff, au, flac, ogg, caf; mp3 with or without a tag before its first frame."""
    with path.open("rb") as stream:
        start = stream.read(4)
    return start.startswith(_KNOWN_STARTS) or (start[:1] == b"\xff" and start[1:2] > b"\xe0")


def _at_16_khz(blocks: Iterator[np.ndarray], rate_hz: int) -> Iterator[np.ndarray]:
    """Mix (n, channels) blocks of one length to mono and resample each with a margin of its neighbours."""
    common = gcd(rate_hz, SAMPLE_RATE_HZ)
    up, down = SAMPLE_RATE_HZ // common, rate_hz // common
    margin = -(-int(MARGIN_S * rate_hz) // down) * down  # a multiple of `down`: both rates cut between the same samples
    before = np.zeros(margin, np.float32)
    current = None
    for block in blocks:
        following = block.mean(axis=1, dtype=np.float32)
        if current is not None:
            yield _resampled(before, current, following[:margin], up, down)
            before = current[-margin:]
        current = following
    if current is not None:
        yield _resampled(before, current, np.zeros(margin, np.float32), up, down)


def _resampled(before: np.ndarray, current: np.ndarray, after: np.ndarray, up: int, down: int) -> np.ndarray:
    """`current` at up/down times its rate; `before` and `after` only feed the filter."""
    if up == down:
        return current
    from scipy.signal import resample_poly

    wide = resample_poly(np.concatenate([before, current, after]), up, down)
    start = len(before) * up // down
    return wide[start : start - (-len(current) * up // down)].astype(np.float32)


def _av_blocks(path: Path) -> Iterator[np.ndarray]:
    """Blocks at 16 kHz from FFmpeg's libraries (m4a, mp4, mov, webm, ...)."""
    try:
        import av
        import av.error
    except ImportError as error:
        raise MissingPackageError(
            f"{path.name} needs the package av to be read. Install it with `pip install av`, or export a .wav file."
        ) from error
    try:
        with av.open(str(path)) as container:
            if not container.streams.audio:
                raise AudioError(f"{path.name} has no sound track. Give a recording of speech.")
            resampler = av.AudioResampler(format="flt", layout="mono", rate=SAMPLE_RATE_HZ)
            for frame in container.decode(audio=0):
                frame.pts = None  # gaps in the timestamps would become gaps in the samples
                for part in resampler.resample(frame):
                    yield part.to_ndarray().reshape(-1)
            for part in resampler.resample(None):
                yield part.to_ndarray().reshape(-1)
    except (av.error.FFmpegError, UnicodeDecodeError) as error:
        raise AudioError(f"{path.name} cannot be read as sound or video. Export it again, as .wav.") from error
