# SPDX-License-Identifier: Apache-2.0
"""Transcripts in other languages on synthetic speech whose phonemes are known in time, and the same speech as heard.

    python -m styletalk_research.hearing.align_languages

Debian: `apt install espeak-ng`.
"""

from collections.abc import Sequence
from pathlib import Path

import numpy as np

from styletalk.errors import AudioError, TranscriptError
from styletalk.phonemes import CLOSED_LIPS, PHONEME_INDEX, VISEME_OF_PHONEME, PhonemeTrack
from styletalk.speech.audio.sound_file import SAMPLE_RATE_HZ, Audio
from styletalk.speech.track import phoneme_track

from ..metrics.tables import table
from .espeak import LANGUAGES, espeak_speech
from .languages import readable, sections
from .spoken import TARGET_RATE_HZ, UNKNOWN, Spoken

SEED = 9
TOLERANCE_S = 0.05
"""A closure is right that begins so near to a true one."""
CLOSED = np.array([PHONEME_INDEX[each] for each in CLOSED_LIPS])


def closures_s(labels: np.ndarray, times_s: np.ndarray) -> np.ndarray:
    """(C,) seconds: where a P, B or M begins."""
    return times_s[np.isin(labels, CLOSED), 0]


def of_track(track: PhonemeTrack) -> Spoken:
    """The segments of a track, as what is known of speech."""
    labels = np.array([PHONEME_INDEX[each.phoneme] for each in track.segments], np.int16)
    times_s = np.array([(each.start_s, each.end_s) for each in track.segments]).reshape(-1, 2)
    return Spoken(np.zeros(0, np.float32), labels, times_s, track.method)


def agreement(found: Spoken, known: Spoken, frames: int) -> tuple[int, int, int]:
    """(frames of the same viseme, of the same phoneme, frames of speech that are known)."""
    truth, ours = known.targets(frames), found.targets(frames)
    silence = PHONEME_INDEX["SIL"]
    spoken, ours = (truth != UNKNOWN) & (truth != silence), np.where(ours == UNKNOWN, silence, ours)
    same = VISEME_OF_PHONEME[truth[spoken]] == VISEME_OF_PHONEME[ours[spoken]]
    return int(same.sum()), int((truth[spoken] == ours[spoken]).sum()), int(spoken.sum())


def near(a: np.ndarray, b: np.ndarray) -> int:
    """How many of the times `a` have one of `b` within TOLERANCE_S."""
    return int((np.abs(a[:, None] - b).min(axis=1, initial=np.inf) <= TOLERANCE_S).sum())


def measured(language: str) -> list[str]:
    """A row for a language: `shares` as heard and with transcript; how many right and wrong transcripts are refused."""
    texts = sections()[language]
    said = espeak_speech([readable(each, language) for each in texts], LANGUAGES[language], np.random.default_rng(SEED))
    lines = [(line, Audio(line.samples, Path(f"{language}.wav"))) for line in said]
    heard, aligned, other = [], [], []
    for number, (line, audio) in enumerate(lines):
        heard.append((line, of_text(audio, None, language)))
        aligned.append((line, of_text(audio, texts[number], language)))
        other.append((line, of_text(audio, texts[(number + 1) % len(texts)], language)))
    pairs = zip(shares(heard), shares(aligned), strict=True)
    refused = (str(sum(track is None for _, track in some)) for some in (aligned, other))
    return [language, *(f"{figure:.3f}" for pair in pairs for figure in pair), *refused]


def of_text(audio: Audio, text: str | None, language: str) -> PhonemeTrack | None:
    """The track of a sound by its transcript, without one as it is heard; None where it is refused."""
    try:
        return phoneme_track(audio, text, recogniser="heard", language=language)
    except (AudioError, TranscriptError):
        return None


def shares(lines: Sequence[tuple[Spoken, PhonemeTrack | None]]) -> list[float]:
    """Shares of the frames' visemes and phonemes, of closures found, of closures that are right, of all lines."""
    counts = np.zeros(7)
    for line, track in lines:
        if track is None:
            continue
        found, frames = of_track(track), len(line.samples) * TARGET_RATE_HZ // SAMPLE_RATE_HZ
        ours, true = closures_s(found.labels, found.times_s), closures_s(line.labels, line.times_s)
        counts += [*agreement(found, line, frames), near(true, ours), len(true), near(ours, true), len(ours)]
    visemes, phonemes, spoken, hit, closures, right, shown = counts
    return [visemes / max(spoken, 1), phonemes / max(spoken, 1), hit / max(closures, 1), right / max(shown, 1)]


def main() -> None:
    """Print the second table of docs/languages.md, and how many transcripts were refused, right and wrong ones."""
    figures = ("visemes", "phonemes", "closures found", "closures right")
    headings = [f"{each} {how}" for each in figures for how in ("as heard", "with transcript")]
    print("\n".join(table(["language", *headings, "refused", "wrong ones refused"], [*map(measured, LANGUAGES)])))


if __name__ == "__main__":
    main()
