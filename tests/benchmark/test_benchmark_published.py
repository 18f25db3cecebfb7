# SPDX-License-Identifier: Apache-2.0
"""The reference is what it claims to be: the paper's formulation, the same numbers, a matrix for every frame."""

import dataclasses

import numpy as np
import pytest

torch = pytest.importorskip("torch")

from styletalk.networks.checkpoints.generator import read_weights  # noqa: E402
from styletalk.networks.config import GeneratorConfig  # noqa: E402
from styletalk.networks.engine.fast_path.generator import FastGenerator  # noqa: E402
from styletalk.networks.engine.inference import Engine  # noqa: E402
from styletalk.networks.engine.operations.numpy_operations import NumpyOperations  # noqa: E402
from styletalk.networks.engine.operations.torch_operations import TorchOperations  # noqa: E402
from styletalk.networks.modules.generator import StyleTalkGenerator  # noqa: E402
from styletalk_research.benchmark.published import PublishedGenerator  # noqa: E402

SMALL = GeneratorConfig(
    d_model=32, nhead=4, audio_layers=2, style_layers=2, decoder_layers=3, feedforward=48, kernels=4, phoneme_dim=8
)


def random_tensors(config: GeneratorConfig) -> dict[str, np.ndarray]:
    """A state dict in which nothing is at its neutral value."""
    torch.manual_seed(0)
    state = StyleTalkGenerator(config).state_dict()
    return {
        name: (tensor + (0.2 * torch.randn_like(tensor) if "pos_table" not in name else 0)).numpy()
        for name, tensor in state.items()
    }


@pytest.fixture(scope="module")
def tensors() -> dict[str, np.ndarray]:
    return random_tensors(SMALL)


@pytest.fixture
def labels() -> np.ndarray:
    return np.random.default_rng(1).integers(0, 41, 60).astype(np.int16)


@pytest.fixture
def clip() -> np.ndarray:
    return np.random.default_rng(2).normal(0, 0.5, (40, 64)).astype(np.float32)


@pytest.mark.parametrize("batched", [False, True])
@pytest.mark.parametrize("operations", [NumpyOperations, TorchOperations])
def test_the_engines_give_the_references_numbers(tensors, labels, clip, operations, batched):
    published = PublishedGenerator(tensors, SMALL, batched)
    engine = Engine(FastGenerator(tensors, SMALL, operations()), "hash")
    code = published.encode_style(clip)
    np.testing.assert_allclose(engine.encode_style(clip), code, rtol=0, atol=1e-5)
    expected = published.coefficients(labels, code)
    assert np.ptp(expected, axis=0).min() > 1e-3, "frames that are all equal would compare nothing"
    np.testing.assert_allclose(engine.coefficients(labels, code), expected, rtol=0, atol=1e-5)


def test_weights_with_an_audio_input_have_a_reference_too(labels, clip):
    config = dataclasses.replace(SMALL, audio_dim=5)
    tensors = random_tensors(config)
    published = PublishedGenerator(tensors, config)
    engine = Engine(FastGenerator(tensors, config, NumpyOperations()), "hash")
    code = published.encode_style(clip)
    audio_features = np.random.default_rng(3).normal(size=(len(labels), 5)).astype(np.float32)
    with_sound, without = published.coefficients(labels, code, audio_features), published.coefficients(labels, code)
    assert np.abs(with_sound - without).max() > 1e-3
    np.testing.assert_allclose(
        engine.coefficients(labels, code, audio_features=audio_features), with_sound, rtol=0, atol=1e-5
    )
    np.testing.assert_allclose(engine.coefficients(labels, code), without, rtol=0, atol=1e-5)


def test_every_layer_makes_a_matrix_for_every_frame(tensors, labels, clip, monkeypatch):
    """(frames × weights) in each layer of both decoders, also where all windows are equal."""
    made = []
    original = PublishedGenerator._grouped_convolution
    monkeypatch.setattr(
        PublishedGenerator,
        "_grouped_convolution",
        staticmethod(lambda tokens, weights, biases: made.append(weights.shape) or original(tokens, weights, biases)),
    )
    published = PublishedGenerator(tensors, SMALL)
    published.coefficients(np.full_like(labels, 31), published.encode_style(clip))
    assert made == [(len(labels), SMALL.feedforward, SMALL.d_model)] * 2 * SMALL.decoder_layers


@pytest.mark.shared
def test_the_reference_gives_the_published_codes_own_numbers(shared_dir):
    folder = shared_dir / "fixtures" / "official_small"
    weights = read_weights(folder / "styletalk_checkpoint.pth")
    with np.load(folder / "expected.npz") as data:
        expected = dict(data)
    found = PublishedGenerator(weights.tensors, weights.config).coefficients(
        expected["phonemes"], expected["style_code"]
    )
    np.testing.assert_allclose(found, expected["expression"], rtol=0, atol=1e-5)
