# SPDX-License-Identifier: Apache-2.0
"""The benchmark measures what it says, in one run, and writes it down. How long anything takes is not tested."""

import dataclasses
import json
import math
from collections.abc import Callable

import numpy as np
import pytest

torch = pytest.importorskip("torch")

from styletalk.cli import main  # noqa: E402
from styletalk.errors import OutputError  # noqa: E402
from styletalk.networks.checkpoints.generator import save_generator  # noqa: E402
from styletalk.networks.config import GeneratorConfig  # noqa: E402
from styletalk.networks.engine import inference  # noqa: E402
from styletalk.networks.modules.generator import StyleTalkGenerator  # noqa: E402
from styletalk_research.benchmark import memory, speed  # noqa: E402
from styletalk_research.benchmark.matrix_rate import MatrixRate, best_rate, better, matrix_rates  # noqa: E402
from styletalk_research.benchmark.operation_count import operation_count  # noqa: E402
from styletalk_research.benchmark.report import BenchReport, Table, write_report  # noqa: E402
from styletalk_research.benchmark.run import PARTS  # noqa: E402
from styletalk_research.benchmark.speech import (  # noqa: E402
    distinct_share,
    random_audio_features,
    random_labels,
    speech_labels,
)
from styletalk_research.benchmark.speed import MAX_ROUNDS, interleaved_seconds  # noqa: E402
from styletalk_research.cli import bench  # noqa: E402

SMALL = GeneratorConfig(
    d_model=32, nhead=4, audio_layers=2, style_layers=1, decoder_layers=2, feedforward=64, kernels=3, phoneme_dim=8
)


@pytest.fixture(scope="module")
def weights():
    return speed.random_weights("small", SMALL)


@pytest.fixture(scope="module")
def rows(weights):
    return speed.compare(weights, speed.speech_line(90, SMALL), budget_s=0.0)[0]


def test_methods_take_turns_until_the_budget_is_spent():
    called = []
    seconds = interleaved_seconds({"a": lambda: called.append("a"), "b": lambda: called.append("b")}, budget_s=0.0)
    assert called == ["a", "b"] and all(len(times) == 1 for times in seconds.values())
    interleaved_seconds({"a": lambda: called.append("a")}, budget_s=1e9)
    assert called[2:] == ["a"] * MAX_ROUNDS


def test_a_slow_method_runs_once_where_a_fast_one_goes_on(monkeypatch):
    clock = [0.0]
    monkeypatch.setattr(speed.time, "perf_counter", lambda: clock[0])

    def takes(seconds: float) -> Callable[[], None]:
        return lambda: clock.__setitem__(0, clock[0] + seconds)

    found = interleaved_seconds({"slow": takes(60.0), "fast": takes(1.0)}, budget_s=70.0)
    assert found == {"slow": [60.0], "fast": [1.0] * MAX_ROUNDS} and clock[0] <= 70.0


def test_ratios_are_those_of_the_same_runs_seconds(rows):
    seconds = {row.method: row.seconds for row in rows}
    assert {speed.PUBLISHED, speed.BATCHED, speed.FLOAT32, speed.NUMPY} <= set(seconds)
    for row in rows:
        assert row.times_published == pytest.approx(seconds[speed.PUBLISHED] / row.seconds)
        assert row.times_batched == pytest.approx(seconds[speed.BATCHED] / row.seconds)


def test_every_method_gives_the_published_numbers(rows):
    for row in rows:
        exact = row.method not in (speed.BFLOAT16, speed.HALF)
        assert row.difference <= (1e-5 if exact else 0.2)
        assert row.lips_mm <= (1e-3 if exact else 2.0)
        assert math.isfinite(row.lips_mm)
    assert next(row for row in rows if row.method == speed.PUBLISHED).difference == 0.0


def test_the_limit_is_the_counted_work_at_the_measured_rate(rows, weights):
    count = operation_count(weights.config)
    assert 0 < count.window < 0.8 * count.published
    row = next(row for row in rows if row.method == speed.FLOAT32)
    assert row.gflop == pytest.approx(2 * count.window * 90 * row.distinct / 1e9)
    assert row.times_limit is not None and row.times_limit > 0


def test_of_two_measurements_the_faster_counts():
    once, again = (MatrixRate("float32", 1, 2, 3, rate) for rate in (5.0, 7.0))
    assert better([once, again], [again, once]) == [again, again]


def test_the_best_rate_is_the_strictest_limit():
    rates = matrix_rates(SMALL, (torch.float32,))
    assert best_rate(rates, "float32") == max(rate.gflop_s for rate in rates) > 0
    assert best_rate(rates, "float16") is None


def test_in_chunks_the_published_formulation_gives_the_same_numbers(weights):
    line = speed.speech_line(70, SMALL)
    whole, chunked = (speed._methods(weights, chunks)[speed.PUBLISHED](line) for chunks in (1, 3))
    np.testing.assert_allclose(chunked, whole, rtol=0, atol=1e-6)


def test_it_goes_in_chunks_only_for_lack_of_memory(monkeypatch):
    monkeypatch.setattr(speed, "available_bytes", lambda: 1e15)
    assert speed._chunk_count(GeneratorConfig(), 3600) == 1
    monkeypatch.setattr(speed, "available_bytes", lambda: 6e9)
    assert speed._chunk_count(GeneratorConfig(), 3600) == 2


def test_the_labels_repeat_as_little_as_speech_does():
    """The published clips' own labels have 87 to 99 distinct windows of 100."""
    labels = speech_labels(3000)
    assert labels.shape == (3000,) and labels.min() >= 0 and labels.max() <= 40
    assert 0.86 < distinct_share(labels, GeneratorConfig()) < 0.99
    changes_per_s = (np.diff(labels) != 0).mean() * 30
    assert 8 < changes_per_s < 13
    assert not np.array_equal(labels[:300], speech_labels(300, seed=1))
    assert distinct_share(random_labels(3000), GeneratorConfig()) == 1.0


def test_the_peak_is_that_of_a_process_of_its_own(tmp_path):
    torch.manual_seed(0)
    save_generator(tmp_path / "small.safetensors", StyleTalkGenerator(SMALL), SMALL)
    touched = np.ones(2**27)  # 1 GB of this process, which may not show in its child's figures
    row = memory.peak_memory("small", tmp_path / "small.safetensors", "numpy", 0.1, with_motion=True)
    assert touched.nbytes > 1e9 and 20 < row.networks_mb <= row.peak_mb < 900
    assert 180 * 64 * 4 / 1e6 < row.result_mb < 180 * 100 * 4 / 1e6


def test_weights_with_an_audio_input_are_measured_with_sound(tmp_path, monkeypatch):
    """Audio features of zeros would count as none, and their windows would be shared."""
    config = dataclasses.replace(SMALL, audio_dim=5)
    save_generator(tmp_path / "audio.safetensors", StyleTalkGenerator(config), config)
    seen, original = [], inference.line_windows

    def spy(*arguments):
        windows, frame_window = original(*arguments)
        seen.append(windows)
        return windows, frame_window

    monkeypatch.setattr(inference, "line_windows", spy)
    memory.animate_line(0.05, "numpy", tmp_path / "audio.safetensors", with_motion=False)
    (windows,) = seen
    assert len(windows) == 90 and windows.audio_features is not None and windows.audio_features.shape[1] == 5
    assert 0 < np.abs(windows.audio_features).mean() < 0.2
    np.testing.assert_array_equal(*(random_audio_features(90, config) for _ in range(2)))


def test_the_report_is_a_table_and_plain_data(rows, tmp_path):
    report = BenchReport({"processor": "an abacus"}, [Table("speed", "Networks", rows, "A note.")])
    write_report(report, tmp_path / "r.json")
    write_report(report, tmp_path / "r.md")
    data = json.loads((tmp_path / "r.json").read_text())
    assert data["machine"] == {"processor": "an abacus"}
    assert data["speed"][0]["seconds"] == rows[0].seconds
    text = (tmp_path / "r.md").read_text()
    assert data["quick"] is False and "mean nothing" not in text
    assert "an abacus" in text and "| times published |" in text and "A note." in text
    assert len([line for line in text.splitlines() if line.startswith("| small ")]) == len(rows)
    with pytest.raises(OutputError, match="Unknown file type"):
        write_report(report, tmp_path / "r.txt")


def test_the_command_knows_the_parts(tmp_path, capsys):
    assert tuple(PARTS) == bench.PARTS
    assert main(["bench", "--quick", "--only", "start-up", "-o", str(tmp_path / "b.json")]) == 0
    data = json.loads((tmp_path / "b.json").read_text())
    assert data["quick"] is True
    assert "Its times and ratios mean nothing" in " ".join(capsys.readouterr().out.split())
    assert [row["command"] for row in data["start_up"]] == ["styletalk --help", "styletalk styles list"]
    assert all(row["cpu_s"] > 0 for row in data["start_up"])
    assert {"processor", "torch", "numpy", "python", "torch threads"} <= set(data["machine"])


def test_the_stages_of_a_line_are_those_of_a_real_process(capsys):
    assert main(["bench", "--quick", "--only", "animate", "--json"]) == 0
    (report,) = [event for event in map(json.loads, capsys.readouterr().out.splitlines()) if event["event"] == "report"]
    for method in ("words", "heard", "transcript"):
        stages = {row["stage"]: row["seconds"] for row in report["stages"] if row["method"] == method}
        assert {"start", "decode the sound", "recognise or align", "networks", "motion", "write"} <= set(stages)
        in_turn = sum(seconds for stage, seconds in stages.items() if stage != "whole" and "background" not in stage)
        assert 0 < in_turn <= 1.05 * stages["whole"]
