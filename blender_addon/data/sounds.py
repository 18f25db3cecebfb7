# SPDX-License-Identifier: GPL-3.0-or-later
"""A line's sound for a worker in Blender's own Python, which reads wave files alone: Blender decodes the others.

Blender's decoder, `aud`, lives in Blender's process alone and lets no other Python run while it works. So a thread has
it decode a second or two at a time, into a file that is removed with the job.
"""

import os
import struct
from collections.abc import Callable, Iterator
from functools import partial
from pathlib import Path
from typing import Any

import bpy
import numpy as np

from .. import compat
from ..baking.tempo import Excerpt
from ..jobs.preparation import Prepare
from ..styletalk.errors import AudioError, OutputError
from ..styletalk.speech.audio.resampling import resampled
from ..styletalk.speech.audio.stream import SAMPLE_RATE_HZ, SoundStream, check_limits, mono_stretches
from ..styletalk.speech.audio.stretching import HOP, stretched
from ..styletalk.speech.audio.wav import open_wav

BLOCK_SAMPLES = 1 << 17
"""Decoded at a time, in each channel: about ten milliseconds of work."""
OVERLAP_SAMPLES = 1 << 15
"""Decoded again before each block: a decoder that starts in the middle needs a third of a second to be right."""
MATCHED_SAMPLES, MAX_LAG_SAMPLES = 2048, 1280
"""A block may begin 1,024 samples beside the place that was asked for (Ogg). Where, the overlap says."""
MIN_CORRELATION = 0.5


def preparation_of(path: Path, part: Excerpt | None = None) -> Prepare:
    """What makes that sound readable for a worker. Call it where bpy may be used; the result runs in a thread.

    part: what is heard of it, and how fast; None for all of it as it is.
    """
    packed = find_packed(path) if not os.path.isfile(path) else None
    return partial(_prepared, path, bytes(packed.packed_file.data) if packed is not None else None, part)


def find_packed(path: Path) -> Any | None:
    """The sound that this .blend carries inside and that came from there."""
    for sound in bpy.data.sounds:
        if sound.packed_file is not None and path == Path(bpy.path.abspath(sound.filepath, library=sound.library)):
            return sound
    return None


def _prepared(
    path: Path, packed: bytes | None, part: Excerpt | None, folder: Path, wave_alone: bool,
    go_on: Callable[[], None],
) -> Path:  # fmt: skip
    """See `Prepare`. What is made has the line's name, for that is what messages show."""
    try:
        if packed is not None:
            (folder / "packed").mkdir()
            path = folder / "packed" / path.name
            path.write_bytes(packed)
        if part is None and (not wave_alone or open_wav(path) is not None):
            return path
        samples = _decoded(path, go_on)
        _write_wave(folder / path.name, samples if part is None else _heard(samples, part, path.name))
        return folder / path.name
    except OSError as error:
        raise OutputError(f"{path.name} cannot be read or unpacked: {error.strerror}. Is the disk full?") from error


def _heard(blocks: Iterator[np.ndarray], part: Excerpt, name: str) -> Iterator[np.ndarray]:
    """What is heard of a sound, (n,) float32 at a time, as fast as it is. Raises AudioError where that is nothing."""
    if not part.tempo:
        yield from _cut(blocks, (part.from_s, part.to_s), name)
        return
    first_s, last_s = (max(0.0, second) for second in part.in_file)
    samples = np.concatenate([*_cut(blocks, (first_s, last_s), name)])
    seconds = part.from_s + np.arange(0.0, part.to_s - part.from_s, HOP / SAMPLE_RATE_HZ)
    due = (part.tempo.in_file(seconds) - first_s) * SAMPLE_RATE_HZ
    yield stretched(samples, due[due < len(samples)])


def _cut(blocks: Iterator[np.ndarray], part: tuple[float, float], name: str) -> Iterator[np.ndarray]:
    """A sound between two of its seconds, (n,) float32 at a time. Raises AudioError where that is nothing."""
    first, last = (round(second * SAMPLE_RATE_HZ) for second in part)
    at, given = 0, 0
    for block in blocks:
        piece = block[max(0, first - at) : max(0, last - at)]
        at, given = at + len(block), given + len(piece)
        if len(piece):
            yield piece
        if at >= last:
            break
    if not given:
        raise AudioError(f"{name} has ended where its strip begins. Widen the strip, or choose another.")


def _decoded(path: Path, go_on: Callable[[], None]) -> Iterator[np.ndarray]:
    """(n,) float32 at a time, as the worker would make of the file if it could. Raises AudioError."""
    wave = open_wav(path)
    if wave is None:
        yield from _played(path, go_on)
        return
    check_limits(wave, path.name)
    for block in resampled(mono_stretches(wave, path.name), wave.rate_hz):
        go_on()
        yield block


def _played(path: Path, go_on: Callable[[], None]) -> Iterator[np.ndarray]:
    """The same of a file that Blender's sound library has to play. Raises AudioError."""
    aud, name = compat.audio_library(), path.name
    if aud is None:
        raise AudioError(f"This Blender's Python has no sound library and reads .wav alone. Convert {name} to .wav.")
    try:
        rate_hz, channels = map(int, aud.Sound(str(path)).specs)
        stream = SoundStream(rate_hz, channels, _blocks(aud, path, rate_hz, go_on))
        check_limits(stream, name)
        yield from resampled(mono_stretches(stream, name), rate_hz)
    except (aud.error, ValueError) as error:  # ValueError: a name that is no UTF-8
        raise AudioError(f"{name} is damaged, or neither sound nor video. Export it again, as .wav.") from error


def _blocks(aud: Any, path: Path, rate_hz: int, go_on: Callable[[], None]) -> Iterator[np.ndarray]:
    """(n, channels) float32 at a time, each decoded by itself and fitted to the end of the one before."""
    given, before = 0, None
    while True:
        go_on()
        start, end = max(0, given - OVERLAP_SAMPLES), given + BLOCK_SAMPLES
        block = aud.Sound(str(path)).limit(start / rate_hz, end / rate_hz).data()
        overlap = given - start
        first = overlap - _lag(before, block[:overlap]) if before is not None else 0
        yield block[first:]
        if len(block) < end - start - MAX_LAG_SAMPLES:  # the next one, of the very end, would hold nothing new
            return
        given += len(block) - first
        before = block[-OVERLAP_SAMPLES:]


def _lag(before: np.ndarray, again: np.ndarray) -> int:
    """By how many samples a block begins later than asked. Both (n, channels): the same sound, twice decoded."""
    if len(again) < OVERLAP_SAMPLES:
        return 0
    margin = MATCHED_SAMPLES + MAX_LAG_SAMPLES
    known = before[-margin:-MAX_LAG_SAMPLES].mean(axis=1)
    searched = again[-margin - MAX_LAG_SAMPLES :].mean(axis=1)
    energies = np.convolve(np.square(searched), np.ones(MATCHED_SAMPLES, np.float32), "valid")
    scale = np.sqrt(energies * np.dot(known, known)) + 1e-9
    likeness = np.correlate(searched, known, "valid") / scale
    return MAX_LAG_SAMPLES - int(likeness.argmax()) if likeness.max() > MIN_CORRELATION else 0


def _write_wave(path: Path, blocks: Iterator[np.ndarray]) -> None:
    """A wave file of 32-bit floats, one channel."""
    with path.open("wb") as file:
        file.write(bytes(44))
        for block in blocks:
            file.write(block.astype("<f4").tobytes())
        size = file.tell() - 44
        form = struct.pack("<HHIIHH", 3, 1, SAMPLE_RATE_HZ, 4 * SAMPLE_RATE_HZ, 4, 32)
        file.seek(0)
        file.write(struct.pack("<4sI4s4sI16s4sI", b"RIFF", 36 + size, b"WAVE", b"fmt ", 16, form, b"data", size))
