# SPDX-License-Identifier: Apache-2.0
"""Recordings as the objectives use them: what is learnt from, what is held out, and which styles there are."""

import hashlib
import re
from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np

from styletalk.networks.config import GeneratorConfig
from styletalk.phonemes import SILENCE_INDEX
from styletalk.speech.features.prosody import PROSODY_DIM

from ...datasets.errors import TrainingDataError
from ...datasets.manifest import Manifest, load_manifest
from ...datasets.pairs import load_recordings, load_style_rows
from ...datasets.prepared import load_prepared
from ...datasets.recordings import Recording
from ...datasets.splits import TRAIN, VALIDATION
from ..run_folder import data_digest
from ..surroundings import surroundings

MIN_HELD_OUT_ROWS = 24
"""Rows. A shorter end is no measure."""
Data = Path | Sequence[Path]
"""Manifests, folders of sample clips or .npz of prepared recordings: one, or several that are learnt from together, as
the paper's two are."""


@dataclass(frozen=True, eq=False)
class Stretch:
    """Rows start..stop of a recording."""

    recording: Recording
    start: int
    stop: int

    def __len__(self) -> int:
        return self.stop - self.start

    @property
    def rows(self) -> np.ndarray:
        """(N, 64) float32."""
        return self.recording.expression[self.start : self.stop]


@dataclass(frozen=True, eq=False)
class Corpus:
    """train: what is learnt from. held_out: the rest of these recordings, see `held_out_rows`. unseen: other speakers'.

    styles: the classes, in order. mean, deviation (64,) float32: of the training rows.
    """

    train: tuple[Stretch, ...]
    held_out: tuple[Stretch, ...]
    unseen: tuple[Stretch, ...]
    styles: tuple[str, ...]
    mean: np.ndarray
    deviation: np.ndarray

    @property
    def facts(self) -> dict[str, Any]:
        """What a run keeps of it, to know it again, and for who takes its discriminators."""
        faces = data_digest(s.recording.expression for side in self._sides for s in side)
        return {"digest": self._digest, "faces": faces, "recordings": len(self.train), "styles": list(self.styles)}

    @property
    def _sides(self) -> tuple[tuple[Stretch, ...], ...]:
        return self.train, self.held_out, self.unseen

    @property
    def _digest(self) -> str:
        """The same for the same recordings, cut and labelled in the same way, in whichever folder they lie."""
        told = hashlib.sha256()
        for side in self._sides:
            for stretch in side:
                recording = stretch.recording
                told.update(repr((recording.name, recording.style, stretch.start, stretch.stop)).encode())
                told.update(b"" if recording.labels is None else recording.labels.tobytes())
            told.update(b"|")
        return told.hexdigest()


def load_corpus(data: Data, held_out_share: float, hold_out: Sequence[str] = (), sound_columns: int = 0) -> Corpus:
    """The corpus of manifests, or of a folder of sample clips. Raises TrainingDataError, ManifestError, ClipError."""
    train, unseen = load_data(data, sound_columns)
    unknown = set(hold_out) - {recording.name for recording in train}
    if unknown:
        raise TrainingDataError(f"There is no recording named {sorted(unknown)[0]} to hold out. Correct hold_out.")
    return make_corpus([r for r in train if r.name not in hold_out], unseen, held_out_share)


def load_data(data: Data, sound_columns: int = 0) -> tuple[list[Recording], list[Recording]]:
    """Recordings to learn from, and those of speakers kept apart: by the split of a manifest; sample clips have none.

    Raises TrainingDataError where two recordings have one name, ManifestError, ClipError.
    """
    known: list[Recording] = []
    unseen: list[Recording] = []
    for source in [data] if isinstance(data, (str, Path)) else data:
        more, apart = _recordings_of(Path(source), sound_columns)
        known, unseen = known + more, unseen + apart
    names = Counter(recording.name for recording in (*known, *unseen))
    twice = [name for name, count in names.items() if count > 1]
    if twice:
        raise TrainingDataError(f"Two recordings are named {twice[0]}. Give each manifest once, or rename its file.")
    return known, unseen


def _recordings_of(source: Path, sound_columns: int) -> tuple[list[Recording], list[Recording]]:
    if source.is_dir():
        return sample_recordings(source, sound_columns), []
    if source.suffix == ".npz":
        return list(load_prepared(source)), []
    apart = any(clip.split == VALIDATION for clip in Manifest.load(source).clips)
    known = load_manifest(source, TRAIN, sound_columns)
    return known, load_manifest(source, VALIDATION, sound_columns) if apart else []


def sample_recordings(data_dir: Path, sound_columns: int = 0) -> list[Recording]:
    """The sample clips (style: the speaker) and silent style clips (style: name without its clip number)."""
    silent = ((name, re.sub(r"_clip\d+$", "", name), rows) for name, rows in load_style_rows(data_dir).items())
    spoken = load_recordings(data_dir, sound_columns or PROSODY_DIM)
    return [*spoken, *(Recording(name, style, rows, style=style) for name, style, rows in silent)]


def make_corpus(train: Sequence[Recording], unseen: Sequence[Recording], held_out_share: float) -> Corpus:
    """Holds a share of every style out, see `held_out_rows`. Raises TrainingDataError where nothing is to be learnt."""
    if not any(recording.labels is not None for recording in train):
        raise TrainingDataError("No recording with phoneme labels is left to learn from. Give more, or hold out fewer.")
    counts = held_out_rows(train, held_out_share)
    ends = [(recording, len(recording.expression) - count) for recording, count in zip(train, counts, strict=True)]
    known = [Stretch(recording, 0, end) for recording, end in ends if end]
    everything = np.concatenate([stretch.rows for stretch in known])
    return Corpus(
        train=tuple(known),
        held_out=tuple(Stretch(r, end, len(r.expression)) for r, end in ends if end < len(r.expression)),
        unseen=tuple(Stretch(recording, 0, len(recording.expression)) for recording in unseen),
        styles=tuple(sorted({recording.style for recording in train})),
        mean=everything.mean(0).astype(np.float32), deviation=(everything.std(0) + 1e-4).astype(np.float32),
    )  # fmt: skip


def held_out_rows(recordings: Sequence[Recording], share: float) -> list[int]:
    """How many rows at the end of each recording are held out.

    Its share, where that is long enough to say something. Where it is not, as in MEAD, whose clips are sentences, the
    last recordings of a style are held out whole instead, as many as the share makes of the style's short ones.
    """
    counts = [round(len(recording.expression) * share) for recording in recordings]
    short: dict[str, list[int]] = {}
    for index, recording in enumerate(recordings):
        if counts[index] < MIN_HELD_OUT_ROWS:
            counts[index] = 0
            short.setdefault(recording.style, []).append(index)
    for indices in short.values():
        for index in indices[len(indices) - int(len(indices) * share) :]:
            counts[index] = len(recordings[index].expression)
    return counts


def labelled(stretches: Sequence[Stretch], rows: int = 1) -> tuple[Stretch, ...]:
    """Those with known phonemes and at least `rows` rows."""
    return tuple(s for s in stretches if s.recording.labels is not None and len(s) >= rows)


def label_windows(recording: Recording, start: int, stop: int, sizes: GeneratorConfig) -> np.ndarray:
    """(N, W) int64: the labels that networks of these sizes see at rows start..stop; beyond the recording, silence."""
    labels = recording.utterance.labels.astype(np.int64)
    return surroundings(labels, start, stop, sizes, SILENCE_INDEX)


def audio_windows(recording: Recording, start: int, stop: int, sizes: GeneratorConfig) -> np.ndarray:
    """(N, W, audio_dim) float32: the sound at rows start..stop, zeros beyond its end. Raises as `audio_features_of`."""
    return surroundings(audio_features_of(recording, sizes.audio_dim), start, stop, sizes, 0)


def audio_features_of(recording: Recording, width: int) -> np.ndarray:
    """(T, width) float32. Raises TrainingDataError where the recording has none, or one of another width."""
    track = recording.audio_features
    if track is None:
        raise TrainingDataError(f"{recording.name} has no audio features. Add its sound, or set audio_dim to 0.")
    if track.shape[1] != width:
        raise TrainingDataError(
            f"{recording.name} has audio features of {track.shape[1]} numbers a frame, not {width}. Correct audio_dim."
        )
    return track


class Draw:
    """Draws stretches, each as often as it is long, so that every row counts alike."""

    def __init__(self, stretches: Sequence[Stretch]) -> None:
        self.stretches = stretches
        self.ends = np.cumsum([len(stretch) for stretch in stretches])

    def __call__(self, rng: np.random.Generator) -> Stretch:
        return self.stretches[int(np.searchsorted(self.ends, rng.integers(self.ends[-1]), side="right"))]


def by_style(stretches: Sequence[Stretch]) -> dict[str, Draw]:
    """The stretches of each style."""
    styles: dict[str, list[Stretch]] = {}
    for stretch in stretches:
        styles.setdefault(stretch.recording.style, []).append(stretch)
    return {style: Draw(found) for style, found in sorted(styles.items())}
