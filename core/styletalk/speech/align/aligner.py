# SPDX-License-Identifier: Apache-2.0
"""Forced alignment: known words and their sound → when each phoneme is spoken."""

import re
from collections.abc import Sequence
from dataclasses import dataclass

from ...phonemes import PHONEME_INDEX, SILENCE, PhonemeSegment, WordSegment
from ..text.pronunciation import pronounce
from .decoder import decode, decode_finds_path, frame_time_s, make_decoder

WRONG_WORDS_SCORE = -45.0
"""Mean score a frame: -12 … -30 where the words are spoken in the sound, near -60 where they are not."""
# Without bestpath=False, one sentence in ten has no alignment. The decoder's own beams (1e-48) lose the right path in
# half a minute of real speech: with these the linear baseline on the sample clips rises from 0.60 to 0.62.
SETTINGS = {"bestpath": False, "beam": 1e-80, "pbeam": 1e-80, "wbeam": 1e-60}
_ALTERNATIVE = re.compile(r"\(\d+\)$")


@dataclass(frozen=True)
class Alignment:
    """Phonemes and words in seconds of the whole sound. score: mean acoustic score per frame of speech."""

    segments: tuple[PhonemeSegment, ...]
    words: tuple[WordSegment, ...]
    score: float

    @property
    def plausible(self) -> bool:
        """Whether the score is that of words which are spoken in the sound."""
        return bool(self.segments) and self.score > WRONG_WORDS_SCORE


class Aligner:
    """A decoder for many stretches of sound. The pronunciation of words that its dictionary lacks is guessed."""

    def __init__(self) -> None:
        self._decoder = make_decoder(lm=None, **SETTINGS)

    def align(self, pcm: bytes, words: Sequence[str], offset_s: float = 0.0) -> Alignment | None:
        """Align normalised words to 16-bit sound that begins at offset_s; None where they cannot be fitted to it."""
        for word in words:
            self._learn(word)
        self._decoder.set_align_text(" ".join(words))
        try:
            if not decode_finds_path(self._decoder, pcm):
                return None
            self._decoder.set_alignment()  # from words to phonemes: the same sound once more
            decode(self._decoder, pcm)  # to ask for a hypothesis here would crash the decoder
        except RuntimeError:  # too short for its words
            return None
        return self._read(offset_s)

    def _learn(self, word: str) -> None:
        if self._decoder.lookup_word(word) is None:
            self._decoder.add_word(word, " ".join(pronounce(word)), True)

    def _read(self, offset_s: float) -> Alignment | None:
        segments, words, score, frames = [], [], 0, 0
        for word in self._decoder.get_alignment() or ():
            phones = [phone for phone in word if phone.name in PHONEME_INDEX and phone.name != SILENCE]
            if not phones:
                continue  # silence or noise
            spoken = [_segment(phone.name, phone.start, phone.duration, offset_s) for phone in phones]
            segments += spoken
            words.append(WordSegment(_ALTERNATIVE.sub("", word.name), spoken[0].start_s, spoken[-1].end_s))
            score += sum(phone.score for phone in phones)
            frames += sum(phone.duration for phone in phones)
        return Alignment(tuple(segments), tuple(words), score / frames) if frames else None


def _segment(phoneme: str, start: int, duration: int, offset_s: float) -> PhonemeSegment:
    return PhonemeSegment(phoneme, frame_time_s(start, offset_s), frame_time_s(start + duration, offset_s))
