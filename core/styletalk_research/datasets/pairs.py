# SPDX-License-Identifier: Apache-2.0
"""The sample pairs and style clips as arrays, with what is known about their timing."""

import json
from dataclasses import dataclass, replace
from pathlib import Path

import numpy as np

from styletalk.animation import EXPRESSION_DIM
from styletalk.errors import StyleError, StyleTalkError
from styletalk.face.landmarks import LIPS
from styletalk.phonemes import SILENCE_INDEX
from styletalk.speech.audio.sound_file import load_audio
from styletalk.speech.features.audio_features import audio_feature_rows
from styletalk.speech.features.prosody import PROSODY_DIM
from styletalk.speech.recognition.words import installed_whisper
from styletalk.styles.readers import rows_from_mat
from styletalk.timeline import LABEL_LEAD_ROWS

from .arrays import checked_expression
from .errors import ClipError
from .labels import check_label_count, listed_labels

PHONEME_COUNT = 41

_MEND = "Mend it, or take it out of the folder."
_LAYOUT = "Give the folder of speech/, style_clips/ and av_offsets.json, or the one that holds it as styletalk/."
_OTHERS = "Of other recordings make a manifest first: `styletalk manifest`."


class TrainingDataError(StyleTalkError):
    """The training data is missing or not in the published layout."""


@dataclass(frozen=True)
class SpeechPair:
    """A clip with sound. labels: (T,) int16, moved so that row i goes with label i + 3; expression: (T, 64) float32.

    audio_features: (T, F) float32 of `speech.sound`, moved as the labels are; None where the sound file is not there.
    """

    name: str
    speaker: str
    labels: np.ndarray
    expression: np.ndarray
    audio: Path
    audio_features: np.ndarray | None = None

    @property
    def centred(self) -> np.ndarray:
        """(T, 64): expression minus the clip's mean."""
        return self.expression - self.expression.mean(0)


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


def load_pairs(data_dir: Path, sound_dim: int = PROSODY_DIM) -> tuple[SpeechPair, ...]:
    """All pairs of `data_dir`, by name, offsets corrected, with sound_dim columns of their sound.

    See `clips_folder`. Raises TrainingDataError.
    """
    folder = clips_folder(data_dir)
    if not (folder / "speech").is_dir():
        raise TrainingDataError(f"{data_dir} holds no sample pairs. {_LAYOUT} {_OTHERS}")
    try:
        lead = load_leads(data_dir)
        names = sorted(path.stem for path in (folder / "speech").glob("*.mat"))
        pairs = tuple(_pair(folder / "speech", name, lead[name], sound_dim) for name in names)
    except (OSError, KeyError, ValueError) as error:
        raise TrainingDataError(f"{data_dir} lacks a part of the sample pairs ({error}). {_LAYOUT}") from error
    if not pairs:
        raise TrainingDataError(f"{folder / 'speech'} holds no clip. {_LAYOUT}")
    return pairs


def load_leads(data_dir: Path) -> dict[str, int]:
    """By how many frames the rows of each clip lead its labels (measured, not published)."""
    offsets = json.loads((clips_folder(data_dir) / "av_offsets.json").read_text(encoding="utf-8"))
    return {name: int(lead) for name, lead in offsets["lead"].items()}


def load_style_rows(data_dir: Path) -> dict[str, np.ndarray]:
    """(N, 64) float32 expression rows of every silent style clip, by file stem. Raises TrainingDataError."""
    folder = clips_folder(data_dir) / "style_clips"
    return {path.stem: _expression(path) for path in sorted(folder.glob("*.mat"))}


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


def led_by(labels: np.ndarray, lead: int) -> np.ndarray:
    """(T,) labels of a clip that leads by `lead`, moved to the convention; silence fills the end."""
    shift = lead - LABEL_LEAD_ROWS
    if shift == 0:
        return labels
    moved = np.full_like(labels, SILENCE_INDEX)
    if shift > 0:
        moved[:-shift] = labels[shift:]
    else:
        moved[-shift:] = labels[:shift]
    return moved


def scrambled(pairs: "tuple[SpeechPair, ...]") -> "tuple[SpeechPair, ...]":
    """The control: each clip's motion with what is said and heard in the next, backwards."""
    return tuple(_saying(other, pair) for pair, other in zip(pairs, (*pairs[1:], pairs[0]), strict=True))


def _saying(other: SpeechPair, pair: SpeechPair) -> SpeechPair:
    rows = np.resize(np.arange(len(other.labels))[::-1], len(pair.labels))
    heard = None if other.audio_features is None else other.audio_features[rows]
    return replace(pair, labels=other.labels[rows], audio_features=heard)


def relabelled(pairs: "tuple[SpeechPair, ...]", path: Path) -> "tuple[SpeechPair, ...]":
    """The same clips with other labels: a JSON object of lists by clip name, in the convention already.

    Raises TrainingDataError where a clip is missing or its labels are too few.
    """
    try:
        labels = json.loads(Path(path).read_text(encoding="utf-8"))
        found = [np.array(labels[pair.name], np.int16)[: len(pair.labels)] for pair in pairs]
    except (OSError, KeyError, ValueError, TypeError) as error:
        raise TrainingDataError(f"{path} lacks labels of a clip ({error}). Make it again with own_labels.") from error
    if any(len(track) != len(pair.labels) for track, pair in zip(found, pairs, strict=True)):
        raise TrainingDataError(f"{path} is too short for a clip. Make it again with own_labels.")
    return tuple(replace(pair, labels=track) for track, pair in zip(found, pairs, strict=True))


def windows(labels: np.ndarray, radius: int = 5) -> np.ndarray:
    """(T, 2 * radius + 1) int64: the labels round each row, silence outside the clip (paper, section 3.1)."""
    padded = np.concatenate([np.full(radius, SILENCE_INDEX), labels, np.full(radius, SILENCE_INDEX)]).astype(np.int64)
    return np.lib.stride_tricks.sliding_window_view(padded, 2 * radius + 1).copy()


def _expression(path: Path) -> np.ndarray:
    """(T, 64) float32 of a published clip. Raises TrainingDataError, which names it, where it cannot be a face."""
    try:
        rows = rows_from_mat(path)
        if rows.ndim != 2 or rows.shape[1] != EXPRESSION_DIM or rows.dtype.kind not in "fiu":
            raise ClipError(f"its table has shape {rows.shape}; {EXPRESSION_DIM} numbers a row are expected.")
        return checked_expression(rows)
    except (ClipError, StyleError) as error:
        raise TrainingDataError(f"{path} cannot be learnt from: {error} {_MEND}") from error


def _jacobian(data_dir: Path) -> np.ndarray:
    """The landmark Jacobian of `jacobian_file`, (64, 478, 3). Raises TrainingDataError."""
    path = jacobian_file(data_dir)
    try:
        return np.load(path, allow_pickle=False)
    except (OSError, ValueError) as error:
        beside = "Put calibration/ beside the folder of speech/ and style_clips/."
        raise TrainingDataError(f"{path} cannot be read ({error}). {beside}") from error


def check_hearing(columns: int) -> None:
    """Raises TrainingDataError where `columns` of sound need Whisper, and it is not installed: zeros teach nothing."""
    if columns > PROSODY_DIM and installed_whisper() is None:
        raise TrainingDataError(
            "This run learns from what Whisper hears, and Whisper is not installed. "
            f'Run `pip install "styletalk-blender[words]"`, or set audio_dim and sound_dim to {PROSODY_DIM}.'
        )


def heard(path: Path, rows: int, lead: int = LABEL_LEAD_ROWS, columns: int = PROSODY_DIM) -> np.ndarray | None:
    """(rows, columns) float32 of a clip that leads by `lead`, moved to the convention; None without the file."""
    if not path.is_file():
        return None
    shift = lead - LABEL_LEAD_ROWS
    sounding, _ = audio_feature_rows(load_audio(path), rows + max(shift, 0), columns)
    return sounding[shift:] if shift >= 0 else np.pad(sounding, ((-shift, 0), (0, 0)))[:rows]


def _pair(folder: Path, name: str, lead: int, sound_dim: int) -> SpeechPair:
    expression = _expression(folder / f"{name}.mat")
    labels_file = folder / f"{name}_seq.json"
    try:
        labels = listed_labels(labels_file)
        check_label_count(labels, len(expression), labels_file)
    except ClipError as error:
        raise TrainingDataError(f"{folder / name} cannot be learnt from: {error} {_MEND}") from error
    rows = min(len(labels), len(expression))
    return SpeechPair(
        name=name, speaker=name.split("_")[0], labels=led_by(labels, lead)[:rows],
        expression=expression[:rows], audio=folder / f"{name}.wav",
        audio_features=heard(folder / f"{name}.wav", rows, lead, sound_dim),
    )  # fmt: skip
