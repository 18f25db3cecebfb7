# SPDX-License-Identifier: Apache-2.0
"""The pairs of sound and face that a report is about, read from a folder; whatever is missing is named."""

import json
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path

import numpy as np

from styletalk.errors import StyleTalkError
from styletalk.face.landmarks import face_tracks, tracks
from styletalk.face.model import FaceModel, open_face
from styletalk.speech.audio.sound_file import load_audio
from styletalk.speech.features.audio_features import SOUND_DIM
from styletalk.speech.phonemes import PhonemeTrack
from styletalk.timeline import FRAME_RATE_HZ, LABEL_LEAD_ROWS

from ..datasets.pairs import clips_folder, heard, jacobian_file, led_by
from ..datasets.recordings import Recording

MIN_ROWS = 64
"""The correlation of a clip shorter than about two seconds means nothing."""
MAX_OFFSET = 30
"""Rows: no face is a second ahead of its labels."""
LABEL_ENDINGS = ("_seq.json", ".json", ".TextGrid")
LENGTH_SLACK_S, LENGTH_SLACK = 1.1, 0.03
"""Published pairs hold whole seconds of faces, so a second more of sound is usual; 25 fps for 30 would be a sixth."""
GAP, WIDTH = 0, 1
"""Columns of the mouth readout."""


@dataclass(frozen=True, eq=False)
class ClipSet:
    """What a folder holds. pairs: recordings with labels. styles: silent style clips (N, 64) by name.

    readout: (64, 2), mouth gap and width. notes: what is missing or was left out, and what follows from it, one
    sentence each.
    """

    folder: Path
    pairs: tuple[Recording, ...]
    styles: dict[str, np.ndarray]
    readout: np.ndarray
    notes: tuple[str, ...] = ()
    known_speakers: Mapping[str, str] = field(default_factory=dict)

    @property
    def seconds(self) -> float:
        """Length of all pairs."""
        return sum(len(pair.expression) for pair in self.pairs) / FRAME_RATE_HZ

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


def read_clip_set(data: Path) -> ClipSet:
    """All usable pairs of speech/ (NAME.mat, NAME_seq.json or .TextGrid, NAME.wav) and clips of style_clips/.

    Optional beside them: av_offsets.json ({"lead": {NAME: rows}}), speakers.json ({NAME: speaker}; else the part of
    NAME before the first "_") and ../calibration/J64_mediapipe478.npy. Raises StyleTalkError without any usable pair.
    """
    folder = clips_folder(data)
    if not (folder / "speech").is_dir():
        raise StyleTalkError(
            f"{data} holds no speech/ folder of pairs. For any other layout: styletalk manifest {data} -o pairs.json, "
            "then styletalk evaluate pairs.json."
        )
    notes: list[str] = []
    offsets, speakers = _av_offsets(folder / "av_offsets.json", notes), _json(folder / "speakers.json")
    found = [_pair(path, offsets, speakers, notes) for path in sorted((folder / "speech").glob("*.mat"))]
    pairs = tuple(pair for pair in found if pair is not None)
    if not pairs:
        why = " ".join(notes) or "It has no .mat file; give a folder of NAME.mat with their labels."
        raise StyleTalkError(f"{folder / 'speech'} holds no pair that can be used. {why}")
    notes += [note for pair in pairs for note in _other_length(pair)]
    return ClipSet(folder, pairs, _styles(folder, notes), readout_of(data, notes), tuple(notes), speakers)


def face_readout(face: FaceModel) -> np.ndarray:
    """(64, 2): mouth gap and width of the open face per unit of each coefficient, in outer eye distances."""
    still = face_tracks(face, np.zeros((1, len(face.expression)), np.float32))
    return (face_tracks(face, np.eye(len(face.expression), dtype=np.float32)) - still)[:, :2].astype(np.float64)


def readout_of(data: Path, notes: list[str]) -> np.ndarray:
    """(64, 2) by the landmark Jacobian beside the clips, or by the open face and a note. Raises StyleTalkError."""
    jacobian = landmark_jacobian(data)
    if jacobian is not None:
        return tracks(jacobian)[:, :2]
    notes.append("No landmark Jacobian in calibration/: mouth gap and width are measured on the open face instead.")
    return face_readout(open_face())


def landmark_jacobian(data: Path) -> np.ndarray | None:
    """(64, 478, 3): moves of MediaPipe's points (x right, y down) per unit of each coefficient, in eye distances.

    None where `jacobian_file` is missing. Raises StyleTalkError where it holds anything else.
    """
    path = jacobian_file(data)
    if not path.is_file():
        return None
    try:
        jacobian = np.load(path, allow_pickle=False)
    except ValueError as error:
        raise StyleTalkError(f"{path} cannot be read ({error}). Correct or remove it.") from error
    if np.shape(jacobian) != (64, 478, 3):
        raise StyleTalkError(f"{path} is not the landmark Jacobian, (64, 478, 3). Correct or remove it.")
    return jacobian


def track_labels(track: PhonemeTrack, pair: Recording) -> np.ndarray:
    """(T,) int16: labels of a track of the pair's sound, moved to the convention as the pair's own labels are."""
    rows = len(pair.expression)
    return led_by(track.labels(rows + max(0, pair.av_offset - LABEL_LEAD_ROWS)), pair.av_offset)[:rows]


def _pair(path: Path, offsets: dict[str, int], speakers: dict[str, str], notes: list[str]) -> Recording | None:
    """The pair of a .mat file, or None and a note that names it and says why."""
    name = path.stem
    try:
        expression, labels = _expression(path), _labels(path)
    except (StyleTalkError, OSError, ValueError, TypeError) as error:
        notes.append(f"{name} was left out: {error}")
        return None
    offset = offsets.get(name, LABEL_LEAD_ROWS)
    rows = min(len(expression), len(labels))
    if rows < MIN_ROWS:
        notes.append(f"{name} was left out: {rows} rows with labels; at least {MIN_ROWS} are needed.")
        return None
    if rows < len(expression):
        notes.append(f"{name}: the last {len(expression) - rows} rows have no label and were left out.")
    wav, film = path.with_suffix(".wav"), path.with_suffix(".mp4")
    audio_features = _audio_features(wav, rows, offset, notes)
    return Recording(
        name=name, speaker=speakers.get(name, name.split("_")[0]), expression=expression[:rows],
        labels=led_by(labels, offset)[:rows], audio_features=audio_features,
        audio=wav if audio_features is not None else None, video=film if film.is_file() else None, av_offset=offset,
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
    return read_alignment(file, len(_expression(path)) / FRAME_RATE_HZ).labels(len(_expression(path)))


def _checked_labels(labels: np.ndarray, file: Path) -> np.ndarray:
    if labels.min() < 0 or labels.max() > 40:
        raise StyleTalkError(f"{file.name} holds labels outside 0..40.")
    return labels.astype(np.int16)


def _audio_features(wav: Path, rows: int, offset: int, notes: list[str]) -> np.ndarray | None:
    try:
        features = heard(wav, rows, offset, SOUND_DIM)
    except StyleTalkError as error:
        notes.append(f"{wav.stem}: its sound cannot be used, so weights that take sound get silence ({error})")
        return None
    if features is None:
        notes.append(f"{wav.stem} has no .wav: weights that take sound get silence there.")
    return features


def _av_offsets(path: Path, notes: list[str]) -> dict[str, int]:
    """By how many rows each clip leads its labels, where the file is there. Raises StyleTalkError."""
    offsets = _json(path).get("lead", {})
    if not isinstance(offsets, dict) or not all(type(n) is int and abs(n) <= MAX_OFFSET for n in offsets.values()):
        rule = f'{{"lead": {{NAME: rows}}}}, whole rows up to {MAX_OFFSET}'
        raise StyleTalkError(f"{path} should contain {rule}. Correct or remove it.")
    if not offsets:
        notes.append(
            f"No av_offsets.json beside speech/: every clip is taken to lead its labels by {LABEL_LEAD_ROWS} rows, "
            "as published. The table of shifts below shows a clip for which that is wrong."
        )
    return offsets


def _json(path: Path) -> dict:
    """The object in a JSON file, empty where there is no such file. Raises StyleTalkError."""
    try:
        content = json.loads(path.read_text(encoding="utf-8")) if path.is_file() else {}
    except (OSError, ValueError) as error:
        raise StyleTalkError(f"{path} is not JSON ({error}). Correct or remove it.") from error
    if not isinstance(content, dict):
        raise StyleTalkError(f"{path} should contain a JSON object. Correct or remove it.")
    return content


def _other_length(pair: Recording) -> list[str]:
    """A note where the sound is of another length than the face at 30 fps; one row of either more is usual."""
    if pair.audio is None:
        return []
    sound_s, rows_s = load_audio(pair.audio).duration_s, len(pair.expression) / FRAME_RATE_HZ
    if abs(sound_s - rows_s) <= max(LENGTH_SLACK_S, LENGTH_SLACK * rows_s):
        return []
    return [
        f"{pair.name}: its sound lasts {sound_s:.1f} s and its rows with labels {rows_s:.1f} s at 30 fps. If it has "
        "another frame rate, evaluate it through styletalk manifest."
    ]


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
