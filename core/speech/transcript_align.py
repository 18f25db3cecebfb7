# SPDX-License-Identifier: Apache-2.0
"""A whole transcript onto a whole recording.

A short recording is aligned in one go. A long one is recognised first; where recogniser and transcript agree on either
side of a pause, both are cut, and each stretch is aligned by itself. So memory does not grow with the recording, and a
slip in one place does not move the words of another.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from difflib import SequenceMatcher

from ..errors import TranscriptError
from ..progress import Progress, part, silent
from .align import Aligner, Alignment
from .audio import Audio
from .chunks import Chunk, chunks
from .phonemes import PhonemeSegment, PhonemeTrack, WordSegment, joined_track
from .recognise import PocketsphinxWords

MAX_DIRECT_S = 40.0
"""Up to here in one go."""
MIN_SHARED_WORDS = 0.2
"""Share of a long transcript that the recogniser must have heard too, or it is another text."""
ANCHOR_WORDS = 2
"""Words in a row that must agree beside a cut."""
ROAD = "transcript, aligned"


@dataclass(frozen=True)
class Stretch:
    """A piece of the sound and the words that are said in it."""

    chunk: Chunk
    words: tuple[str, ...]


def align_transcript(audio: Audio, words: Sequence[str], progress: Progress = silent) -> PhonemeTrack:
    """Align normalised words to the sound they are spoken in. Raises TranscriptError where they are not."""
    progress(0.0, "aligning the transcript")
    aligner = Aligner()
    stretches = [Stretch(Chunk(0, len(audio.samples)), tuple(words))]
    if audio.duration_s > MAX_DIRECT_S:
        stretches = cut_at_agreement(audio, words, part(progress, 0.0, 0.8))
    segments: list[PhonemeSegment] = []
    spoken: list[WordSegment] = []
    for number, stretch in enumerate(stretches):
        progress(0.8 + 0.2 * number / len(stretches), "aligning the transcript")
        if not stretch.words:
            continue
        alignment = aligner.align(stretch.chunk.pcm(audio), stretch.words, stretch.chunk.start_s)
        segments += _checked(alignment, stretch, audio).segments
        spoken += alignment.words if alignment else ()
    return joined_track(segments, spoken, audio.duration_s, ROAD)


def _checked(alignment: Alignment | None, stretch: Stretch, audio: Audio) -> Alignment:
    if alignment is not None and alignment.plausible:
        return alignment
    where = audio.path.name
    if stretch.chunk.duration_s < audio.duration_s:
        where += f" between {stretch.chunk.start_s:.0f} and {stretch.chunk.start_s + stretch.chunk.duration_s:.0f} s"
    raise TranscriptError(
        f"The transcript is not what is said in {where}. Correct it, or leave it out and the words will be recognised."
    )


def cut_at_agreement(audio: Audio, words: Sequence[str], progress: Progress = silent) -> list[Stretch]:
    """Cut sound and transcript where the recogniser agrees with the transcript on both sides of a pause.

    Raises TranscriptError where they agree on too little.
    """
    pieces = chunks(audio)
    recogniser = PocketsphinxWords()
    heard: list[str] = []
    ends: list[int] = []  # number of words heard up to the end of each piece
    for number, piece in enumerate(pieces):
        progress(number / len(pieces), "listening for the words of the transcript")
        heard += recogniser.words(piece.pcm(audio))
        ends.append(len(heard))
    partner = _partners(heard, words)
    if len(partner) < MIN_SHARED_WORDS * len(words):
        raise TranscriptError(
            f"The transcript is not what is said in {audio.path.name}. "
            "Correct it, or leave it out and the words will be recognised."
        )
    return _stretches(pieces, ends, partner, words)


def _partners(heard: Sequence[str], words: Sequence[str]) -> dict[int, int]:
    """Which word of the transcript each heard word is, where runs of at least ANCHOR_WORDS agree."""
    blocks = SequenceMatcher(None, heard, words, autojunk=False).get_matching_blocks()
    return {block.a + k: block.b + k for block in blocks if block.size >= ANCHOR_WORDS for k in range(block.size)}


def _stretches(
    pieces: Sequence[Chunk], ends: Sequence[int], partner: dict[int, int], words: Sequence[str]
) -> list[Stretch]:
    """Neighbouring pieces grouped until a cut is certain: the words before and after it follow each other in both."""
    stretches, start, first_word = [], pieces[0].start, 0
    for piece, end in zip(pieces[:-1], ends[:-1], strict=True):
        before, after = partner.get(end - 1), partner.get(end)
        if before is not None and after is not None and after == before + 1 and after > first_word:
            stretches.append(Stretch(Chunk(start, piece.end), tuple(words[first_word:after])))
            start, first_word = piece.end, after
    stretches.append(Stretch(Chunk(start, pieces[-1].end), tuple(words[first_word:])))
    return stretches
