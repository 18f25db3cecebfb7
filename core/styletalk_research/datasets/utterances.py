# SPDX-License-Identifier: Apache-2.0
"""Utterances without faces to distil on: what synthetic voices say, and any recordings at hand.

    python -m styletalk_research.datasets.utterances OUT.npz [--sentences N] [--recordings WAV ...]

The voices are those of flite, which prints when it says which phoneme, so that these labels are right. Recordings get
labels from our own recogniser. The file is a cache: it can be made again at any time, and belongs to no release.
"""

import argparse
import itertools
import re
import subprocess
import tempfile
from collections.abc import Iterator, Sequence
from pathlib import Path

import numpy as np

from styletalk.errors import MissingPackageError, StyleTalkError
from styletalk.files.npz import read_npz, write_npz
from styletalk.files.reading import UnusableContent
from styletalk.phonemes import PHONEME_INDEX, PhonemeSegment, PhonemeTrack
from styletalk.speech.audio.sound_file import Audio, load_audio
from styletalk.speech.features.audio_features import SOUND_DIM, audio_feature_rows
from styletalk.timeline import FRAME_RATE_HZ

from .errors import TrainingDataError
from .labels import checked_labels
from .prepared import packed_features, unpacked_features
from .recordings import Utterance

VOICES = ("slt", "rms", "awb", "kal16")
_SUBJECTS = """the pilot|my youngest brother|every child on the beach|a thousand voices|our old neighbour|the chief
judge|nobody here|her small boat|that awful noise|the white house on the hill|both of them|you|we|a famous painter|the
king of the north|this machine|George|Shirley|five fishermen|the other team""".replace("\n", " ").split("|")
_VERBS = """would never believe|has always loved|bought|is going to measure|might have forgotten|pushed|can't
hear|watched|will change|thought about|refuses to touch|should finish|enjoys|broke|was carrying|paid for|put away|
knows|had to leave behind|dreams of""".replace("\n", " ").split("|")
_OBJECTS = """a cup of warm coffee|the whole truth|seven blue balloons|your favourite music|a bridge over the river|
the yellow garage|what you told me|an unusual decision|many beautiful birds|the first page of the book|a job in the
city|the voice on the phone|fresh bread and cheese|those heavy wooden boxes|a vision of the future|their mother's
house|the weather in July|fifty pounds of sugar|some very good advice|the poor animal""".replace("\n", " ").split("|")
_ENDS = """.|, perhaps.| before breakfast.| by the end of the month!| without a word.| every other Thursday.|, and that
is all.|, isn't it?| when the moon is full.| because of you!| just for fun.|, as far as I know.| in the middle of the
night.|?| or so they say.|, but why?""".replace("\n", " ").split("|")


def sentences(count: int, seed: int = 0) -> list[str]:
    """Sentences to be spoken: nonsense, with every phoneme of English in them. Deterministic."""
    rng = np.random.default_rng(seed)
    parts = (_SUBJECTS, _VERBS, _OBJECTS)
    return [" ".join(rng.choice(words).strip() for words in parts) + rng.choice(_ENDS) for _ in range(count)]


def spoken_utterance(text: str, voice: str) -> Utterance:
    """What a voice of flite says. Raises MissingPackageError where flite is not installed."""
    audio, phones = synthesised(text, voice)
    return _utterance(audio, PhonemeTrack(tuple(_segments(phones)), audio.duration_s))


def synthesised(text: str, voice: str) -> tuple[Audio, str]:
    """The sound of a voice of flite, and the phones with their ends as it prints them. Raises MissingPackageError."""
    with tempfile.TemporaryDirectory() as folder:
        sound = Path(folder) / "line.wav"
        command = ["flite", "-voice", voice, "-psdur", "-t", text, "-o", str(sound)]
        try:
            phones = subprocess.run(command, capture_output=True, text=True, check=True).stdout
        except OSError as error:
            raise MissingPackageError("The synthetic voices need flite. Install it: `apt install flite`.") from error
        return load_audio(sound), phones


def recorded_utterance(path: Path) -> Utterance:
    """A recording with labels of our own recogniser. Raises AudioError."""
    from styletalk.speech.track import phoneme_track

    audio = load_audio(path)
    return _utterance(audio, phoneme_track(audio))


def save_utterances(utterances: Sequence[Utterance], path: Path) -> None:
    """Write utterances as .npz: all rows one after the other, and the length of each.

    Raises TrainingDataError where one has no audio features.
    """
    features = [each.audio_features for each in utterances if each.audio_features is not None]
    if len(features) < len(utterances):
        raise TrainingDataError("An utterance has no audio features. Leave it out.")
    arrays = {
        "lengths": np.array([len(utterance.labels) for utterance in utterances]),
        "labels": np.concatenate([utterance.labels for utterance in utterances]).astype(np.int8),
        "audio_features": packed_features(np.concatenate(features)),
    }
    write_npz(path, arrays)


def load_utterances(path: Path) -> tuple[Utterance, ...]:
    """The inverse of `save_utterances`. Raises TrainingDataError."""

    def explained(reason: str) -> TrainingDataError:
        return TrainingDataError(
            f"{path} holds no utterances ({reason}). Make it with styletalk_research.datasets.utterances."
        )

    with read_npz(path, explained) as stored:
        features = unpacked_features(stored["audio_features"])
        lengths, labels = stored["lengths"], checked_labels(stored["labels"])
        if lengths.min() < 1 or not lengths.sum() == len(labels) == len(features) or not np.isfinite(features).all():
            raise UnusableContent("its parts do not fit together")
        ends = np.cumsum(lengths)[:-1]
        labels, features = np.split(labels, ends), np.split(features, ends)
    return tuple(Utterance(*each) for each in zip(labels, features, strict=True))


def _segments(said: str) -> Iterator[PhonemeSegment]:
    """flite's "phone:end phone:end ..." as segments; its pauses and schwas by our names."""
    start_s = 0.0
    for phone, end in re.findall(r"([a-z]+):(\d+\.\d+)", said):
        symbol = {"pau": "SIL", "ax": "AH", "ssil": "SIL"}.get(phone, phone.upper())
        if symbol in PHONEME_INDEX and float(end) > start_s:
            yield PhonemeSegment(symbol, start_s, float(end))
        start_s = float(end)


def _utterance(audio: Audio, track: PhonemeTrack) -> Utterance:
    rows = int(audio.duration_s * FRAME_RATE_HZ)
    return Utterance(track.labels(rows).astype(np.int16), audio_feature_rows(audio, rows, SOUND_DIM))


def main(arguments: list[str] | None = None) -> int:
    """The command line of this module."""
    parser = argparse.ArgumentParser(prog="python -m styletalk_research.datasets.utterances", description=__doc__)
    parser.add_argument("out", type=Path)
    parser.add_argument("--sentences", type=int, default=320)
    parser.add_argument("--recordings", type=Path, nargs="*", default=[], metavar="WAV")
    options = parser.parse_args(arguments)
    voiced = zip(sentences(options.sentences), itertools.cycle(VOICES), strict=False)
    utterances = [spoken_utterance(text, voice) for text, voice in voiced]
    for path in options.recordings:
        try:
            utterances.append(recorded_utterance(path))
        except StyleTalkError as error:
            print(f"left out {path.name}: {error}")
    save_utterances(utterances, options.out)
    minutes = sum(len(utterance.labels) for utterance in utterances) / FRAME_RATE_HZ / 60
    print(f"{len(utterances)} utterances, {minutes:.1f} minutes")
    return 0


if __name__ == "__main__":
    raise SystemExit(main())
