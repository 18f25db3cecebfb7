# SPDX-License-Identifier: Apache-2.0
"""A folder of made-up pairs whose motion follows their labels, so that every figure has a known side."""

import json
import shutil
from pathlib import Path

import numpy as np
import pytest
import soundfile
from scipy.io import savemat

from styletalk.face.model import open_face
from styletalk.phonemes import PHONEME_INDEX

NAMES = ("ann_one", "ann_two", "bob_one", "bob_two")
ROWS = 200


def said(seed: int, rows: int = ROWS) -> np.ndarray:
    """Labels (rows,) of random sounds, four to eight rows each, with a pause now and then."""
    rng = np.random.default_rng(seed)
    sounds = [PHONEME_INDEX[name] for name in ("AA", "IY", "UW", "S", "M", "B", "P", "F", "EH", "SIL")]
    labels = np.repeat(rng.choice(sounds, rows), rng.integers(4, 9, rows))
    return labels[:rows].astype(np.int16)


def moved(labels: np.ndarray, seed: int, level: np.ndarray) -> np.ndarray:
    """Coefficients (T, 64) that show label i + 3 in row i, smoothed, with some life of their own."""
    rng, shapes = np.random.default_rng(seed), np.random.default_rng(1).normal(size=(41, 64))
    shown = shapes[np.append(labels[3:], np.full(3, PHONEME_INDEX["SIL"]))]
    smooth = np.stack([np.convolve(column, np.ones(3) / 3, "same") for column in shown.T], axis=1)
    own = rng.normal(size=smooth.shape)
    return ((smooth + 0.3 * own) * 0.3 * open_face().coefficient_std + level).astype(np.float32)


def write_pair(folder: Path, name: str, labels: np.ndarray, expression: np.ndarray, sound: bool = True) -> None:
    coefficients = np.zeros((len(expression), 257), np.float32)
    coefficients[:, 80:144] = expression
    savemat(folder / f"{name}.mat", {"coeff": coefficients})
    (folder / f"{name}_seq.json").write_text(json.dumps(labels.tolist()))
    if sound:
        noise = np.random.default_rng(len(name)).normal(0, 0.1, 16000 * len(labels) // 30)
        soundfile.write(folder / f"{name}.wav", noise, 16000)


@pytest.fixture(scope="session")
def made_pairs(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """speech/ with four pairs of two speakers, and style_clips/ with one clip; no offsets, no calibration."""
    data = tmp_path_factory.mktemp("made") / "data"
    (data / "speech").mkdir(parents=True)
    (data / "style_clips").mkdir()
    for seed, name in enumerate(NAMES):
        level = 0.3 * open_face().coefficient_std * (1 if name.startswith("ann") else -1)
        write_pair(data / "speech", name, said(seed), moved(said(seed), seed, level))
    clip = np.zeros((90, 257), np.float32)
    clip[:, 80:144] = moved(said(9, 90), 9, 0 * open_face().coefficient_std)
    savemat(data / "style_clips" / "happy_clip1.mat", {"coeff": clip})
    return data


@pytest.fixture
def pairs_dir(made_pairs: Path, tmp_path: Path) -> Path:
    """A copy of `made_pairs` to break."""
    return Path(shutil.copytree(made_pairs, tmp_path / "data"))
