# SPDX-License-Identifier: Apache-2.0
"""`phoneme_track`: from sound to timed phonemes, with or without a transcript or an alignment."""

from collections.abc import Sequence
from functools import lru_cache
from pathlib import Path
from typing import Literal

from ..background import Background
from ..errors import AudioError
from ..phonemes import PhonemeSegment, PhonemeTrack, WordSegment, joined_track
from ..progress import Progress, silent
from .align.aligner import Aligner, Alignment
from .align.transcripts import align_transcript
from .audio.chunks import Chunk, chunks
from .audio.sound_file import Audio
from .recognition.heard import heard_phonemes
from .recognition.words import Recogniser, make_recogniser
from .text.pronunciation import dictionary
from .text.transcript import parse_transcript

RecogniserName = Literal["auto", "heard", "pocketsphinx", "faster-whisper"]
HEARD = "heard"
"""The method that needs no words: phonemes as the networks that ship hear them."""


def phoneme_track(
    audio: Audio,
    transcript: str | None = None,
    phonemes: Path | None = None,
    recogniser: RecogniserName | str = "auto",
    progress: Progress = silent,
) -> PhonemeTrack:
    """The phonemes of `audio`, by the most accurate method there is: an alignment file, a transcript, or as heard.

    transcript: what is said, as people type it. phonemes: an alignment file (see alignment_files), wins over the
    transcript. recogniser: "auto" and "heard" are the networks that ship; "pocketsphinx", "faster-whisper" and
    "faster-whisper:FOLDER" find words and align them. The track's method and note say which way was taken.
    Raises AudioError, TranscriptError, PhonemeFileError, MissingPackageError, WeightsError.
    """
    if phonemes is not None:
        from .formats.alignment_files import read_alignment

        return read_alignment(phonemes, audio.duration_s)
    if audio.silent:
        raise AudioError(f"{audio.path.name} is silent from beginning to end. Give a recording of speech.")
    if transcript is not None:
        return align_transcript(audio, parse_transcript(transcript), progress)
    if recogniser in ("auto", HEARD):
        return _heard(audio, progress)
    return _recognised(audio, str(recogniser), progress)


def _recognised(audio: Audio, name: str, progress: Progress) -> PhonemeTrack:
    """Words, then alignment, chunk by chunk; as heard where a chunk has no words."""
    progress(0.0, "loading the recogniser")
    with Background(_ready_aligner) as aligner:
        return _from_words(audio, make_recogniser(name), aligner, progress)


def _ready_aligner(_: Progress) -> Aligner:
    """Loaded while the first words are recognised, with the dictionary that it looks words up in."""
    dictionary()
    return Aligner()


def _from_words(audio: Audio, recogniser: Recogniser, aligner: Background[Aligner], progress: Progress) -> PhonemeTrack:
    heard = lru_cache(lambda: heard_phonemes(audio))
    segments: list[PhonemeSegment] = []
    words: list[WordSegment] = []
    without_words_s = 0.0
    stretches = chunks(audio)
    for number, chunk in enumerate(stretches):
        progress(number / len(stretches), "recognising words")
        alignment = _aligned(recogniser.words(pcm := chunk.pcm(audio)), pcm, chunk, aligner)
        if alignment is not None:
            segments += alignment.segments
            words += alignment.words
            continue
        end_s = chunk.start_s + chunk.duration_s
        found = [each for each in heard() if chunk.start_s <= each.start_s < end_s]
        segments += found
        without_words_s += chunk.duration_s if found else 0.0
    if not segments:
        raise _without_speech(audio)
    notes = [recogniser.note] if words else []
    if without_words_s:
        notes.append(f"No words were found in {without_words_s:.1f} s of the sound: there it is as heard.")
    note = " ".join(filter(None, notes))
    method = f"words ({recogniser.name}), then alignment" if words else HEARD
    return joined_track(segments, words, audio.duration_s, method, note)


def _aligned(words: Sequence[str], pcm: bytes, chunk: Chunk, aligner: Background[Aligner]) -> Alignment | None:
    alignment = aligner.result().align(pcm, words, chunk.start_s) if words else None
    return alignment if alignment is not None and alignment.plausible else None


def _heard(audio: Audio, progress: Progress) -> PhonemeTrack:
    segments = heard_phonemes(audio, progress)
    if not segments:
        raise _without_speech(audio)
    return joined_track(segments, (), audio.duration_s, HEARD)


def _without_speech(audio: Audio) -> AudioError:
    return AudioError(f"No speech was found in {audio.path.name}. Give a recording of speech, or a phoneme file.")
