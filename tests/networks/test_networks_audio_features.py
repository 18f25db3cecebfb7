# SPDX-License-Identifier: Apache-2.0
"""Weights with an audio input: features beside the labels, in the modules, on both engines, and on disk."""

import dataclasses

import numpy as np
import pytest
import torch
from networks_reference import TINY, audio_windows, label_windows, random_generator

from styletalk.errors import RequestError, WeightsError
from styletalk.networks.checkpoints.generator import load_generator, read_weights, save_generator
from styletalk.networks.checkpoints.layout import config_from_shapes, expected_shapes
from styletalk.networks.config import GeneratorConfig
from styletalk.networks.engine.inference import load_engine
from styletalk.phonemes import SILENCE_INDEX

FEATURES = 6
WITH_AUDIO = dataclasses.replace(TINY, audio_dim=FEATURES)


@pytest.fixture(scope="module")
def module():
    return random_generator(WITH_AUDIO)


@pytest.fixture(scope="module")
def audio_file(tmp_path_factory, module):
    path = tmp_path_factory.mktemp("audio") / "g.safetensors"
    save_generator(path, module, WITH_AUDIO, half=False)
    return path


@pytest.fixture(params=["torch", "numpy"])
def engine(request, audio_file):
    return load_engine(audio_file, request.param, "cpu")


@pytest.fixture
def audio_features(random_labels):
    return np.random.default_rng(5).normal(size=(len(random_labels), FEATURES)).astype(np.float32)


def modules_own(module, labels, audio_features, code):
    """(T, 64), with windows of both cut frame by frame."""
    windows = label_windows(torch.from_numpy(labels.astype(np.int64)), module.config.window)[None]
    features = audio_windows(torch.from_numpy(audio_features), module.config.window)[None]
    with torch.no_grad():
        return module(windows, torch.from_numpy(code)[None], features)[0].numpy()


@pytest.mark.parametrize("chunk", [7, 1000])
def test_the_engines_compute_what_the_module_computes(
    engine, module, in_chunks, random_labels, random_clip, audio_features, chunk
):
    in_chunks(chunk)
    code = engine.encode_style(random_clip)
    found = engine.coefficients(random_labels, code, audio_features=audio_features)
    np.testing.assert_allclose(found, modules_own(module, random_labels, audio_features, code), rtol=0, atol=1e-5)
    assert np.abs(found - engine.coefficients(random_labels, code)).max() > 1e-2


def test_none_is_zeros(engine, module, random_labels, random_clip, audio_features):
    code = engine.encode_style(random_clip)
    zeros = np.zeros_like(audio_features)
    without = engine.coefficients(random_labels, code)
    np.testing.assert_allclose(without, modules_own(module, random_labels, zeros, code), rtol=0, atol=1e-5)
    np.testing.assert_array_equal(without, engine.coefficients(random_labels, code, audio_features=zeros))
    windows = label_windows(torch.from_numpy(random_labels.astype(np.int64)), 5)[None]
    with torch.no_grad():
        np.testing.assert_allclose(without, module(windows, torch.from_numpy(code)[None])[0].numpy(), atol=1e-5)


def test_windows_of_features_are_cut_as_those_of_labels_are():
    rows = torch.arange(1.0, 8.0)[:, None] * torch.tensor([1.0, 10.0])  # (7, 2)
    found = audio_windows(rows, 2)
    assert found.shape == (7, 5, 2)
    assert found[0, :, 0].tolist() == [0, 0, 1, 2, 3]
    assert found[6, :, 1].tolist() == [50, 60, 70, 0, 0]


def test_equal_labels_with_other_features_move_differently(engine, random_clip, audio_features):
    """Held silence is one window without audio features, and one for each frame with them."""
    held = np.full(len(audio_features), 31)
    code = engine.encode_style(random_clip)
    assert np.ptp(engine.coefficients(held, code), axis=0).max() == 0
    assert np.ptp(engine.coefficients(held, code, audio_features=audio_features)[20:30], axis=0).max() > 1e-3


def test_styles_share_the_audio_features(engine, random_labels, random_clip, audio_features):
    codes = np.stack([engine.encode_style(random_clip), engine.encode_style(-random_clip)])
    together = engine.coefficients_of_styles(random_labels, codes, audio_features=audio_features)
    for found, code in zip(together, codes, strict=True):
        alone = engine.coefficients(random_labels, code, audio_features=audio_features)
        np.testing.assert_allclose(found, alone, rtol=0, atol=1e-5)


@pytest.mark.parametrize("name", ["torch", "numpy"])
def test_weights_without_an_audio_input_ignore_features(tiny_file, random_labels, random_clip, audio_features, name):
    engine = load_engine(tiny_file, name, "cpu")
    code = engine.encode_style(random_clip)
    found = engine.coefficients(random_labels, code, audio_features=audio_features)
    np.testing.assert_array_equal(found, engine.coefficients(random_labels, code))


def test_weights_take_the_first_columns_of_wider_features(engine, random_labels, random_clip, audio_features):
    code = engine.encode_style(random_clip)
    wider = np.concatenate([audio_features, np.ones((len(audio_features), 3), np.float32)], axis=1)
    expected = engine.coefficients(random_labels, code, audio_features=audio_features)
    np.testing.assert_array_equal(engine.coefficients(random_labels, code, audio_features=wider), expected)


def test_features_of_another_shape_or_not_finite_are_refused(engine, random_labels, random_clip, audio_features):
    code = engine.encode_style(random_clip)
    for wrong in (audio_features[1:], audio_features[:, 1:], audio_features.reshape(-1)):
        with pytest.raises(RequestError, match=r"shape \(70, 6\)"):
            engine.coefficients(random_labels, code, audio_features=wrong)
    audio_features[3, 2] = np.nan
    with pytest.raises(RequestError, match="Row 3 of the audio features"):
        engine.coefficients(random_labels, code, audio_features=audio_features)


def test_the_file_holds_the_width_of_the_audio_input(audio_file, module, tmp_path):
    assert read_weights(audio_file).config == WITH_AUDIO
    torch.save({"model_state_dict": module.state_dict()}, tmp_path / "g.pth")
    assert load_generator(tmp_path / "g.pth")[1] == WITH_AUDIO
    assert config_from_shapes(expected_shapes(WITH_AUDIO), WITH_AUDIO.nhead) == WITH_AUDIO


def test_files_without_an_audio_input_have_none(tmp_path, tiny_generator):
    assert GeneratorConfig.from_json('{"kernels": 4}').audio_dim == 0
    torch.save({"model_state_dict": tiny_generator.state_dict()}, tmp_path / "g.pth")
    assert load_generator(tmp_path / "g.pth")[1].audio_dim == 0
    torch.save({"model_state_dict": tiny_generator.state_dict() | {
        "content_encoder.prosody_embed.0.weight": torch.ones(16, FEATURES)}}, tmp_path / "half.pth")  # fmt: skip
    with pytest.raises(WeightsError, match=r"lacks content_encoder\.prosody_embed\.0\.bias"):
        load_generator(tmp_path / "half.pth")


def test_gradients_reach_the_audio_embedding(random_labels, random_clip, audio_features):
    module = random_generator(WITH_AUDIO).train()
    windows = label_windows(torch.from_numpy(random_labels.astype(np.int64)), 5)[None]
    features = audio_windows(torch.from_numpy(audio_features), 5)[None]
    module(windows, module.encode_style(torch.from_numpy(random_clip)[None]), features).square().sum().backward()
    without = [name for name, weight in module.named_parameters() if weight.grad is None or not weight.grad.any()]
    # A softmax does not change when a constant is added to all its inputs: this bias has no gradient but rounding.
    assert set(without) <= {"style_encoder.aggregate_method.W.2.bias"}


@pytest.mark.parametrize("ahead", [2, 64])
def test_a_window_that_looks_ahead_is_that_of_a_later_row(
    module, tmp_path, random_labels, random_clip, audio_features, ahead
):
    """The same weights with a lookahead: row t is what row t + ahead was without it."""
    path = tmp_path / "ahead.safetensors"
    save_generator(path, module, dataclasses.replace(WITH_AUDIO, lookahead=ahead), half=False)
    labels = np.append(random_labels, np.full(ahead, SILENCE_INDEX))
    features = np.concatenate([audio_features, np.zeros((ahead, FEATURES), np.float32)])
    for kind in ("torch", "numpy"):
        engine = load_engine(path, kind, "cpu")
        code = engine.encode_style(random_clip)
        wanted = modules_own(module, labels, features, code)[ahead:]
        np.testing.assert_allclose(
            engine.coefficients(random_labels, code, audio_features=audio_features), wanted, atol=1e-5
        )
