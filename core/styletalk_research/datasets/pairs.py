# SPDX-License-Identifier: Apache-2.0
"""The folder of sample clips as recordings and arrays, with what is known about their timing."""

from dataclasses import dataclass, replace
from functools import partial
from pathlib import Path
from typing import Any

import numpy as np

from styletalk.errors import AudioError, StyleTalkError
from styletalk.face.landmarks import LIPS
from styletalk.files.json_text import read_json
from styletalk.files.npy import read_npy
from styletalk.files.reading import UnusableContent, explaining
from styletalk.phonemes import SILENCE_INDEX
from styletalk.speech.audio.sound_file import load_audio
from styletalk.speech.features.audio_features import audio_feature_rows
from styletalk.speech.features.prosody import PROSODY_DIM
from styletalk.timeline import LABEL_LEAD_ROWS

from .arrays import read_expression
from .errors import ClipError, TrainingDataError
from .labels import check_label_count, checked_labels, labels_beside
from .recordings import Recording

_FIX = "Correct it, or take it out of the folder."
_LAYOUT = "Give the folder of speech/, style_clips/ and av_offsets.json, or the one that holds it as styletalk/."
_OTHERS = "Of other recordings make a manifest first: `styletalk manifest`."


MAX_OFFSET_ROWS = 30
"""No face is a second ahead of its labels."""


@dataclass(frozen=True)
class Readouts:
    """Linear readouts of the face from the landmark Jacobian, in distances between the outer eye corners.

    matrix: (64, R) float64, readout r of row x is x @ matrix[:, r]. names: the R names.
    """

    matrix: np.ndarray
    names: tuple[str, ...]

    def column(self, name: str) -> np.ndarray:
        """(64,) readout vector of `name`."""
        return self.matrix[:, self.names.index(name)]

    def track(self, expression: np.ndarray, name: str) -> np.ndarray:
        """(T,) of expression (T, 64)."""
        return expression @ self.column(name)


def clips_folder(data_dir: Path) -> Path:
    """The folder of speech/ and style_clips/: `data_dir` itself, or styletalk/ in it."""
    data_dir = Path(data_dir)
    return data_dir if (data_dir / "speech").is_dir() else data_dir / "styletalk"


def jacobian_file(data_dir: Path) -> Path:
    """The landmark Jacobian, (64, 478, 3) per unit of each coefficient, in calibration/ beside the clips' folder."""
    return clips_folder(data_dir).parent / "calibration" / "J64_mediapipe478.npy"


def load_recordings(
    data_dir: Path, sound_columns: int = PROSODY_DIM, notes: list[str] | None = None
) -> tuple[Recording, ...]:
    """The recordings in speech/ of `clips_folder`, by name, moved to the convention; style: the speaker.

    NAME.mat, its labels (NAME_seq.json, NAME.json or NAME.TextGrid), and NAME.wav and NAME.mp4 where they are there.
    Beside speech/: av_offsets.json ({"lead": {NAME: rows}}), and optionally speakers.json ({NAME: speaker}; else the
    part of NAME before the first "_"). sound_columns: of the audio features that are read from NAME.wav.
    notes: where a list is given, what is missing or broken is left out and a sentence about it is added; without
    one, it raises TrainingDataError, as does a folder without any usable recording.
    """
    folder = clips_folder(data_dir) / "speech"
    if not folder.is_dir():
        raise TrainingDataError(f"{data_dir} holds no sample clips. {_LAYOUT} {_OTHERS}")
    offsets = load_av_offsets(data_dir, notes)
    found = (_recording(path, offsets, sound_columns, notes) for path in sorted(folder.glob("*.mat")))
    recordings = tuple(recording for recording in found if recording is not None)
    if not recordings:
        raise TrainingDataError(f"{folder} holds no clip that can be used. {' '.join(notes or ()) or _LAYOUT}")
    speakers = named_speakers(data_dir)
    named = [(recording, speakers.get(recording.name, recording.speaker)) for recording in recordings]
    return tuple(replace(recording, speaker=speaker, style=speaker) for recording, speaker in named)


def named_speakers(data_dir: Path) -> dict[str, str]:
    """Who is in each clip, where speakers.json beside speech/ says so. Raises TrainingDataError."""
    speakers = _json_object(path := clips_folder(data_dir) / "speakers.json")
    if not all(isinstance(speaker, str) for speaker in speakers.values()):
        raise _unusable(path, "it does not name the speaker of each clip")
    return speakers


def load_av_offsets(data_dir: Path, notes: list[str] | None = None) -> dict[str, int]:
    """By how many rows each clip leads its labels, by name (measured, not published). Raises TrainingDataError.

    notes: as of `load_recordings`.
    """
    path = clips_folder(data_dir) / "av_offsets.json"
    offsets = read_av_offsets(path) if path.is_file() else {}
    if not offsets:
        if notes is None:
            raise TrainingDataError(f"{path} is missing, or has no clip in it. {_LAYOUT}")
        notes.append(
            f"No av_offsets.json beside speech/: every clip is taken to lead its labels by {LABEL_LEAD_ROWS} rows, as "
            "published. The table of shifts below shows a clip for which that is wrong."
        )
    return offsets


def read_av_offsets(path: Path) -> dict[str, int]:
    """Offsets by clip in a file {"lead": {NAME: rows}}. Raises TrainingDataError."""
    with explaining(
        lambda reason: TrainingDataError(f"{path} does not say the offsets of clips ({reason}). Correct or remove it.")
    ):
        offsets = {str(name): int(rows) for name, rows in _json_object(path)["lead"].items()}
        if any(abs(rows) > MAX_OFFSET_ROWS for rows in offsets.values()):
            raise UnusableContent(f"one is more than {MAX_OFFSET_ROWS} rows")
        return offsets


def load_style_rows(data_dir: Path, notes: list[str] | None = None) -> dict[str, np.ndarray]:
    """(N, 64) float32 expression rows of every silent style clip, by file stem. Raises TrainingDataError.

    notes: as of `load_recordings`.
    """
    clips: dict[str, np.ndarray] = {}
    for path in sorted((clips_folder(data_dir) / "style_clips").glob("*.mat")):
        try:
            clips[path.stem] = read_expression(path)
        except ClipError as error:
            _report(path, error, notes)
    return clips


def load_readouts(data_dir: Path) -> Readouts:
    """Mouth, eye and brow readouts of the landmark Jacobian beside the clips. Raises TrainingDataError."""
    jacobian = _jacobian(data_dir)
    x, y = jacobian[..., 0], jacobian[..., 1]  # (64, 478) each; x right, y down
    columns = {
        "gap": y[:, 14] - y[:, 13],
        "width": x[:, 291] - x[:, 61],
        "corner": y[:, [0, 17, 13, 14]].mean(1) - y[:, [61, 291]].mean(1),
        "eye": ((y[:, 145] - y[:, 159]) + (y[:, 374] - y[:, 386])) / 2,
        "inner_brow": -y[:, [107, 66, 336, 296]].mean(1),
        "outer_brow": -y[:, [70, 63, 300, 293]].mean(1),
        "brow_distance": x[:, 336] - x[:, 107],
    }
    return Readouts(matrix=np.stack(list(columns.values()), axis=1), names=tuple(columns))


def lip_jacobian(data_dir: Path) -> np.ndarray:
    """(64, 40) float64: x and y of the twenty outer and inner lip landmarks, for the metric. Raises as `_jacobian`."""
    jacobian = _jacobian(data_dir)
    return jacobian[:, LIPS, :2].reshape(len(jacobian), -1)


def shifted_labels(labels: np.ndarray, av_offset: int) -> np.ndarray:
    """(T,) labels of a clip that leads by `av_offset` rows, moved to the convention; silence fills the end."""
    shift = av_offset - LABEL_LEAD_ROWS
    if shift == 0:
        return labels
    moved = np.full_like(labels, SILENCE_INDEX)
    if shift > 0:
        moved[:-shift] = labels[shift:]
    else:
        moved[-shift:] = labels[:shift]
    return moved


def scrambled(pairs: "tuple[Recording, ...]") -> "tuple[Recording, ...]":
    """The control: each clip's motion with the labels and the sound of the next, backwards."""
    return tuple(_saying(other, pair) for pair, other in zip(pairs, (*pairs[1:], pairs[0]), strict=True))


def _saying(other: Recording, pair: Recording) -> Recording:
    spoken = other.utterance
    rows = np.resize(np.arange(len(spoken.labels))[::-1], len(pair.expression))
    features = None if spoken.audio_features is None else spoken.audio_features[rows]
    return replace(pair, labels=spoken.labels[rows], audio_features=features)


def relabelled(pairs: "tuple[Recording, ...]", path: Path) -> "tuple[Recording, ...]":
    """The same clips with other labels: a JSON object of lists by clip name, in the convention already.

    Raises TrainingDataError where a clip is missing or its labels are too few.
    """
    with explaining(
        lambda reason: TrainingDataError(f"{path} lacks labels of a clip ({reason}). Make it again with own_labels.")
    ):
        labels = read_json(Path(path))
        found = [checked_labels(labels[pair.name])[: len(pair.expression)] for pair in pairs]
        if any(len(track) != len(pair.expression) for track, pair in zip(found, pairs, strict=True)):
            raise UnusableContent("it is too short for a clip")
    return tuple(replace(pair, labels=track) for track, pair in zip(found, pairs, strict=True))


def windows(labels: np.ndarray, radius: int = 5) -> np.ndarray:
    """(T, 2 * radius + 1) int64: the labels round each row, silence outside the clip (paper, section 3.1)."""
    padded = np.concatenate([np.full(radius, SILENCE_INDEX), labels, np.full(radius, SILENCE_INDEX)]).astype(np.int64)
    return np.lib.stride_tricks.sliding_window_view(padded, 2 * radius + 1).copy()


def _report(path: Path, error: StyleTalkError, notes: list[str] | None) -> None:
    """What is wrong with a clip, as a note, or as TrainingDataError where nobody takes notes."""
    if notes is None:
        raise TrainingDataError(f"{path} cannot be learnt from: {error} {_FIX}") from error
    notes.append(f"{path.stem} was left out: {error}")


def _json_object(path: Path) -> dict[str, Any]:
    """The object in a JSON file, empty where there is no such file. Raises TrainingDataError."""
    with explaining(partial(_unusable, path)):
        content = read_json(path) if path.is_file() else {}
    return content if isinstance(content, dict) else {}


def _unusable(path: Path, reason: str) -> TrainingDataError:
    return TrainingDataError(f"{path} cannot be used ({reason}). Correct or remove it.")


def landmark_jacobian(data_dir: Path) -> np.ndarray | None:
    """(64, 478, 3): moves of MediaPipe's points (x right, y down) per unit of each coefficient, in eye distances.

    None where `jacobian_file` is missing. Raises TrainingDataError where it holds anything else.
    """
    path = jacobian_file(data_dir)
    if not path.is_file():
        return None
    with explaining(partial(_unusable, path)):
        jacobian = read_npy(path)
        if jacobian.shape != (64, 478, 3) or jacobian.dtype.kind != "f" or not np.isfinite(jacobian).all():
            raise UnusableContent("it is not the landmark Jacobian, (64, 478, 3)")
        return jacobian


def _jacobian(data_dir: Path) -> np.ndarray:
    """The landmark Jacobian, which must be there. Raises TrainingDataError."""
    jacobian = landmark_jacobian(data_dir)
    if jacobian is None:
        beside = "Put calibration/ beside the folder of speech/ and style_clips/."
        raise TrainingDataError(f"{jacobian_file(data_dir)} is missing. {beside}")
    return jacobian


def read_audio_features(
    path: Path, rows: int, av_offset: int = LABEL_LEAD_ROWS, columns: int = PROSODY_DIM
) -> np.ndarray | None:
    """(rows, columns) float32 of a clip that leads by `av_offset` rows, moved to the convention; None without the file.

    Raises AudioError.
    """
    if not path.is_file():
        return None
    shift = av_offset - LABEL_LEAD_ROWS
    sounding = audio_feature_rows(load_audio(path), rows + max(shift, 0), columns)
    return sounding[shift:] if shift >= 0 else np.pad(sounding, ((-shift, 0), (0, 0)))[:rows]


def _recording(path: Path, offsets: dict[str, int], columns: int, notes: list[str] | None) -> Recording | None:
    """The recording of a .mat file; None where it cannot be used, and a note says so."""
    try:
        expression = read_expression(path)
        labels = labels_beside(path, len(expression))
        if notes is None:
            check_label_count(labels, len(expression), path)
            if path.stem not in offsets:
                raise ClipError("av_offsets.json does not say by how many rows it leads its labels.")
    except ClipError as error:
        return _report(path, error, notes)
    rows, offset = min(len(labels), len(expression)), offsets.get(path.stem, LABEL_LEAD_ROWS)
    if notes is not None and rows < len(expression):
        notes.append(f"{path.stem}: the last {len(expression) - rows} rows have no label and were left out.")
    sound, film = path.with_suffix(".wav"), path.with_suffix(".mp4")
    features = _audio_features(sound, rows, offset, columns, notes)
    return Recording(
        name=path.stem, speaker=path.stem.split("_")[0], expression=expression[:rows],
        labels=shifted_labels(labels, offset)[:rows], audio_features=features,
        audio=sound if features is not None else None, video=film if film.is_file() else None, av_offset=offset,
    )  # fmt: skip


def _audio_features(sound: Path, rows: int, offset: int, columns: int, notes: list[str] | None) -> np.ndarray | None:
    try:
        features = read_audio_features(sound, rows, offset, columns)
    except AudioError as error:
        if notes is None:
            raise
        notes.append(f"{sound.stem}: its sound cannot be used, so weights that take sound get silence ({error})")
        return None
    if features is None and notes is not None:
        notes.append(f"{sound.stem} has no .wav: weights that take sound get silence there.")
    return features
