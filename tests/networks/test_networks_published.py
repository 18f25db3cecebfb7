# SPDX-License-Identifier: Apache-2.0
"""The published network's own numbers, on the small instance with random weights, to 1e-5."""

import json

import numpy as np
import pytest
import torch
from networks_reference import label_windows

from styletalk.networks.checkpoints.generator import load_generator, read_weights, save_generator
from styletalk.networks.engine.inference import load_engine

pytestmark = pytest.mark.shared
TOLERANCE = 1e-5
STYLES = [("style_code", "expression"), ("style_code_long", "expression_long")]


@pytest.fixture(scope="module")
def fixture_dir(shared_dir):
    return shared_dir / "fixtures" / "official_small"


@pytest.fixture(scope="module")
def checkpoint(fixture_dir):
    return fixture_dir / "styletalk_checkpoint.pth"


@pytest.fixture(scope="module")
def expected(fixture_dir):
    with np.load(fixture_dir / "expected.npz") as data:
        return dict(data)


@pytest.fixture(scope="module")
def module(checkpoint):
    return load_generator(checkpoint)[0]


@pytest.fixture(scope="module", params=["torch", "numpy"])
def engine(request, checkpoint):
    return load_engine(checkpoint, request.param, "cpu")


def expression_of(clip_file):
    scipy_io = pytest.importorskip("scipy.io")
    return scipy_io.loadmat(clip_file)["coeff"][:, 80:144].astype(np.float32)


@pytest.fixture(scope="module")
def clips(fixture_dir, shared_dir):
    """Both style clips, as they lie on disk: one of 135 rows, one of 600, of which 256 count."""
    data = shared_dir / "data" / "styletalk"
    name = json.loads((fixture_dir / "config.json").read_text())["style"]
    short = expression_of(data / "style_clips" / f"{name}.mat")
    return {"style_code": short, "style_code_long": expression_of(data / "speech" / "Obama_clip1.mat")}


def test_the_config_is_read_off_the_shapes(checkpoint, fixture_dir):
    config = read_weights(checkpoint).config
    stated = json.loads((fixture_dir / "config.json").read_text())["styletalk"]
    ours = {
        "d_model": config.d_model, "nhead": config.nhead, "ph_embed_dim": config.phoneme_dim,
        "encoder_layers": config.audio_layers, "style_layers": config.style_layers,
        "decoder_layers": config.decoder_layers, "dim_feedforward": config.feedforward,
        "dynamic_K": config.kernels, "dynamic_ratio": config.gate_ratio, "window": config.window,
    }  # fmt: skip
    assert ours == stated


def test_the_audio_encoder_agrees(module, expected):
    windows = label_windows(torch.from_numpy(expected["phonemes"]), module.config.window)[: len(expected["content"])]
    with torch.no_grad():
        np.testing.assert_allclose(module.content_encoder(windows).numpy(), expected["content"], atol=TOLERANCE)


def test_the_style_encoder_agrees_on_the_padded_clip(module, expected):
    clip, padding = torch.from_numpy(expected["style_clip"]), torch.from_numpy(expected["style_pad"])
    with torch.no_grad():
        code = module.encode_style(clip[None], padding[None])[0]
    np.testing.assert_allclose(code.numpy(), expected["style_code"], atol=TOLERANCE)


@pytest.mark.parametrize(("code", "expression"), STYLES)
def test_the_modules_agree_from_clip_to_expression(module, expected, clips, code, expression):
    windows = label_windows(torch.from_numpy(expected["phonemes"]), module.config.window)
    with torch.no_grad():
        found = module(windows[None], module.encode_style(torch.from_numpy(clips[code]))[None])[0]
    np.testing.assert_allclose(found.numpy(), expected[expression], rtol=0, atol=TOLERANCE)


@pytest.mark.parametrize(("code", "expression"), STYLES)
def test_the_engines_agree_from_clip_to_expression(engine, expected, clips, code, expression):
    found_code = engine.encode_style(clips[code])
    np.testing.assert_allclose(found_code, expected[code], rtol=0, atol=TOLERANCE)
    found = engine.coefficients(expected["phonemes"], found_code)
    np.testing.assert_allclose(found, expected[expression], rtol=0, atol=TOLERANCE)


@pytest.mark.parametrize(("half", "tolerance"), [(False, TOLERANCE), (True, 5e-3)])
def test_an_import_to_safetensors_keeps_the_numbers(checkpoint, expected, tmp_path, half, tolerance):
    module, config = load_generator(checkpoint)
    save_generator(tmp_path / "ours.safetensors", module, config, half=half)
    engine = load_engine(tmp_path / "ours.safetensors", "torch", "cpu")
    found = engine.coefficients(expected["phonemes"], expected["style_code"])
    np.testing.assert_allclose(found, expected["expression"], rtol=0, atol=tolerance)
