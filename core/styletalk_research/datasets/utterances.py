# SPDX-License-Identifier: Apache-2.0
"""Lines with sound to practise on: what synthetic voices say, and any recordings at hand. No faces in them.

    python -m styletalk_research.datasets.utterances OUT.npz [--sentences N] [--recordings WAV ...] [--phones WAV ...]

The voices are those of flite, which prints when it says which phoneme, so that these labels are right. Recordings get
labels from our own recogniser; those after --phones, in other languages, from its phone decoder. The file is a cache:
it can be made again at any time, and belongs to no release.
"""

import argparse
import re
import subprocess
import tempfile
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np

from styletalk.errors import MissingPackageError, StyleTalkError
from styletalk.files.writing import written_whole
from styletalk.phonemes import PHONEME_INDEX, PhonemeSegment, PhonemeTrack
from styletalk.speech.audio.sound_file import Audio, load_audio
from styletalk.speech.features.audio_features import SOUND_DIM, audio_feature_rows
from styletalk.timeline import FRAME_RATE_HZ

from .pairs import TrainingDataError

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


@dataclass(frozen=True)
class HeardLine:
    """A line without a face. labels: (T,) int16. audio_features: (T, F) float32, on the labels' clock."""

    labels: np.ndarray
    audio_features: np.ndarray


def sentences(count: int, seed: int = 0) -> list[str]:
    """Sentences to be spoken: nonsense, with every phoneme of English in them. Deterministic."""
    rng = np.random.default_rng(seed)
    parts = (_SUBJECTS, _VERBS, _OBJECTS)
    return [" ".join(rng.choice(words).strip() for words in parts) + rng.choice(_ENDS) for _ in range(count)]


def spoken_line(text: str, voice: str) -> HeardLine:
    """What a voice of flite says. Raises MissingPackageError where flite is not installed."""
    with tempfile.TemporaryDirectory() as folder:
        sound = Path(folder) / "line.wav"
        try:
            said = subprocess.run(
                ["flite", "-voice", voice, "-psdur", "-t", text, "-o", str(sound)],
                capture_output=True, text=True, check=True,
            ).stdout  # fmt: skip
        except OSError as error:
            raise MissingPackageError("The synthetic voices need flite. Install it: `apt install flite`.") from error
        audio = load_audio(sound)
    return _line(audio, PhonemeTrack(tuple(_segments(said)), audio.duration_s))


def recorded_line(path: Path, phones: bool = False) -> HeardLine:
    """A recording with labels of our own recogniser; phones: of its phone decoder. Raises AudioError."""
    from styletalk.speech.track import phoneme_track

    audio = load_audio(path)
    return _line(audio, phoneme_track(audio, recogniser="phones" if phones else "auto"))


def save_lines(lines: Sequence[HeardLine], path: Path) -> None:
    """Write lines as .npz: all rows one after the other, and the length of each line."""
    with written_whole(path) as temporary, open(temporary, "wb") as file:
        np.savez_compressed(
            file, lengths=np.array([len(line.labels) for line in lines]),
            labels=np.concatenate([line.labels for line in lines]),
            audio_features=np.concatenate([line.audio_features for line in lines]).astype(np.float16),
        )  # fmt: skip


def load_lines(path: Path) -> tuple[HeardLine, ...]:
    """The inverse of `save_lines`. Raises TrainingDataError."""
    try:
        with np.load(path, allow_pickle=False) as stored:
            ends = np.cumsum(stored["lengths"])[:-1]
            labels, heard = np.split(stored["labels"], ends), np.split(stored["prosody"].astype(np.float32), ends)
    except (OSError, KeyError, ValueError) as error:
        raise TrainingDataError(
            f"{path} holds no lines ({error}). Make it with styletalk_research.datasets.utterances."
        ) from error
    return tuple(HeardLine(*line) for line in zip(labels, heard, strict=True))


def _segments(said: str) -> Iterator[PhonemeSegment]:
    """flite's "phone:end phone:end ..." as segments; its pauses and schwas by our names."""
    start_s = 0.0
    for phone, end in re.findall(r"([a-z]+):(\d+\.\d+)", said):
        symbol = {"pau": "SIL", "ax": "AH", "ssil": "SIL"}.get(phone, phone.upper())
        if symbol in PHONEME_INDEX and float(end) > start_s:
            yield PhonemeSegment(symbol, start_s, float(end))
        start_s = float(end)


def _line(audio: Audio, track: PhonemeTrack) -> HeardLine:
    rows = int(audio.duration_s * FRAME_RATE_HZ)
    return HeardLine(track.labels(rows).astype(np.int16), audio_feature_rows(audio, rows, SOUND_DIM)[0])


def main(arguments: list[str] | None = None) -> int:
    """The command line of this module."""
    parser = argparse.ArgumentParser(prog="python -m styletalk_research.datasets.utterances", description=__doc__)
    parser.add_argument("out", type=Path)
    parser.add_argument("--sentences", type=int, default=320)
    parser.add_argument("--recordings", type=Path, nargs="*", default=[], metavar="WAV")
    parser.add_argument("--phones", type=Path, nargs="*", default=[], metavar="WAV", help="not in English")
    options = parser.parse_args(arguments)
    lines = [spoken_line(text, VOICES[k % len(VOICES)]) for k, text in enumerate(sentences(options.sentences))]
    for path, phones in [*((p, False) for p in options.recordings), *((p, True) for p in options.phones)]:
        try:
            lines.append(recorded_line(path, phones))
        except StyleTalkError as error:
            print(f"left out {path.name}: {error}")
    save_lines(lines, options.out)
    print(f"{len(lines)} lines, {sum(len(line.labels) for line in lines) / FRAME_RATE_HZ / 60:.1f} minutes")
    return 0


if __name__ == "__main__":
    raise SystemExit(main())
