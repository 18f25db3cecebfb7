# SPDX-License-Identifier: Apache-2.0
"""What the encoder makes of the corpus, clean and changed, kept for training.

    python -m styletalk_research.hearing.features FOLDER CLIPS [--piper ONNX ...] [--lines N]
        [--footage FILE ...] [--languages NAME ...]

One file for each source of `corpus`; those that are there already are left alone.
"""

import argparse
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np

from styletalk.files.writing import written_whole
from styletalk.speech.audio.sound_file import SAMPLE_RATE_HZ, Audio
from styletalk.speech.features.prosody import loudness_db, speech_rows
from styletalk.speech.hearing.encoder import ENCODER_RATE_HZ, shipped_encoder
from styletalk.timeline import FRAME_RATE_HZ

from .augment import SPEEDS, at_speed, changed
from .corpus import more_sources, sources
from .espeak import LANGUAGES
from .spoken import TARGET_RATE_HZ, Spoken, joined

WINDOW_S = (6.0, 17.0)
"""The least and the most of a window, evenly spread."""
PAUSES_S = (0.05, 0.9)
LEVEL_DB, LEVEL_JITTER_DB = -23.0, 2.0
FLOOR_DB = (-80.0, -45.0)
"""Faint noise under half of the windows: real pauses are not digital silence."""
TARGETS_PER_ROW = TARGET_RATE_HZ // ENCODER_RATE_HZ
VERSIONS = {
    "train_prompts": 4, "train_librivox": 12, "train_footage": 8, "train_nothing": 1, "clip": 20, "language": 1,
}  # fmt: skip
"""How often a source is heard, the first time unchanged; others twice."""


@dataclass(frozen=True)
class Heard:
    """rows: (R, D) float16, what all blocks of the encoder make of a window. targets: (R, TARGETS_PER_ROW) int16.
    changed: whether anything was done to the sound."""

    rows: np.ndarray
    targets: np.ndarray
    changed: bool


def windows(lines: Sequence[Spoken], rng: np.random.Generator) -> Iterator[Spoken]:
    """Lines joined to windows, with pauses; a longer line is cut."""
    together: list[Spoken] = []
    length_s, most_s = 0.0, rng.uniform(*WINDOW_S)
    for line in (piece for whole in lines for piece in _cut(whole, rng)):
        line_s = len(line.samples) / SAMPLE_RATE_HZ
        if together and length_s + line_s > most_s:
            yield joined(together, rng.uniform(*PAUSES_S, len(together) + 1))
            together, length_s, most_s = [], 0.0, rng.uniform(*WINDOW_S)
        together.append(line)
        length_s += line_s + PAUSES_S[1] / 2
    yield joined(together, rng.uniform(*PAUSES_S, len(together) + 1))


def heard(window: Spoken, was_changed: bool, rng: np.random.Generator) -> Heard:
    """The features of a window at the level that the product gives it, more or less."""
    samples = window.samples
    if rng.random() < 0.5:
        floor = 10 ** (rng.uniform(*FLOOR_DB) / 20) * max(float(np.abs(samples).max()), 1e-3)
        samples = samples + (floor * rng.standard_normal(len(samples))).astype(np.float32)
    levels = loudness_db(Audio(samples, Path()), int(len(samples) / SAMPLE_RATE_HZ * FRAME_RATE_HZ))
    level_db = levels[speech_rows(levels)].mean() + rng.uniform(-LEVEL_JITTER_DB, LEVEL_JITTER_DB)
    scaled = samples * np.float32(10 ** ((LEVEL_DB - level_db) / 20))
    states = shipped_encoder()(np.concatenate([scaled, np.zeros(SAMPLE_RATE_HZ, np.float32)]))
    count = int(len(samples) / SAMPLE_RATE_HZ * ENCODER_RATE_HZ)
    rows = np.concatenate([state[:count] for state in states], axis=1).astype(np.float16)
    return Heard(rows, window.targets(count * TARGETS_PER_ROW).reshape(count, TARGETS_PER_ROW), was_changed)


def heard_often(lines: Sequence[Spoken], times: int, rng: np.random.Generator) -> Iterator[Heard]:
    """All lines, `times` over; from the second time on at another speed and changed."""
    for time in range(times):
        order = rng.permutation(len(lines))
        varied = [lines[k] if time == 0 else _at_any_speed(lines[k], rng) for k in order]
        for window in windows(varied, rng):
            yield heard(window if time == 0 else changed(window, rng), time > 0, rng)


def save_heard(windows_heard: Sequence[Heard], path: Path) -> None:
    """Write as .npz; see `load_heard`."""
    with written_whole(path) as temporary, open(temporary, "wb") as file:
        np.savez(
            file, rows=np.concatenate([each.rows for each in windows_heard]),
            targets=np.concatenate([each.targets for each in windows_heard]),
            lengths=np.array([len(each.rows) for each in windows_heard]),
            changed=np.array([each.changed for each in windows_heard]),
        )  # fmt: skip


def load_heard(path: Path) -> list[Heard]:
    """The inverse of `save_heard`."""
    with np.load(path, allow_pickle=False) as stored:
        cuts = np.cumsum(stored["lengths"])[:-1]
        parts = zip(np.split(stored["rows"], cuts), np.split(stored["targets"], cuts), stored["changed"], strict=True)
        return [Heard(rows, targets, bool(was_changed)) for rows, targets, was_changed in parts]


def _cut(line: Spoken, rng: np.random.Generator) -> Iterator[Spoken]:
    """Pieces of a window at the most, all as long but the last."""
    most_s = rng.uniform(*WINDOW_S)
    size = round(most_s * SAMPLE_RATE_HZ)
    for start in range(0, len(line.samples), size):
        times_s = np.clip(line.times_s - start / SAMPLE_RATE_HZ, 0.0, most_s)
        inside = times_s[:, 1] > times_s[:, 0]
        yield Spoken(line.samples[start : start + size], line.labels[inside], times_s[inside], line.source)


def _at_any_speed(line: Spoken, rng: np.random.Generator) -> Spoken:
    return at_speed(line, float(rng.choice(SPEEDS))) if rng.random() < 0.6 else line


def main(arguments: list[str] | None = None) -> int:
    """The command line of this module."""
    parser = argparse.ArgumentParser(prog="python -m styletalk_research.hearing.features", description=__doc__)
    parser.add_argument("folder", type=Path)
    parser.add_argument("clips", type=Path, help="the folder of NAME.wav with NAME_seq.json")
    parser.add_argument("--piper", type=Path, nargs="*", default=[], metavar="ONNX", help="voices of Piper")
    parser.add_argument("--footage", type=Path, nargs="*", default=[], help="sounds and videos of English without text")
    parser.add_argument(
        "--languages", nargs="*", default=[*LANGUAGES], choices=LANGUAGES, help="by the voices of espeak-ng"
    )
    parser.add_argument("--lines", type=int, default=60, help="of each synthetic voice, five times as many of Piper's")
    options = parser.parse_args(arguments)
    options.folder.mkdir(parents=True, exist_ok=True)
    made_by_name = sources(options.lines, options.piper, options.clips)
    made_by_name |= more_sources(options.footage, options.languages)
    for name, made in made_by_name.items():
        if (path := options.folder / f"{name}.npz").is_file():
            continue
        times = VERSIONS.get(name if name.startswith("train_") else name.partition("_")[0], 2)
        found = [*heard_often([line for line in made() if len(line.labels)], times, np.random.default_rng(3))]
        save_heard(found, path)
        print(f"{name}: {sum(len(each.rows) for each in found) / ENCODER_RATE_HZ / 60:.1f} minutes", flush=True)
    return 0


if __name__ == "__main__":
    raise SystemExit(main())
