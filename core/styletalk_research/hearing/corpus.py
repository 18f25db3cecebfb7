# SPDX-License-Identifier: Apache-2.0
"""All speech that the phoneme network learns from, by source."""

from collections.abc import Callable, Iterable, Iterator, Sequence
from functools import partial
from pathlib import Path

import numpy as np

from styletalk.phonemes import SILENCE
from styletalk.speech.audio.sound_file import SAMPLE_RATE_HZ, load_audio
from styletalk.speech.track import phoneme_track

from .augment import with_music, with_noise
from .espeak import LANGUAGES, espeak_speech, everyday
from .spoken import Spoken, aligned_speech, labelled_clip, spoken
from .voices import (
    FESTIVAL_VOICES,
    FLITE_VOICES,
    HELD_OUT_VOICE,
    festival_speech,
    flite_speech,
    piper_speech,
    recorded_prompts,
    text_lines,
)

TEST_SHARE = 10
"""Every so many sentences, one is kept out of training."""
LIBRIVOX = Path("/usr/share/pocketsphinx/test/data/librivox")
PROMPTS = Path("/usr/share/asterisk/sounds/en_US_f_Allison")
PROMPT_TEXTS = Path("/usr/share/doc/asterisk-core-sounds-en/core-sounds-en.txt.gz")
MUSIC = Path("/usr/share/asterisk/moh")
PIPER_TIMES = 5
PIECE_S, PIECES = 9.0, 8
"""Of sound without speech: how long a piece is, and how many there are of each kind."""


def sentences(for_test: bool) -> list[str]:
    """What is to be spoken, in random order; what is for testing is never trained on. Raises MissingPackageError."""
    texts = np.random.default_rng(0).permutation(text_lines()).tolist()
    return [text for number, text in enumerate(texts) if (number % TEST_SHARE == 0) == for_test]


def sources(lines: int, piper: Sequence[Path], clips: Path) -> dict[str, Callable[[], Iterable[Spoken]]]:
    """How the speech of each source is made, by name; each synthetic voice says `lines` sentences of its own,
    Piper's PIPER_TIMES as many."""
    texts = sentences(for_test=False)
    voices = [(flite_speech, voice) for voice in FLITE_VOICES if voice != HELD_OUT_VOICE]
    voices += [(festival_speech, voice) for voice in FESTIVAL_VOICES]
    voices += [(piper_speech, str(voice)) for voice in piper]
    made: dict[str, Callable[[], Iterable[Spoken]]] = {}
    first = 0
    for speak, voice in voices:
        said = texts[first : first + lines * (PIPER_TIMES if speak is piper_speech else 1)]
        first += len(said)
        made[f"train_{Path(voice).stem}"] = partial(speak, said, voice, np.random.default_rng(1))
    if PROMPT_TEXTS.is_file():
        made["train_prompts"] = partial(recorded_prompts, PROMPTS, PROMPT_TEXTS)
    if LIBRIVOX.is_dir():
        made["train_librivox"] = _librivox
    made["train_nothing"] = partial(nothing_said, np.random.default_rng(4))
    for sound in sorted(clips.glob("*.wav")):
        made[f"clip_{sound.stem}"] = partial(_clip, sound)
    return made


def more_sources(
    footage: Sequence[Path], languages: Sequence[str]
) -> dict[str, Callable[[], Iterable[Spoken]]]:  # fmt: skip
    """What the first two of the networks that ship did not learn from: English without text, other languages."""
    made: dict[str, Callable[[], Iterable[Spoken]]] = {}
    if footage:
        made["train_footage"] = partial(recognised, footage)
    for name in languages:
        rng = np.random.default_rng(5)
        made[f"language_{name}"] = partial(espeak_speech, everyday(name), LANGUAGES[name], rng)
    return made


def nothing_said(rng: np.random.Generator) -> Iterator[Spoken]:
    """Noise, tones, chords, and recorded music where Debian's asterisk-moh-opsound-g722 is installed."""
    count = round(PIECE_S * SAMPLE_RATE_HZ)
    time_s = np.arange(count) / SAMPLE_RATE_HZ
    tracks = [load_audio(path).samples for path in sorted(MUSIC.glob("*.g722"))]
    for _ in range(PIECES):
        tone = np.sin(2 * np.pi * rng.uniform(50, 1000) * time_s) * (np.sin(time_s * rng.uniform(1, 20)) > 0)
        pieces = [change(1e-3 * tone.astype(np.float32), rng, -40.0) for change in (with_noise, with_music)]
        pieces.append((0.2 * tone).astype(np.float32))
        for track in tracks:
            start = rng.integers(0, max(len(track) - count, 1))
            pieces.append(track[start : start + count])
        for piece in pieces:
            loudest = max(float(np.abs(piece).max()), 1e-6)
            yield spoken((0.5 * piece / loudest).astype(np.float32), [(SILENCE, 0.0, PIECE_S)], "nothing")


def recognised(files: Sequence[Path]) -> Iterator[Spoken]:
    """Recordings without text: words as faster-whisper recognises them, aligned; none that has speech without words."""
    for path in files:
        audio = load_audio(path)
        track = phoneme_track(audio, recogniser="faster-whisper")
        if not track.words or "No words" in track.note:
            continue
        segments, end_s = [], 0.0
        for each in track.segments:
            segments += [(SILENCE, end_s, each.start_s), (each.phoneme, each.start_s, each.end_s)]
            end_s = each.end_s
        yield spoken(audio.samples, [*segments, (SILENCE, end_s, audio.duration_s)], path.stem)


def _clip(sound: Path) -> list[Spoken]:
    return [labelled_clip(sound, sound.with_name(f"{sound.stem}_seq.json"))]


def _librivox() -> Iterator[Spoken]:
    for line in (LIBRIVOX / "transcription").read_text(encoding="utf-8").splitlines():
        words, _, name = line.removeprefix("<s>").partition("</s>")
        found = aligned_speech(LIBRIVOX / f"{name.strip(' ()')}.wav", words, "librivox")
        if found is not None:
            yield found
