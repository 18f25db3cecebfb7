# SPDX-License-Identifier: Apache-2.0
"""Coefficients that differ in the last digits, as those of two engines do, make animations that look the same."""

from pathlib import Path

import numpy as np
import pytest

import styletalk.demo
from styletalk.face.model import open_face
from styletalk.motion.finish import finish
from styletalk.networks.engine.inference import load_engine
from styletalk.phonemes import PHONEME_INDEX, PHONEMES
from styletalk.styles.code import style_code
from styletalk.styles.library import read_style
from styletalk.styles.presets import preset_names

NOISE, AGREE = 1e-6, 1e-4
DEMO = Path(styletalk.demo.__file__).parent


def talk(seed, rows=150):
    """Smooth motion of published size round a half-open mouth; a third of the labels bilabial or labiodental."""
    generator = np.random.default_rng(seed)
    labels = np.repeat(generator.integers(0, len(PHONEMES), rows), generator.integers(2, 7, rows))[:rows]
    starts = np.flatnonzero(np.diff(labels, prepend=-1))
    for start in generator.choice(starts, len(starts) // 3, replace=False):
        labels[start : start + 3] = PHONEME_INDEX[generator.choice(list("PBMFV"))]
    noise = np.stack([np.convolve(generator.normal(size=rows), np.hanning(9) / 3, "same") for _ in range(64)], axis=1)
    coefficients = noise * open_face().coefficient_std
    coefficients[:, 0] -= generator.uniform(-0.3, 0.8)
    return coefficients.astype(np.float32), labels.astype(np.int16)


def apart(one, other):
    names = ("coefficients", "head_pose", "blinks", "gaze", "tongue")
    return {name: float(np.abs(getattr(one, name) - getattr(other, name)).max()) for name in names}


def disturbed(coefficients, seed):
    noise = np.random.default_rng(1000 + seed).uniform(-NOISE, NOISE, coefficients.shape)
    return (coefficients + noise).astype(np.float32)


@pytest.mark.parametrize("seed", range(8))
def test_a_millionth_more_or_less_does_not_show(seed):
    coefficients, labels = talk(seed)
    one = finish(coefficients, labels, open_face())
    assert np.abs(one.coefficients - coefficients).max() > 0.1  # there was something to close
    found = apart(one, finish(disturbed(coefficients, seed), labels, open_face()))
    assert max(found.values()) < AGREE, found


def test_lips_that_stand_still_close_in_the_same_row_whatever_the_rounding():
    labels = np.full(60, PHONEME_INDEX["AA"], np.int16)
    for start, length in ((12, 1), (22, 2), (32, 4), (46, 5)):
        labels[start : start + length] = PHONEME_INDEX["M"]
    coefficients = np.zeros((60, 64), np.float32)
    coefficients[:, 0] = -1.0
    one = finish(coefficients, labels, open_face())
    for seed in range(4):
        found = apart(one, finish(disturbed(coefficients, seed), labels, open_face()))
        assert max(found.values()) < AGREE, found


@pytest.fixture(scope="module")
def line_labels():
    """The bundled line's labels, from its transcript."""
    from styletalk.speech.audio.sound_file import load_audio
    from styletalk.speech.track import phoneme_track

    transcript = (DEMO / "line.txt").read_text(encoding="utf-8")
    return phoneme_track(load_audio(DEMO / "line.wav"), transcript=transcript).labels()


@pytest.mark.parametrize("name", preset_names())
def test_both_engines_finish_the_bundled_line_alike(name, line_labels):
    pytest.importorskip("torch", reason="needs PyTorch: there is no other engine to compare with")
    engines = [load_engine(engine=engine, device="cpu") for engine in ("numpy", "torch")]
    spoken = [engine.coefficients(line_labels, style_code(read_style(name), engine)) for engine in engines]
    one, other = (finish(coefficients, line_labels, open_face()) for coefficients in spoken)
    assert max(apart(one, other).values()) < AGREE, apart(one, other)
