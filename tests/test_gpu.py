# SPDX-License-Identifier: Apache-2.0
"""A CUDA device computes what the CPU computes, within its precision. Skipped where there is none."""

import dataclasses
import json
import sys
from pathlib import Path

import numpy as np
import pytest

torch = pytest.importorskip("torch")
sys.path += [str(Path(__file__).parent / folder) for folder in ("training", "photoreal")]

from paper_miniature import GENERATOR, miniature, write_data  # noqa: E402
from photoreal_reference import SIDE_PX, random_renderer  # noqa: E402

from styletalk.networks.engine.inference import load_engine  # noqa: E402
from styletalk.photoreal.neural.frames import render_parts  # noqa: E402
from styletalk.photoreal.neural.networks.checkpoint import load_renderer  # noqa: E402
from styletalk_research.training.paper.solver import train  # noqa: E402

pytestmark = pytest.mark.skipif(not torch.cuda.is_available(), reason="needs a CUDA device")


@pytest.fixture(scope="module")
def published(shared_dir):
    folder = shared_dir / "fixtures" / "official_small"
    with np.load(folder / "expected.npz") as stored:
        return folder, dict(stored)


@pytest.mark.shared
def test_the_published_network_speaks_as_published(published):
    folder, expected = published
    engine = load_engine(folder / "styletalk_checkpoint.pth", "torch", "cuda")
    found = engine.coefficients(expected["phonemes"], expected["style_code"])
    assert engine.precision == "float16"
    assert np.abs(found - expected["expression"]).max() < 0.03 * np.ptp(expected["expression"])


def test_the_shipped_networks_say_the_same():
    gpu, cpu = (load_engine(engine="torch", device=device) for device in ("cuda", "cpu"))
    rng = np.random.default_rng(2)
    labels = np.repeat(rng.integers(0, 41, 120), 5).astype(np.int16)
    sound = rng.normal(0, 1, (len(labels), cpu.config.audio_dim)).astype(np.float32)
    code = cpu.encode_style(rng.normal(0, 0.3, (90, 64)).astype(np.float32))
    wanted, found = (engine.coefficients(labels, code, audio_features=sound) for engine in (cpu, gpu))
    assert np.abs(found - wanted).max() < 0.03 * np.ptp(wanted)


def test_frames_are_those_of_the_cpu():
    renderer = random_renderer()
    rng = np.random.default_rng(3)
    image = rng.uniform(-1, 1, (SIDE_PX, SIDE_PX, 3)).astype(np.float32)
    windows = rng.normal(0, 1, (5, 73, 27)).astype(np.float32)
    frames = [[part[-1] for part in render_parts(renderer, image, windows, device=place)] for place in ("cpu", "cuda")]
    assert np.abs(np.array(frames[0]) - np.array(frames[1])).max() < 0.02


@pytest.mark.shared
def test_the_published_renderer_fits_on_the_device(published):
    renderer = load_renderer(published[0] / "renderer_checkpoint.pt")[0]
    image = np.zeros((256, 256, 3), np.float32)
    parts = list(render_parts(renderer, image, np.zeros((9, 73, 27), np.float32), device="cuda"))
    assert len(parts) == 9
    assert all(np.isfinite(part[-1]).all() for part in parts)


@pytest.mark.parametrize("precision", ["float32", "bfloat16", "float16"])
def test_the_papers_recipe_trains_and_goes_on(precision, tmp_path):
    data = write_data(tmp_path / "data")
    config = miniature(device="cuda", precision=precision, generator=dataclasses.replace(GENERATOR, dropout=0.0))
    train(miniature(steps=6, generator=config.generator), data, tmp_path / "cpu")
    train(config, data, tmp_path / "gpu")
    logs = {}
    for place in ("cpu", "gpu"):
        lines = [json.loads(line) for line in (tmp_path / place / "log.jsonl").read_text().splitlines()]
        logs[place] = [line for line in lines if line["stage"] == "generator" and line["kind"] == "train"]
    assert logs["gpu"][-1]["step"] == config.steps
    assert logs["gpu"][0]["reconstruction"] == pytest.approx(logs["cpu"][0]["reconstruction"], rel=0.05)
    assert np.isfinite(load_engine(tmp_path / "gpu" / "weights.safetensors").encode_style(np.zeros((30, 64)))).all()
