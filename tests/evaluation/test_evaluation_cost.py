# SPDX-License-Identifier: Apache-2.0
"""What motion/ costs is counted where it acts, and where it does not act it costs nothing."""

from dataclasses import replace

import numpy as np
import pytest

from styletalk.phonemes import PHONEME_INDEX
from styletalk_research.evaluation.clip_set import read_pairs
from styletalk_research.evaluation.motion_cost import CostReport, clip_cost, near_closures, rows_inside


def labels_of(*sounds):
    return np.concatenate([np.full(count, PHONEME_INDEX[name]) for name, count in sounds]).astype(np.int16)


def test_ends_and_the_neighbourhood_of_closures_are_told_apart():
    labels = labels_of(("SIL", 20), ("AA", 40), ("B", 3), ("AA", 40), ("SIL", 20))
    inside, near = rows_inside(labels), near_closures(labels)
    assert np.flatnonzero(inside)[[0, -1]].tolist() == [16, 98]
    assert near[56:59].all() and not near[:45].any() and not near[70:].any()


def test_closing_costs_likeness_near_closures_and_nothing_away_from_them(made_pairs):
    clips = read_pairs(made_pairs)
    labels = labels_of(("AA", 60), ("B", 3), ("AA", 60))
    motion = np.zeros((len(labels), 64), np.float32)
    motion[:, 0] = -0.8 - 0.3 * np.sin(np.arange(len(labels)) / 9)  # a jaw that goes up and down and never shuts
    pair = replace(clips.pairs[0], expression=motion, labels=labels)
    cost = clip_cost(clips, pair, motion)
    assert cost.gap_before == pytest.approx(1.0)
    assert cost.gap == pytest.approx(cost.own_gap) and cost.width == pytest.approx(cost.own_width)
    assert 0.01 < cost.gap < 0.9 and abs(cost.away) < 0.01
    report = CostReport((cost, cost))
    assert report.means[1] == pytest.approx(cost.gap)
    assert f"| mean | 1.000 | {cost.gap:.3f} |" in report.as_markdown()
