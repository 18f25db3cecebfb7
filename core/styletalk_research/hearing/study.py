# SPDX-License-Identifier: Apache-2.0
"""How well phonemes are heard, beside words and alignment, on clips and voices that nothing was learnt from.

    python -m styletalk_research.hearing.study DATA RUNS [--words]

DATA: the sample clips. RUNS: the folder that `train` filled, a network or more for each clip, and for each group of
languages, that was left out. --words measures words and alignment, too.
"""

import argparse
from collections.abc import Callable, Sequence
from difflib import SequenceMatcher
from pathlib import Path

import numpy as np

from styletalk.phonemes import PHONEMES, SILENCE_INDEX, VISEME_OF_PHONEME, PhonemeSegment, PhonemeTrack, joined_track
from styletalk.speech.audio.sound_file import SAMPLE_RATE_HZ, Audio, load_audio
from styletalk.speech.hearing.encoder import shipped_encoder
from styletalk.speech.hearing.listening import heard
from styletalk.speech.hearing.phoneme_network import PhonemeNetworks, networks_of
from styletalk.speech.hearing.viterbi import best_path, segments_of
from styletalk.speech.track import phoneme_track
from styletalk.timeline import label_time_s, row_count

from ..datasets.labels import listed_labels
from ..metrics.scores import label_agreement
from ..metrics.tables import number, table
from .augment import Change, in_room, on_telephone, whispered, with_music, with_noise
from .corpus import sentences
from .espeak import LANGUAGES, espeak_speech, everyday
from .spoken import TARGET_RATE_HZ, UNKNOWN, Spoken
from .train import merged
from .voices import FLITE_VOICES, flite_speech

Method = Callable[[Audio, str], PhonemeTrack]
"""From a sound, and the name of its clip, to phonemes."""
TEST_LINES = 60
CONDITIONS: dict[str, Change] = {
    "as recorded": lambda samples, _: samples,
    "noise at 10 dB": lambda samples, rng: with_noise(samples, rng, 10.0),
    "a room, 0.6 s": lambda samples, rng: in_room(samples, rng, 0.6),
    "music at 10 dB": lambda samples, rng: with_music(samples, rng, 10.0),
    "on the telephone": on_telephone,
    "whispered": whispered,
}


def heard_by(networks: PhonemeNetworks, audio: Audio) -> PhonemeTrack:
    """The track that these networks hear."""
    log_probabilities = heard(audio, shipped_encoder(), networks).log_probabilities
    segments = segments_of(best_path(log_probabilities), log_probabilities)
    return joined_track(segments, (), audio.duration_s, "heard")


def left_out(runs: Path) -> Method:
    """Hears each clip with the networks of RUNS that never heard it."""
    return lambda audio, name: heard_by(networks_of(merged([*runs.glob(f"{name}-*.npz")])), audio)


def onset_errors_s(found: Sequence[PhonemeSegment], known: Sequence[PhonemeSegment]) -> np.ndarray:
    """(M,) seconds by which the onsets of phonemes that were found are late, where the sequences agree."""
    sequences = [[each.phoneme for each in some] for some in (found, known)]
    blocks = SequenceMatcher(None, *sequences, autojunk=False).get_matching_blocks()
    return np.array(
        [found[b.a + k].start_s - known[b.b + k].start_s for b in blocks for k in range(b.size)], np.float64
    )


def known_segments(line: Spoken) -> list[PhonemeSegment]:
    """What a line says, silence left out."""
    return [
        PhonemeSegment(PHONEMES[label], start, end)
        for label, (start, end) in zip(line.labels, line.times_s.tolist(), strict=True)
        if label != SILENCE_INDEX
    ]


def agreement(clips: dict[str, tuple[Audio, np.ndarray]], method: Method, change: Change) -> np.ndarray:
    """(clips, 2): share of rows with the published label, and of those in its viseme class."""
    rng, found = np.random.default_rng(7), []
    for name, (audio, labels) in clips.items():
        track = method(Audio(change(audio.samples, rng).astype(np.float32), audio.path), name)
        found.append(label_agreement(track.labels(len(labels)), labels, VISEME_OF_PHONEME))
    return np.array(found)


def clip_table(clips: dict[str, tuple[Audio, np.ndarray]], methods: dict[str, Method]) -> list[str]:
    """Lines of a table: each method, each condition; means over rows of all clips."""
    lengths = np.array([len(labels) for _, labels in clips.values()])
    rows = []
    for name, method in methods.items():
        for condition, change in CONDITIONS.items():
            found = agreement(clips, method, change)
            mean = (found * lengths[:, None]).sum(0) / lengths.sum()
            each = " ".join(f"{exact:.2f}" for exact in found[:, 0])
            rows.append([name, condition, number(mean[0], 3), number(mean[1], 3), each])
    return table(["method", "sound", "same label", "same of 7 visemes", "same label, clip by clip"], rows)


def scrambled(labels: np.ndarray) -> np.ndarray:
    """(T,) the same phonemes, as long, in random order: what agrees by chance."""
    runs = np.split(labels, np.flatnonzero(np.diff(labels)) + 1)
    return np.concatenate([runs[k] for k in np.random.default_rng(7).permutation(len(runs))])


def onset_table(networks: PhonemeNetworks) -> list[str]:
    """Lines of a table: onsets in sentences that no network knows; one of the voices, too, is new."""
    rows = []
    for voice in FLITE_VOICES:
        errors, count = [], 0
        for line in flite_speech(sentences(for_test=True)[:TEST_LINES], voice, np.random.default_rng(2)):
            known = known_segments(line)
            found = heard_by(networks, Audio(line.samples, Path(voice))).segments
            errors.append(onset_errors_s(found, known))
            count += len(known)
        late = np.concatenate(errors)
        middle, most = (1000 * float(each) for each in np.percentile(np.abs(late), (50, 95)))
        figures = (len(late) / count, middle, most, 1000 * float(np.median(late)))
        rows.append([voice, *(number(figure, 2) for figure in figures)])
    return table(["voice", "phonemes found", "median error, ms", "95 % within, ms", "median lateness, ms"], rows)


def language_table(runs: Path) -> list[str]:
    """Lines of a table: everyday sentences of espeak-ng in each language, by networks that learnt without it."""
    lines = []
    for language, voice in LANGUAGES.items():
        without = [path for path in runs.glob("*+*.npz") if language in path.stem.split("-")[0].split("+")]
        networks = networks_of(merged(without))
        found, known = [], []
        for line in espeak_speech(everyday(language), voice, np.random.default_rng(9)):
            rows = np.arange(1, row_count(len(line.samples) / SAMPLE_RATE_HZ))  # label 0 lies before the sound
            frames = np.rint(label_time_s(rows) * TARGET_RATE_HZ).astype(int)
            known.append(line.targets(frames[-1] + 1)[frames])
            found.append(heard_by(networks, Audio(line.samples, Path(voice))).labels(len(rows) + 1)[1:])
        found, known = np.concatenate(found), np.concatenate(known)
        agreed = label_agreement(found[known != UNKNOWN], known[known != UNKNOWN], VISEME_OF_PHONEME)
        lines.append([language, number(agreed[0], 3), number(agreed[1], 3)])
    return table(["language", "same label", "same of 7 visemes"], lines)


def main(arguments: list[str] | None = None) -> int:
    """The command line of this module."""
    parser = argparse.ArgumentParser(prog="python -m styletalk_research.hearing.study", description=__doc__)
    parser.add_argument("data", type=Path)
    parser.add_argument("runs", type=Path)
    parser.add_argument("--words", action="store_true")
    options = parser.parse_args(arguments)
    sounds = sorted((options.data / "styletalk" / "speech").glob("*.wav"))
    clips = {path.stem: (load_audio(path), listed_labels(path.with_name(f"{path.stem}_seq.json"))) for path in sounds}
    methods: dict[str, Method] = {"heard": left_out(options.runs)}
    if options.words:
        methods["words"] = lambda audio, _: phoneme_track(audio, recogniser="words")
    chance = [label_agreement(scrambled(labels), labels, VISEME_OF_PHONEME) for _, labels in clips.values()]
    seconds = sum(len(audio.samples) for audio, _ in clips.values()) / SAMPLE_RATE_HZ
    lines = [f"{len(clips)} clips, {seconds:.0f} s, each heard by networks that never heard it.", ""]
    lines += clip_table(clips, methods)
    lines += ["", "By chance (the same labels in another order): {:.2f} / {:.2f}.".format(*np.mean(chance, axis=0)), ""]
    lines += onset_table(networks_of(merged([*options.runs.glob("nothing-*.npz")])))
    if any(options.runs.glob("*+*.npz")):
        lines += ["", *language_table(options.runs)]
    print("\n".join(lines))
    return 0


if __name__ == "__main__":
    raise SystemExit(main())
