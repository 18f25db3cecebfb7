# SPDX-License-Identifier: Apache-2.0
"""Heads made are as the people's whose clips they were measured from, and told apart; nods are no chance."""

import numpy as np
import pytest

from styletalk_research.evaluation.clip_set import read_pairs
from styletalk_research.evaluation.head_motion import head_report

pytestmark = pytest.mark.shared


@pytest.fixture(scope="module")
def report(shared_dir):
    data = shared_dir / "data"
    pairs = [pair for pair in read_pairs(data).pairs if pair.name in ("KristiNoem", "feifeili_clip1")]
    return head_report(data, pairs, ("neutral", "sad", "furious", "surprised", "tired", "happy"))


def test_level_size_and_speed_of_heads_order_and_meet_the_clips_they_were_measured_from(report):
    whole, half, other, real = report.likenesses
    assert whole.clips == 17 and min(whole.rank) >= 0.8 and min(whole.near) >= 0.75
    assert min(half.rank) >= 0.8
    np.testing.assert_allclose(other.rank, real.rank, atol=0.1)  # nothing agrees with a half better than the other one


def test_styles_are_told_apart_by_the_head_alone(report):
    assert report.clips_told >= 0.8 and report.presets_told == 1.0


def test_nods_fall_on_stress_above_chance_and_people_move_there_too(report):
    assert report.nods[0] > report.nods[1] + 0.4 and report.nods[2] > 0.99
    for found in (report.moves, report.real_moves):  # two lines are few to tell speeds by
        assert found[0] > found[1]


def test_blinks_are_as_many_as_were_counted(report):
    many = [(seen, made) for _, seen, made in report.blinks if seen >= 10]
    assert len(many) >= 7 and all(abs(made / seen - 1) < 0.3 for seen, made in many)


def test_intensity_scales_the_head_and_the_report_says_all_that(report):
    assert report.sizes[0] < 1.5 and np.all(np.diff(report.sizes) > 0)
    assert "real: one half against the other" in report.as_markdown() and report.as_dict()["sizes"]
