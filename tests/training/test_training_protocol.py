# SPDX-License-Identifier: Apache-2.0
"""The protocol that judges the networks: the truth scores one, nonsense nothing, the baseline what is known."""

import dataclasses

import numpy as np
import pytest

from styletalk_research.datasets.pairs import Readouts
from styletalk_research.datasets.recordings import Recording
from styletalk_research.experiments.cross_validation import Fold, fold_config, folds_of, style_folds
from styletalk_research.metrics.mouth_motion import ClipFigures, MotionReport, clip_figures, level_correlation
from styletalk_research.training.distillation.config import TrainingConfig

RNG = np.random.default_rng(8)
READOUTS = Readouts(RNG.normal(size=(64, 2)), ("gap", "width"))


def pair(rows: int = 400) -> Recording:
    smooth = np.cumsum(RNG.normal(size=(rows, 64)), axis=0)
    labels = RNG.integers(0, 41, rows).astype(np.int16)
    return Recording("a_1", "a", smooth.astype(np.float32), labels)


def test_the_truth_scores_one_in_everything():
    clip = pair()
    figures = clip_figures(clip, lambda labels, style, _=None: clip.expression, READOUTS)
    assert figures == ClipFigures("a_1", *[pytest.approx(1)] * 5)


def test_a_level_and_an_amplitude_of_its_own_do_not_change_the_correlation():
    clip = pair()
    figures = clip_figures(clip, lambda labels, style, _=None: 0.5 * clip.expression + 3.0, READOUTS)
    assert (figures.gap, figures.width) == (pytest.approx(1), pytest.approx(1))
    assert (figures.gap_amplitude, figures.width_amplitude) == (pytest.approx(0.5), pytest.approx(0.5))
    assert figures.jerk == pytest.approx(0.25, rel=1e-3)


def test_a_face_that_does_not_move_scores_nothing():
    clip = pair()
    figures = clip_figures(clip, lambda labels, style, _=None: np.zeros_like(clip.expression), READOUTS)
    assert (figures.gap, figures.width, figures.gap_amplitude) == (0, 0, 0)


def test_level_correlation_tells_styles_apart():
    styles = {str(k): RNG.normal(size=(30, 64)) + RNG.normal(size=64) * 3 for k in range(5)}
    follows = level_correlation(lambda labels, style, _=None: style, styles, np.zeros(9))
    mixed = dict(zip(styles, [*list(styles.values())[1:], styles["0"]], strict=True))
    wrong = {id(styles[name]): mixed[name] for name in styles}
    fooled = level_correlation(lambda labels, style, _=None: wrong[id(style)], styles, np.zeros(9))
    assert min(follows.values()) == pytest.approx(1)
    assert np.mean(list(fooled.values())) < 0.3


def test_a_report_says_whether_it_beats_the_baseline_in_both():
    good, narrow = ClipFigures("a", 0.7, 0.6, 1, 1, 1), ClipFigures("a", 0.7, 0.5, 1, 1, 1)
    assert MotionReport("t", (good,), 0.644, 0.555).beats_baseline
    assert not MotionReport("t", (narrow,), 0.644, 0.555).beats_baseline
    text = MotionReport("t", (good,), 0.644, 0.555, {"x": 0.5}).as_markdown()
    assert "| a | 0.700 | 0.600 |" in text
    assert "0.644 | 0.555" in text


def test_folds_deal_each_style_clip_once_and_keep_people_together():
    names = ("anna_clip1", "bert_clip1", "bert_clip2", "carl_clip1", "dora_clip1")
    folds = style_folds(names, 3)
    assert sorted(name for fold in folds for name in fold) == sorted(names)
    assert any({"bert_clip1", "bert_clip2"} <= set(fold) for fold in folds)


def test_a_speakers_fold_leaves_out_all_clips_of_that_speaker():
    pairs = [dataclasses.replace(pair(20), name=name, speaker=name[0]) for name in ("a_1", "a_2", "b_1")]
    by_clip, by_speaker = folds_of(pairs, ("x_clip1", "y_clip1")), folds_of(pairs, ("x_clip1", "y_clip1"), "speaker")
    assert [fold.clips for fold in by_clip] == [("a_1",), ("a_2",), ("b_1",)]
    assert [fold.clips for fold in by_speaker] == [("a_1", "a_2"), ("b_1",)]
    assert sorted(name for fold in by_speaker for name in fold.unseen_styles) == ["x_clip1", "y_clip1"]


def test_a_fold_leaves_out_its_clip_and_changes_nothing_else():
    config = TrainingConfig("data", "w", "runs", steps=9)
    fold = fold_config(config, Fold("a_1", ("a_1",), ("x_clip1",)))
    assert fold.hold_out == ("a_1",)
    assert fold.hold_out_styles == ("x_clip1",)
    assert (fold.steps, fold.generator, fold.teacher) == (9, config.generator, config.teacher)
