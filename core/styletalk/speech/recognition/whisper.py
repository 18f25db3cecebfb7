# SPDX-License-Identifier: Apache-2.0
"""Whisper tiny.en writes down what is said: the likeliest piece of text at each step, with NumPy alone.

Its rules are those of Radford et al. (2022), section 4.5, without times and without a second try: what it is not sure
of is no text. The weights ship beside this module; how they were made: styletalk_research.hearing.convert_decoder.
"""

import itertools
import zlib
from dataclasses import dataclass
from functools import lru_cache
from pathlib import Path

import numpy as np

from ...errors import WeightsError
from ...progress import Progress, part, silent
from ..audio.sound_file import SAMPLE_RATE_HZ
from ..hearing.encoder import ENCODER_RATE_HZ, Tensors, shipped_encoder
from ..hearing.mel import MEL_RATE_HZ, log_mel
from ..hearing.packed import read_packed, taken
from .decoder import Decoder, Writing, decoder_of

DECODER_FILE = Path(__file__).parent / "weights" / "whisper_tiny_en_decoder.npz"
MAX_SOUND_S = 30
AFTER_S = 2
"""Of the empty spectrogram that Whisper was trained to see after a sound, up to half a minute: what it does to the
sound itself, which more of it hardly changes."""
MIN_LOG_PROBABILITY = -0.7
"""Mean of a piece. Less is not used: it is above -0.6 on English speech, -0.77 … -2 on Mandarin; in much noise -0.9."""
SURE_LOG_PROBABILITY = -0.5
"""Less is written again, after half a minute of the empty spectrogram: breathless speech, for one."""
MAX_NOTHING_SAID = 0.85
"""Probability that nobody speaks: above 0.86 where music, noise or silence give a word, up to 0.7 in noisy speech."""
MAX_REPETITION = 2.4
"""Bytes of text to a byte of it compressed: more is the same again and again."""
MAX_PIECES, PIECES_PER_S = 10, 10.0
"""Of text, and beside it for every second of sound; the fastest speech has 7."""


@dataclass(frozen=True)
class Vocabulary:
    """texts: the bytes of each piece, in the order of the embedding's columns; other columns stand for no text.

    never, never_first: (n,) int, columns that Whisper never writes, and never at the beginning. start, no_times: what
    every text begins with. end: what ends it. nothing_said: what stands for no text at all.
    """

    texts: tuple[bytes, ...]
    never: np.ndarray
    never_first: np.ndarray
    start: int
    no_times: int
    end: int
    nothing_said: int

    def text(self, pieces: list[int]) -> str:
        """The text of pieces; bytes that are no UTF-8 are left out."""
        return b"".join(self.texts[piece] for piece in pieces if piece < len(self.texts)).decode("utf-8", "ignore")


@dataclass(frozen=True)
class Written:
    """What was written down. log_probability: mean of a piece. nothing_said: probability that nobody speaks.

    whole: whether the text came to its end."""

    text: str
    log_probability: float
    nothing_said: float
    whole: bool

    @property
    def doubt(self) -> str:
        """Why the text is not to be used, in a few words, or ""."""
        packed = len(zlib.compress(self.text.encode()))
        if self.nothing_said > MAX_NOTHING_SAID or not any(each.isalnum() for each in self.text):
            return "nobody speaks"
        if not self.whole or len(self.text.encode()) > MAX_REPETITION * packed:
            return "the words go round in circles"
        return "" if self.log_probability > MIN_LOG_PROBABILITY else "it is unclear, or not English"


@dataclass(frozen=True)
class Whisper:
    """decoder and vocabulary of one model; the encoder is the one that ships."""

    decoder: Decoder
    vocabulary: Vocabulary

    def write(self, samples: np.ndarray, progress: Progress = silent) -> Written:
        """The text of samples (N,) float32 at 16 kHz, at most half a minute. progress: may raise Cancelled.

        Raises WeightsError where the encoder's weights are damaged.
        """
        written = self._write(samples, AFTER_S, part(progress, 0.0, 0.5))
        if written.doubt or written.log_probability > SURE_LOG_PROBABILITY:
            return written
        again = self._write(samples, MAX_SOUND_S, part(progress, 0.5, 1.0))
        return max(written, again, key=lambda each: (not each.doubt, each.log_probability))

    def _write(self, samples: np.ndarray, after_s: int, progress: Progress) -> Written:
        mel = np.pad(log_mel(samples), ((0, after_s * MEL_RATE_HZ), (0, 0)))[: MAX_SOUND_S * MEL_RATE_HZ]
        writing, words = Writing(self.decoder, shipped_encoder().of_mel(mel)[-1]), self.vocabulary
        nothing_said = float(_probabilities(writing.step(words.start))[words.nothing_said])
        logits = writing.step(words.no_times)
        most = min(len(self.decoder.positions) - 2, int(MAX_PIECES + PIECES_PER_S * len(samples) / SAMPLE_RATE_HZ))
        pieces: list[int] = []
        log_probability, piece = 0.0, words.start
        while piece != words.end and len(pieces) < most:
            progress(len(pieces) / most, "recognising words")
            logits[words.never if pieces else np.append(words.never, words.never_first)] = -np.inf
            piece = int(logits.argmax())
            log_probability += float(np.log(_probabilities(logits)[piece]))
            pieces.append(piece)
            if piece != words.end:
                logits = writing.step(piece)
        return Written(words.text(pieces), log_probability / len(pieces), nothing_said, piece == words.end)


@lru_cache(maxsize=1)
def shipped_whisper() -> Whisper:
    """Whisper tiny.en. Raises WeightsError where its file is missing or damaged."""
    tensors = read_packed(DECODER_FILE)
    decoder, nothing = decoder_of(tensors), (MAX_SOUND_S * ENCODER_RATE_HZ, shipped_encoder().width)
    if decoder.nothing.shape != nothing or len(decoder.positions) <= MAX_PIECES:
        raise WeightsError("The decoder's weights do not fit the encoder's. Install StyleTalk again.")
    return Whisper(decoder, vocabulary_of(tensors))


def vocabulary_of(tensors: Tensors) -> Vocabulary:
    """The vocabulary of integer arrays by name: texts (all bytes, one after the other), text_ends, never, never_first,
    and special: start, no_times, end, nothing_said. Raises WeightsError where they do not fit the embedding.
    """
    columns = taken(tensors, "embedding_weight", -1, -1).shape[1]
    names = ("texts", "text_ends", "never", "never_first", "special")
    texts, ends, never, never_first, special = (taken(tensors, name, -1) for name in names)
    pieces = np.concatenate([never, never_first, special])
    in_order = len(ends) > 0 and (np.diff(ends, prepend=0) >= 0).all() and ends[-1] == len(texts)
    whole_numbers = pieces.dtype.kind == "i" and ends.dtype.kind == "i"
    if not in_order or len(special) != 4 or not whole_numbers or pieces.min() < 0 or pieces.max() >= columns:
        raise WeightsError("The vocabulary does not fit the decoder's weights. Install StyleTalk again.")
    whole, bounds = texts.tobytes(), itertools.pairwise([0, *ends.tolist()])
    return Vocabulary(tuple(whole[start:end] for start, end in bounds), never, never_first, *special.tolist())


def _probabilities(logits: np.ndarray) -> np.ndarray:
    likely = np.exp(logits - logits.max())
    return likely / likely.sum()
