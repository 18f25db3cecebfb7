# SPDX-License-Identifier: Apache-2.0
"""The whole of the paper's training on a miniature data set: it runs, survives a kill, and its weights play."""

import dataclasses
import json
import os
import signal
import subprocess
import sys
import time
from pathlib import Path

import numpy as np
import pytest
import torch
from paper_miniature import ALONE, GENERATOR, miniature, write_data

from styletalk.networks.checkpoints.generator import read_weights
from styletalk.networks.engine.inference import load_engine
from styletalk.speech.features.prosody import PROSODY_DIM
from styletalk_research.datasets.errors import TrainingDataError
from styletalk_research.training.paper.config import LossWeights, PaperConfig
from styletalk_research.training.paper.corpus import load_corpus
from styletalk_research.training.paper.normalised_generator import NormalisedGenerator
from styletalk_research.training.paper.run_log import NO_TENSORBOARD
from styletalk_research.training.paper.solver import train
from styletalk_research.training.units import in_published_units

ROOT = Path(__file__).resolve().parents[2]
ENVIRONMENT = os.environ | {"OMP_NUM_THREADS": "1"}


@pytest.fixture(scope="module")
def whole_run(data_dir, tmp_path_factory):
    """A run that nothing disturbed."""
    run = tmp_path_factory.mktemp("whole") / "run"
    said = []
    outcome = train(miniature(), data_dir, run, progress=lambda fraction, stage: said.append((fraction, stage)))
    return run, outcome, said


def log_of(run: Path, stage: str, kind: str = "train") -> list[dict]:
    lines = [json.loads(line) for line in (run / "log.jsonl").read_text().splitlines()]
    return [line for line in lines if line["stage"] == stage and line["kind"] == kind]


def command(data_dir: Path, run: Path, *options: str) -> list[str]:
    return ["-m", "styletalk.cli", "train", str(data_dir), "-o", str(run), *options]


def write_config(folder: Path, config: PaperConfig) -> str:
    path = folder / "config_given.json"
    path.write_text(config.to_json())
    return str(path)


def test_all_stages_run_report_and_leave_weights_that_play(whole_run):
    run, outcome, said = whole_run
    assert outcome.files == (run / "sync.pt", run / "style.pt", run / "weights.safetensors")
    report = json.loads((run / "discriminators.json").read_text())
    assert 0 <= report["sync"]["held_out_accuracy"] <= 1
    assert 0 <= report["style"]["held_out_accuracy"] <= 1
    accuracy = report["sync"]["held_out_accuracy"]
    assert accuracy == outcome.figures["sync"]["held_out_accuracy"]
    assert f"The sync discriminator is right on {accuracy:.1%} of what was held out." in outcome.note
    terms = log_of(run, "generator")[-1]
    assert {"reconstruction", "triplet", "sync", "style", "temporal", "temporal_discriminator"} <= terms.keys()
    assert len(log_of(run, "generator", "held out")) == 2
    assert said[-1][0] == 1.0
    assert said[0] == (0.0, "reading the recordings")
    assert "min left" in said[1][1]
    weights = read_weights(run / "weights.safetensors")
    assert PaperConfig.from_json(weights.metadata["training"]) == miniature()
    engine = load_engine(run / "weights.safetensors", engine="numpy")
    rows = engine.coefficients(np.full(20, 2, np.int16), engine.encode_style(np.zeros((30, 64), np.float32)))
    assert np.isfinite(rows).all()


def test_training_learns(data_dir, tmp_path):
    config = miniature(
        weights=ALONE, steps=80, units="deviation", learning_rate=5e-3,
        evaluate_every=80, l1_share=1.0, generator=dataclasses.replace(GENERATOR, d_model=32, dropout=0.0),
    )  # fmt: skip
    train(config, data_dir, tmp_path, "generator")
    errors = [line["reconstruction"] for line in log_of(tmp_path, "generator")]
    assert np.mean(errors[-10:]) < 0.9 * np.mean(errors[:5])
    style = dataclasses.replace(config.style, steps=80, learning_rate=3e-3)
    outcome = train(dataclasses.replace(config, style=style), data_dir, tmp_path / "style", "style")
    assert outcome.figures["style"]["held_out_accuracy"] > 0.8


def test_a_killed_run_ends_as_one_that_was_not(data_dir, tmp_path):
    """SIGKILL in the first and in the last stage, then on; the same weights to the last bit.

    Both run in one thread: sums of several round now one way, now another.
    """
    run, whole = tmp_path / "run", tmp_path / "whole"
    config = write_config(tmp_path, miniature())
    arguments = [sys.executable, *command(data_dir, run, "--config", config)]
    for stage in ("sync", "generator"):
        _kill_within(stage, arguments, run)
        assert not (run / "weights.safetensors").exists()
    for each in (run, whole):
        again = [sys.executable, *command(data_dir, each, "--config", config)]
        subprocess.run(again, cwd=ROOT, env=ENVIRONMENT, check=True, capture_output=True)
    assert (run / "weights.safetensors").read_bytes() == (whole / "weights.safetensors").read_bytes()
    for stage in ("generator", "sync"):
        assert log_of(run, stage) == log_of(whole, stage)


def _kill_within(stage: str, arguments: list[str], run: Path) -> None:
    """Start the run and kill it between two saved states of a stage."""
    process = subprocess.Popen(arguments, cwd=ROOT, env=ENVIRONMENT, stdout=subprocess.DEVNULL)
    try:
        deadline = time.monotonic() + 120
        while time.monotonic() < deadline and process.poll() is None:
            if (run / f"{stage}.pt").is_file() and _steps_logged(run, stage) >= 5:
                break
            time.sleep(0.002)
        assert process.poll() is None, "the run ended before it could be killed"
        process.send_signal(signal.SIGKILL)
    finally:
        process.kill()
        process.wait()


def _steps_logged(run: Path, stage: str) -> int:
    path = run / "log.jsonl"
    return path.read_text().count(f'"stage": "{stage}"') if path.is_file() else 0


def test_two_processes_learn_what_one_learns_from_both_halves(data_dir, tmp_path):
    generator = dataclasses.replace(GENERATOR, dropout=0.0)
    sync = dataclasses.replace(miniature().sync, dropout=0.0, steps=6)
    style = dataclasses.replace(miniature().style, steps=6)
    config = miniature(generator=generator, sync=sync, style=style, steps=6, batch=4)
    alone = dataclasses.replace(
        config, batch=8, sync=dataclasses.replace(sync, batch=16), style=dataclasses.replace(style, batch=8)
    )
    train(alone, data_dir, tmp_path / "one")
    torchrun = [sys.executable, "-m", "torch.distributed.run", "--standalone", "--nproc-per-node", "2"]
    options = ("--config", write_config(tmp_path, config))
    subprocess.run(
        [*torchrun, *command(data_dir, tmp_path / "two", *options)], cwd=ROOT, env=ENVIRONMENT, check=True,
        capture_output=True, timeout=300,
    )  # fmt: skip
    for stage in ("sync", "style", "generator"):
        one, two = log_of(tmp_path / "one", stage), log_of(tmp_path / "two", stage)
        assert [line["step"] for line in two] == list(range(1, 7))  # one process wrote, and every step once
        for before, after in zip(one, two, strict=True):
            for name in before.keys() - {"stage", "step", "kind"}:
                assert after[name] == pytest.approx(before[name], rel=2e-3, abs=2e-3), (stage, before["step"], name)


def test_half_precision_trains(data_dir, tmp_path):
    config = miniature(precision="bfloat16")
    train(config, data_dir, tmp_path / "half")
    train(miniature(), data_dir, tmp_path / "single")
    half, single = (log_of(tmp_path / name, "generator") for name in ("half", "single"))
    assert half[0]["reconstruction"] != single[0]["reconstruction"]
    assert half[-1]["reconstruction"] == pytest.approx(single[-1]["reconstruction"], rel=0.1)
    with pytest.raises(TrainingDataError, match="bfloat16"):
        miniature(precision="float16")


def test_a_lost_loss_stops_with_a_sentence(data_dir, tmp_path):
    config = miniature(learning_rate=1e30, weights=ALONE)
    with pytest.raises(TrainingDataError, match=r"no longer a number \(reconstruction\)"):
        train(config, data_dir, tmp_path)
    assert not (tmp_path / "weights.safetensors").exists()


def test_a_plateau_ends_the_training_and_keeps_the_best(data_dir, tmp_path):
    config = miniature(learning_rate=1e-12, steps=200, evaluate_every=2, patience=3, weights=ALONE)
    train(config, data_dir, tmp_path)
    figures = [line["error"] for line in log_of(tmp_path, "generator", "held out")]
    steps = log_of(tmp_path, "generator")[-1]["step"]
    assert steps < 200
    assert len(figures) - 1 - int(np.argmin(figures)) == 3
    best = log_of(tmp_path, "generator", "held out")[int(np.argmin(figures))]["step"]
    assert read_weights(tmp_path / "weights.safetensors").metadata["steps"] == str(best)


@pytest.mark.parametrize(
    "changes",
    [{"kernels": 4}, {"kernels": 16}, {"kernels": 1}, {"pooling": "mean"}],
    ids=["K = 4", "K = 16", "static feed-forward", "average pooling"],
)
def test_every_variant_of_the_networks_trains_and_plays(changes, data_dir, tmp_path):
    generator = dataclasses.replace(GENERATOR, **changes)
    weights = LossWeights(sync=0, style=0)
    train(miniature(generator=generator, steps=2, weights=weights), data_dir, tmp_path)
    engine = load_engine(tmp_path / "weights.safetensors", engine="numpy")
    assert engine.config == generator
    codes = [engine.encode_style(np.full((30, 64), level, np.float32)) for level in (0.0, 0.5)]
    assert not np.allclose(*(engine.coefficients(np.full(9, 2, np.int16), code) for code in codes))


def test_networks_with_audio_input_train_on_the_sound_and_say_when_it_is_missing(data_dir, tmp_path):
    generator = dataclasses.replace(GENERATOR, audio_dim=PROSODY_DIM)
    config = miniature(generator=generator, steps=2, weights=LossWeights(sync=0, style=0))
    train(config, write_data(tmp_path / "with_sound", with_sound=True), tmp_path / "run")
    engine = load_engine(tmp_path / "run" / "weights.safetensors", engine="numpy")
    labels, code = np.full(9, 2, np.int16), engine.encode_style(np.zeros((30, 64), np.float32))
    loud = np.ones((9, PROSODY_DIM), np.float32)
    assert not np.allclose(engine.coefficients(labels, code), engine.coefficients(labels, code, audio_features=loud))
    with pytest.raises(TrainingDataError, match="no audio features"):
        train(config, data_dir, tmp_path / "silent")


@pytest.mark.parametrize("term", ["reconstruction", "triplet", "sync", "style", "temporal"])
def test_every_term_can_be_switched_off_and_needs_nothing_then(term, data_dir, tmp_path):
    only = dict.fromkeys(("reconstruction", "triplet", "sync", "style", "temporal"), 0.0) | {"reconstruction": 88.0}
    only |= {"triplet": 1.0, term: 0.0}
    config = miniature(weights=LossWeights(**only), steps=1, evaluate_every=1)
    train(config, data_dir, tmp_path, "generator")
    assert term not in log_of(tmp_path, "generator")[0]


def test_the_generator_waits_for_its_discriminators(data_dir, tmp_path, whole_run):
    with pytest.raises(TrainingDataError, match="--stage sync first"):
        train(miniature(), data_dir, tmp_path, "generator")
    taken = miniature(discriminators=str(whole_run[0]), steps=2)
    assert len(train(taken, data_dir, tmp_path / "taken").files) == 1
    other = dataclasses.replace(taken, style=dataclasses.replace(taken.style, width=6))
    with pytest.raises(TrainingDataError, match="another configuration"):
        train(other, data_dir, tmp_path / "other")


def test_units_are_folded_into_the_weights(data_dir):
    corpus, config = load_corpus(data_dir, 0.2), miniature(units="deviation")
    torch.manual_seed(0)
    network = NormalisedGenerator(config, corpus).eval()
    clips, windows = torch.randn(1, 30, 64), torch.randint(0, 41, (1, 9, 11))
    padding = torch.zeros(1, 30, dtype=torch.bool)
    with torch.no_grad():
        made, codes = network(windows, torch.zeros(1, 9, 11, 0), clips, padding)
        generator = in_published_units(network.generator, network.mean, network.deviation)
        torch.testing.assert_close(generator.encode_style(clips), codes, atol=1e-4, rtol=1e-4)
        torch.testing.assert_close(generator(windows, codes), network.published(made), atol=1e-4, rtol=1e-4)
        torch.testing.assert_close(network.normalised(network.published(made)), made, atol=1e-5, rtol=1e-4)


def test_tensorboard_gets_the_figures_where_it_is_installed(whole_run):
    pytest.importorskip("tensorboard")
    from tensorboard.backend.event_processing.event_accumulator import EventAccumulator

    run, outcome, _ = whole_run
    events = EventAccumulator(str(run / "tensorboard" / "generator")).Reload()
    logged = [line["reconstruction"] for line in log_of(run, "generator")]
    np.testing.assert_allclose([event.value for event in events.Scalars("train/reconstruction")], logged, rtol=1e-5)
    assert NO_TENSORBOARD not in outcome.note


def test_without_tensorboard_the_log_is_kept_and_the_package_named(data_dir, tmp_path, monkeypatch):
    monkeypatch.setitem(sys.modules, "torch.utils.tensorboard", None)
    config = miniature(weights=ALONE, steps=1)
    assert train(config, data_dir, tmp_path).note == NO_TENSORBOARD
    assert len(log_of(tmp_path, "generator")) == 1
    assert not (tmp_path / "tensorboard").exists()
