# SPDX-License-Identifier: Apache-2.0
"""The shipped presets: they load, carry codes for the shipped weights, and look different on the same line."""

import itertools
from pathlib import Path

import numpy as np
import pytest

import core.demo
from core.face.landmarks import landmark_movement
from core.face.model import open_face
from core.networks.checkpoint import DEFAULT_WEIGHTS, weights_hash
from core.networks.inference import load_engine
from core.styles.library import read_style
from core.styles.code import style_code
from core.styles.presets import preset_names

DEMO = Path(core.demo.__file__).parent
LABELS = np.repeat(np.array([31, 2, 21, 0, 27, 17, 29, 35, 31, 6, 1, 32, 31], np.int16), 6)
DIFFERENT_MM = 2.0
"""Two presets are this far apart at least, on the mean, at the landmark that differs most; the nearest two: 4.5."""
TRANSCRIPT, LINE = (DEMO / name for name in ("line.txt", "line.flac"))
CORNERS, LIPS = (61, 291), (0, 17, 13, 14)
INNER_BROWS, OUTER_BROWS = (107, 66, 336, 296), (70, 63, 300, 293)
UPPER_LIDS, LOWER_LIDS = (159, 386), (145, 374)
"""MediaPipe landmarks of the 478."""


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


@pytest.fixture(scope="module")
def faces(engine):
    """Mean place of every face landmark while a preset speaks the bundled line: name -> (478, 3) mm, y up."""
    from core.speech.audio import load_audio
    from core.speech.track import phoneme_track

    labels = phoneme_track(load_audio(LINE), transcript=TRANSCRIPT.read_text(encoding="utf-8")).labels()
    face, found = open_face(), {}
    for name in preset_names():
        spoken = engine.coefficients(labels, style_code(read_style(name), engine))
        assert np.isfinite(spoken).all() and np.abs(spoken).max() < 8, name
        found[name] = landmark_movement(face, face.landmarks_mediapipe, spoken).mean(0) * 1000
    return found


def looks(points):
    """What the eye judges a mood by, in millimetres."""
    height = points[:, 1]
    return {
        "mouth corners over the lips": height[list(CORNERS)].mean() - height[list(LIPS)].mean(),
        "mouth width": np.ptp(points[list(CORNERS), 0]),
        "inner brows": height[list(INNER_BROWS)].mean(),
        "outer brows": height[list(OUTER_BROWS)].mean(),
        "eyes": (height[list(UPPER_LIDS)] - height[list(LOWER_LIDS)]).mean(),
    }


@pytest.mark.parametrize(
    ("name", "what", "least_mm"),
    [  # half of what they measure, about: 10.5, 3.7; -3.1, 3.2, -1.4; -4.5, -3.6, -2.8; 3.7, 5.6, 5.6
        ("happy", "mouth width", 5.0),
        ("happy", "mouth corners over the lips", 2.0),
        ("sad", "mouth corners over the lips", -1.5),
        ("sad", "inner brows", 1.5),
        ("sad", "eyes", -0.7),
        ("angry", "inner brows", -2.2),
        ("angry", "outer brows", -1.8),
        ("angry", "eyes", -1.4),
        ("surprised", "eyes", 1.8),
        ("surprised", "inner brows", 2.8),
        ("surprised", "outer brows", 2.8),
    ],
)
def test_a_mood_shows_on_the_face_where_one_looks_for_it(faces, name, what, least_mm):
    moved_mm = looks(faces[name])[what] - looks(faces["neutral"])[what]
    assert moved_mm * np.sign(least_mm) > abs(least_mm), f"{moved_mm:.2f} mm"


@pytest.mark.parametrize(("a", "b"), list(itertools.combinations(preset_names(), 2)))
def test_any_two_presets_look_different(faces, a, b):
    assert np.linalg.norm(faces[a] - faces[b], axis=1).max() > DIFFERENT_MM


def test_the_face_of_a_preset_follows_its_clip(engine):
    names = preset_names()
    wanted = np.stack([read_style(name).clip.mean(0) for name in names])
    made = np.stack([engine.coefficients(LABELS, style_code(read_style(name), engine)).mean(0) for name in names])
    wanted, made = wanted - wanted.mean(0), made - made.mean(0)
    for name, a, b in zip(names, wanted, made, strict=True):
        assert np.corrcoef(a, b)[0, 1] > 0.5, name
