# SPDX-License-Identifier: Apache-2.0
"""The shipped presets: they load, play through any weights, read as their moods on the face, and differ."""

import itertools
from pathlib import Path

import numpy as np
import pytest

import styletalk.demo
from styletalk.face.landmarks import landmark_movement, landmark_positions
from styletalk.face.model import open_face
from styletalk.networks.checkpoints.generator import DEFAULT_WEIGHTS, weights_hash
from styletalk.networks.engine.inference import load_engine
from styletalk.styles.clip import ORIGINS
from styletalk.styles.code import style_code
from styletalk.styles.library import read_style
from styletalk.styles.presets import PRESETS_FOLDER, preset_names, preset_path

DEMO = Path(styletalk.demo.__file__).parent
LABELS = np.repeat(np.array([31, 2, 21, 0, 27, 17, 29, 35, 31, 6, 1, 32, 31], np.int16), 6)
DIFFERENT_MM = 1.5
"""Two presets are this far apart at least, on the mean, at the landmark that differs most."""
MAX_BYTES = 700_000
TRANSCRIPT, LINE = (DEMO / name for name in ("line.txt", "line.wav"))
CORNERS, LIPS = (61, 291), (0, 17, 13, 14)
INNER_BROWS, OUTER_BROWS = (107, 66, 336, 296), (70, 63, 300, 293)
UPPER_LIDS, LOWER_LIDS = (159, 386), (145, 374)
"""MediaPipe landmarks of the 478; the person's right comes first."""


@pytest.fixture(scope="module")
def engine():
    return load_engine(engine="numpy")


def test_the_moods_come_in_the_animators_order_and_every_name_loads():
    assert preset_names()[:5] == ("neutral", "warm", "happy", "excited", "sad") and len(preset_names()) >= 10
    for name in preset_names():
        style = read_style(name)
        assert style.name == style.mood == name
        assert style.licence == "CC0-1.0"
        assert style.origin in ORIGINS and style.made_of
        assert len(style.clip) >= 60
        assert style.thumbnail is not None and style.thumbnail.std() > 10


def test_nothing_is_pickled_and_together_they_are_small():
    files = sorted(PRESETS_FOLDER.iterdir())
    assert files == sorted(preset_path(name) for name in preset_names())
    for path in files:
        with np.load(path, allow_pickle=False) as data:
            assert all(data[name].dtype.kind in "fuU" for name in data.files), path.name
    assert sum(path.stat().st_size for path in files) < MAX_BYTES


def test_each_preset_carries_its_code_under_the_shipped_weights(engine):
    own = weights_hash(DEFAULT_WEIGHTS)
    for name in preset_names():
        style = read_style(name)
        np.testing.assert_allclose(style.codes[own], engine.encode_style(style.encoder_rows), atol=1e-3)


@pytest.mark.shared
def test_every_preset_plays_through_the_published_network(shared_dir):
    checkpoint = shared_dir / "fixtures" / "official_small" / "styletalk_checkpoint.pth"
    if not checkpoint.is_file():
        pytest.skip("needs the fixture of the published network")
    pytest.importorskip("torch", reason="needs PyTorch: it reads the published file format")
    engine = load_engine(checkpoint)
    codes = np.stack([style_code(read_style(name), engine) for name in preset_names()])
    spoken = engine.coefficients_of_styles(LABELS, codes)
    assert spoken.shape == (len(codes), len(LABELS), 64) and np.isfinite(spoken).all()
    apart = [np.abs(a - b).max() for a, b in itertools.combinations(spoken, 2)]
    assert min(apart) > 1e-4  # the codes were made by these weights: each mood another


@pytest.fixture(scope="module")
def faces(engine):
    """Mean place of every face landmark while a preset speaks the bundled line: name -> (478, 3) mm, y up."""
    from styletalk.speech.audio.sound_file import load_audio
    from styletalk.speech.track import phoneme_track

    labels = phoneme_track(load_audio(LINE), transcript=TRANSCRIPT.read_text(encoding="utf-8")).labels()
    face, found = open_face(), {}
    for name in preset_names():
        style = read_style(name)
        spoken = engine.coefficients(labels, style_code(style, engine))
        assert np.isfinite(spoken).all() and np.abs(spoken).max() < 8, name
        shown = face.vertices(spoken.mean(0)[None], upper=style.upper()[None])[
            0
        ]  # a mean of places: the face is linear
        found[name] = landmark_positions(shown, face.triangles, face.landmarks_mediapipe) * 1000
    return found


def looks(points):
    """What the eye judges a mood by, in millimetres."""
    height = points[:, 1]
    return {
        "mouth corners over the lips": height[list(CORNERS)].mean() - height[list(LIPS)].mean(),
        "mouth width": np.ptp(points[list(CORNERS), 0]),
        "upper lip": height[0],
        "lopsided mouth": height[CORNERS[1]] - height[CORNERS[0]],
        "inner brows": height[list(INNER_BROWS)].mean(),
        "outer brows": height[list(OUTER_BROWS)].mean(),
        "eyes": (height[list(UPPER_LIDS)] - height[list(LOWER_LIDS)]).mean(),
    }


@pytest.mark.parametrize(
    ("name", "what", "least_mm"),
    [  # about half of what the clips themselves show
        ("warm", "mouth width", 3.0),
        ("warm", "mouth corners over the lips", 1.0),
        ("happy", "mouth width", 5.0),
        ("happy", "mouth corners over the lips", 2.0),
        ("excited", "mouth corners over the lips", 2.0),
        ("excited", "inner brows", 1.8),
        ("excited", "eyes", 1.0),
        ("sad", "mouth corners over the lips", -1.0),
        ("sad", "inner brows", 1.0),
        ("sad", "eyes", -0.7),
        ("tired", "eyes", -1.2),
        ("angry", "inner brows", -2.1),
        ("angry", "outer brows", -1.8),
        ("furious", "inner brows", -2.5),
        ("furious", "upper lip", 1.7),
        ("surprised", "eyes", 1.8),
        ("surprised", "inner brows", 2.1),
        ("surprised", "outer brows", 2.0),
        ("worried", "inner brows", 1.5),
        ("worried", "eyes", 0.5),
        ("disgusted", "upper lip", 3.4),
        ("disgusted", "inner brows", -1.3),
        ("contempt", "lopsided mouth", 1.5),
    ],
)
def test_a_mood_shows_on_the_face_where_one_looks_for_it(faces, name, what, least_mm):
    moved_mm = looks(faces[name])[what] - looks(faces["neutral"])[what]
    assert moved_mm * np.sign(least_mm) > abs(least_mm), f"{moved_mm:.2f} mm"


@pytest.mark.parametrize("name", [name for name in preset_names() if name != "contempt"])
def test_no_mood_but_contempt_is_lopsided(name):
    face = open_face()
    level = read_style(name).clip.mean(0, keepdims=True)
    points = landmark_movement(face, face.landmarks_mediapipe, level)[0] * 1000
    rest = landmark_movement(face, face.landmarks_mediapipe, 0 * level)[0] * 1000
    for right, left in (CORNERS, UPPER_LIDS, (107, 336), (70, 300)):
        moved_right, moved_left = points[right] - rest[right], points[left] - rest[left]
        assert np.abs(moved_right - moved_left * [-1, 1, 1])[:2].max() < 0.8, (right, left)


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
