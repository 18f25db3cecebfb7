# SPDX-License-Identifier: Apache-2.0
"""Words, where they are asked for: by Whisper tiny.en, which ships, or by faster-whisper with a model of the user's."""

import os
import reprlib
from collections.abc import Iterator
from dataclasses import dataclass
from functools import lru_cache
from pathlib import Path
from threading import Lock
from typing import TYPE_CHECKING, Protocol

import numpy as np

from ...errors import MissingPackageError, StyleTalkError, TranscriptError
from ...progress import Progress, part, silent
from ..audio.chunks import Chunk, chunks
from ..audio.sound_file import Audio
from ..text.transcript import normalise
from .whisper import shipped_whisper

if TYPE_CHECKING:
    from faster_whisper import WhisperModel

WORDS, FASTER_WHISPER = "words", "faster-whisper"
"""The recognisers' names; the second is followed by a colon and a folder."""
MIN_LOG_PROBABILITY = -1.0
"""Of a segment, by faster-whisper. Less is not used: it is -0.2 … -0.5 on English speech, -1.4 on Mandarin."""


class Recogniser(Protocol):
    """A word recogniser."""

    name: str

    def text(self, samples: np.ndarray, progress: Progress = silent) -> tuple[str, str]:
        """(what is said, "") of (N,) float32 samples at 16 kHz, at most half a minute; or ("", why there is no text).

        progress: may raise Cancelled.
        """
        ...


@dataclass(frozen=True)
class Stretch:
    """A piece of the sound. text: what is said in it, as people write it. words: the same, normalised.

    note: why there are none, in a few words, or "".
    """

    chunk: Chunk
    text: str
    words: tuple[str, ...]
    note: str


def recognised_words(audio: Audio, progress: Progress = silent, recogniser: Recogniser | None = None) -> list[Stretch]:
    """The words of a sound, stretch by stretch, all of it. recogniser: by default the one that ships.

    progress: may raise Cancelled. Raises WeightsError where the weights are damaged.
    """
    return list(recognised_stretches(audio, recogniser or ShippedWhisper(), progress))


def recognised_stretches(audio: Audio, recogniser: Recogniser, progress: Progress = silent) -> Iterator[Stretch]:
    """The same, each stretch as soon as it is recognised."""
    pieces, samples = chunks(audio), audio.samples
    for number, chunk in enumerate(pieces):
        told = part(progress, number / len(pieces), (number + 1) / len(pieces))
        text, note = recogniser.text(samples[chunk.start : chunk.end] * np.float32(audio.gain), told)
        yield Stretch(chunk, text, _words(text), note)


def _words(text: str) -> tuple[str, ...]:
    """Normalised: numbers, which Whisper writes as figures, come back as words."""
    try:
        return normalise(text)
    except TranscriptError:  # nothing but punctuation or a note such as [Music]
        return ()


class ShippedWhisper:
    """Whisper tiny.en in NumPy."""

    name = WORDS

    def __init__(self) -> None:
        """Raises WeightsError where its weights are missing or damaged."""
        self._whisper = shipped_whisper()

    def text(self, samples: np.ndarray, progress: Progress = silent) -> tuple[str, str]:
        """See Recogniser."""
        written = self._whisper.write(samples, progress)
        return ("", written.doubt) if written.doubt else (written.text.strip(), "")


class FasterWhisper:
    """faster-whisper with a model folder on this machine, for larger models; it never downloads one."""

    name = FASTER_WHISPER

    def __init__(self, folder: Path) -> None:
        """Raises MissingPackageError where faster-whisper is not installed or the folder is not a model of it."""
        self._model = load_faster_whisper(folder)

    def text(self, samples: np.ndarray, progress: Progress = silent) -> tuple[str, str]:
        """See Recogniser."""
        progress(0.0, "recognising words")
        segments, _ = self._model.transcribe(samples, condition_on_previous_text=False)
        text = "".join(each.text for each in segments if each.avg_logprob > MIN_LOG_PROBABILITY).strip()
        return text, "" if text else "nobody speaks, or it is unclear"


def make_recogniser(name: str) -> Recogniser:
    """For "words" or "faster-whisper:FOLDER". Raises MissingPackageError, WeightsError; StyleTalkError for another."""
    kind, _, folder = name.partition(":")
    if name == WORDS:
        return ShippedWhisper()
    if kind == FASTER_WHISPER and folder:
        return FasterWhisper(Path(folder))
    raise StyleTalkError(
        f"There is no recogniser {reprlib.repr(name)}. Choose heard, words or faster-whisper:FOLDER, a model's folder."
    )


def load_faster_whisper(folder: Path) -> "WhisperModel":
    """The Whisper model of a folder, loaded once for all uses, from several threads too. Raises MissingPackageError."""
    with _LOADING:
        return _model_in(folder)


_LOADING = Lock()


@lru_cache(maxsize=1)
def _model_in(folder: Path) -> "WhisperModel":
    if not os.path.isdir(folder):  # faster-whisper would take it for a name on a server
        raise MissingPackageError(f"There is no folder {folder} with a model of faster-whisper. Check the path.")
    try:
        from faster_whisper import WhisperModel
    except (ImportError, OSError) as error:  # OSError: a library of ctranslate2's does not load here
        raise MissingPackageError(
            "faster-whisper is not installed, or does not load. "
            "Install it with `pip install faster-whisper`, or choose the recogniser words."
        ) from error
    try:
        return WhisperModel(str(folder), device="cpu", compute_type="int8", local_files_only=True)
    except (RuntimeError, ValueError, OSError) as error:
        raise MissingPackageError(
            f"{folder} is not a faster-whisper model ({error}). Choose another folder."
        ) from error
