# SPDX-License-Identifier: Apache-2.0
"""The shipped weights: small enough, described, and of a face that rests when nothing is said."""

from pathlib import Path

import numpy as np
import pytest

from core.evaluation.motion import motion_report, still_gap_range
from core.networks.checkpoint import DEFAULT_WEIGHTS, read_weights
from core.networks.generator import StyleTalkGenerator
from core.networks.inference import load_engine
from core.styles.clip import read_style
from core.training import config as training_config
from core.training.config import TrainingConfig
from core.training.data import load_readouts

MAX_BYTES = 50 * 2**20
CONFIGS = Path(training_config.__file__).parent / "configs"


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
    assert still_gap_range(lambda labels, clip: engine.coefficients(labels, code), style, readouts) < 0.01


@pytest.mark.shared
def test_the_shipped_weights_speak_the_clips_they_know_with_the_amplitude_of_the_clips(shared_dir):
    report = motion_report(shared_dir / "data" / "styletalk")
    assert report.beats_yardstick
    assert report.mean("gap_amplitude") == pytest.approx(1, abs=0.25)
    assert report.mean("width_amplitude") == pytest.approx(1, abs=0.25)
    assert report.mean("jerk") < 1.5
    assert np.isfinite([clip.gap for clip in report.clips]).all()
