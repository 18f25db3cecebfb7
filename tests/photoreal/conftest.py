# SPDX-License-Identifier: Apache-2.0
"""What tests of the pass share: a portrait, a line with its sound, and a renderer whose pictures say what they show."""

import dataclasses
import hashlib
import shutil

import numpy as np
import pytest
from stand_ins import HEIGHT, WIDTH, StandInRenderer

from styletalk.animation import FaceAnimation
from styletalk.phonemes import PHONEME_INDEX
from styletalk.photoreal import film_pass
from styletalk.photoreal.portrait import Portrait

ROWS = 45


@pytest.fixture
def renderers(monkeypatch):
    """Passes are rendered by stand-ins, which are listed here as they are made."""
    made = []

    def make(portrait, options, notify=None):
        made.append(StandInRenderer(portrait, options, notify))
        return made[-1]

    monkeypatch.setattr(film_pass, "make_renderer", make)
    return made


@pytest.fixture
def portrait_file(tmp_path):
    """A portrait of noise, whose face is a plausible place in it."""
    generator = np.random.default_rng(3)
    landmarks = generator.uniform(30, 90, (478, 3)).astype(np.float32)
    path = tmp_path / "person.npz"
    Portrait(
        pixels=generator.integers(0, 256, (HEIGHT, WIDTH, 3), np.uint8), alpha=None, landmarks=landmarks,
        identity=np.zeros(80, np.float32), expression=np.zeros(64, np.float32), rotation=np.zeros(3, np.float32),
        scale=500.0, offset=np.array([64, 110], np.float32), mouth_gap_m=0.0,
        metadata={"source": "person.jpg", "sha256": "ab" * 32, "notes": ["The photo is small."]},
    ).save(path)  # fmt: skip
    return path


@pytest.fixture
def line(tmp_path):
    """(animation file, its sound): a slow wave in the first coefficient, a lead-in of 6 rows."""
    from styletalk.demo import LINE

    sound = tmp_path / "line.wav"
    shutil.copyfile(LINE, sound)
    sha256 = hashlib.sha256(sound.read_bytes()).hexdigest()
    coefficients = np.zeros((ROWS, 64), np.float32)
    coefficients[:, 0] = np.sin(np.arange(ROWS) / 6)
    animation = FaceAnimation.still(
        coefficients, np.full(ROWS, PHONEME_INDEX["SIL"], np.int16),
        {"audio": "line.wav", "audio_sha256": sha256, "style": "happy", "note": ""},
    )  # fmt: skip
    path = tmp_path / "line.npz"
    dataclasses.replace(animation, first_row=-6).save(path)
    return path, sound
