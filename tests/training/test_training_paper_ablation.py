# SPDX-License-Identifier: Apache-2.0
"""The ablation on a miniature: every variant trains, is measured on what it never saw, and stands in one table."""

import dataclasses
import json

import numpy as np
import pytest
from paper_miniature import miniature, write_clip, write_data

from styletalk_research.datasets.errors import TrainingDataError
from styletalk_research.experiments import ablation
from styletalk_research.experiments.ablation import DEFAULT_CONFIG, VARIANTS, as_markdown, run_ablation
from styletalk_research.experiments.ablation_metrics import FIGURES
from styletalk_research.training.paper.config import PaperConfig

TRIED = ["full model (K = 8)", "static feed-forward", "without D_sync"]
CONFIG = miniature(steps=4, evaluate_every=2, patience=2, hold_out=("anna_2",))


@pytest.fixture(scope="module")
def data_dir(tmp_path_factory):
    """The miniature, and more footage of anna to measure on."""
    folder = write_data(tmp_path_factory.mktemp("ablation_data"))
    rng = np.random.default_rng(8)
    speech = folder / "styletalk/speech"
    write_clip(speech / "anna_2.mat", rng.normal(0, 0.3, (90, 64)))
    (speech / "anna_2_seq.json").write_text(json.dumps(rng.integers(0, 41, 90).tolist()))
    (folder / "styletalk/av_offsets.json").write_text(
        json.dumps({"lead": dict.fromkeys(("anna_1", "anna_2", "bert_1", "carl_1"), 3)})
    )
    return folder


@pytest.fixture(scope="module")
def ablated(data_dir, tmp_path_factory):
    runs = tmp_path_factory.mktemp("ablation")
    return runs, run_ablation(CONFIG, data_dir, runs, (1, 2), TRIED)


def test_every_variant_has_every_figure_of_every_seed(ablated):
    runs, figures = ablated
    assert [*figures] == TRIED
    for seeds in figures.values():
        assert len(seeds) == 2
        assert all(found.keys() == FIGURES.keys() for found in seeds)
        assert all(np.isfinite(list(found.values())).all() for found in seeds)
    written = json.loads((runs / "ablation.json").read_text())
    for name, seeds in figures.items():
        values = [found["M-LMD"] for found in seeds]
        assert written["variants"][name]["mean"]["M-LMD"] == pytest.approx(np.mean(values))
        assert written["variants"][name]["spread"]["M-LMD"] == pytest.approx(np.std(values, ddof=1))
    table = (runs / "ablation.md").read_text()
    assert all(f"| {name} |" in table for name in TRIED)
    assert "anna_2" in table


def test_a_stopped_ablation_goes_on_without_training_again(ablated, data_dir):
    runs, figures = ablated
    states = {path: path.stat().st_mtime_ns for path in runs.rglob("*.pt")}
    assert len(states) >= 2 * (len(TRIED) + 2)
    assert run_ablation(CONFIG, data_dir, runs, (1, 2), TRIED) == figures
    assert {path: path.stat().st_mtime_ns for path in runs.rglob("*.pt")} == states


def test_each_variant_changes_what_its_name_says_and_nothing_else():
    full = PaperConfig.load(DEFAULT_CONFIG)
    assert full.generator.kernels == 8
    changed = {
        name: {
            field: value for part in ("generator", "weights")
            for field, value in dataclasses.asdict(getattr(change(full), part)).items()
            if value != dataclasses.asdict(getattr(full, part))[field]
        }
        for name, change in VARIANTS.items()
    }  # fmt: skip
    assert changed == {
        "full model (K = 8)": {}, "K = 4": {"kernels": 4}, "K = 16": {"kernels": 16},
        "static feed-forward": {"kernels": 1},
        "without D_style": {"style": 0.0}, "without triplet": {"triplet": 0.0}, "without D_sync": {"sync": 0.0},
        "average pooling": {"pooling": "mean"},
    }  # fmt: skip


def test_nothing_to_measure_on_is_said(data_dir, tmp_path):
    with pytest.raises(TrainingDataError, match="measure on"):
        run_ablation(dataclasses.replace(CONFIG, hold_out=()), data_dir, tmp_path, (1,), ["K = 4"])


def test_the_table_says_mean_and_spread():
    figures = {"K = 4": [dict.fromkeys(FIGURES, 1.0), dict.fromkeys(FIGURES, 2.0)], "K = 16": []}
    judges = {"sync": {"held_out_accuracy": 0.75}, "style": {"held_out_accuracy": 1.0}, "recordings": {"P_sync": 0.625}}
    table = as_markdown(figures, CONFIG, judges)
    assert "1.500 ± 0.707" in table
    assert "K = 16" not in table
    assert "75%" in table
    assert "0.625" in table


def test_the_command_line_takes_seeds_and_variants(data_dir, tmp_path, monkeypatch, capsys):
    asked = []

    def run(config, data, runs, seeds, variants, progress):
        asked.append((config.hold_out, seeds, variants))
        (runs / "ablation.md").write_text("# made\n")

    monkeypatch.setattr(ablation, "run_ablation", run)
    assert ablation.main([str(data_dir), str(tmp_path), "--seeds", "4", "--variants", "K = 4", "--hold-out", "a"]) == 0
    assert ablation.main([str(data_dir), str(tmp_path)]) == 0
    assert asked[0] == (("a",), [4], ["K = 4"])
    assert asked[1][1:] == ([1, 2, 3], [name for name in VARIANTS if name != "average pooling"])
    assert capsys.readouterr().out == "# made\n\n# made\n\n"
