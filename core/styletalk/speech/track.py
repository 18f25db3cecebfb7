# SPDX-License-Identifier: Apache-2.0
"""`phoneme_track`: from sound to timed phonemes, with or without a transcript or an alignment."""

from collections.abc import Callable
from dataclasses import replace
from pathlib import Path
from typing import Literal

from ..background import Background
from ..errors import AudioError
from ..phonemes import PhonemeSegment, PhonemeTrack, WordSegment, joined_track
from ..progress import Progress, silent
from .align.aligner import align_words, audible
from .align.missing import has_missing, with_missing
from .align.transcripts import align_transcript
from .audio.sound_file import Audio
from .hearing.listening import Heard, listen
from .recognition.heard import heard_phonemes
from .recognition.words import FASTER_WHISPER, WORDS, Recogniser, make_recogniser, recognised_stretches
from .text.transcript import parse_transcript

RecogniserName = Literal["auto", "heard", "words"]
HEARD = "heard"
"""The method that needs no words: phonemes as the networks that ship hear them."""


def phoneme_track(
    audio: Audio,
    transcript: str | None = None,
    phonemes: Path | None = None,
    recogniser: RecogniserName | str = "auto",
    language: str = "auto",
    progress: Progress = silent,
) -> PhonemeTrack:
    """The phonemes of `audio`, by the most accurate method there is: an alignment file, a transcript, or as heard.

    transcript: what is said, as people type it, in `language`, see `parse_transcript`. phonemes: an alignment file (see
    alignment_files), wins over the transcript. recogniser: "auto" and "words" find English words and align them,
    "faster-whisper:FOLDER" does by a larger model; where there are none, and for "heard", phonemes are as heard. The
    track's method and note say which way was taken.
    Raises AudioError, TranscriptError, PhonemeFileError, MissingPackageError, WeightsError.
    """
    if phonemes is not None:
        from .formats.alignment_files import read_alignment

        return _given(audio, read_alignment(phonemes, audio.duration_s), phonemes.name, language, progress)
    if audio.silent:
        raise AudioError(f"{audio.path.name} is silent from beginning to end. Give a recording of speech.")
    if transcript is not None:
        return align_transcript(audio, parse_transcript(transcript, language), progress)
    if recogniser == HEARD:
        return _as_heard(audio, listen(audible(audio), progress))
    return _recognised(audio, WORDS if recogniser == "auto" else str(recogniser), progress)


def _given(audio: Audio, track: PhonemeTrack, name: str, language: str, progress: Progress) -> PhonemeTrack:
    """The track of an alignment file; words that have no phonemes there are found in the sound."""
    if has_missing(track):
        return with_missing(track, listen(audio, progress), language)
    unused = "" if language == "auto" else f"The language is not used: the phonemes are read from {name}."
    return replace(track, note=f"{track.note} {unused}".strip())


def _recognised(audio: Audio, name: str, progress: Progress) -> PhonemeTrack:
    """Words, then alignment, chunk by chunk; as heard where a chunk has no words, or others than are said."""
    progress(0.0, "loading the recogniser")
    with Background(lambda go_on: listen(audible(audio), go_on)) as listening:
        return recognised_track(audio, make_recogniser(name), listening.result, progress)


def recognised_track(
    audio: Audio, recogniser: Recogniser, heard: Callable[[], Heard], progress: Progress = silent
) -> PhonemeTrack:
    """Words by `recogniser`, aligned to what `heard` gives of the same sound; as heard where there are none.

    Raises AudioError where nobody speaks.
    """
    segments: list[PhonemeSegment] = []
    words: list[WordSegment] = []
    without_words_s = 0.0
    for stretch in recognised_stretches(audio, recogniser, progress):
        start_s, end_s = stretch.chunk.start_s, stretch.chunk.start_s + stretch.chunk.duration_s
        alignment = align_words(heard(), stretch.words, start_s, end_s)
        segments += alignment.segments
        words += alignment.words
        without_words_s += sum(end_s - start_s for start_s, end_s in alignment.gaps)
    if not words:
        return _as_heard(audio, heard())
    note = f"No words were found in {without_words_s:.1f} s of the sound: there it is as heard."
    by = f" ({recogniser.name})" if recogniser.name == FASTER_WHISPER else ""
    method = f"words{by}, then alignment"
    return joined_track(segments, words, audio.duration_s, method, note if without_words_s else "")


def _as_heard(audio: Audio, heard: Heard) -> PhonemeTrack:
    segments = heard_phonemes(heard)
    if not segments:
        raise AudioError(f"No speech was found in {audio.path.name}. Give a recording of speech, or a phoneme file.")
    return joined_track(segments, (), audio.duration_s, HEARD)
