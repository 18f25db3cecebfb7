# SPDX-License-Identifier: Apache-2.0
"""Transcripts in other languages on synthetic speech whose phonemes are known in time, and the same speech as heard.

    python -m styletalk_research.hearing.align_languages

Debian: `apt install espeak-ng`.
"""

from pathlib import Path

import numpy as np

from styletalk.errors import AudioError, TranscriptError
from styletalk.phonemes import CLOSED_LIPS, PHONEME_INDEX, VISEME_OF_PHONEME, PhonemeTrack
from styletalk.speech.audio.sound_file import SAMPLE_RATE_HZ, Audio
from styletalk.speech.track import phoneme_track

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


def measured(language: str, with_transcript: bool) -> list[float]:
    """Shares of the frames' visemes and phonemes, of closures found, of closures that are right, and refusals."""
    counts, refused = np.zeros(7), 0
    texts = sections()[language]
    said = espeak_speech([readable(each, language) for each in texts], LANGUAGES[language], np.random.default_rng(SEED))
    for text, line in zip(texts, said, strict=True):
        audio = Audio(line.samples, Path(f"{language}.wav"))
        try:
            track = phoneme_track(audio, text if with_transcript else None, language=language)
        except (AudioError, TranscriptError):
            refused += 1
            continue
        found = of_track(track)
        frames = len(line.samples) * TARGET_RATE_HZ // SAMPLE_RATE_HZ
        ours, true = closures_s(found.labels, found.times_s), closures_s(line.labels, line.times_s)
        counts += [*agreement(found, line, frames), near(true, ours), len(true), near(ours, true), len(ours)]
    visemes, phonemes, spoken, hit, closures, right, shown = counts
    return [visemes / max(spoken, 1), phonemes / max(spoken, 1), hit / max(closures, 1), right / max(shown, 1), refused]


def main() -> None:
    """Print the second table of docs/languages.md, and how many lines were refused."""
    figures = ("visemes", "phonemes", "closures found", "closures right", "refused")
    print("| language |", " | ".join(f"{each} as heard | with transcript" for each in figures), "|")
    print("|---" * (1 + 2 * len(figures)) + "|")
    for language in LANGUAGES:
        pairs = zip(*(measured(language, with_transcript) for with_transcript in (False, True)), strict=True)
        print(f"| {language} |", " | ".join(f"{a:.3f} | {b:.3f}" for a, b in pairs), "|", flush=True)


if __name__ == "__main__":
    main()
