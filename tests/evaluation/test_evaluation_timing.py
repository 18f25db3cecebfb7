# SPDX-License-Identifier: Apache-2.0
"""Lips are shut when P, B and M sound, by the synthesiser's own times, at every rate and in a furious voice too."""

import shutil

import pytest

from styletalk_research.evaluation import closure_timing
from styletalk_research.evaluation.closure_timing import timing_report

pytestmark = pytest.mark.skipif(shutil.which("flite") is None, reason="needs flite, which knows when its phones are")
FASTEST_MM = 12.5
"""Millimetres in 1/30 s; the published clips reach 11.8 at the 99.5th percentile, and 21.5 at most."""


@pytest.fixture(scope="module")
def report():
    return timing_report(("neutral", "furious"), (1.5,))


def test_lips_are_shut_in_the_middle_of_all_closures_and_for_as_long_as_they_must(report):
    assert report.closures > 50
    for timing in report.styles:
        assert min(timing.middle.values()) >= 0.97, timing
        assert min(timing.whole.values()) >= 0.95, timing
        assert 0 <= timing.lead_ms <= 67  # two frames before at most, in the median


def test_no_lip_is_faster_than_people_s(report):
    assert max(timing.fastest_mm[1] for timing in report.styles) < FASTEST_MM


def test_closures_elsewhere_are_not_counted_as_shut(report, monkeypatch):
    """The same faces judged by phones half a second later."""
    late = closure_timing._bilabials
    moved = lambda phones: [(name, start + 0.5, end + 0.5) for name, start, end in late(phones)]  # noqa: E731
    monkeypatch.setattr(closure_timing, "_bilabials", moved)
    monkeypatch.setattr(closure_timing, "SENTENCES", closure_timing.SENTENCES[:2])
    assert max(timing_report(("neutral",), (1.0,)).styles[0].middle.values()) < 0.7
