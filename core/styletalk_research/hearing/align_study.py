# SPDX-License-Identifier: Apache-2.0
"""How exactly known words are aligned, and how surely words that are said are told from others.

    python -m styletalk_research.hearing.align_study DATA [--left-out RUNS]

DATA: the sample clips, whose words Whisper tiny.en recognises. RUNS: the folder that `train` filled; without it, the
networks that hear the clips know them.
"""

import argparse
from collections.abc import Callable, Iterator, Sequence
from pathlib import Path

import numpy as np

from styletalk.phonemes import VISEME_OF_PHONEME, PhonemeTrack
from styletalk.speech.align.aligner import Alignment, align_words
from styletalk.speech.audio.sound_file import Audio, load_audio
from styletalk.speech.hearing.encoder import shipped_encoder
from styletalk.speech.hearing.listening import heard
from styletalk.speech.hearing.phoneme_network import PhonemeNetworks, networks_of, shipped_networks
from styletalk.speech.recognition.words import make_recogniser
from styletalk.speech.text.transcript import normalise
from styletalk.speech.track import recognised_track

from ..datasets.labels import listed_labels
from ..metrics.scores import label_agreement
from ..metrics.tables import number, table
from .augment import with_noise
from .corpus import sentences
from .spoken import Spoken
from .study import known_segments, onset_errors_s
from .train import merged
from .voices import FESTIVAL_VOICES, FLITE_VOICES, festival_speech, flite_speech

LINES = 60
OTHER_LINES = (1, 3, 7)
"""The words of the sentence so many further on are those that are not said."""
Aligned = Callable[[Audio, Sequence[str]], Alignment]


def by_hearing(audio: Audio, words: Sequence[str]) -> Alignment:
    """Aligned as the product does."""
    return align_words(heard(audio, shipped_encoder(), shipped_networks()), words, 0.0, audio.duration_s)


def lines_of(voice: str) -> list[tuple[str, Spoken]]:
    """Sentences that no network knows, said by a voice."""
    speak = festival_speech if voice in FESTIVAL_VOICES else flite_speech
    texts = sentences(for_test=True)[:LINES]
    return [*zip(texts, speak(texts, voice, np.random.default_rng(2)), strict=True)]


def onset_row(voice: str, aligned: Aligned = by_hearing) -> list[str]:
    """A voice's onsets: found, median and 95 % of errors in ms, and median lateness."""
    errors, count = [], 0
    for text, line in lines_of(voice):
        known = known_segments(line)
        errors.append(onset_errors_s(aligned(Audio(line.samples, Path(voice)), normalise(text)).segments, known))
        count += len(known)
    late = 1000.0 * np.concatenate(errors)
    middle, most = np.percentile(np.abs(late), (50, 95))
    figures = (len(late) / count, float(middle), float(most), float(np.median(late)))
    return [voice, *(number(figure, 2) for figure in figures)]


def score_rows(voice: str) -> Iterator[list[str]]:
    """Scores of words that are said and of words that are not, as recorded and in noise."""
    said = lines_of(voice)[:30]
    rng, words = np.random.default_rng(7), [normalise(text) for text, _ in said]
    for sound, noise_db in (("as recorded", None), ("noise at 5 dB", 5.0)):
        samples = [line.samples if noise_db is None else with_noise(line.samples, rng, noise_db) for _, line in said]
        audios = [Audio(each.astype(np.float32), Path(voice)) for each in samples]
        listened = [heard(audio, shipped_encoder(), shipped_networks()) for audio in audios]
        for what, away in (("said", (0,)), ("not said", OTHER_LINES)):
            found = [
                align_words(listened[k], words[(k + d) % len(said)], 0.0, audio.duration_s)
                for k, audio in enumerate(audios)
                for d in away
            ]
            scores = np.percentile([each.score for each in found], (5, 50, 95))
            plausible = np.mean([each.plausible for each in found])
            yield [voice, sound, what, *(number(float(each), 2) for each in (*scores, plausible))]


def words_by(networks: PhonemeNetworks, audio: Audio) -> PhonemeTrack:
    """The words that Whisper tiny.en finds, aligned to what these networks hear."""
    return recognised_track(audio, make_recogniser("words"), lambda: heard(audio, shipped_encoder(), networks))


def clip_rows(folder: Path, runs: Path | None) -> Iterator[list[str]]:
    """Each clip: the share of rows with the published label, and with one of its viseme class."""
    for path in sorted(folder.glob("*.wav")):
        audio, labels = load_audio(path), listed_labels(path.with_name(f"{path.stem}_seq.json"))
        networks = networks_of(merged([*runs.glob(f"{path.stem}-*.npz")])) if runs else shipped_networks()
        track = words_by(networks, audio)
        yield [
            path.stem,
            *(number(each, 3) for each in label_agreement(track.labels(len(labels)), labels, VISEME_OF_PHONEME)),
        ]


def main(arguments: list[str] | None = None) -> int:
    """The command line of this module."""
    parser = argparse.ArgumentParser(prog="python -m styletalk_research.hearing.align_study", description=__doc__)
    parser.add_argument("data", type=Path)
    parser.add_argument("--left-out", type=Path, metavar="RUNS")
    options = parser.parse_args(arguments)
    voices = [*FLITE_VOICES, *FESTIVAL_VOICES]
    lines = table(["voice", "found", "median, ms", "95 %, ms", "median lateness, ms"], [*map(onset_row, voices)])
    headings = ["voice", "sound", "words", "score, 5 %", "median", "95 %", "plausible"]
    lines += ["", *table(headings, [row for voice in ("rms", "ked_diphone") for row in score_rows(voice)])]
    clips = clip_rows(options.data / "styletalk" / "speech", options.left_out)
    lines += ["", *table(["clip", "same label", "same of 7 visemes"], [*clips])]
    print("\n".join(lines))
    return 0


if __name__ == "__main__":
    raise SystemExit(main())
