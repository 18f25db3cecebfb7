# SPDX-License-Identifier: Apache-2.0
"""How many multiplications remain of the published formulation: counted, and held at the published sizes."""

import ast
import dataclasses
from pathlib import Path

import numpy as np
import pytest
from networks_reference import TINY, random_generator
from torch.utils.flop_counter import FlopCounterMode

from styletalk.networks.config import GeneratorConfig
from styletalk.networks.engine.fast_path.generator import FastGenerator
from styletalk.networks.engine.operations.torch_operations import TorchOperations
from styletalk.networks.engine.windows import Windows
from styletalk_research.benchmark.operation_count import operation_count, published_per_frame
from styletalk_research.benchmark.published import PublishedGenerator

NETWORKS = Path(__file__).resolve().parents[2] / "core" / "styletalk" / "networks" / "engine"
CONFIGS = {
    "tiny": TINY,
    "one layer": dataclasses.replace(TINY, decoder_layers=1, audio_layers=1),
    "three layers": dataclasses.replace(TINY, d_model=32, nhead=4, feedforward=64, decoder_layers=3, window=3),
}


def tensors_of(module):
    return {name: tensor.numpy() for name, tensor in module.state_dict().items()}


def torch_multiplications(config, windows):
    """What torch's own counter sees of the fast path, for so many windows."""
    operations = TorchOperations("cpu", fused=False)  # the counter does not know oneDNN's fused maps
    generator = FastGenerator(tensors_of(random_generator(config)), config, operations)
    style = generator.prepare(np.zeros(config.d_model, np.float32))
    labels = np.random.default_rng(0).integers(0, 41, (windows, config.tokens))
    with FlopCounterMode(display=False) as counter:
        generator.expression(generator.articulation(Windows(labels)), style)
    return counter.get_total_flops() // 2


@pytest.mark.parametrize("config", CONFIGS.values(), ids=CONFIGS.keys())
def test_the_count_is_what_torch_counts(config):
    counted = operation_count(config)
    assert counted.window == torch_multiplications(config, 5) - torch_multiplications(config, 4)


@pytest.mark.parametrize("config", CONFIGS.values(), ids=CONFIGS.keys())
def test_the_published_formulas_are_what_torch_counts(config):
    frames = 6
    with FlopCounterMode(display=False) as counter:
        published = PublishedGenerator(tensors_of(random_generator(config)), config, batched=True)
        published.coefficients(np.arange(frames), np.zeros(config.d_model, np.float32))
    assert counter.get_total_flops() == 2 * frames * published_per_frame(config)


def test_at_the_published_sizes_three_fifths_remain():
    """Seven of the nine feed-forwards still see every token, which is what most of the rest is."""
    counted = operation_count(GeneratorConfig())
    assert counted.published == pytest.approx(109.3e6, rel=0.01)
    assert counted.window < 0.6 * counted.published
    assert counted.style < counted.published, "a new style costs less than a frame did"


def test_every_product_is_counted():
    """No product goes past the operations: the fast path has none of its own, NumPy's the counted one and a norm's."""
    for path in (NETWORKS / "fast_path").glob("*.py"):
        assert products(path) == 0, path
    assert products(NETWORKS / "operations" / "numpy_operations.py") == 2


def products(path):
    names = {"dot", "einsum", "inner", "matmul", "tensordot", "vdot", "bmm", "baddbmm"}
    tree = list(ast.walk(ast.parse(path.read_text("utf-8"))))
    signs = [node for node in tree if isinstance(node, ast.BinOp) and isinstance(node.op, ast.MatMult)]
    calls = [node.func for node in tree if isinstance(node, ast.Call) and isinstance(node.func, ast.Attribute)]
    engines = {"ops", "exact", "self"}
    past = [call for call in calls if call.attr in names and ast.unparse(call.value).split(".")[-1] not in engines]
    return len(signs) + len(past)
