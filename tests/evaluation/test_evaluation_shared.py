# SPDX-License-Identifier: Apache-2.0
"""The published sample pairs: baselines at their known figures, controls that fail."""

import numpy as np
import pytest

from styletalk_research.evaluation import systems, visemes
from styletalk_research.evaluation.clip_set import ClipSet, read_clip_set
from styletalk_research.evaluation.style_space import footage_points
from styletalk_research.metrics.scores import pearson

pytestmark = pytest.mark.shared


@pytest.fixture(scope="module")
def clips(shared_dir) -> ClipSet:
    return read_clip_set(shared_dir / "data")


def correlations(clips: ClipSet, predict) -> np.ndarray:
    """(2,): mean gap and width r over the clips, each predicted in the style of its first half."""
    found = []
    for pair in clips.pairs:
        made, real = clips.tracks(predict(pair, pair.expression[pair.halves[0]])), clips.tracks(pair.expression)
        found.append([pearson(made[:, k], real[:, k]) for k in (0, 1)])
    return np.mean(found, axis=0)


def test_all_pairs_are_there_and_nothing_is_missing(clips):
    assert len(clips.pairs) == 7 and len(clips.speakers) == 4 and len(clips.styles) == 17 and clips.notes == ()


def test_the_linear_model_has_the_figures_of_the_linear_baseline(clips):
    assert correlations(clips, systems.linear_model(clips.pairs).predict) == pytest.approx([0.644, 0.554], abs=0.001)


def test_keyframed_visemes_lie_between_nothing_and_the_linear_model(clips):
    linear = correlations(clips, systems.linear_model(clips.pairs).predict)
    fitted, posed = (
        correlations(clips, system.predict) for system in (visemes.keyframed(clips.pairs), visemes.posed())
    )
    assert (linear > fitted).all() and (fitted > posed).all() and (posed > 0.2).all()
    assert (correlations(clips, systems.mean_face().predict) == 0).all()


def test_the_networks_lose_everything_on_scrambled_and_late_sound(clips):
    models = systems.Models()
    right = correlations(clips, models.predict)
    control = {system.name: correlations(clips, system.predict) for system in systems.controls(models)}
    assert (right > 0.5).all()
    assert np.abs(control["scrambled phonemes"]).max() < 0.15
    assert np.abs(control["sound 15 frames off"]).max() < 0.15
    assert (control["sound 5 frames off"] < right - 0.25).all()


def test_the_style_encoder_finds_a_speaker_again_far_above_chance(clips):
    from styletalk_research.metrics.scores import chance_of_recall, recall_at_1

    points = footage_points(clips, systems.Models().of())
    speakers, footage = [point.speaker for point in points], [point.footage for point in points]
    recall, asked = recall_at_1(np.stack([point.code for point in points]), speakers, footage)
    assert asked > 30 and recall > 4 * chance_of_recall(speakers, footage)
