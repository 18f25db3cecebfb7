# SPDX-License-Identifier: Apache-2.0
"""A sound while it is being decoded: limits that no header can lift, and many channels as one."""

from collections.abc import Iterator
from dataclasses import dataclass

import numpy as np

from ...errors import AudioError
from ...timeline import MAX_DURATION_S

SAMPLE_RATE_HZ = 16000
MIN_RATE_HZ, MAX_RATE_HZ = 1_000, 768_000
MAX_CHANNELS = 32
BLOCK_SAMPLES = 1 << 18
"""That a decoder gives at a time, all channels together."""
MAX_STRETCH_S, STRETCH_SAMPLES = 8, 1 << 22
"""What is mixed and resampled at a time: whole seconds of at most so many samples, but one second at least."""
CANCELLED_SHARE = 0.1
"""Where the mean of the channels has less of the loudest channel's energy, they have cancelled each other."""


@dataclass(frozen=True)
class SoundStream:
    """What a decoder gives. blocks: (n, channels) float32 at a time. note: a sentence for the user, or ""."""

    rate_hz: int
    channels: int
    blocks: Iterator[np.ndarray]
    note: str = ""


def check_limits(sound: SoundStream, name: str) -> None:
    """Raises AudioError where the rate or the channels are beyond the limits. name: of the file, for messages."""
    if not MIN_RATE_HZ <= sound.rate_hz <= MAX_RATE_HZ:
        limits = f"{MIN_RATE_HZ:,} to {MAX_RATE_HZ:,}"
        raise AudioError(f"{name} has {sound.rate_hz:,} samples a second. Export it with {limits}, such as 48,000.")
    if not 1 <= sound.channels <= MAX_CHANNELS:
        raise AudioError(f"{name} has {sound.channels:,} channels. Export it with {MAX_CHANNELS} or fewer.")


def mono_stretches(sound: SoundStream, name: str) -> Iterator[np.ndarray]:
    """The sound as one channel, (n,) float32 in [-1, 1], whole seconds at a time but for the last.

    name: of the file, for messages. Raises AudioError where its length is beyond the limit.
    """
    most_s = max(1, min(MAX_STRETCH_S, STRETCH_SAMPLES // (sound.rate_hz * sound.channels)))
    for stretch in _regrouped(within_duration(sound, name), most_s * sound.rate_hz):
        yield _mixed(stretch)


def within_duration(sound: SoundStream, name: str) -> Iterator[np.ndarray]:
    """The blocks of a sound. name: of the file, for messages. Raises AudioError where they are too many."""
    left = int(MAX_DURATION_S * sound.rate_hz)
    for block in sound.blocks:
        left -= len(block)
        if left < 0:
            raise AudioError(f"{name} is longer than {MAX_DURATION_S / 3600:g} hours. Cut it into shorter files.")
        yield block


def finite_samples(samples: np.ndarray) -> np.ndarray:
    """Of samples of any shape, a copy in [-1, 1]; what is no number is silence."""
    finite = np.nan_to_num(samples, nan=0.0, posinf=0.0, neginf=0.0)
    return np.clip(finite, -1.0, 1.0, out=finite)


def _regrouped(blocks: Iterator[np.ndarray], size: int) -> Iterator[np.ndarray]:
    """(size, channels) at a time of blocks of any length; the last may be shorter."""
    waiting: list[np.ndarray] = []
    length = 0
    for block in blocks:
        waiting.append(block)
        length += len(block)
        while length >= size:
            joined = np.concatenate(waiting)
            yield joined[:size]
            waiting, length = [joined[size:]], length - size
    if length:
        yield np.concatenate(waiting)


def _mixed(stretch: np.ndarray) -> np.ndarray:
    """(n, channels) -> (n,): the mean, or the loudest channel where the others are silent or opposite to it."""
    finite = finite_samples(stretch)
    mean = finite @ np.full(finite.shape[1], 1 / finite.shape[1], np.float32)
    energies = np.einsum("nc,nc->c", finite, finite)
    if np.dot(mean, mean) < CANCELLED_SHARE * energies.max():
        return np.ascontiguousarray(finite[:, int(energies.argmax())])
    return mean
