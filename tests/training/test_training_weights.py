# SPDX-License-Identifier: Apache-2.0
"""The shipped weights: small enough, described, and of a face that rests when nothing is said."""

import dataclasses
import json
from pathlib import Path

import numpy as np
import pytest

from core.evaluation.motion import ClipFigures, MotionReport, clip_figures, speaker, still_gap_range, yardstick
from core.networks.checkpoint import DEFAULT_WEIGHTS, read_weights
from core.networks.generator import StyleTalkGenerator
from core.networks.inference import load_engine
from core.styles.library import read_style
from core.training.data.pairs import load_pairs, load_readouts
from core.training.distillation import config as training_config
from core.training.distillation.config import TrainingConfig

MAX_BYTES = 50 * 2**20
CONFIGS = Path(training_config.__file__).parents[1] / "configs"


def test_the_weights_are_small_and_carry_their_training():
    assert DEFAULT_WEIGHTS.stat().st_size <= MAX_BYTES
    stored = TrainingConfig.from_json(read_weights(DEFAULT_WEIGHTS).metadata["training"])
    assert stored.generator == read_weights(DEFAULT_WEIGHTS).config
    assert stored.data_dir == stored.work_dir == stored.output == ""


def test_the_model_card_says_what_they_know_and_what_not():
    card = (DEFAULT_WEIGHTS.parent / "README.md").read_text(encoding="utf-8")
    for heading in ("What it was trained on", "How good it is", "What it cannot do"):
        assert f"## {heading}" in card


@pytest.mark.parametrize("path", sorted(CONFIGS.glob("*.json")), ids=lambda path: path.stem)
def test_the_configurations_in_the_tree_can_be_read_and_built(path):
    config = TrainingConfig.load(path)
    count = sum(parameter.numel() for parameter in StyleTalkGenerator(config.generator).parameters())
    assert (count > 20e6) == (path.stem == "published_size")


@pytest.mark.shared
def test_the_mouth_is_still_in_silence(shared_dir):
    engine = load_engine(engine="numpy")
    readouts = load_readouts(shared_dir / "data")
    style = read_style("neutral").clip
    code = engine.encode_style(style)
    assert still_gap_range(lambda labels, clip, _=None: engine.coefficients(labels, code), style, readouts) < 0.01


@pytest.fixture(scope="module")
def left_one_out():
    """Networks of the same recipe on clips that they never saw, as `evaluation.cross_validation` reported it."""
    stored = json.loads((DEFAULT_WEIGHTS.parent / "left_one_out.json").read_text(encoding="utf-8"))
    figures = tuple(ClipFigures(**clip) for clip in stored["clips"])
    return MotionReport(stored["title"], figures, stored["yardstick_gap"], stored["yardstick_width"])


def test_the_model_cards_table_is_the_report_on_clips_left_out(left_one_out):
    lines = (DEFAULT_WEIGHTS.parent / "README.md").read_text(encoding="utf-8").splitlines()
    table = lines[lines.index("| clip | gap r | width r | gap amplitude | width amplitude |") + 2 :]
    rows = {clip.name: (clip.gap, clip.width, clip.gap_amplitude, clip.width_amplitude) for clip in left_one_out.clips}
    names = ("gap", "width", "gap_amplitude", "width_amplitude")
    rows["**mean**"] = tuple(left_one_out.mean(name) for name in names)
    for line, (name, (gap, width, *amplitudes)) in zip(table, rows.items(), strict=False):
        shown = [f"{gap:.3f}", f"{width:.3f}", *(f"{value:.2f}" for value in amplitudes)]
        assert line.replace("**", "") == f"| {name} | {' | '.join(shown)} |".replace("**", "")
    yardstick = f"{left_one_out.yardstick_gap:.3f} | {left_one_out.yardstick_width:.3f}"
    assert table[len(rows)] == f"| linear yardstick | {yardstick} | | |"


def test_on_clips_left_out_the_networks_beat_the_yardstick(left_one_out):
    assert len(left_one_out.clips) == 7
    assert left_one_out.beats_yardstick


@pytest.mark.shared
def test_the_stored_yardstick_is_that_of_these_clips(shared_dir, left_one_out):
    assert {pair.name for pair in load_pairs(shared_dir / "data")} == {clip.name for clip in left_one_out.clips}
    found = yardstick(shared_dir / "data")
    assert found == pytest.approx((left_one_out.yardstick_gap, left_one_out.yardstick_width), abs=1e-6)


@pytest.mark.shared
def test_the_shipped_weights_follow_what_is_said_with_the_amplitude_of_the_clips(shared_dir):
    """They know these clips, so that they follow them says little; that shuffled labels lose it says why they do."""
    pairs, readouts = load_pairs(shared_dir / "data"), load_readouts(shared_dir / "data")
    speak = speaker(None)
    figures = MotionReport("", tuple(clip_figures(pair, speak, readouts) for pair in pairs), 0, 0)
    control = MotionReport("", tuple(clip_figures(shuffled(pair), speak, readouts) for pair in pairs), 0, 0)
    assert figures.mean("gap") > control.mean("gap") + 0.4
    assert figures.mean("width") > control.mean("width") + 0.3
    assert abs(control.mean("gap")) < 0.2
    assert figures.mean("gap_amplitude") == pytest.approx(1, abs=0.25)
    assert figures.mean("width_amplitude") == pytest.approx(1, abs=0.25)
    assert figures.mean("jerk") < 1.5


def shuffled(pair):
    """The clip with its own segments, silences too, in another order."""
    segments = np.split(pair.labels, np.flatnonzero(np.diff(pair.labels)) + 1)
    order = np.random.default_rng(11).permutation(len(segments))
    return dataclasses.replace(pair, labels=np.concatenate([segments[k] for k in order]))
