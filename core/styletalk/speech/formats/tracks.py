# SPDX-License-Identifier: Apache-2.0
"""What an alignment holds → a phoneme track: symbols become ours, and words their pronunciation."""

import reprlib
from collections.abc import Sequence
from dataclasses import replace
from functools import lru_cache

from ...errors import TranscriptError
from ...files.limits import MAX_DIFFERENT_TEXTS, MAX_WORDS
from ...files.reading import UnusableContent
from ...phonemes import SILENCE, WORD_OVERLAP_S, PhonemeSegment, PhonemeTrack, WordSegment
from ...request import LANGUAGES
from ..languages.detection import language_of
from ..text.pronunciation import dictionary
from ..text.transcript import MAX_SAID, Transcript, parse_transcript
from .spoken import Interval, Spoken, check_count
from .symbols import alphabet_of, nearest_phoneme

MAX_UNKNOWN_WORDS = 1000
"""Different ones that no dictionary has: each takes milliseconds."""
SPREAD_NOTE = "Its words have times, their phonemes have none: those of each word are given the same length."


def track_of(spoken: Spoken) -> PhonemeTrack:
    """The track of what an alignment holds, as long as that lasts. Raises UnusableContent, PhonemeFileError."""
    words = tuple(
        WordSegment(each.text, each.start_s, each.end_s)
        for each in spoken.words
        if each.end_s != each.start_s and each.text.strip()
    )
    if spoken.phones:
        segments, note = _translated(spoken)
    else:
        segments, words, note = _pronounced(spoken.words)
    if not any(segment.phoneme != SILENCE for segment in segments):
        raise UnusableContent("it has no phonemes in it")
    duration_s = max(each.end_s for each in (*segments, *words))
    return PhonemeTrack(tuple(segments), duration_s, spoken.method, " ".join(filter(None, (spoken.note, note))), words)


def _translated(spoken: Spoken) -> tuple[list[PhonemeSegment], str]:
    """Phonemes in our symbols. Those of no length are dropped: they are how some programs write a mark."""
    texts = dict.fromkeys(each.text for each in spoken.phones)
    if spoken.symbols is None:
        alphabet = alphabet_of(texts, spoken.sampa)
        known = {text: nearest_phoneme(text, alphabet) for text in texts}
    else:
        known = {text: nearest_phoneme(text, spoken.symbols.get) for text in texts}
    segments = [PhonemeSegment(known[each.text][0], each.start_s, each.end_s) for each in _trimmed(spoken.phones)]
    guessed = [f"{reprlib.repr(text)} as {known[text][0]}" for text in texts if not known[text][1]]
    more = f" and {len(guessed) - 5} more" if len(guessed) > 5 else ""
    note = f"Unknown symbols were read as what looks nearest: {', '.join(guessed[:5])}{more}." if guessed else ""
    return segments, note


def _trimmed(intervals: Sequence[Interval]) -> list[Interval]:
    """Those that have a length; where rounded times overlap by less than words may, the first ends earlier."""
    kept: list[Interval] = []
    for each in intervals:
        if each.end_s == each.start_s:
            continue
        if kept and kept[-1].start_s < each.start_s < kept[-1].end_s <= each.start_s + WORD_OVERLAP_S:
            kept[-1] = replace(kept[-1], end_s=each.start_s)
        kept.append(each)
    return kept


def _pronounced(said: Sequence[Interval]) -> tuple[list[PhonemeSegment], tuple[WordSegment, ...], str]:
    """The phonemes of words in the language that most of them show, each as long as the others of its stretch."""
    different = len({each.text for each in said})
    letters = sum(len(each.text) for each in said)
    if len(said) > MAX_WORDS or different > MAX_DIFFERENT_TEXTS or letters > MAX_SAID:
        raise UnusableContent("it has more words than are said in two hours")
    language = language_of(" ".join(each.text for each in said))
    segments: list[PhonemeSegment] = []
    words: list[WordSegment] = []
    unknown: set[str] = set()
    for each in said:
        transcript = _transcript(each.text, language)
        sounds = [(word, _sounds(word, transcript, unknown)) for word in transcript.words]
        count, done = sum(len(phonemes) for _, phonemes in sounds), 0
        length_s = each.end_s - each.start_s
        for word, phonemes in sounds:
            bounds = [each.start_s + length_s * (done + k) / count for k in range(len(phonemes) + 1)]
            spread = zip(phonemes, bounds[:-1], bounds[1:], strict=True)
            segments += [PhonemeSegment(*timed) for timed in spread]
            words.append(WordSegment(word, bounds[0], bounds[-1]))
            done += len(phonemes)
        check_count(len(segments))
    return segments, tuple(words), SPREAD_NOTE


@lru_cache(maxsize=MAX_DIFFERENT_TEXTS)
def _transcript(text: str, language: str) -> Transcript:
    """The words in a text, none where it has punctuation or [noise] only."""
    try:
        return parse_transcript(text, language)
    except TranscriptError as error:
        if "no words" in str(error):
            return Transcript(())
        raise UnusableContent(f"{reprlib.repr(text)} cannot be read in {LANGUAGES[language]}") from error


def _sounds(word: str, transcript: Transcript, unknown: "set[str]") -> tuple[str, ...]:
    if transcript.language == "en" and word not in dictionary():
        unknown.add(word)
        if len(unknown) > MAX_UNKNOWN_WORDS:
            raise UnusableContent(f"it has more than {MAX_UNKNOWN_WORDS:,} words that no dictionary has")
    return transcript.pronunciations(word)[0]
