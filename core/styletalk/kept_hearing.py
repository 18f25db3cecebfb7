# SPDX-License-Identifier: Apache-2.0
"""What was heard of the sounds that came last, for as long as the process lives: another style of a line need not wait.

A sound is known by its content, not by its path, which changes where Blender decodes it into a file of its own.
"""

import hashlib
import os
from collections import OrderedDict
from collections.abc import Callable
from dataclasses import dataclass, field
from pathlib import Path
from threading import Lock

import numpy as np

from .phonemes import PhonemeTrack
from .speech.audio.sound_file import Audio, load_audio, measure_audio

MAX_KEPT_S = 900.0
"""Of all sounds together: 58 MB of samples, and 22 MB of what is heard in them. A longer one is not kept."""
MAX_TRACKS = 8
"""Of one sound, with other words each."""
HASH_BLOCK_BYTES = 1 << 20

Key = tuple[str, str]
"""SHA-256 of a file and its name, which messages show."""


@dataclass
class KeptSound:
    """A sound, which holds on to what `listen` hears in it, and what else was made of it.

    sha256: of its file. tracks: by all that decides them. measures: prosody's, by the number of rows.
    """

    audio: Audio
    sha256: str
    tracks: "OrderedDict[tuple, PhonemeTrack]" = field(default_factory=OrderedDict)
    measures: dict[int, np.ndarray] = field(default_factory=dict)

    def track(self, key: tuple, make: Callable[[], PhonemeTrack]) -> PhonemeTrack:
        """The track of that key, made where it is not known. Raises what `make` raises, and keeps nothing then."""
        if key not in self.tracks:
            self.tracks[key] = make()
        self.tracks.move_to_end(key)
        while len(self.tracks) > MAX_TRACKS:
            self.tracks.popitem(last=False)
        return self.tracks[key]


class KeptHearing:
    """The sounds that were asked for last, MAX_KEPT_S of them."""

    def __init__(self, max_s: float = MAX_KEPT_S) -> None:
        self._max_s, self._lock = max_s, Lock()
        self._sounds: OrderedDict[Key, KeptSound] = OrderedDict()

    def sound(self, path: Path, in_file: bool = False) -> KeptSound:
        """The sound of a file, as `load_audio` or, with in_file, `measure_audio` reads it where it is not kept.

        Raises what these raise.
        """
        path = Path(path)
        key = file_sha256(path), path.name
        with self._lock:
            if key in self._sounds:
                self._sounds.move_to_end(key)
                return self._sounds[key]
        measured = measure_audio(path) if in_file else None
        if measured is not None and measured.duration_s > self._max_s:
            return KeptSound(measured, key[0])
        found = KeptSound(load_audio(path), key[0])
        if found.audio.duration_s <= self._max_s:
            self._keep(key, found)
        return found

    def forget(self) -> None:
        """Let all sounds go."""
        with self._lock:
            self._sounds.clear()

    def _keep(self, key: Key, found: KeptSound) -> None:
        with self._lock:
            self._sounds[key] = found
            while sum(each.audio.duration_s for each in self._sounds.values()) > self._max_s:
                self._sounds.popitem(last=False)


def file_sha256(path: Path) -> str:
    """The SHA-256 of a file's content, "" where there is no file."""
    digest = hashlib.sha256()
    if not os.path.isfile(path):  # Path.is_file raises for names that are too long
        return ""
    with path.open("rb") as stream:
        while block := stream.read(HASH_BLOCK_BYTES):
            digest.update(block)
    return digest.hexdigest()


KEPT_HEARING = KeptHearing()
"""Of this process."""
