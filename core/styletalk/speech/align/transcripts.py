# SPDX-License-Identifier: Apache-2.0
"""A whole transcript onto a whole recording.

A short recording is aligned in one go. A long one is recognised first; where recogniser and transcript agree on the
words on either side of a pause, both are cut, and each stretch is aligned by itself. So memory does not grow with the
recording, and a slip in one place does not move the words of another.
"""

import itertools
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from difflib import SequenceMatcher

from ...errors import TranscriptError
from ...phonemes import PhonemeSegment, PhonemeTrack, WordSegment, joined_track
from ...progress import Progress, part, silent
from ..audio.chunks import Chunk, chunks
from ..audio.sound_file import SAMPLE_RATE_HZ, Audio
from ..recognition.words import PocketsphinxWords
from ..text.transcript import Transcript
from .aligner import Aligner, Alignment

MAX_DIRECT_S = 40.0
"""A shorter recording is aligned in one go."""
MIN_SHARED_WORDS = 0.2
"""Share of a long transcript that the recogniser must find too, or it is another text."""
ANCHOR_WORDS = 2
"""Words in a row that must agree before they count."""
MIN_STRETCH_S = 15.0
METHOD = "transcript, aligned"


@dataclass(frozen=True)
class Stretch:
    """A piece of the sound and the words that are said in it."""

    chunk: Chunk
    words: tuple[str, ...]


@dataclass(frozen=True)
class Cut:
    """A time in the sound, the word of the transcript that follows it, and how long the pause around it is."""

    time_s: float
    word: int
    pause_s: float


def align_transcript(audio: Audio, transcript: Transcript, progress: Progress = silent) -> PhonemeTrack:
    """Align the words of a transcript to the sound they are spoken in. Raises TranscriptError where they are not."""
    progress(0.0, "aligning the transcript")
    aligner, words = Aligner(), transcript.words
    stretches = [Stretch(Chunk(0, len(audio.samples)), words)]
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
    return joined_track(segments, spoken, audio.duration_s, METHOD)


def _checked(alignment: Alignment | None, stretch: Stretch, audio: Audio) -> Alignment:
    if alignment is not None and alignment.plausible:
        return alignment
    where = audio.path.name
    if stretch.chunk.duration_s < audio.duration_s:
        where += f" between {stretch.chunk.start_s:.0f} and {stretch.chunk.start_s + stretch.chunk.duration_s:.0f} s"
    raise _another_text(where)


def _another_text(where: str) -> TranscriptError:
    return TranscriptError(f"The transcript does not match the speech in {where}. Correct it, or omit it.")


def cut_at_agreement(audio: Audio, words: Sequence[str], progress: Progress = silent) -> list[Stretch]:
    """Cut sound and transcript between words that recogniser and transcript agree on.

    Raises TranscriptError where they agree on too little.
    """
    parts = chunks(audio)
    recogniser = PocketsphinxWords()
    recognised: list[WordSegment] = []
    for number, chunk in enumerate(parts):
        progress(number / len(parts), "finding the words of the transcript")
        recognised += recogniser.timed_words(chunk.pcm(audio), chunk.start_s)
    partner = _partners([word.word for word in recognised], words)
    if len(partner) < MIN_SHARED_WORDS * len(words):
        raise _another_text(audio.path.name)
    return _stretches(audio, words, _cuts(recognised, partner, audio.duration_s))


def _partners(recognised: Sequence[str], words: Sequence[str]) -> dict[int, int]:
    """Which word of the transcript each recognised word is, where runs of at least ANCHOR_WORDS agree."""
    blocks = SequenceMatcher(None, recognised, words, autojunk=False).get_matching_blocks()
    return {block.a + k: block.b + k for block in blocks if block.size >= ANCHOR_WORDS for k in range(block.size)}


def _cuts(recognised: Sequence[WordSegment], partner: Mapping[int, int], duration_s: float) -> list[Cut]:
    """The longest pause between agreed neighbours, MIN_STRETCH_S to MAX_DIRECT_S after the last cut, and so on."""
    places = [
        Cut((before.end_s + after.start_s) / 2, partner[i + 1], after.start_s - before.end_s)
        for i, (before, after) in enumerate(itertools.pairwise(recognised))
        if i in partner and partner.get(i + 1) == partner[i] + 1
    ]
    cuts: list[Cut] = []
    start_s = 0.0
    while duration_s - start_s > MAX_DIRECT_S:
        later = [place for place in places if place.time_s >= start_s + MIN_STRETCH_S]
        near = [place for place in later if place.time_s <= start_s + MAX_DIRECT_S] or later[:1]
        if not near:
            break
        cuts.append(max(near, key=lambda place: place.pause_s))
        start_s = cuts[-1].time_s
    return cuts


def _stretches(audio: Audio, words: Sequence[str], cuts: Sequence[Cut]) -> list[Stretch]:
    samples = [0, *(round(cut.time_s * SAMPLE_RATE_HZ) for cut in cuts), len(audio.samples)]
    places = [0, *(cut.word for cut in cuts), len(words)]
    return [
        Stretch(Chunk(start, end), tuple(words[first:last]))
        for (start, end), (first, last) in zip(itertools.pairwise(samples), itertools.pairwise(places), strict=True)
    ]
