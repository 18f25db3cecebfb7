# SPDX-License-Identifier: Apache-2.0
"""The engine "auto" imports torch where the work is worth it: a line on the shipped weights is not."""

import subprocess
import sys
from pathlib import Path

import pytest

from styletalk.networks.checkpoints.generator import DEFAULT_WEIGHTS, read_weights
from styletalk.networks.config import GeneratorConfig
from styletalk.networks.engine.choice import operations_per_row, worth_torch
from styletalk.networks.engine.inference import load_engine

REPOSITORY = Path(__file__).resolve().parents[2]


def test_a_line_on_the_shipped_weights_needs_no_torch():
    config = read_weights(DEFAULT_WEIGHTS).config
    assert not worth_torch(config, 10 * 30)
    assert worth_torch(config, None), "work of unknown length may be long"


def test_a_minute_at_the_published_sizes_needs_torch():
    assert worth_torch(GeneratorConfig(), 60 * 30)


def test_the_work_of_a_row_bounds_what_is_counted():
    """Against torch's own counter: the modules that share a clip's kernels do this much, and the attention products."""
    torch = pytest.importorskip("torch")
    from torch.utils.flop_counter import FlopCounterMode

    from styletalk.networks.modules.generator import StyleTalkGenerator

    config = GeneratorConfig(
        d_model=64, nhead=4, audio_layers=2, style_layers=1, decoder_layers=2, feedforward=128, kernels=2
    )
    module = StyleTalkGenerator(config).eval()
    windows, codes = torch.zeros(1, 50, config.tokens, dtype=torch.int64), torch.zeros(1, config.d_model)
    torch.backends.mha.set_fastpath_enabled(False)  # its fused layers are invisible to the counter
    try:
        with FlopCounterMode(display=False) as counter, torch.no_grad():
            module(windows, codes)
    finally:
        torch.backends.mha.set_fastpath_enabled(True)
    assert operations_per_row(config) == pytest.approx(counter.get_total_flops() / 50, rel=0.15)


def test_auto_for_a_short_line_never_imports_torch():
    code = (
        "import sys, numpy; from styletalk.networks.engine.inference import load_engine; e = load_engine(rows=300); "
        "e.coefficients(numpy.arange(20), e.encode_style(numpy.ones((20, 64)))); "
        "print(e.name, not {'torch', 'safetensors'}.isdisjoint(sys.modules))"
    )
    done = subprocess.run([sys.executable, "-c", code], cwd=REPOSITORY, capture_output=True, text=True, check=True)
    assert done.stdout.split() == ["numpy", "False"]


def test_what_is_asked_for_by_name_is_what_computes():
    pytest.importorskip("torch")
    assert load_engine(engine="torch", rows=1).name == "torch"
    assert load_engine(device="cuda", rows=1).name == "torch"
    assert load_engine(precision="bfloat16", rows=1).name == "torch"
