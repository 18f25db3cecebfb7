# SPDX-License-Identifier: Apache-2.0
"""The shipped weights: small enough, described, and of a face that rests when nothing is said."""

import dataclasses
import json
from pathlib import Path

import numpy as np
import pytest

from styletalk.networks.checkpoints.generator import DEFAULT_WEIGHTS, read_weights
from styletalk.networks.engine.inference import load_engine
from styletalk.networks.modules.generator import StyleTalkGenerator
from styletalk.phonemes import SILENCE_INDEX
from styletalk.speech.features.audio_features import SOUND_DIM
from styletalk.styles.library import read_style
from styletalk_research.datasets.pairs import load_readouts, load_recordings
from styletalk_research.experiments.cross_validation import LABELS, SOUND
from styletalk_research.metrics.mouth_motion import ClipFigures, MotionReport, baseline, clip_figures, predictor
from styletalk_research.training.distillation import config as training_config
from styletalk_research.training.distillation.config import TrainingConfig
from styletalk_research.training.recipes import DISTILLATION, chosen_recipe

MAX_BYTES = 4 * 2**20
PHONEMES_ONLY = DEFAULT_WEIGHTS.with_name("phonemes_only.safetensors")
CONFIGS = Path(training_config.__file__).parents[1] / "configs"
DISTILLED = [path for path in sorted(CONFIGS.glob("*.json")) if chosen_recipe(path, None, None) == DISTILLATION]


@pytest.mark.parametrize("path", [DEFAULT_WEIGHTS, PHONEMES_ONLY], ids=lambda path: path.stem)
def test_the_weights_are_small_and_carry_their_training(path):
    assert path.stat().st_size <= MAX_BYTES
    stored = TrainingConfig.from_json(read_weights(path).metadata["training"])
    assert stored.generator == read_weights(path).config
    assert stored.data_dir == stored.work_dir == stored.output == ""
    assert (stored.generator.audio_dim > 0) == (path == DEFAULT_WEIGHTS)


def test_phonemes_only_speaks_much_as_the_default_does_without_sound():
    """Other weights, of the same teachers: not the same numbers, but the same mouth."""
    labels = np.repeat(np.random.default_rng(4).integers(0, 41, 60), 3).astype(np.int16)
    rows = []
    for path in (DEFAULT_WEIGHTS, PHONEMES_ONLY):
        engine = load_engine(path, engine="numpy")
        rows.append(engine.coefficients(labels, engine.encode_style(read_style("happy").clip))[:, :3])
    moving = [row - row.mean(0) for row in rows]
    likeness = (moving[0] * moving[1]).sum() / np.sqrt((moving[0] ** 2).sum() * (moving[1] ** 2).sum())
    assert 0.8 < likeness < 0.9999


def test_the_model_card_says_what_they_know_and_what_not():
    card = (DEFAULT_WEIGHTS.parent / "README.md").read_text(encoding="utf-8")
    for heading in ("What it was trained on", "How good it is", "What it cannot do"):
        assert f"## {heading}" in card


@pytest.mark.parametrize("path", DISTILLED, ids=lambda path: path.stem)
def test_the_configurations_in_the_tree_can_be_read_and_built(path):
    config = TrainingConfig.load(path)
    count = sum(parameter.numel() for parameter in StyleTalkGenerator(config.generator).parameters())
    assert (count > 20e6) == (path.stem == "published_size")


@pytest.mark.shared
def test_the_mouth_is_still_in_silence(shared_dir):
    engine = load_engine(engine="numpy")
    readouts = load_readouts(shared_dir / "data")
    rows = engine.coefficients(np.full(60, SILENCE_INDEX, np.int16), engine.encode_style(read_style("neutral").clip))
    assert np.ptp(readouts.track(rows, "gap")) < 0.01


@pytest.fixture(scope="module")
def left_one_out():
    """Networks of the same recipe on clips that they never saw, as `evaluation.cross_validation` reported it."""
    stored = json.loads((DEFAULT_WEIGHTS.parent / "left_one_out.json").read_text(encoding="utf-8"))
    names = {field.name for field in dataclasses.fields(MotionReport)}
    reports = {}
    for condition, report in stored.items():
        fields = {name: value for name, value in report.items() if name in names}
        reports[condition] = MotionReport(**fields | {"clips": tuple(ClipFigures(**clip) for clip in report["clips"])})
    return reports


@pytest.mark.parametrize("condition", [SOUND, LABELS, "phonemes only, labels alone"])
def test_the_model_cards_tables_are_the_reports_on_clips_left_out(left_one_out, condition):
    card = (DEFAULT_WEIGHTS.parent / "README.md").read_text(encoding="utf-8").splitlines()
    table = [line for line in left_one_out[condition].as_markdown().splitlines() if line.startswith("|")]
    assert len(table) == 2 + 7 + 2
    assert [line for line in table if line not in card] == []


@pytest.mark.parametrize("condition", [SOUND, LABELS, "phonemes only, labels alone"])
def test_on_clips_left_out_the_networks_beat_the_baseline(left_one_out, condition):
    assert len(left_one_out[condition].clips) == 7
    assert left_one_out[condition].beats_baseline


def test_styles_that_no_network_saw_are_followed(left_one_out):
    levels = left_one_out[SOUND].unseen_level
    assert len(levels) >= 15
    assert np.mean(list(levels.values())) > 0.95


@pytest.mark.shared
def test_the_stored_baseline_is_that_of_these_clips(shared_dir, left_one_out):
    report = left_one_out[LABELS]
    pairs = load_recordings(shared_dir / "data")
    assert {pair.name for pair in pairs} == {clip.name for clip in report.clips}
    found = baseline(pairs, load_readouts(shared_dir / "data"))
    assert found == pytest.approx((report.baseline_gap, report.baseline_width), abs=1e-6)


@pytest.mark.shared
def test_the_shipped_weights_follow_what_is_said_with_the_amplitude_of_the_clips(shared_dir):
    """They know these clips, so that they follow them says little; that shuffled labels lose it says why they do."""
    pairs, readouts = load_recordings(shared_dir / "data", SOUND_DIM), load_readouts(shared_dir / "data")
    predict = predictor(None)
    figures = MotionReport("", tuple(clip_figures(pair, predict, readouts) for pair in pairs), 0, 0)
    control = MotionReport("", tuple(clip_figures(shuffled(pair), predict, readouts) for pair in pairs), 0, 0)
    assert figures.mean("gap") > control.mean("gap") + 0.4
    assert figures.mean("width") > control.mean("width") + 0.3
    assert abs(control.mean("gap")) < 0.2
    assert figures.mean("gap_amplitude") == pytest.approx(1, abs=0.25)
    assert figures.mean("width_amplitude") == pytest.approx(1, abs=0.25)
    assert figures.mean("jerk") < 1.5


def shuffled(pair):
    """The clip with its own segments, silences too, in another order, each with its sound."""
    segments = np.split(np.arange(len(pair.labels)), np.flatnonzero(np.diff(pair.labels)) + 1)
    order = np.random.default_rng(11).permutation(len(segments))
    rows = np.concatenate([segments[k] for k in order])
    return dataclasses.replace(pair, labels=pair.labels[rows], audio_features=pair.audio_features[rows])
