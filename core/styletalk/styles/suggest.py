# SPDX-License-Identifier: Apache-2.0
"""Which presets a recording may want, from how it sounds and, where English words say it, from what is said.

A voice tells how aroused somebody is: pitch moves more, speech is quicker, the spectrum brighter. It hardly tells
whether that is joy or anger (Scherer 2003; Russell's circumplex): that is left open unless a word says it, and so is
what no preset is. The presets' places are a table of judgement, not learnt; docs/styles.md has what came of it.
"""

import json
from dataclasses import dataclass
from pathlib import Path

import numpy as np

from ..errors import AudioError, RequestError
from ..files.writing import written_whole
from ..phonemes import VOWELS, PhonemeTrack
from ..progress import Progress, part, silent
from ..speech.audio.sound_file import Audio, load_audio
from ..speech.features.prosody import BANDS, ENERGY, PITCH, VOICED, VOICING, measured, speech_rows
from ..timeline import FRAME_RATE_HZ, row_count
from .mood_words import moods_of

PLACES = {
    "neutral": (0.0, 0.0), "warm": (-0.3, 0.5), "happy": (0.6, 0.8), "excited": (1.5, 0.7), "sad": (-1.0, -0.7),
    "tired": (-1.3, -0.2), "angry": (0.8, -0.7), "furious": (1.6, -0.9), "surprised": (1.2, 0.1),
    "worried": (0.4, -0.5), "disgusted": (0.2, -0.7), "contempt": (-0.2, -0.5),
}  # fmt: skip
"""How aroused and how glad each preset is, from Russell's circumplex: 0 as people usually speak, 1 clearly more."""
NEUTRAL_PRIOR = 2.5
"""How much likelier the neutral preset is before anything is heard: most recordings are nobody's outburst."""
AROUSAL_SPREAD, GLADNESS_SPREAD = 0.6, 1.1
"""How wrong a voice may be about either, standard deviation."""
WORD_WEIGHT = 1.2
"""What a word that names a mood adds to the log-probability of its preset; several add less and less."""
SHOWN = 3
MIN_SPEECH_S = 0.5


@dataclass(frozen=True)
class Measures:
    """What is measured of a voice. spread: semitones between the 10th and 90th percentile of pitch; 0 for a whisper.
    brightness: dB of the upper over the lower part of the spectrum. rate: vowels a second of speech. speech_s."""

    spread: float
    brightness: float
    rate: float
    speech_s: float


USUAL = Measures(8.1, -13.4, 4.9, 0.0)
"""The mean of the twelve recordings that this was measured on."""
DEVIATION = Measures(1.9, 3.9, 0.6, 1.0)
TRUST = (0.7, 0.3, 0.3)
"""Of spread, brightness and rate in arousal. Brightness is the microphone's as well."""
GLAD_SPREAD, GLAD_BRIGHTNESS = 0.35, -0.25
"""Of those two in gladness: joy moves the pitch, anger sharpens the voice. Little, because it is weak."""


@dataclass(frozen=True)
class Suggestion:
    """styles: (preset, confidence 0..1), the likeliest first. note: what it is from, and what it cannot know."""

    styles: tuple[tuple[str, float], ...]
    note: str


def suggest(path: Path, transcript: str | None = None, progress: Progress = silent) -> Suggestion:
    """The SHOWN presets that a sound may want. transcript: what is said, where that is known.

    Raises AudioError where nobody speaks, TranscriptError, RequestError, WeightsError. `progress` may raise Cancelled.
    """
    from ..speech.track import phoneme_track

    progress(0.0, "reading the sound")
    if transcript is not None and not isinstance(transcript, str):
        raise RequestError("The transcript must be text.")
    audio = load_audio(path)
    track = phoneme_track(audio, transcript, progress=part(progress, 0.05, 0.95))
    found = suggestion_of(measures_of(audio, track), [each.word for each in track.words])
    progress(1.0, "done")
    return found


def measures_of(audio: Audio, track: PhonemeTrack) -> Measures:
    """What a voice does in a sound. Raises AudioError where there is too little of it."""
    rows = measured(audio, row_count(audio.duration_s))
    speech = speech_rows(rows[:, ENERGY])
    seconds = float(speech.sum()) / FRAME_RATE_HZ
    if seconds < MIN_SPEECH_S:
        raise AudioError(f"{audio.path.name} has too little speech in it to suggest a style. Give a longer recording.")
    loud = speech & (rows[:, ENERGY] > np.median(rows[speech, ENERGY]))  # in the other half octaves are mistaken
    voiced = loud & (rows[:, VOICING] > VOICED)
    semitones = 12.0 * rows[voiced, PITCH]
    spread = float(np.diff(np.percentile(semitones, (10, 90)))[0]) if voiced.sum() > FRAME_RATE_HZ / 4 else 0.0
    power = 10.0 ** (rows[speech, :BANDS].astype(np.float64) / 10.0)
    brightness = 10.0 * np.log10(power[:, BANDS // 2 : -4].mean() / power[:, 1 : BANDS // 3].mean())
    vowels = sum(each.phoneme in VOWELS for each in track.segments)
    return Measures(spread, float(brightness), vowels / seconds, seconds)


def suggestion_of(measures: Measures, words: list[str], usual: Measures = USUAL) -> Suggestion:
    """From measures and words. usual: the voices that it is compared with."""
    spread, brightness, rate = (
        np.clip((getattr(measures, name) - getattr(usual, name)) / getattr(DEVIATION, name), -2.5, 2.5)
        for name in ("spread", "brightness", "rate")
    )
    whispered = measures.spread == 0
    heard = np.array([spread, brightness, rate]) * (0.0 if whispered else 1.0)
    arousal = float(heard @ TRUST)
    gladness = float(GLAD_SPREAD * heard[0] + GLAD_BRIGHTNESS * heard[1])
    short = np.sqrt(1.0 + 2.0 / measures.speech_s)
    moods = moods_of(words)
    logs = {name: _log_density(place, arousal, gladness, short) for name, place in PLACES.items()}
    logs["neutral"] += np.log(NEUTRAL_PRIOR)
    for mood, count in moods.items():
        logs[mood] += WORD_WEIGHT * np.sqrt(count)
    likely = np.exp(np.array([*logs.values()]) - max(logs.values()))
    likely /= likely.sum()
    order = np.argsort(-likely, kind="stable")[:SHOWN]
    names = [*logs]
    return Suggestion(tuple((names[k], round(float(likely[k]), 3)) for k in order), _note(arousal, whispered, moods))


def write_suggestion(path: Path, transcript: str | None, output: Path, progress: Progress = silent) -> tuple[int, str]:
    """Write `suggest`ed presets as JSON, a list of [name, confidence]. Returns how many, and the note. OutputError."""
    found = suggest(path, transcript, progress)
    with written_whole(output) as temporary:
        temporary.write_text(json.dumps(found.styles), encoding="utf-8")
    return len(found.styles), found.note


def _log_density(place: tuple[float, float], arousal: float, gladness: float, wider: float) -> float:
    """How well a preset's place agrees with what was heard: log of a normal density, less its constant."""
    off = (arousal - place[0]) / AROUSAL_SPREAD, (gladness - place[1]) / GLADNESS_SPREAD
    return -0.5 * float(off[0] ** 2 + off[1] ** 2) / wider**2


def _note(arousal: float, whispered: bool, moods: dict[str, int]) -> str:
    levels = ((-0.6, "calm"), (0.6, "usual"), (np.inf, "lively"))
    voice = "whispered" if whispered else next(name for level, name in levels if arousal < level)
    said = f"words speak of {', '.join(moods)}" if moods else "no word names a mood"
    return f"The voice is {voice}, and {said}. Whether a voice is glad or angry can hardly be heard: listen yourself."
