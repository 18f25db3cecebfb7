# SPDX-License-Identifier: Apache-2.0
"""The pairs that a report is about: read from any folder of clips, and everything that is missing said by name."""

import json
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path

import numpy as np

from styletalk.errors import StyleTalkError
from styletalk.face.model import FaceModel, open_face
from styletalk.speech.features.audio_features import SOUND_DIM
from styletalk.timeline import LABEL_LEAD_ROWS

from ..datasets.pairs import clips_folder, jacobian_file, read_audio_features, shifted_labels
from ..metrics.linear_baseline import YardstickClip, mouth_readout

MIN_ROWS = 64
"""A clip shorter than about two seconds says nothing about correlation."""
LABEL_ENDINGS = ("_seq.json", ".json", ".TextGrid")
GAP, WIDTH = 0, 1
"""Columns of the mouth readout."""


@dataclass(frozen=True, eq=False)
class EvaluationPair:
    """A clip with speech in the published convention: row i of the face goes with label i + 3.

    labels: (T,) int16. expression: (T, 64) float32. audio_features: (T, F) float32 on the labels' clock, or None.
    audio, video: files, None where they are not there. lead: by how many rows the clip led its labels as recorded.
    """

    name: str
    speaker: str
    labels: np.ndarray
    expression: np.ndarray
    audio_features: np.ndarray | None = None
    audio: Path | None = None
    video: Path | None = None
    lead: int = LABEL_LEAD_ROWS

    @property
    def halves(self) -> tuple[slice, slice]:
        """The two halves of the rows; one lends the style when the other is scored."""
        middle = len(self.labels) // 2
        return slice(0, middle), slice(middle, None)


@dataclass(frozen=True, eq=False)
class ClipSet:
    """What a folder holds. styles: silent style clips (N, 64) by name. readout: (64, 2), mouth gap and width.

    notes: what is missing or was left out, and what follows from it, one sentence each.
    """

    folder: Path
    pairs: tuple[EvaluationPair, ...]
    styles: dict[str, np.ndarray]
    readout: np.ndarray
    notes: tuple[str, ...] = ()
    known_speakers: Mapping[str, str] = field(default_factory=dict)

    @property
    def seconds(self) -> float:
        """Length of all pairs."""
        return sum(len(pair.labels) for pair in self.pairs) / 30.0

    @property
    def speakers(self) -> tuple[str, ...]:
        """Who speaks in the pairs, in alphabetical order."""
        return tuple(sorted({pair.speaker for pair in self.pairs}))

    def person(self, name: str) -> str:
        """Who is in a clip: by speakers.json, by the pair, or the part of a style clip's name before "_clip"."""
        pair = next((pair for pair in self.pairs if pair.name == name), None)
        return self.known_speakers.get(name) or (pair.speaker if pair else name.rsplit("_clip", 1)[0])

    def tracks(self, rows: np.ndarray) -> np.ndarray:
        """(T, 2): mouth gap and mouth width of (T, 64), in distances between the outer eye corners."""
        return rows @ self.readout

    def yardstick_clips(self) -> tuple[YardstickClip, ...]:
        """The pairs as the linear yardstick takes them."""
        return tuple(YardstickClip(p.name, p.speaker, p.labels, p.expression) for p in self.pairs)


def read_clip_set(data: Path) -> ClipSet:
    """All usable pairs of speech/ (NAME.mat, NAME_seq.json or .TextGrid, NAME.wav) and clips of style_clips/.

    Optional beside them: av_offsets.json ({"lead": {NAME: rows}}), speakers.json ({NAME: speaker}; else the part of
    NAME before the first "_") and ../calibration/J64_mediapipe478.npy. Raises StyleTalkError without any usable pair.
    """
    folder = clips_folder(data)
    if not (folder / "speech").is_dir():
        raise StyleTalkError(f"{data} holds no speech/ folder of pairs. Give the folder that does.")
    notes: list[str] = []
    leads, speakers = _leads(folder, notes), _json(folder / "speakers.json")
    found = [_pair(path, leads, speakers, notes) for path in sorted((folder / "speech").glob("*.mat"))]
    pairs = tuple(pair for pair in found if pair is not None)
    if not pairs:
        why = " ".join(notes) or "It has no .mat file."
        raise StyleTalkError(f"{folder / 'speech'} holds no pair that can be used. {why}")
    return ClipSet(folder, pairs, _styles(folder, notes), readout_of(data, notes), tuple(notes), speakers)


def face_readout(face: FaceModel) -> np.ndarray:
    """(64, 2): mouth gap and width of the open face per unit of each coefficient, in outer eye distances."""
    from styletalk.face.landmarks import face_tracks

    still = face_tracks(face, np.zeros((1, len(face.expression)), np.float32))
    return (face_tracks(face, np.eye(len(face.expression), dtype=np.float32)) - still)[:, :2].astype(np.float64)


def _pair(path: Path, leads: dict[str, int], speakers: dict[str, str], notes: list[str]) -> EvaluationPair | None:
    """The pair of a .mat file, or None and a note that names it and says why."""
    name = path.stem
    try:
        expression, labels = _expression(path), _labels(path)
    except (StyleTalkError, OSError, ValueError, TypeError) as error:
        notes.append(f"{name} was left out: {error}")
        return None
    lead = leads.get(name, LABEL_LEAD_ROWS)
    rows = min(len(expression), len(labels))
    if rows < MIN_ROWS:
        notes.append(f"{name} was left out: {rows} rows with labels; {MIN_ROWS} are the least.")
        return None
    if rows < len(expression):
        notes.append(f"{name}: the last {len(expression) - rows} rows have no label and were left out.")
    wav, film = path.with_suffix(".wav"), path.with_suffix(".mp4")
    audio_features = _prosody(wav, rows, lead, notes)
    return EvaluationPair(
        name=name, speaker=speakers.get(name, name.split("_")[0]), labels=shifted_labels(labels, lead)[:rows],
        expression=expression[:rows], audio_features=audio_features, audio=wav if audio_features is not None else None,
        video=film if film.is_file() else None, lead=lead,
    )  # fmt: skip


def _expression(path: Path) -> np.ndarray:
    from styletalk.styles.clip import checked_rows
    from styletalk.styles.readers import rows_from_mat

    return checked_rows(rows_from_mat(path), path.name)


def _labels(path: Path) -> np.ndarray:
    """(L,) int16 labels beside NAME.mat. Raises StyleTalkError where there are none that can be read."""
    from styletalk.speech.formats.alignment_files import read_alignment

    beside = [path.with_name(path.stem + ending) for ending in LABEL_ENDINGS]
    file = next((candidate for candidate in beside if candidate.is_file()), None)
    if file is None:
        raise StyleTalkError(f"it has no labels. Make them: styletalk phonemes {path.stem}.wav -o {beside[0].name}")
    if file.suffix == ".json":
        content = json.loads(file.read_text(encoding="utf-8"))
        if isinstance(content, list) and content and all(isinstance(label, int) for label in content):
            return _checked_labels(np.array(content), file)
    return read_alignment(file, len(_expression(path)) / 30.0).labels(len(_expression(path)))


def _checked_labels(labels: np.ndarray, file: Path) -> np.ndarray:
    if labels.min() < 0 or labels.max() > 40:
        raise StyleTalkError(f"{file.name} holds labels outside 0..40.")
    return labels.astype(np.int16)


def _prosody(wav: Path, rows: int, lead: int, notes: list[str]) -> np.ndarray | None:
    try:
        rows_heard = read_audio_features(wav, rows, lead, SOUND_DIM)
    except StyleTalkError as error:
        notes.append(f"{wav.stem}: its sound cannot be used, so weights that listen hear silence ({error})")
        return None
    if rows_heard is None:
        notes.append(f"{wav.stem} has no .wav: weights that listen hear silence there.")
    return rows_heard


def _leads(folder: Path, notes: list[str]) -> dict[str, int]:
    """By how many rows each clip leads its labels, where av_offsets.json says so."""
    content = _json(folder / "av_offsets.json").get("lead", {})
    if not content:
        notes.append(
            f"No av_offsets.json beside speech/: every clip is taken to lead its labels by {LABEL_LEAD_ROWS} rows, "
            "as published. The table of shifts below shows a clip for which that is wrong."
        )
    return {name: int(lead) for name, lead in content.items()}


def _json(path: Path) -> dict:
    """The object in a JSON file, empty where there is no such file. Raises StyleTalkError."""
    if not path.is_file():
        return {}
    try:
        content = json.loads(path.read_text(encoding="utf-8"))
    except ValueError as error:
        raise StyleTalkError(f"{path} is not JSON ({error}). Mend it or move it away.") from error
    return content if isinstance(content, dict) else {}


def _styles(folder: Path, notes: list[str]) -> dict[str, np.ndarray]:
    clips: dict[str, np.ndarray] = {}
    for path in sorted((folder / "style_clips").glob("*.mat")):
        try:
            clips[path.stem] = _expression(path)
        except StyleTalkError as error:
            notes.append(f"Style clip {path.stem} was left out: {error}")
    if not clips:
        notes.append("No style_clips/ beside speech/: the style space holds the speech clips and the presets only.")
    return clips


def readout_of(data: Path, notes: list[str]) -> np.ndarray:
    """(64, 2) by the landmark Jacobian beside the clips, or by the open face and a note."""
    jacobian = jacobian_file(data)
    if jacobian.is_file():
        return mouth_readout(jacobian)
    notes.append("No landmark Jacobian in calibration/: mouth gap and width are measured on the open face instead.")
    return face_readout(open_face())
