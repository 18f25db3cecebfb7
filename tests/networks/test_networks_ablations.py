# SPDX-License-Identifier: Apache-2.0
"""The variants that the paper compares with: average pooling and a static feed-forward, from module to engine."""

import dataclasses

import numpy as np
import pytest
import torch
from networks_reference import TINY, random_generator

from styletalk.errors import WeightsError
from styletalk.networks.checkpoints.generator import load_generator, save_generator
from styletalk.networks.checkpoints.layout import expected_shapes
from styletalk.networks.config import GeneratorConfig
from styletalk.networks.engine.inference import load_engine

AVERAGED = dataclasses.replace(TINY, pooling="mean")
STATIC = dataclasses.replace(TINY, kernels=1)


@pytest.mark.parametrize("engine", ["torch", "numpy"])
def test_averaged_weights_give_the_modules_codes_on_both_engines(engine, tmp_path, random_clip):
    module = random_generator(AVERAGED)
    save_generator(tmp_path / "g.safetensors", module, AVERAGED, half=False)
    with torch.no_grad():
        expected = module.encode_style(torch.from_numpy(random_clip)).numpy()
    loaded = load_engine(tmp_path / "g.safetensors", engine, "cpu")
    assert loaded.config == AVERAGED
    np.testing.assert_allclose(loaded.encode_style(random_clip), expected, atol=1e-5)
    assert load_generator(tmp_path / "g.safetensors")[1] == AVERAGED


def test_averaging_counts_every_frame_alike_and_no_padding(random_clip):
    encoder = random_generator(AVERAGED).style_encoder
    encoder.encoder = torch.nn.Identity()  # type: ignore[assignment]
    encoder.encoder.forward = lambda tokens, src_key_padding_mask: tokens
    clips = torch.from_numpy(np.stack([random_clip, random_clip]))
    padding = torch.zeros(2, len(random_clip), dtype=torch.bool)
    padding[1, 10:] = True
    with torch.no_grad():
        tokens = encoder.pos_embed(encoder.increase_embed_dim(clips))
        whole, beginning = encoder(clips, padding)
    torch.testing.assert_close(whole, tokens[0].mean(0))
    torch.testing.assert_close(beginning, tokens[1, :10].mean(0))


def test_averaging_has_no_pooling_tensors_and_other_names_are_refused():
    gone = expected_shapes(TINY).keys() - expected_shapes(AVERAGED).keys()
    assert gone == {
        f"style_encoder.aggregate_method.W.{layer}.{part}" for layer in (0, 2) for part in ("weight", "bias")
    }
    with pytest.raises(WeightsError, match="attention, mean"):
        GeneratorConfig(pooling="largest")
    assert GeneratorConfig.from_json("{}").pooling == "attention"


def test_one_kernel_is_the_same_for_every_style():
    layer = random_generator(STATIC).decoder.lower_decoder.layers[0].linear1
    tokens, codes = torch.randn(1, 5, TINY.d_model).expand(2, -1, -1), torch.randn(2, TINY.d_model)
    with torch.no_grad():
        one, two = layer(tokens, codes)
        mixed = random_generator(TINY).decoder.lower_decoder.layers[0].linear1(tokens, codes)
    torch.testing.assert_close(one, two)
    assert not torch.allclose(mixed[0], mixed[1])


def test_training_skips_what_goes_nowhere_and_makes_the_same():
    module = random_generator(dataclasses.replace(TINY, dropout=0.0))
    windows, codes = torch.randint(0, 41, (2, 7, 11)), torch.randn(2, TINY.d_model)
    with torch.no_grad():
        torch.testing.assert_close(module.train()(windows, codes), module.eval()(windows, codes), atol=1e-5, rtol=1e-4)
