# SPDX-License-Identifier: Apache-2.0
"""In which precision an engine computes: what is asked for, what the processor has, and how near float32 it stays."""

import dataclasses
import sys

import numpy as np
import pytest
import torch
from networks_reference import TINY, random_generator

from styletalk.errors import StyleTalkError
from styletalk.networks.checkpoints.generator import save_generator
from styletalk.networks.engine.inference import load_engine
from styletalk.networks.engine.operations import torch_operations
from styletalk.networks.engine.operations.torch_operations import TorchOperations

PROPORTIONED = dataclasses.replace(TINY, d_model=64, nhead=8, feedforward=128, audio_layers=3, decoder_layers=3)


@pytest.fixture(scope="module")
def proportioned_file(tmp_path_factory):
    path = tmp_path_factory.mktemp("weights") / "g.safetensors"
    save_generator(path, random_generator(PROPORTIONED), PROPORTIONED, half=False)
    return path


@pytest.fixture
def with_bfloat16(monkeypatch):
    monkeypatch.setattr(torch_operations, "has_bfloat16", lambda: True)


def test_float32_is_what_a_cpu_computes_in_unless_told(tiny_file):
    assert load_engine(tiny_file, "torch", "cpu").precision == "float32"
    assert load_engine(tiny_file, "numpy").precision == "float32"


@pytest.mark.parametrize("precision", ["bfloat16", "float16"])
def test_half_precision_stays_near(proportioned_file, with_bfloat16, random_labels, random_clip, precision):
    """Products are rounded; tokens, norms, attention's weights and the style's code are not."""
    exact = load_engine(proportioned_file, "torch", "cpu")
    half = load_engine(proportioned_file, "torch", "cpu", precision=precision)
    assert half.precision == precision
    code = exact.encode_style(random_clip)
    np.testing.assert_allclose(half.encode_style(random_clip), code, rtol=0, atol=1e-5)
    wanted, found = (engine.coefficients(random_labels, code) for engine in (exact, half))
    assert found.dtype == np.float32
    assert 0 < np.abs(found - wanted).max() < 0.03 * np.ptp(wanted)
    assert np.square(found - wanted).mean() < 1e-4 * wanted.var()


def test_what_the_processor_lacks_is_said(tiny_file, monkeypatch):
    monkeypatch.setattr(torch_operations, "has_bfloat16", lambda: False)
    engine = load_engine(tiny_file, "torch", "cpu", precision="bfloat16")
    assert engine.precision == "float32"
    assert "no bfloat16" in engine.note
    numpy = load_engine(tiny_file, "numpy", precision="bfloat16")
    assert numpy.precision == "float32"
    assert "needs PyTorch" in numpy.note
    with pytest.raises(StyleTalkError, match="precisions are auto, float32, bfloat16, float16"):
        load_engine(tiny_file, precision="float64")


def test_an_old_torch_tells_nothing_of_bfloat16(monkeypatch):
    monkeypatch.delattr(torch.cpu, "_is_avx512_bf16_supported", raising=False)
    monkeypatch.delattr(torch.cpu, "_is_amx_tile_supported", raising=False)
    assert not torch_operations.has_bfloat16()


@pytest.mark.parametrize("missing", ["_linear_pointwise", "_reorder_linear_weight"])
def test_without_fused_maps_torch_computes_the_same(
    proportioned_file, monkeypatch, random_labels, random_clip, missing
):
    usual = load_engine(proportioned_file, "torch", "cpu")
    code = usual.encode_style(random_clip)

    class Without:
        def __getattr__(self, name):
            raise AttributeError(name) if name == missing else RuntimeError(name)

    with monkeypatch.context() as patched:
        patched.setattr(torch.ops, "mkldnn", Without())
        plain = load_engine(proportioned_file, "torch", "cpu")
        assert not plain._operations.fused
        found = plain.coefficients(random_labels, code)
    np.testing.assert_allclose(found, usual.coefficients(random_labels, code), rtol=0, atol=1e-5)


def test_softmax_stands_large_and_equal_scores():
    for operations in (TorchOperations("cpu"), load_numpy()):
        scores = operations.array(np.float32([[1e4, 1e4 - 1], [-1e4, -1e4], [0, -1e4]]))
        found = operations.numpy(operations.softmax(scores))
        expected = [[1 / (1 + np.exp(-1)), 1 / (1 + np.e)], [0.5, 0.5], [1, 0]]
        np.testing.assert_allclose(found, expected, atol=1e-6)


def load_numpy():
    from styletalk.networks.engine.operations.numpy_operations import NumpyOperations

    return NumpyOperations()


@pytest.mark.skipif(not torch.cuda.is_available(), reason="needs a CUDA device")
def test_a_gpu_computes_in_half_precision(proportioned_file, random_labels, random_clip):
    gpu, cpu = (load_engine(proportioned_file, "torch", device) for device in ("cuda", "cpu"))
    assert gpu.precision == "float16"
    assert gpu.note == ""
    code = cpu.encode_style(random_clip)
    np.testing.assert_allclose(gpu.encode_style(random_clip), code, rtol=0, atol=1e-3)
    wanted, found = (engine.coefficients(random_labels, code) for engine in (cpu, gpu))
    assert np.abs(found - wanted).max() < 0.03 * np.ptp(wanted)


def test_without_torch_auto_is_numpy_in_float32(tiny_file, monkeypatch):
    monkeypatch.setitem(sys.modules, "torch", None)
    assert load_engine(tiny_file, precision="auto").note == ""
