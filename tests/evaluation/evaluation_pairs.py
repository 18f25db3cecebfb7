# SPDX-License-Identifier: Apache-2.0
"""Made-up pairs whose motion follows their labels, so that every figure has a known side."""

import json
from pathlib import Path

import numpy as np
import soundfile
from scipy.io import savemat

from styletalk.face.model import open_face
from styletalk.phonemes import PHONEME_INDEX

ROWS = 200


def random_labels(seed: int, rows: int = ROWS) -> np.ndarray:
    """Labels (rows,) of random sounds, four to eight rows each, with a pause now and then."""
    rng = np.random.default_rng(seed)
    sounds = [PHONEME_INDEX[name] for name in ("AA", "IY", "UW", "S", "M", "B", "P", "F", "EH", "SIL")]
    labels = np.repeat(rng.choice(sounds, rows), rng.integers(4, 9, rows))
    return labels[:rows].astype(np.int16)


def motion_of(labels: np.ndarray, seed: int, level: np.ndarray) -> np.ndarray:
    """Coefficients (T, 64) that show label i + 3 in row i, smoothed, with some life of their own."""
    rng, shapes = np.random.default_rng(seed), np.random.default_rng(1).normal(size=(41, 64))
    shown = shapes[np.append(labels[3:], np.full(3, PHONEME_INDEX["SIL"]))]
    smooth = np.stack([np.convolve(column, np.ones(3) / 3, "same") for column in shown.T], axis=1)
    own = rng.normal(size=smooth.shape)
    return ((smooth + 0.3 * own) * 0.3 * open_face().coefficient_std + level).astype(np.float32)


def write_mat(path: Path, expression: np.ndarray) -> None:
    """A published clip of expression (T, 64)."""
    coefficients = np.zeros((len(expression), 257), np.float32)
    coefficients[:, 80:144] = expression
    savemat(path, {"coeff": coefficients})


def write_pair(folder: Path, name: str, labels: np.ndarray, expression: np.ndarray, sound: bool = True) -> None:
    write_mat(folder / f"{name}.mat", expression)
    (folder / f"{name}_seq.json").write_text(json.dumps(labels.tolist()))
    if sound:
        noise = np.random.default_rng(len(name)).normal(0, 0.1, 16000 * len(labels) // 30)
        soundfile.write(folder / f"{name}.wav", noise, 16000)
