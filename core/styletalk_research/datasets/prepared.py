# SPDX-License-Identifier: Apache-2.0
"""Recordings made ready once: faces, labels and audio features in one .npz, for machines without sound or films.

    python -m styletalk_research.datasets.prepared OUT.npz [--data DIR] [--manifest JSON ...]

With --data, tracked mouths move as their landmarks show. It is a cache, to be made again at any time. Audio features
take a byte each: they lie within ±LIMIT.
"""

import argparse
from collections.abc import Iterable, Sequence
from dataclasses import replace
from pathlib import Path

import numpy as np

from styletalk.files.npz import read_npz, write_npz
from styletalk.files.reading import UnusableContent
from styletalk.phonemes import SILENCE_INDEX
from styletalk.speech.features.audio_features import SOUND_DIM
from styletalk.speech.features.prosody import LIMIT

from .errors import TrainingDataError
from .films import with_seen_mouth
from .labels import checked_labels
from .manifest import load_manifest
from .pairs import load_readouts, load_recordings
from .recordings import Recording

STEPS = 127.0 / LIMIT
"""Steps of a byte in a unit of the features."""
MAX_BYTES = 1 << 30
MAX_ABS = 1000.0
"""Coefficients, labels, features in steps of a byte, mouths in distances between the eyes: all are smaller."""


def packed_features(features: np.ndarray) -> np.ndarray:
    """Audio features (T, F) as bytes."""
    return np.rint(np.clip(features, -LIMIT, LIMIT) * STEPS).astype(np.int8)


def unpacked_features(packed: np.ndarray) -> np.ndarray:
    """The inverse of `packed_features`, (T, F) float32; features of other files, in floats, as they are."""
    features = packed.astype(np.float32)
    return features / np.float32(STEPS) if packed.dtype == np.int8 else features


def save_prepared(recordings: Sequence[Recording], path: Path) -> None:
    """Write recordings that have labels and sound as .npz. Raises TrainingDataError, OutputError."""
    if not recordings:
        raise TrainingDataError("There is nothing to prepare. Give --data, --manifest or both.")
    rows = [_rows_of(recording) for recording in recordings]
    widths = sorted({row["audio_features"].shape[1] for row in rows})
    if len(widths) > 1:
        raise TrainingDataError(f"Recordings have {widths} columns of sound. Prepare those of one width together.")
    arrays = {
        "names": np.array([recording.name for recording in recordings]),
        "speakers": np.array([recording.speaker for recording in recordings]),
        "tracked": np.array([recording.mouth is not None for recording in recordings]),
        "lengths": np.array([len(recording.expression) for recording in recordings]),
        **{name: np.concatenate([row[name] for row in rows]) for name in rows[0]},
    }
    write_npz(path, arrays)


def load_prepared(path: Path) -> tuple[Recording, ...]:
    """The inverse of `save_prepared`. Raises TrainingDataError."""

    def explained(reason: str) -> TrainingDataError:
        return TrainingDataError(
            f"{path} holds no prepared recordings ({reason}). Make it with styletalk_research.datasets.prepared."
        )

    with read_npz(path, explained, MAX_BYTES) as stored:
        lengths, count = stored["lengths"], len(stored["names"])
        names = ("expression", "labels", "audio_features", "mouth")
        if lengths.min() < 1 or any(len(stored[name]) != lengths.sum() for name in names):
            raise UnusableContent("its parts do not fit together")
        if any(stored[name].shape != (count,) for name in ("speakers", "tracked", "lengths")):
            raise UnusableContent("its parts do not fit together")
        widths = stored["expression"].shape[1:], stored["mouth"].shape[1:], stored["audio_features"].ndim
        if widths != ((64,), (2,), 2) or not all((np.abs(stored[name]) < MAX_ABS).all() for name in names):
            raise UnusableContent("its faces are none")
        parts = {name: np.split(stored[name], np.cumsum(lengths)[:-1]) for name in names}
        return tuple(
            Recording(
                str(stored["names"][k]), str(stored["speakers"][k]), parts["expression"][k].astype(np.float32),
                checked_labels(parts["labels"][k]), unpacked_features(parts["audio_features"][k]),
                style=str(stored["speakers"][k]), mouth=parts["mouth"][k] if stored["tracked"][k] else None,
            )
            for k in range(count)
        )  # fmt: skip


def with_prepared(recordings: Iterable[Recording], paths: Iterable[str]) -> tuple[Recording, ...]:
    """The recordings, those of the files' names with the files' sound and labels in place, then the files' others.

    Raises TrainingDataError.
    """
    prepared = {recording.name: recording for path in paths for recording in load_prepared(Path(path))}
    known = []
    for recording in recordings:
        ready = prepared.pop(recording.name, None)
        if ready is not None and len(ready.expression) == len(recording.expression):
            recording = replace(recording, audio_features=ready.audio_features)
        known.append(recording)
    return (*known, *prepared.values())


def _rows_of(recording: Recording) -> dict[str, np.ndarray]:
    spoken, rows = recording.utterance, len(recording.expression)
    if spoken.audio_features is None:
        raise TrainingDataError(f"{recording.name} has no sound. Add it, or leave it out.")
    mouth = np.zeros((rows, 2), np.float32) if recording.mouth is None else recording.mouth
    parts = {"faces": recording.expression, "sound": spoken.audio_features[:rows], "mouth": mouth}
    for what, values in parts.items():
        if len(values) < rows or not np.isfinite(values).all():
            fault = f"{len(values)} of {rows} rows" if len(values) < rows else "values that are no numbers"
            raise TrainingDataError(f"{recording.name} has {what} with {fault}. Make them again, or leave it out.")
    labels = np.concatenate([spoken.labels, np.full(rows, SILENCE_INDEX)])[:rows]
    return {
        "expression": recording.expression.astype(np.float16), "labels": labels.astype(np.int8),
        "audio_features": packed_features(parts["sound"]), "mouth": mouth.astype(np.float32),
    }  # fmt: skip


def main(arguments: list[str] | None = None) -> int:
    """The command line of this module."""
    parser = argparse.ArgumentParser(prog="python -m styletalk_research.datasets.prepared", description=__doc__)
    parser.add_argument("out", type=Path)
    parser.add_argument("--data", type=Path, help="the folder of sample clips")
    parser.add_argument("--manifest", type=Path, action="append", default=[], help="made with --recognise")
    options = parser.parse_args(arguments)
    recordings = list(load_recordings(options.data, SOUND_DIM)) if options.data else []
    moves = np.cov(np.concatenate([clip.centred for clip in recordings]).T) if recordings else None
    for path in options.manifest:
        recordings += load_manifest(path, sound_columns=SOUND_DIM)
    if moves is not None:
        readouts = load_readouts(options.data)
        recordings = [with_seen_mouth(clip, readouts, moves) for clip in recordings]
    save_prepared(recordings, options.out)
    print(f"{len(recordings)} recordings, {sum(len(r.expression) for r in recordings) / 30:.0f} s")
    return 0


if __name__ == "__main__":
    raise SystemExit(main())
