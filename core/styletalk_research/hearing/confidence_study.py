# SPDX-License-Identifier: Apache-2.0
"""How sure words are that are said, and other words in their place.

    python -m styletalk_research.hearing.confidence_study SOUND [...] [--seed N]

Each recognised word is replaced by a random one of the same track's length, one at a time, and found anew in the sound
as a correction is. The recogniser's own mistakes count as right words.
"""

import argparse
import random
from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path

import numpy as np

from styletalk.phonemes import PhonemeTrack
from styletalk.speech.align.missing import with_missing
from styletalk.speech.audio.sound_file import load_audio
from styletalk.speech.hearing.confidence import with_confidences
from styletalk.speech.hearing.listening import Heard, listen
from styletalk.speech.track import phoneme_track
from styletalk.track_edits import with_word

THRESHOLDS = (0.5, 0.6, 0.65, 0.7)


def right_and_wrong(track: PhonemeTrack, heard: Heard, rng: random.Random) -> tuple[list[float], list[float]]:
    """Confidences of a track's words, and of others in the place of each."""
    sure = with_confidences(track, heard)
    others = sorted({each.word for each in track.words})
    wrong = []
    for place, word in enumerate(track.words):
        other = rng.choice([each for each in others if each != word.word])
        bare = replace(with_word(track, place, other), note="")
        found = with_confidences(with_missing(bare, heard, "en"), heard).words[place]
        wrong.append(found.confidence or 0.0)
    return [each.confidence or 0.0 for each in sure.words], wrong


def main(arguments: Sequence[str] | None = None) -> None:
    """Print medians and what lies below each threshold."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])  # type: ignore[union-attr]
    parser.add_argument("sounds", nargs="+", type=Path)
    parser.add_argument("--seed", type=int, default=0)
    given = parser.parse_args(arguments)
    rng, right, wrong = random.Random(given.seed), list[float](), list[float]()
    for path in given.sounds:
        audio = load_audio(path)
        some_right, some_wrong = right_and_wrong(phoneme_track(audio), listen(audio), rng)
        right, wrong = right + some_right, wrong + some_wrong
    medians = f"{np.median(right):.2f} where said, {np.median(wrong):.2f} of others in their place"
    print(f"{len(right)} words: median {medians}")
    for threshold in THRESHOLDS:
        shares = [np.mean(np.array(each) < threshold) for each in (right, wrong)]
        print(f"below {threshold}: {shares[0]:.1%} of the words, {shares[1]:.1%} of others")


if __name__ == "__main__":
    main()
