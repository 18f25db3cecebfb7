# SPDX-License-Identifier: Apache-2.0
"""The shipped presets: they load, carry codes for the shipped weights, and look different on the same line."""

import itertools

import numpy as np
import pytest

from core.networks.checkpoint import DEFAULT_WEIGHTS, weights_hash
from core.networks.inference import load_engine
from core.styles.clip import read_style
from core.styles.code import style_code
from core.styles.presets import preset_names

LABELS = np.repeat(np.array([31, 2, 21, 0, 27, 17, 29, 35, 31, 6, 1, 32, 31], np.int16), 6)


@pytest.fixture(scope="module")
def engine():
    return load_engine(engine="numpy")


def test_neutral_comes_first_and_every_name_loads():
    assert preset_names()[0] == "neutral"
    assert {"happy", "sad", "angry", "surprised"} < set(preset_names())
    for name in preset_names():
        style = read_style(name)
        assert style.name == name
        assert style.licence == "CC0-1.0"
        assert len(style.clip) >= 60


def test_each_preset_carries_its_code_under_the_shipped_weights(engine):
    own = weights_hash(DEFAULT_WEIGHTS)
    for name in preset_names():
        style = read_style(name)
        np.testing.assert_allclose(style.codes[own], engine.encode_style(style.encoder_rows), atol=1e-3)


def test_presets_speak_and_differ_from_each_other_by_more_than_speech_moves(engine):
    spoken = {name: engine.coefficients(LABELS, style_code(read_style(name), engine)) for name in preset_names()}
    for name, rows in spoken.items():
        assert np.isfinite(rows).all(), name
        assert np.abs(rows).max() < 8, name
    for a, b in itertools.combinations(preset_names(), 2):
        apart = np.sqrt(((spoken[a].mean(0) - spoken[b].mean(0)) ** 2).mean())
        assert apart > 0.1, f"{a} and {b} differ by {apart:.3f}"


def test_the_face_of_a_preset_follows_its_clip(engine):
    names = preset_names()
    wanted = np.stack([read_style(name).clip.mean(0) for name in names])
    made = np.stack([engine.coefficients(LABELS, style_code(read_style(name), engine)).mean(0) for name in names])
    wanted, made = wanted - wanted.mean(0), made - made.mean(0)
    for name, a, b in zip(names, wanted, made, strict=True):
        assert np.corrcoef(a, b)[0, 1] > 0.5, name
