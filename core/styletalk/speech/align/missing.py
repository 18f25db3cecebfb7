# SPDX-License-Identifier: Apache-2.0
"""Words of an alignment that have no phonemes, as after a correction: they are found in the sound, between neighbours.

All that has phonemes stays where it is.
"""

import reprlib
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from typing import TypeVar

from ...errors import TranscriptError
from ...phonemes import SILENCE, PhonemeSegment, PhonemeTrack, WordSegment
from ..hearing.listening import Heard
from ..languages.accent import with_accents
from ..languages.detection import language_of
from ..text.transcript import Transcript, parse_transcript
from .aligner import align_words

_Spoken = TypeVar("_Spoken", PhonemeSegment, WordSegment)
SHORTEST_S = 0.02
"""No words are put into less than this between their neighbours."""
NOT_HEARD = "{words} {was} not heard there: the phonemes have the same length each."


@dataclass(frozen=True)
class _Found:
    """What stands in a run of words from now on. is_heard: whether the sound speaks for them."""

    segments: tuple[PhonemeSegment, ...]
    words: tuple[WordSegment, ...]
    is_heard: bool


def has_missing(track: PhonemeTrack) -> bool:
    """Whether some words of a track have no phonemes, and others do."""
    return bool(track.segments) and any(_runs(track))


def with_missing(track: PhonemeTrack, heard: Heard, language: str = "auto") -> PhonemeTrack:
    """The track with phonemes for the words that have none, see `_found`. A text that no word is in stays silent.

    language: of the words, a code of `request.LANGUAGES`; "auto": as all of them show. Raises TranscriptError.
    """
    if language == "auto":
        language = language_of(" ".join(each.word for each in track.words))
    listened = heard
    if language != "en":
        listened = replace(heard, log_probabilities=with_accents(heard.log_probabilities))
    segments, words, unheard = list(_sounding(track)), list(track.words), list[str]()
    for run in list(_runs(track)):
        found = _found(run, track, listened, language)
        segments += found.segments
        place = words.index(run[0])
        words[place : place + len(run)] = found.words
        unheard += [] if found.is_heard else [each.word for each in run]
    segments.sort(key=lambda each: each.start_s)
    note = NOT_HEARD.format(words=reprlib.repr(" ".join(unheard)), was="was") if unheard else ""
    return replace(track, segments=tuple(segments), words=tuple(words), note=f"{track.note} {note}".strip())


def _found(run: Sequence[WordSegment], track: PhonemeTrack, heard: Heard, language: str) -> _Found:
    """A run of words aligned to what is heard between its neighbours; where they do not fit, spread over their time."""
    try:
        transcript = parse_transcript(" ".join(each.word for each in run), language)
    except TranscriptError as error:
        if "no words" in str(error):
            return _Found((), tuple(run), True)
        raise
    start_s, end_s = _room(run, track)
    if end_s - start_s < SHORTEST_S:
        return _Found((), tuple(run), False)
    aligned = align_words(heard, transcript.words, start_s, end_s, transcript.pronunciations)
    if [each.word for each in aligned.words] == list(transcript.words):
        return _Found(_within(aligned.segments, start_s, end_s), _within(aligned.words, start_s, end_s), True)
    first_s, last_s = max(start_s, run[0].start_s), min(end_s, run[-1].end_s)
    if last_s - first_s < SHORTEST_S:
        first_s, last_s = start_s, end_s
    return _spread(transcript, first_s, last_s)


def _within(spoken: "Sequence[_Spoken]", start_s: float, end_s: float) -> "tuple[_Spoken, ...]":
    """Without what goes beyond start_s and end_s: listening knows hundredths of a second, neighbours less."""
    held = [replace(each, start_s=max(each.start_s, start_s), end_s=min(each.end_s, end_s)) for each in spoken]
    return tuple(each for each in held if each.end_s > each.start_s)


def _spread(transcript: Transcript, start_s: float, end_s: float) -> _Found:
    """All phonemes of the words as long as each other."""
    sounds = [transcript.pronunciations(word)[0] for word in transcript.words]
    step_s = (end_s - start_s) / sum(map(len, sounds))
    segments, words, at_s = [], [], start_s
    for word, phonemes in zip(transcript.words, sounds, strict=True):
        times = [at_s + step_s * number for number in range(len(phonemes) + 1)]
        segments += [PhonemeSegment(*each) for each in zip(phonemes, times, times[1:], strict=False)]
        words.append(WordSegment(word, at_s, times[-1]))
        at_s = times[-1]
    return _Found(tuple(segments), tuple(words), False)


def _runs(track: PhonemeTrack) -> Iterator[list[WordSegment]]:
    """Words without phonemes, neighbours together."""
    middles_s = [(each.start_s + each.end_s) / 2 for each in _sounding(track)]
    run: list[WordSegment] = []
    for word in track.words:
        if any(word.start_s <= middle_s < word.end_s for middle_s in middles_s):
            if run:
                yield run
            run = []
        else:
            run.append(word)
    if run:
        yield run


def _room(run: Sequence[WordSegment], track: PhonemeTrack) -> tuple[float, float]:
    """From where to where nothing else is said."""
    middle_s = (run[0].start_s + run[-1].end_s) / 2
    said = _sounding(track)
    before = [each.end_s for each in said if each.start_s + each.end_s <= 2 * middle_s]
    after = [each.start_s for each in said if each.start_s + each.end_s > 2 * middle_s]
    return max([0.0, *before]), min([track.duration_s, *after])


def _sounding(track: PhonemeTrack) -> list[PhonemeSegment]:
    return [each for each in track.segments if each.phoneme != SILENCE]
