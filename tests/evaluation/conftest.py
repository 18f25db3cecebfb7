# SPDX-License-Identifier: Apache-2.0
"""A folder of made-up pairs."""

import shutil
from pathlib import Path

import numpy as np
import pytest
from evaluation_pairs import motion_of, random_labels, write_mat, write_pair

from styletalk.face.model import open_face

NAMES = ("ann_one", "ann_two", "bob_one", "bob_two")


@pytest.fixture(scope="session")
def made_pairs(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """speech/ with four pairs of two speakers, and style_clips/ with one clip; no offsets, no calibration."""
    data = tmp_path_factory.mktemp("made") / "data"
    (data / "speech").mkdir(parents=True)
    (data / "style_clips").mkdir()
    for seed, name in enumerate(NAMES):
        level = 0.3 * open_face().coefficient_std * (1 if name.startswith("ann") else -1)
        write_pair(data / "speech", name, random_labels(seed), motion_of(random_labels(seed), seed, level))
    write_mat(data / "style_clips" / "happy_clip1.mat", motion_of(random_labels(9, 90), 9, np.zeros(64)))
    return data


@pytest.fixture
def pairs_dir(made_pairs: Path, tmp_path: Path) -> Path:
    """A copy of `made_pairs` to break."""
    return Path(shutil.copytree(made_pairs, tmp_path / "data"))
