# SPDX-License-Identifier: Apache-2.0
"""Blends: between any two styles the face goes steadily from the one to the other, under any weights."""

import itertools
import subprocess
import sys

import numpy as np
import pytest

from styletalk.errors import StyleError
from styletalk.networks.engine.inference import load_engine
from styletalk.styles.blend import blend, lengthened, mixed_clip
from styletalk.styles.clip import StyleClip
from styletalk.styles.library import read_style
from styletalk.styles.presets import preset_names

LABELS = np.repeat(np.array([31, 2, 21, 0, 27, 17, 29, 35, 31, 6, 1, 32, 31], np.int16), 3)
AMOUNTS = np.linspace(0, 1, 11)
MAX_STEP = 0.25
"""Of the whole way, in one step of 0.1; even steps would be 0.1."""


@pytest.fixture(scope="module")
def engine():
    return load_engine(engine="numpy")


def way(engine, a, b, encode):
    """(11,) how far along from a to b the mean expression of each blend is, 0..1."""
    blends = [blend(a, b, amount, engine) for amount in AMOUNTS]
    means = engine.coefficients_of_styles(LABELS, np.stack([encode(style) for style in blends])).mean(1)
    direction = means[-1] - means[0]
    return (means - means[0]) @ direction / (direction @ direction)


@pytest.mark.parametrize(("a", "b"), list(itertools.combinations(preset_names(), 2)))
def test_the_code_of_a_blend_goes_steadily_from_one_style_to_the_other(engine, a, b):
    along = way(engine, read_style(a), read_style(b), lambda style: style.codes[engine.weights_hash])
    assert np.all(np.diff(along) > 0), along
    assert np.diff(along).max() < MAX_STEP, along


@pytest.mark.parametrize(("a", "b"), [("happy", "sad"), ("neutral", "furious"), ("surprised", "tired")])
def test_and_so_does_its_clip_which_other_weights_encode(engine, a, b):
    along = way(engine, read_style(a), read_style(b), lambda style: engine.encode_style(style.encoder_rows))
    assert np.all(np.diff(along) > -0.03), along
    assert np.diff(along).max() < MAX_STEP, along


def test_a_style_of_ones_own_blends_with_a_preset(engine):
    own = StyleClip(read_style("angry").clip[40:100] * 1.3, "mine")
    along = way(engine, own, read_style("warm"), lambda style: style.codes[engine.weights_hash])
    assert np.all(np.diff(along) > 0) and np.diff(along).max() < MAX_STEP


def test_shapes_beside_the_coefficients_blend_by_their_shares(engine):
    angry, happy = read_style("angry"), read_style("happy")
    mixed = blend(angry, happy, 0.25, engine)
    np.testing.assert_allclose(mixed.upper(), 0.75 * angry.upper() + 0.25 * happy.upper(), atol=1e-6)


def test_the_clip_of_a_blend_has_the_mixed_level_and_amplitude():
    a, b = read_style("excited").clip, read_style("tired").clip[:100]
    for share in (0.0, 0.3, 1.0):
        mixed = mixed_clip([a, b], np.array([1 - share, share]))
        np.testing.assert_allclose(mixed.mean(0), (1 - share) * a.mean(0) + share * b.mean(0), atol=1e-5)
        np.testing.assert_allclose(mixed.std(0), (1 - share) * a.std(0) + share * b.std(0), atol=1e-5)


def test_a_clip_that_is_made_longer_never_jumps():
    rows = np.cumsum(np.random.default_rng(0).normal(size=(40, 64)), axis=0)
    long = lengthened(rows, 256)
    np.testing.assert_array_equal(long[:40], rows)
    assert np.abs(np.diff(long, axis=0)).max() <= np.abs(np.diff(rows, axis=0)).max()


@pytest.mark.parametrize("amount", [-0.1, 1.1, float("nan")])
def test_an_amount_beyond_the_ends_is_refused(engine, amount):
    with pytest.raises(StyleError, match="outside"):
        blend(read_style("happy"), read_style("sad"), amount, engine)


def test_the_command_writes_a_style_file(tmp_path, engine):
    out = tmp_path / "bitter.npz"
    blending = ["blend", "happy", "sad", "--amount", "0.25", "-o", str(out)]
    command = [sys.executable, "-m", "styletalk.cli", "styles", *blending]
    subprocess.run(command, check=True, capture_output=True)
    style = read_style(out)
    assert (style.name, style.origin, style.made_of) == ("bitter", "blended", "75% happy, 25% sad")
    expected = blend(read_style("happy"), read_style("sad"), 0.25, engine).codes[engine.weights_hash]
    np.testing.assert_allclose(style.codes[engine.weights_hash], expected, atol=1e-4)
